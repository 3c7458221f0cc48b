"""What is promised of every source, found by name: its four doors, and what becomes of every sample of its webhooks."""

import base64
import dataclasses
import functools
import hashlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib import sources
from chalicelib.ingest.source import Delivery, Source, Verdict, Webhook, envelop
from events.envelope import decode, encode
from infra.company.samples import named
from infra.company.signing import new_credentials, sign

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
WITH_WEBHOOK = [name for name in sources.names() if (one := sources.load(name)) and one.webhook]
SAMPLES = [
    pytest.param(name, path, id=f"{name}/{path.name}")
    for name in sources.names()
    for path in sorted((ROOT / "events" / name / "samples").glob("webhook__*"))
]

_UNSIGNED_CLOCKS = {"linear-timestamp"}
"""Linear signs the clock in its body alone."""

DOORS: Mapping[str, Callable[[], Iterator[str]]] = {
    "functions/chalicelib/sources/<name>.py": lambda: iter(sources.names()),
    "events/<name>/samples": lambda: (path.parent.name for path in (ROOT / "events").glob("*/samples")),
    "dbt_project/models/staging/<name>": lambda: _folders("dbt_project/models/staging"),
    "tests/functions/sources/test_<name>.py": lambda: _names_of_tests(),
}


def _folders(parent: str) -> Iterator[str]:
    return (path.name for path in (ROOT / parent).iterdir() if any(path.glob("stg_*")))


def _names_of_tests() -> Iterator[str]:
    """test_hubspot_pulls.py belongs to hubspot's door."""
    for path in (ROOT / "tests/functions/sources").glob("test_*.py"):
        told = path.stem.removeprefix("test_")
        yield next((name for name in sources.names() if told.startswith(f"{name}_")), told)


@pytest.mark.parametrize("door", DOORS)
def test_every_source_has_every_door(door: str) -> None:
    assert set(DOORS[door]()) == set(sources.names()), f"{door} is missing for a source, or belongs to none"


@pytest.mark.parametrize("name", sources.names())
def test_every_source_has_samples_of_every_lane(name: str) -> None:
    source, samples = _source(name), ROOT / "events" / name / "samples"
    assert (source.webhook is None) == (not list(samples.glob("webhook__*")))
    assert (source.pull is None) == (not list(samples.glob("pull__*")))
    assert (source.drop is None) == (not list(samples.glob("file__*")))


@pytest.mark.parametrize("name", sources.names())
def test_every_source_says_who_it_is_and_what_it_pulls(name: str) -> None:
    source = _source(name)
    assert source.name == name and source.title
    if source.pull:
        streams = [stream.name for stream in source.pull.streams]
        assert len(streams) == len(set(streams)) and "" in source.pull.rates
        assert source.pull.base_url.startswith("https://") and source.pull.base_url.endswith("/")


@pytest.mark.parametrize("name", sources.names())
def test_loading_a_source_costs_a_cold_receiver_no_heavy_import(name: str) -> None:
    heavy = {"boto3", "cryptography", "httpx", "jwt", "pydantic", "tenacity"}
    program = f"import sys; from chalicelib import sources; sources.load({name!r}); print({heavy} & set(sys.modules))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "functions")))}
    told = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"


@pytest.mark.parametrize(("name", "path"), SAMPLES)
def test_a_signed_sample_is_accepted_and_becomes_envelopes(name: str, path: Path) -> None:
    delivery, secrets = _signed(name, path)
    webhook = _webhook(name)
    assert webhook.scheme.verify(delivery, secrets, NOW) == Verdict(True, "ok")
    events = webhook.read(delivery)
    assert events
    for event in events:
        envelope = envelop(
            event,
            source=name,
            connection_id="default",
            lane="webhook",
            received_at=NOW,
            trace_id="trace",
            body_sha256=hashlib.sha256(delivery.body).hexdigest(),
        )
        line = encode(envelope)
        assert b"\n" not in line and encode(decode(line)) == line
        assert json.loads(bytes(envelope.payload)) == json.loads(event.payload)


@pytest.mark.parametrize(("name", "path"), SAMPLES)
def test_the_same_delivery_twice_has_the_same_ids(name: str, path: Path) -> None:
    delivery, _ = _signed(name, path)
    webhook = _webhook(name)
    again = dataclasses.replace(delivery, received_at=NOW + timedelta(hours=1))
    told = [[(one.stream, one.entity_id, one.dedupe) for one in webhook.read(each)] for each in (delivery, again)]
    assert told[0] == told[1]


@pytest.mark.parametrize(("name", "path"), SAMPLES)
def test_a_sample_that_was_touched_is_refused(name: str, path: Path) -> None:
    delivery, secrets = _signed(name, path)
    webhook = _webhook(name)
    accepted = [
        how
        for how, (touched, tried, at) in _touched(delivery, secrets)
        if webhook.scheme.verify(touched, tried, at).is_authentic
    ]
    assert accepted == []


@pytest.mark.parametrize("name", WITH_WEBHOOK)
def test_a_replay_is_refused_after_a_while_where_the_vendor_signs_the_time(name: str) -> None:
    path = next(path for path in sorted((ROOT / "events" / name / "samples").glob("webhook__*")))
    delivery, secrets = _signed(name, path)
    webhook = _webhook(name)
    late = webhook.scheme.verify(delivery, secrets, NOW + timedelta(minutes=31))  # ElevenLabs allows thirty
    is_dated = _signature(_signed(name, path, NOW + timedelta(hours=1))[0]) != _signature(delivery)
    assert late.is_authentic != is_dated


@pytest.mark.parametrize("name", WITH_WEBHOOK)
def test_either_of_two_active_secrets_is_accepted_while_one_replaces_the_other(name: str) -> None:
    path = next(path for path in sorted((ROOT / "events" / name / "samples").glob("webhook__*")))
    delivery, (secret,) = _signed(name, path)
    (other,) = _credentials(name, seed=2)[0]["signing_secrets"]
    webhook = _webhook(name)
    for secrets in ([secret, other], [other, secret], ["", other, secret]):
        assert webhook.scheme.verify(delivery, secrets, NOW).is_authentic


def _touched(
    delivery: Delivery, secrets: Sequence[str]
) -> Iterator[tuple[str, tuple[Delivery, Sequence[str], datetime]]]:
    """Everything that may happen to a delivery on its way, each of which must cost it its credit."""
    body, headers = delivery.body, delivery.headers
    bodies = {
        "a byte more": body + b" ",
        "a byte less": body[:-1],
        "a byte changed": body[:-2] + bytes(byte ^ 1 for byte in body[-2:-1]) + body[-1:],
        "no body": b"",
        "another encoding": body.decode().encode("utf-16"),
        "a byte order mark": b"\xef\xbb\xbf" + body,
        "written anew": json.dumps({"rewritten": body.decode()}).encode(),
    }
    for how, touched in bodies.items() if _webhook(delivery.source).scheme.covers_body else ():
        yield how, (dataclasses.replace(delivery, body=touched), secrets, NOW)
    respelled: dict[str, Callable[[str], str]] = {
        "a shorter signature": lambda told: told[:-1],
        "a longer signature": lambda told: told + "0",
        "another signature": lambda told: told[:-8] + "00000000",
        "an encoded signature": lambda told: base64.b64encode(told.encode()).decode(),
        "a reversed signature": lambda told: told[::-1],
        "no signature in the header": lambda told: "",
        "a signature beyond ASCII": lambda told: told + "é",
    }
    for how, respell in respelled.items():
        yield how, (_respelled(delivery, respell), secrets, NOW)
    if _webhook(delivery.source).scheme.covers_body:
        unsigned = {key: told for key, told in headers.items() if key not in _signature(delivery)}
        yield "no signature", (dataclasses.replace(delivery, headers=unsigned), secrets, NOW)
        yield "no headers", (dataclasses.replace(delivery, headers={}), secrets, NOW)
    for key in headers:
        if "timestamp" in key and headers[key].isdigit() and key not in _UNSIGNED_CLOCKS:
            later = {**headers, key: str(int(headers[key]) + 1)}
            yield f"another {key}", (dataclasses.replace(delivery, headers=later), secrets, NOW)
    others = _credentials(delivery.source, seed=2)[0]["signing_secrets"]
    for how, tried in {"another's secret": others, "no secret": [], "empty secrets": ["", " "]}.items():
        yield how, (delivery, tried, NOW)


def _respelled(delivery: Delivery, respell: Callable[[str], str]) -> Delivery:
    """With another signature; where the proof is a secret, with that secret spelled otherwise wherever it stands."""
    if _webhook(delivery.source).scheme.covers_body:
        signature = _signature(delivery)
        headers = {key: respell(told) if key in signature else told for key, told in delivery.headers.items()}
        return dataclasses.replace(delivery, headers=headers)
    (secret,) = _credentials(delivery.source, seed=1)[0]["signing_secrets"]
    other = respell(secret)
    return dataclasses.replace(
        delivery,
        headers={key: told.replace(secret, other) for key, told in delivery.headers.items()},
        url=delivery.url.replace(secret, other),
        body=delivery.body.replace(secret.encode(), other.encode()),
    )


def _signature(delivery: Delivery) -> dict[str, str]:
    return {
        key: told
        for key, told in delivery.headers.items()
        if key == "authorization" or ("signature" in key and "version" not in key)
    }


def _signed(name: str, path: Path, at: datetime = NOW) -> tuple[Delivery, Sequence[str]]:
    stored, kept = _credentials(name, seed=1)
    body, url = path.read_bytes(), f"https://hooks.payready.example/hooks/{name}"
    told = named(name, path.name)
    signed = sign(name, body, url, kept, at, event_type=told.event_type, headers=told.headers)
    headers = {key.lower(): value for key, value in signed.headers.items()}
    settings = stored.get("webhook", {})
    delivery = Delivery(name, "default", "POST", signed.url, headers, signed.body, at, settings)
    return delivery, stored["signing_secrets"]


@functools.cache
def _credentials(name: str, seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    return new_credentials(name, random.Random(seed))


def _webhook(name: str) -> Webhook:
    webhook = _source(name).webhook
    assert webhook
    return webhook


def _source(name: str) -> Source:
    source = sources.load(name)
    assert source
    return source
