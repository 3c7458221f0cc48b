"""Leases and cursors."""

from datetime import timedelta

import pytest
from pull_fakes import NOON

from chalicelib.errors import LeaseLost
from chalicelib.ingest.cursors import LEASE, Cursors


@pytest.fixture
def acquire(table, clock):
    return lambda owner, **more: Cursors(table, clock.now).acquire("vendor", "default", "thing", owner=owner, **more)


def record(table, clock):
    return Cursors(table, clock.now).of("vendor", "default")["thing"]


def test_a_stream_that_never_ran_begins_with_an_empty_cursor(acquire):
    assert acquire("one").record.cursor == {}


def test_only_one_of_two_pullers_holds_a_stream(acquire):
    assert acquire("one") is not None
    assert acquire("two") is None


def test_the_next_run_goes_on_from_the_saved_cursor(acquire, clock):
    first = acquire("one")
    first.save({"page": 3, "nested": {"ids": [1, 2]}})
    first.pause(NOON)
    assert acquire("two").record.cursor == {"page": 3, "nested": {"ids": [1, 2]}}


def test_the_lease_of_a_killed_run_expires(acquire, clock):
    killed = acquire("one")
    killed.save({"page": 1})
    clock.forward(seconds=LEASE.total_seconds() + 1)
    assert acquire("two").record.cursor == {"page": 1}


def test_a_run_that_lost_its_lease_can_neither_save_nor_finish(acquire, clock, table):
    slow = acquire("one")
    clock.forward(seconds=LEASE.total_seconds() + 1)
    other = acquire("two")
    other.save({"page": 9})
    for attempt in (lambda: slow.save({"page": 2}), lambda: slow.finish(NOON), lambda: slow.fail("x", NOON)):
        with pytest.raises(LeaseLost):
            attempt()
    assert record(table, clock).cursor == {"page": 9}
    assert record(table, clock).owner == "two"


def test_a_late_run_that_nobody_replaced_may_still_save(acquire, clock):
    slow = acquire("one")
    clock.forward(seconds=LEASE.total_seconds() * 2)
    slow.save({"page": 2})
    assert acquire("two") is None


def test_keeping_alive_extends_the_lease(acquire, clock):
    slow = acquire("one")
    for _ in range(10):
        clock.forward(seconds=LEASE.total_seconds() / 2)
        slow.keep_alive()
    assert acquire("two") is None


def test_keeping_alive_costs_nothing_while_the_lease_is_fresh(acquire, table):
    lease = acquire("one")
    before = table.read("cursor#vendor/default", "thing").revision
    lease.keep_alive()
    assert table.read("cursor#vendor/default", "thing").revision == before


def test_a_finished_stream_waits_for_its_time_unless_forced(acquire):
    acquire("one").finish(next_at=NOON + timedelta(minutes=5))
    assert acquire("two") is None
    assert acquire("three", is_forced=True) is not None


def test_a_forced_run_does_not_take_a_lease_away(acquire):
    acquire("one")
    assert acquire("two", is_forced=True) is None


def test_runs_share_a_batch_until_one_finishes(acquire):
    first = acquire("one")
    first.pause(NOON)
    second = acquire("two")
    assert second.record.batch_id == first.record.batch_id
    second.finish(NOON)
    assert acquire("three").record.batch_id == "three"


def test_a_failure_is_told_and_counted_until_the_stream_finishes(acquire, table, clock):
    for _ in range(2):
        acquire("one").fail("the vendor is away " * 100, NOON)
    assert record(table, clock).failures == 2
    assert len(record(table, clock).last_error) == 500
    acquire("two").finish(NOON)
    assert record(table, clock).failures == 0
    assert record(table, clock).last_error is None
    assert record(table, clock).last_finished_at == NOON
