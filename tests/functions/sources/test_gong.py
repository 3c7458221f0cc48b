"""What the deliveries of Gong's webhook rules mean, and that nothing in a body raises anything but Unreadable."""

import random
from datetime import UTC, datetime
from typing import Any

import pytest
import vendor_fake
from vendor_fake import FIXTURES, delivery

from chalicelib.errors import Unreadable
from chalicelib.ingest.source import Event, envelop
from chalicelib.sources.gong import source

NOW = datetime(2026, 11, 20, 17, tzinfo=UTC)
MEANT = {
    "webhook__call": ("call", "8841200917345620117", "upsert", "2026-09-09T16:00:41.218Z"),
    "webhook__call_minimal": ("call", "8841200917345621000", "upsert", None),
    "webhook__call_private": ("call", "8841200917345620999", "upsert", "2026-10-21T10:00:00Z"),
    "webhook__call_test": ("call_test", "8841200917345620117", "event", None),
    "webhook__call_test_empty": ("call_test", "-", "event", None),
    "webhook__call_unwrapped": ("call", "8841200917345620455", "upsert", "2026-10-20T16:00:12.041977Z"),
}
BODIES = sorted((vendor_fake.ROOT / "events" / "gong" / "samples").glob("webhook__*.json"))


def read(body: bytes) -> list[Event]:
    assert source.webhook
    return list(source.webhook.read(delivery("gong", body)))


def sample(name: str) -> bytes:
    return vendor_fake.sample("gong", f"{name}.json")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize("path", BODIES, ids=lambda path: path.stem)
def test_reads_every_sample_as_the_table_says(path: Any) -> None:
    (event,) = read(path.read_bytes())
    stream, entity_id, operation, started = MEANT[path.stem]
    assert (event.stream, event.entity_id, event.operation) == (stream, entity_id, operation)
    assert event.occurred_at == (at(started) if started else None)
    assert event.source_updated_at is None  # Gong has no such clock
    assert event.payload == path.read_bytes()


def test_the_same_call_from_two_rules_is_one_event_and_a_richer_one_another() -> None:
    def event_id(body: bytes) -> str:
        (event,) = read(body)
        return envelop(
            event, source="gong", connection_id="default", lane="webhook", received_at=NOW, trace_id="t"
        ).event_id

    body = sample("webhook__call")
    assert event_id(body) == event_id(body)
    assert event_id(body) != event_id(body.replace(b'"brief": null', b'"brief": "Fees."'))


def test_ids_past_what_a_float_holds_stay_exact() -> None:
    (event,) = read(b'{"callData": {"metaData": {"id": 8841200917345620117}}}')
    assert event.entity_id == "8841200917345620117"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"7",
        b'{"callData": 3}',
        b'{"callData": {"metaData": {}}}',
        b'{"callData',
        b'{"a": "\xff"}',
        b'{"callData":' * 30_000,
    ],
)
def test_refuses_to_read_what_is_no_call(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(body)


def test_garbage_never_raises_anything_but_unreadable() -> None:
    rng, bodies = random.Random(11), [path.read_bytes() for path in BODIES]
    for _ in range(2_000):
        body = bytearray(rng.choice(bodies))
        for _ in range(rng.randint(1, 4)):
            place = rng.randrange(len(body))
            body[place : place + rng.randint(0, 6)] = rng.randbytes(rng.randint(0, 3))
        try:
            (event,) = read(bytes(body))
        except Unreadable:
            continue
        assert event.stream in ("call", "call_test")


@pytest.mark.skipif(not (FIXTURES / "gong").exists(), reason="needs the shared fixtures")
def test_reads_the_fixture() -> None:
    for path in (FIXTURES / "gong").glob("*webhook*.json"):
        (event,) = read(path.read_bytes())
        assert (event.stream, event.operation) == ("call", "upsert")
