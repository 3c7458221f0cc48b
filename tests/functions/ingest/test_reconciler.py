"""When a connection is checked, how far, and what is kept of it."""

import dataclasses
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pull_fakes import CONNECTION, NOON, vendor
from reconcile_fakes import World, ago, fetch, ids_only, source

from chalicelib.errors import LakeUnavailable
from chalicelib.ingest.cursors import LEASE, Cursors, Record
from chalicelib.ingest.reconciler import EVERY, WHOLE_EVERY
from chalicelib.ingest.source import Census, Event, Reading, Stream, Window


def test_a_vendor_that_is_down_makes_a_finding_that_says_so_and_the_window_is_checked_again(
    world: Callable[..., World],
) -> None:
    w = world(live={"a": (ago(5), "")})
    w.truth.is_down = True
    assert "no usable answer" in str(w.check().error)

    w.truth.is_down = False
    w.clock.forward(hours=2)
    assert w.check().missing == 1


def test_changes_younger_than_the_vendors_lag_are_left_to_the_next_check(world: Callable[..., World]) -> None:
    w = world(Census(lag=timedelta(hours=1)), live={"a": (ago(0.5), "")})
    assert w.check().listed == 0

    w.clock.forward(hours=1)
    assert (w.check().listed, w.repairs()) == (1, [("a", "upsert")])


def test_every_finding_is_an_event_of_ours_and_the_index_is_kept(world: Callable[..., World]) -> None:
    w = world(live={"a": (ago(5), "")})
    finding = w.check()

    assert w.ledger() == [finding]
    assert [key for key in w.lake.objects if key.startswith("indexes/")] == ["indexes/vendor/default.sqlite3.gz"]


def test_the_index_can_be_lost_and_is_made_anew_from_the_lake(world: Callable[..., World]) -> None:
    w = world(live={"a": (ago(5), "")})
    w.check()
    del w.lake.objects["indexes/vendor/default.sqlite3.gz"]

    assert (w.check().held_before, w.repairs()) == (1, [("a", "upsert")])


def test_a_long_past_is_checked_in_windows_and_a_short_run_goes_on_in_another_message(
    world: Callable[..., World],
) -> None:
    w = world(Census(records=ids_only, fetch=fetch), live={"old": (ago(24 * 280), ""), "new": (ago(5), "")})
    w.reconciler.connections.connect(dataclasses.replace(CONNECTION, start_at=ago(24 * 300)))
    body = json.dumps({"source": "vendor", "connection_id": "default", "is_forced": True})
    first = w.reconciler.run(body, lambda: 600_000 if len(w.ledger()) < 2 else 10_000)
    assert len(first) == 2

    rest = w.checks(**w.ordered[0])
    windows = [(one.window_start, one.window_end) for one in (*first, *rest)]
    assert windows[0][0] == ago(24 * 300) and windows[-1][1] == NOON - timedelta(minutes=5)
    assert sum(one.missing for one in (*first, *rest)) == 2


def test_the_checks_of_one_day_share_a_row_of_the_ledger_and_the_next_days_begin_a_day_before(
    world: Callable[..., World],
) -> None:
    w = world(live={"a": (ago(5), "")})
    w.check()
    w.clock.forward(hours=2)
    first = w.check()
    w.clock.forward(hours=2)
    second = w.check()
    w.clock.forward(days=1)
    w.check()
    third = w.check()

    assert first.window_start == second.window_start == datetime(2026, 11, 19, tzinfo=UTC)
    assert first.entity_id == second.entity_id != third.entity_id
    assert third.window_start == datetime(2026, 11, 20, tzinfo=UTC)


def test_a_window_in_which_something_stays_open_is_checked_until_it_is_closed(world: Callable[..., World]) -> None:
    w = world()
    w.truth.forbidden = {"a"}
    w.came("a", ago(5), "pull")
    assert w.check().unrepaired == 1
    w.clock.forward(days=5)
    assert [one.unrepaired for one in w.checks()] == [1, 1]
    w.clock.forward(days=5)
    assert [one.unrepaired for one in w.checks()] == [1, 1, 0]

    w.truth.forbidden = set()
    w.clock.forward(days=5)
    assert [one.deleted_unseen for one in w.checks()] == [1, 0, 0]
    w.clock.forward(days=5)
    assert len(w.checks()) == 1


def test_a_check_that_is_not_due_does_nothing(world: Callable[..., World]) -> None:
    w = world(live={"a": (ago(5), "")})
    assert len(w.checks()) == 1
    assert w.checks(is_forced=False) == []
    w.clock.forward(seconds=EVERY.total_seconds() + 1)
    assert len(w.checks(is_forced=False)) == 1


def test_a_census_of_all_that_lives_is_taken_once_a_day(world: Callable[..., World]) -> None:
    w = world(Census(is_whole=True), live={"a": (ago(5), "")})
    assert len(w.checks()) == 1
    w.clock.forward(seconds=EVERY.total_seconds() + 1)
    assert w.checks(is_forced=False) == []
    w.clock.forward(seconds=WHOLE_EVERY.total_seconds())
    assert len(w.checks(is_forced=False)) == 1


class Killed(BaseException):
    """The process is gone: nothing of ours may catch it."""


INDEX = "indexes/vendor/default.sqlite3.gz"


def records(w: World, source: str = "vendor", connection_id: str = "default") -> dict[str, Record]:
    return Cursors(w.reconciler.table, w.clock.now, "check").of(source, connection_id)


def test_a_killed_run_is_repeated_and_repairs_nothing_twice(world: Callable[..., World]) -> None:
    asked = list[Window]()

    def deadly(reading: Reading, window: Window) -> Iterator[list[Event]]:
        asked.append(window)
        if len(asked) == 2:
            raise Killed
        yield from ids_only(reading, window)

    w = world(Census(records=deadly, fetch=fetch), live={"old": (ago(24 * 150), ""), "new": (ago(5), "")})
    w.reconciler.connections.connect(dataclasses.replace(CONNECTION, start_at=ago(24 * 160)))
    with pytest.raises(Killed):
        w.checks()
    assert w.repairs() == [("old", "upsert")]
    assert (INDEX in w.lake.objects, records(w)["-"].cursor) == (False, {})

    w.clock.forward(seconds=LEASE.total_seconds())
    assert [(one.listed, one.held_before) for one in w.checks()] == [(1, 1), (1, 0)]
    assert w.repairs() == [("new", "upsert"), ("old", "upsert")]


def test_what_the_saved_index_does_not_know_is_not_told_as_checked(world: Callable[..., World]) -> None:
    def breaking(reading: Reading, window: Window) -> Iterator[list[Event]]:
        w.lake.broken_part = "indexes/"
        yield from ids_only(reading, window)

    w = world(Census(records=breaking, fetch=fetch), live={"a": (ago(5), "")})
    with pytest.raises(LakeUnavailable):
        w.checks()
    assert (INDEX in w.lake.objects, records(w)["-"].cursor) == (False, {})


def test_a_stream_that_cannot_be_checked_does_not_have_the_others_checked_again(world: Callable[..., World]) -> None:
    def faulty(reading: Reading, window: Window) -> Iterator[list[Event]]:
        raise KeyError("a hole in the reading")

    w = world(live={"a": (ago(5), "")})
    thing = source(Census(fetch=fetch)).pull.streams[0]  # type: ignore[union-attr]
    both = vendor(thing, Stream("faulty", thing.read, census=Census(records=faulty)))
    w.reconciler = dataclasses.replace(w.reconciler, source_named={"vendor": both}.get)
    with pytest.raises(KeyError):
        w.checks()
    assert records(w)["-"].cursor.keys() == {"thing"}
    assert INDEX in w.lake.objects


@pytest.mark.parametrize(("source", "connection_id"), [("nobody", "default"), ("vendor", "gone")])
def test_where_nothing_can_be_checked_nothing_is_held(
    world: Callable[..., World], source: str, connection_id: str
) -> None:
    w = world()
    assert w.checks(source=source, connection_id=connection_id) == []
    assert records(w, source, connection_id) == {}
