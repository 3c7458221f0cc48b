"""What is due."""

from dataclasses import replace
from datetime import timedelta

import pytest
from pull_fakes import NOON, vendor

from chalicelib.ingest.connections import Registered
from chalicelib.ingest.cursors import REST, Record
from chalicelib.ingest.due import PullOrder, due
from chalicelib.ingest.source import Source, Stream

SOURCES = {"vendor": vendor(Stream("thing", lambda reading: iter(())), Stream("other", lambda reading: iter(())))}
CONNECTION = Registered("vendor", "default", "", True, None)
THING = PullOrder("vendor", "default", "thing")
OTHER = PullOrder("vendor", "default", "other")
MINUTE = timedelta(minutes=1)


def told(records, connections=(CONNECTION,), sources=SOURCES, hinted=None):
    return due(sources, connections, records, hinted or {}, NOON)


def test_what_never_ran_is_due():
    assert told({}) == [THING, OTHER]


def test_the_longest_waiting_comes_first():
    assert told({THING: Record({}, next_at=NOON), OTHER: Record({}, next_at=NOON - MINUTE)}) == [OTHER, THING]


def test_what_never_ran_comes_before_all():
    assert told({THING: Record({}, next_at=NOON - MINUTE)}) == [OTHER, THING]


def test_what_is_not_yet_due_is_left_alone():
    assert told({THING: Record({}, next_at=NOON + MINUTE)}) == [OTHER]


def test_what_another_run_holds_is_left_alone_until_its_lease_expires():
    assert told({THING: Record({}, lease_until=NOON + MINUTE)}) == [OTHER]
    assert THING in told({THING: Record({}, lease_until=NOON)})


def test_a_disabled_connection_is_never_due():
    assert told({}, [Registered("vendor", "default", "", False, None)]) == []


def test_a_source_that_is_unknown_or_has_no_pulls_is_never_due():
    assert told({}, [Registered("gone", "default", "", True, None)]) == []
    assert told({}, sources={"vendor": Source("vendor", "Vendor", None, None)}) == []


# ---- hints

LATER = NOON + timedelta(hours=1)
RESTING = Record(
    {}, began_at=NOON - 3 * MINUTE, last_finished_at=NOON - 2 * MINUTE, next_at=LATER, not_before=LATER, batch_id=None
)
SECOND = timedelta(seconds=1)


def is_woken(record, hinted_at):
    return THING in told({THING: record, OTHER: Record({}, next_at=LATER)}, hinted={THING: hinted_at})


def test_a_hint_brings_forward_a_stream_that_rests_and_no_other():
    records = {THING: RESTING, OTHER: RESTING}
    assert told(records) == []
    assert told(records, hinted={THING: NOON - MINUTE}) == [THING]


def test_a_reading_has_seen_what_was_hinted_at_before_it_began_and_not_what_came_while_it_ran():
    assert not is_woken(RESTING, RESTING.began_at)
    assert is_woken(RESTING, RESTING.began_at + SECOND)


def test_hints_never_begin_a_reading_right_after_another():
    assert not is_woken(replace(RESTING, began_at=NOON - REST, last_finished_at=NOON - REST + SECOND), NOON)
    assert is_woken(replace(RESTING, began_at=NOON - REST - SECOND, last_finished_at=NOON - REST), NOON)


def test_after_a_long_reading_a_hint_waits_as_long_as_that_took():
    long = replace(RESTING, began_at=NOON - 15 * MINUTE, last_finished_at=NOON - 5 * MINUTE)
    assert not is_woken(long, NOON)
    assert is_woken(replace(long, last_finished_at=NOON - 8 * MINUTE), NOON)


@pytest.mark.parametrize(
    "record",
    [
        replace(RESTING, batch_id="b", last_error="asked to wait an hour"),
        replace(RESTING, batch_id="b", failures=1),
        replace(RESTING, lease_until=NOON + MINUTE),
    ],
    ids=["waits for the vendor", "failed", "runs"],
)
def test_a_hint_shortens_no_wait_that_a_vendor_or_a_failure_asked_for(record):
    assert not is_woken(record, NOON)


def test_a_hint_puts_no_reading_off():
    assert is_woken(replace(RESTING, last_finished_at=NOON, next_at=NOON), NOON)


def test_what_a_hint_woke_waits_in_line_from_when_it_woke():
    woken, scheduled = NOON - 2 * MINUTE + max(REST, MINUTE), NOON - SECOND
    records = {THING: RESTING, OTHER: Record({}, next_at=scheduled)}
    assert woken < scheduled
    assert told(records, hinted={THING: NOON - 2 * MINUTE}) == [THING, OTHER]
