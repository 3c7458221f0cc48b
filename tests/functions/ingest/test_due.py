"""What is due."""

from datetime import timedelta

from pull_fakes import NOON, vendor

from chalicelib.ingest.connections import Registered
from chalicelib.ingest.cursors import Record
from chalicelib.ingest.due import PullOrder, due
from chalicelib.ingest.source import Source, Stream

SOURCES = {"vendor": vendor(Stream("thing", lambda reading: iter(())), Stream("other", lambda reading: iter(())))}
CONNECTION = Registered("vendor", "default", "", True, None)
THING = PullOrder("vendor", "default", "thing")
OTHER = PullOrder("vendor", "default", "other")
MINUTE = timedelta(minutes=1)


def told(records, connections=(CONNECTION,), sources=SOURCES):
    return due(sources, connections, records, NOON)


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
