"""What vendors publish beside events: vectors, schemas, subscriptions, a job; and that no file is forgotten."""

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chalicelib import sources
from chalicelib.ingest.source import Connection, Source
from chalicelib.ingest.subscription import Wanted
from chalicelib.sources._salesforce_bulk import State, state
from infra.company.deliveries import deliveries
from infra.company.world import build
from tests.functions.sources.vendor_fake import FakeVendor
from tests.published import FIXTURES, LEFT_OUT, PAYLOADS, files
from tests.published_answers import ANSWERS, REFUSALS

pytestmark = pytest.mark.skipif(not FIXTURES.is_dir(), reason="no published payloads here")

VECTORS = FIXTURES.parent / "vectors" / "signatures.json"
WANTED = Wanted("https://hooks.payready.example/hooks/x", "secret", datetime(2026, 11, 21, 12, tzinfo=UTC))
READ_ELSEWHERE = (
    "asana/schema_example__WebhookResponse.json",
    "google_drive/watch_response.json",
    "linear/graphql_object_scalar_fields.json",
    "linear/webhook_payload_types.json",
    "notion/verification.json",
    "salesforce/SYNTHETIC_bulk2_job_complete.json",
)


def test_no_published_file_is_forgotten() -> None:
    delivered = {_name(path) for source in PAYLOADS for path in files(source)}
    answered = {name for one in ANSWERS for name in (one.file, *one.beside.values()) if isinstance(name, str)}
    read = {*delivered, *answered, *(file for _, file, _, _ in REFUSALS), *READ_ELSEWHERE}

    assert {_name(path) for path in FIXTURES.glob("*/*.json")} - read == set(LEFT_OUT)


@pytest.mark.skipif(not VECTORS.is_file(), reason="no published vectors here")
def test_every_published_vector_is_among_those_we_judge() -> None:
    ours = json.loads((Path(__file__).parent / "functions/ingest/signature_vectors.json").read_bytes())
    published = json.loads(VECTORS.read_bytes())["vectors"]

    told = [{name: one[name] for name in ("id", "scheme", "headers", "body")} for one in published]
    assert told == [{name: one[name] for name in told[0]} for one in ours]


def test_asanas_published_webhook_is_one_that_has_stopped() -> None:
    vendor = FakeVendor(
        _source("asana"), lambda request: {"data": [_body("asana/schema_example__WebhookResponse.json")]}
    )
    subscriptions = _source("asana").subscriptions
    assert subscriptions

    (one,) = subscriptions.existing(vendor, _connection("asana", workspaces=["1"]))  # type: ignore[arg-type]

    assert (one.id, one.url, one.is_active) == ("12345", "https://example.com/receive-webhook/7654", False)


def test_drives_published_channel_ends_when_it_says() -> None:
    told = {"startPageToken": {"startPageToken": "1"}, "watch": _body("google_drive/watch_response.json")}
    vendor = FakeVendor(_source("google_drive"), lambda request: told[request.path.rpartition("/")[2]])
    subscriptions = _source("google_drive").subscriptions
    assert subscriptions

    (one,) = subscriptions.create(vendor, _connection("google_drive"), WANTED).subscriptions  # type: ignore[arg-type]

    assert one.id == "01234567-89ab-cdef-0123456789ab"
    assert one.detail == {"resource_id": "o3hgv1538sdjfh"}
    assert one.expires_at == datetime(2015, 3, 14, 9, 26, 53, tzinfo=UTC)


def test_salesforces_published_job_is_complete_with_its_rows() -> None:
    job = _body("salesforce/SYNTHETIC_bulk2_job_complete.json")
    vendor = FakeVendor(_source("salesforce"), lambda request: job)

    assert state(vendor, "services/data/v62.0/", job["id"]) == State(False, True, 5)  # type: ignore[arg-type]


def test_linear_is_asked_for_fields_that_its_schema_has() -> None:
    schema, pull = _body("linear/graphql_object_scalar_fields.json"), _source("linear").pull
    assert pull

    wrong = [
        f"{kind}.{field}"
        for stream in pull.streams
        for kind in ["".join(map(str.capitalize, stream.name.split("_")))]
        for field in _unknown(kind, _asked(stream.name), schema)
    ]

    assert wrong == []


def test_our_samples_and_our_stand_in_tell_linears_webhooks_with_fields_that_its_schema_has() -> None:
    types = _body("linear/webhook_payload_types.json")

    wrong = {
        f"{told['type']}.{field}"
        for told in _webhooks_of_linear()
        for name, known in types.items()
        if name == f"{told['type']}WebhookPayload" and "data" in told
        for field in told["data"].keys() - known.keys()
    }

    assert wrong == set()


def _webhooks_of_linear() -> Iterator[dict[str, Any]]:
    for path in (Path(__file__).parents[1] / "events" / "linear" / "samples").glob("webhook__*.json"):
        yield json.loads(path.read_bytes())
    for one in deliveries(build(seed=7), sources=["linear"]):
        yield json.loads(one.body)


def _asked(stream: str) -> list[str]:
    """The words and braces between those of `nodes` in the question of a stream, arguments as one word."""
    vendor = FakeVendor(_source("linear"), lambda request: {"data": {}})
    vendor.read(stream)
    query = (vendor.asked[0].json or {})["query"]
    inside = query.partition("nodes {")[2].partition("pageInfo")[0].rpartition("}")[0]
    return re.findall(r"\w+|[{}]|\([^)]*\)", inside)


def _unknown(kind: str, words: list[str], schema: Mapping[str, Any]) -> Iterator[str]:
    """The words that are no fields of the kind, nor of what it holds. A field with arguments, and a kind that was not
    published, are taken as they are."""
    kinds, last = [kind], ""
    for word, following in itertools.pairwise([*words, ""]):
        known = schema.get(kinds[-1], {})
        if word == "{":
            kinds.append(known.get(last, "").strip("[]!"))
        elif word == "}":
            kinds.pop()
        elif known and word not in known and "(" not in word + following:
            yield word
        last = word


def _connection(source: str, **options: Any) -> Connection:
    return Connection(source, "default", "", {}, options)


def _source(name: str) -> Source:
    source = sources.load(name)
    assert source
    return source


def _name(path: Path) -> str:
    return path.relative_to(FIXTURES).as_posix()


def _body(name: str) -> Any:
    return json.loads((FIXTURES / name).read_bytes())
