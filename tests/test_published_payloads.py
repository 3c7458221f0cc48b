"""Every delivery that vendors publish, in this process: signed by the simulated vendor, shuffled, a tenth sent twice.

The same promise through the running stack is in end_to_end/test_published_through_the_stack.py.
"""

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.company import credentials as keys
from infra.company.delivery import Delivery
from infra.company.send import deliver
from infra.company.signing import sign
from tests.infra.company.lanes import PUBLIC, Inbox
from tests.published import FIXTURES, PAYLOADS, files

SEED = 5
BATCHES = {"asana": "events", "outlook": "value", "sharepoint": "value"}
"""Where a body holds its events. HubSpot's is a list of them; every other is one event."""
SECRETS = {"figma": "passcode", "llm_usage": "token", "outlook": "clientState", "sharepoint": "clientState"}
"""What must not land."""
NOT_SENT = ("X-Goog-Channel-Token", "Content-Length")
"""Of the headers of Drive's messages: the token is the receiver's own, the length that of what is sent."""

pytestmark = pytest.mark.skipif(not FIXTURES.is_dir(), reason="no published payloads here")


@pytest.mark.parametrize("source", PAYLOADS)
def test_every_published_delivery_is_answered_2xx_and_lands_once_as_it_was_sent(source: str) -> None:
    credentials, now = keys.make(SEED, [source]), datetime.now(UTC)
    inbox, kept = Inbox(credentials), credentials[source]["kept"]
    deliveries = [_delivery(source, path, now) for path in files(source)]

    ledger = deliver(
        _shuffled(deliveries),
        "http://receiver",
        PUBLIC,
        {source: kept},
        workers=1,
        clock=lambda: now,
        transport=inbox.transport(),
    )

    assert deliveries and [(one.delivery.delivery_id, one.status_code) for one in ledger.refused()] == []
    landed = {one.event_id: one for one in inbox.envelopes}
    assert [one for one in landed.values() if one.stream == "quarantine"] == []
    told = [event for one in deliveries for event in _told(one, kept)]
    assert Counter(_text(json.loads(bytes(one.payload))) for one in landed.values()) == Counter(map(_text, told))


def test_notion_introduces_itself_with_the_token_that_it_signs_with_from_then_on() -> None:
    inbox = _Learning({"notion": {"stored": {"signing_secrets": [], "url_keys": ["key"]}}})
    body = (FIXTURES / "notion" / "verification.json").read_bytes()
    kept = {"signing_secret": json.loads(body)["verification_token"]}
    signal = _delivery("notion", files("notion")[0], datetime.now(UTC))

    with httpx.Client(transport=inbox.transport()) as client:
        answer = client.post("http://receiver/hooks/notion?key=key", content=body)
    assert answer.status_code == 200 and not inbox.lines

    assert not deliver([signal], "http://receiver", PUBLIC, {"notion": kept}, transport=inbox.transport()).refused()
    assert inbox.lines


class _Learning(Inbox):
    """Of a connection that has no secret yet."""

    def learn(self, source: str, connection_id: str, secret: str) -> None:
        self.credentials[source]["stored"]["signing_secrets"].append(secret)


def _delivery(source: str, path: Path, now: datetime) -> Delivery:
    """What stands in the file, as a delivery of its own. Of GitHub's the kind of event stands before the first __ of
    the name, of Linear's before the first _ of the rest."""
    body, event_type, headers = path.read_bytes(), "", {}
    match source:
        case "asana":
            body = b'{"events":[' + body + b"]}"
        case "github":
            event_type = path.name.partition("__")[0]
        case "google_drive":
            told = json.loads(body)
            headers = {name: text for name, text in told["headers"].items() if name not in NOT_SENT}
            body = told["body"].encode()
        case "linear":
            event_type = path.name.split("_")[2]
    return Delivery(source, event_type, body, path.name, now, (), headers=headers)


def _shuffled(deliveries: Sequence[Delivery]) -> list[Delivery]:
    rng = random.Random(SEED)
    sent = [*deliveries, *rng.sample(deliveries, max(1, len(deliveries) // 10))]
    rng.shuffle(sent)
    return sent


def _told(one: Delivery, kept: Any) -> Iterator[Any]:
    """The events of a delivery as they must land: as signed, their secrets gone."""
    if one.source == "google_drive":
        # A message has no body: it is its headers, without those that concern the channel alone.
        named = {name.lower().removeprefix("x-goog-"): text for name, text in one.headers.items()}
        yield {name: text for name, text in named.items() if name not in ("content-type", "channel-expiration")}
        return
    body = json.loads(sign(one.source, one.body, PUBLIC, kept, one.at).body)
    events = body if isinstance(body, list) else body[BATCHES[one.source]] if one.source in BATCHES else [body]
    for event in events:
        yield {name: "redacted" if name == SECRETS.get(one.source) else held for name, held in event.items()}
        if event.get("type") == "page.deleted":
            yield event  # what the page says goes with it


def _text(payload: Any) -> str:
    return json.dumps(payload, sort_keys=True)
