"""What the notices of HubSpot's webhooks mean, and that nothing in a body raises anything but Unreadable."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from vendor_fake import FIXTURES

from chalicelib.errors import Unreadable
from chalicelib.ingest.pages import items
from chalicelib.ingest.source import Delivery, Event, envelop
from chalicelib.sources.hubspot import source
from events import hubspot as records

SAMPLES = Path(records.__file__).parent / "samples"
NOW = datetime(2026, 11, 20, 17, tzinfo=UTC)
DEAL, COMPANY, CONTACT = "33950117284", "21804417763", "60310482190"


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.json").read_bytes()


def read(body: bytes) -> list[Event]:
    assert source.webhook is not None
    url = "https://hooks.payready.example/hooks/hubspot"
    return list(source.webhook.read(Delivery("hubspot", "default", "POST", url, {}, body, NOW)))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def event_id(event: Event) -> str:
    return envelop(
        event, source="hubspot", connection_id="default", lane="webhook", received_at=NOW, trace_id="t"
    ).event_id


MEANT: dict[str, list[tuple[str, str, str, str | None]]] = {
    "association_added": [
        ("association", f"deal:{DEAL}:company:{COMPANY}:deal_to_company", "upsert", "2026-08-25T19:31:08.002Z"),
        ("association", f"deal:{DEAL}:contact:{CONTACT}:deal_to_contact", "upsert", "2026-08-25T19:31:08.019Z"),
    ],
    "association_removed": [
        ("association", f"deal:{DEAL}:contact:{CONTACT}:deal_to_contact", "delete", "2026-09-30T14:22:10.640Z")
    ],
    "batch_out_of_order": [
        ("deal", "33950455101", "partial", "2026-10-28T22:14:30.095Z"),
        ("deal", "33950455101", "partial", "2026-10-28T22:14:29.700Z"),
        ("deal", "33950455101", "partial", "2026-10-28T22:14:30.095Z"),
        ("association", "deal:33950455101:company:21804431186:deal_to_company", "upsert", "2026-10-28T22:14:29.900Z"),
    ],
    "company_creation": [("company", COMPANY, "partial", "2026-08-11T16:02:44.118Z")],
    "company_deletion": [("company", "21804431186", "delete", "2026-10-05T15:11:00.871Z")],
    "company_merge": [("company", COMPANY, "partial", "2026-09-14T21:40:12.003Z")],
    "company_property_change": [("company", COMPANY, "partial", "2026-09-02T18:20:09.530Z")],
    "company_restore": [("company", "21804431186", "partial", "2026-10-05T15:19:27.402Z")],
    "contact_creation": [("contact", CONTACT, "partial", "2026-08-11T16:04:10.266Z")],
    "contact_deletion": [("contact", "60310655002", "delete", "2026-10-21T13:30:05.117Z")],
    "contact_merge": [("contact", CONTACT, "partial", "2026-08-20T17:45:51.940Z")],
    "contact_privacy_deletion": [("contact", "60310655002", "delete", "2026-11-03T08:00:19.774Z")],
    "contact_property_change_unicode": [("contact", CONTACT, "partial", "2026-08-12T09:15:33.014Z")],
    "contact_property_cleared": [("contact", CONTACT, "partial", "2026-08-13T10:00:00Z")] * 2,
    "contact_restore": [("contact", "60310655002", "partial", "2026-10-21T13:52:48.660Z")],
    "conversation_new_message": [("conversation", "8800311745", "event", None)],
    "deal_creation": [("deal", DEAL, "partial", "2026-08-25T19:31:07.512Z")],
    "deal_deletion": [("deal", "33950288610", "delete", "2026-11-10T20:07:55.381Z")],
    "deal_merge": [("deal", DEAL, "partial", "2026-09-17T16:00:00.250Z")],
    "deal_property_change_retried": [("deal", DEAL, "partial", "2026-10-28T22:14:30.095Z")],
    "deal_property_changes": [
        ("deal", DEAL, "partial", "2026-09-09T17:05:40.221Z"),
        ("deal", DEAL, "partial", "2026-09-09T17:05:40.221Z"),
        ("deal", DEAL, "partial", "2026-09-09T17:05:41.008Z"),
    ],
    "deal_restore": [("deal", "33950288610", "partial", "2026-11-10T20:30:01Z")],
    "event_completed": [("event", CONTACT, "event", None)],
    "line_item_deletion": [("line_item", "13355081224", "delete", "2026-09-01T15:00:02.222Z")],
    "object_association_change": [
        ("association", f"deal:{DEAL}:contact:60310490553:deal_to_contact", "upsert", "2026-09-30T14:23:44.190Z")
    ],
    "object_creation_custom": [("object", "18804417", "event", None)],
    "object_property_change": [("deal", DEAL, "partial", "2026-10-01T11:12:13.014Z")],
    "product_and_line_item_creation": [
        ("product", "1440283911", "partial", "2026-07-01T00:00:00Z"),
        ("line_item", "13355081224", "partial", "2026-08-25T19:33:30.470Z"),
    ],
    "ticket_creation": [("ticket", "9120044871", "partial", "2026-10-12T07:55:21.309Z")],
    "ticket_property_change": [("ticket", "9120044871", "partial", "2026-10-12T08:10:00.500Z")],
    "workflow_single_object": [("unknown", DEAL, "event", None)],
}


@pytest.mark.parametrize("name", sorted(path.stem for path in SAMPLES.glob("webhook__*.json")))
def test_reads_every_sample_as_the_table_says(name: str) -> None:
    events = read(sample(name))
    told = [(event.stream, event.entity_id, event.operation, event.source_updated_at) for event in events]
    meant = MEANT[name.removeprefix("webhook__")]
    assert told == [(*rest, updated and at(updated)) for *rest, updated in meant]


@pytest.mark.parametrize("name", sorted(path.stem for path in SAMPLES.glob("webhook__*.json")))
def test_payloads_are_the_elements_byte_for_byte(name: str) -> None:
    body = sample(name)
    elements = items(body) if body.startswith(b"[") else [body]
    assert [event.payload for event in read(body)] == elements


def test_a_retry_is_recognised_though_it_counts_its_attempts() -> None:
    retried = sample("webhook__deal_property_change_retried")
    (first,) = read(retried.replace(b'"attemptNumber": 3', b'"attemptNumber": 0'))
    (again,) = read(retried)
    assert first.payload != again.payload
    assert event_id(first) == event_id(again)


def test_every_notice_of_a_batch_has_an_id_of_its_own() -> None:
    everything = [event for path in SAMPLES.glob("webhook__*.json") for event in read(path.read_bytes())]
    assert len({event_id(event) for event in everything}) == len(everything)


def test_quarantines_an_unreadable_notice_and_keeps_its_neighbours() -> None:
    good = json.loads(sample("webhook__deal_creation"))[0]
    bad = {**good, "objectId": {"surprise": 1}}
    events = read(json.dumps([good, bad, 7, good | {"eventId": 5}]).encode())
    assert [event.stream for event in events] == ["deal", "quarantine", "quarantine", "deal"]
    assert {"reason", "detail", "headers", "body_base64"} == set(json.loads(events[1].payload))


@pytest.mark.parametrize(
    "body", [b"", b"null", b"7", b'"x"', b"<html></html>", b'[{"objectId":', b'[{"a":"\xff"}]', b"[" * 50_000]
)
def test_refuses_to_read_what_is_no_array_of_notices(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(body)


def test_an_array_of_nothing_tells_nothing() -> None:
    assert read(b"[]") == []


def test_garbage_never_raises_anything_but_unreadable() -> None:
    rng = random.Random(7)
    bodies = [path.read_bytes() for path in SAMPLES.glob("webhook__*.json")]
    for _ in range(2_000):
        body = bytearray(rng.choice(bodies))
        for _ in range(rng.randint(1, 4)):
            place = rng.randrange(len(body))
            body[place : place + rng.randint(0, 6)] = rng.randbytes(rng.randint(0, 3))
        try:
            events = read(bytes(body))
        except Unreadable:
            continue
        assert all(event.stream and event.entity_id for event in events)


def test_missing_and_null_fields_are_no_error() -> None:
    notice = json.loads(sample("webhook__deal_creation"))[0]
    for name in notice:
        read(json.dumps([{key: value for key, value in notice.items() if key != name}]).encode())
        if name != "subscriptionType":
            read(json.dumps([notice | {name: None}]).encode())
    assert read(json.dumps([notice | {"occurredAt": 10**18}]).encode())[0].source_updated_at is None


@pytest.mark.skipif(not (FIXTURES / "hubspot").exists(), reason="needs the shared fixtures")
def test_reads_the_published_payload() -> None:
    (path,) = (FIXTURES / "hubspot").glob("webhook__*.json")
    (event,) = read(path.read_bytes())
    assert (event.stream, event.entity_id, event.operation) == ("contact", "123", "partial")


def sample_notices() -> Iterator[dict[str, Any]]:
    for path in SAMPLES.glob("webhook__*.json"):
        told = json.loads(path.read_bytes())
        yield from told if isinstance(told, list) else []


def test_every_sample_notice_fits_its_record() -> None:
    told = [records.Notice.model_validate(notice) for notice in sample_notices()]
    assert {notice.subscription_type.partition(".")[2] for notice in told} >= {"merge", "restore", "privacyDeletion"}
