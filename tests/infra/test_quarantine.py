"""What could not be read is read again once its source knows how, under its first trace and time of arrival."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest

from chalicelib.errors import LakeUnavailable, Unreadable
from chalicelib.ingest.land import land
from chalicelib.ingest.quarantine import envelopes
from chalicelib.ingest.signatures import Hmac
from chalicelib.ingest.source import QUARANTINE, Delivery, Event, Source, Webhook
from infra.quarantine import redrive
from tests.functions.ingest.edge_fakes import FakeLake

ARRIVED = datetime(2026, 11, 20, 9, tzinfo=UTC)
BODIES = [b'{"id":"1","shape":"new"}', b'{"id":"2","shape":"new"}', b'{"id":"3","shape":"unheard of"}']


def reading(*shapes: str) -> Source:
    """A source that knows these shapes of its vendor's payloads."""

    def read(delivery: Delivery) -> Sequence[Event]:
        told = msgspec.json.decode(delivery.body)
        if told["shape"] not in shapes:
            raise Unreadable("unexpected_shape", told["shape"])
        return [Event("thing", told["id"], "upsert", delivery.body)]

    return Source("vendor", "A vendor", Webhook(Hmac("x-signature"), read, answer_within_s=3), None)


@pytest.fixture
def lake() -> FakeLake:
    """With three deliveries in quarantine, one of them delivered twice."""
    filled = FakeLake()
    webhook = reading("old").webhook
    assert webhook
    for number, body in enumerate([*BODIES, BODIES[0]]):
        delivery = Delivery("vendor", "default", "POST", "https://hooks.example/hooks/vendor", {}, body, ARRIVED)
        land(envelopes(webhook, delivery, "0" * 63 + str(number % 3), f"trace-{number % 3}"), filled)
    assert {envelope.stream for envelope in filled.envelopes()} == {QUARANTINE}
    return filled


def test_what_can_be_read_now_is_landed_as_it_would_have_been(lake: FakeLake):
    kept = list(lake.objects)

    assert redrive(lake, kept, find=lambda name: reading("old", "new")) == (2, 1)

    things = {envelope.entity_id: envelope for envelope in lake.envelopes() if envelope.stream == "thing"}
    assert things.keys() == {"1", "2"}
    assert bytes(things["1"].payload) == BODIES[0]
    assert (things["2"].trace_id, things["2"].received_at) == ("trace-1", ARRIVED)
    assert things["2"].body_sha256 == "0" * 63 + "1"


def test_doing_it_again_changes_nothing(lake: FakeLake):
    kept = list(lake.objects)
    redrive(lake, kept, find=lambda name: reading("new"))
    before = dict(lake.objects)

    assert redrive(lake, kept, find=lambda name: reading("new")) == (2, 1)
    assert lake.objects == before


def test_one_that_is_named_is_the_only_one(lake: FakeLake):
    (wanted,) = {envelope.event_id for envelope in lake.envelopes() if envelope.trace_id == "trace-1"}

    assert redrive(lake, list(lake.objects), wanted, find=lambda name: reading("new")) == (1, 0)
    assert [envelope.entity_id for envelope in lake.envelopes() if envelope.stream == "thing"] == ["2"]


@pytest.mark.parametrize("found", [None, reading("old"), replace(reading("new"), webhook=None)])
def test_what_still_cannot_be_read_stays_where_it_is(lake: FakeLake, found: Source | None):
    before = dict(lake.objects)

    assert redrive(lake, list(lake.objects), find=lambda name: found) == (0, 3)
    assert lake.objects == before


def test_an_object_that_is_gone_is_told_and_not_passed_over(lake: FakeLake):
    with pytest.raises(LakeUnavailable, match="not in the lake"):
        redrive(lake, ["events/vendor/quarantine/gone"])
