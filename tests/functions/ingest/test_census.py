"""What changes while a census is taken, or too shortly before it, is no finding of it, and the next one sees it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from pull_fakes import NOON
from reconcile_fakes import World, ago, fetch, thing

from chalicelib.ingest.pages import Request, Token, items, walk
from chalicelib.ingest.source import Census, Event, Reading, Window

SECOND = timedelta(seconds=1)
MEANWHILE = [NOON - SECOND, NOON + 90 * SECOND]
"""The vendor has five minutes until what changed counts; a check may take longer than that."""


def ids(reading: Reading, window: Window) -> Iterator[list[Event]]:
    """Of everything, page by page."""
    for answer, _ in walk(reading.http, Request("things"), Token(("next",), "cursor")):
        yield [replace(thing(raw), payload=b"") for raw in items(answer.body, "things")]


def bounded(reading: Reading, window: Window) -> Iterator[list[Event]]:
    """The vendor keeps to the window by itself."""
    for batch in ids(reading, window):
        yield [one for one in batch if one.source_updated_at and window.start <= one.source_updated_at < window.end]


CENSUSES = {
    "its own reading": Census(),
    "its own reading, and one by one": Census(fetch=fetch),
    "a bounded listing": Census(records=bounded, fetch=fetch),
    "ids of all that lives": Census(records=ids, fetch=fetch, is_whole=True),
    "all that lives": Census(is_whole=True),
}
every_census = pytest.mark.parametrize("census", CENSUSES.values(), ids=CENSUSES)
at_all_times = pytest.mark.parametrize("at", MEANWHILE, ids=["before", "during"])


def listing(world: Callable[..., World], census: Census) -> World:
    """Twelve things on two pages, all of which a pull brought."""
    w = world(census, live={f"a{number:02}": (ago(5), "") for number in range(12)})
    for one in w.truth.live:
        w.came(one, ago(5), "pull")
    return w


@every_census
@at_all_times
def test_a_record_made_meanwhile_is_no_finding_and_is_not_lost(
    world: Callable[..., World], census: Census, at: datetime
) -> None:
    w = listing(world, census)
    w.truth.meanwhile = lambda: w.truth.live.update({"a00b": (at, "")})
    finding = w.check()
    assert (finding.missing, finding.unlisted, finding.held, finding.is_complete) == (0, 0, finding.listed, True)
    assert w.repairs() == []

    w.clock.forward(days=1, minutes=10)
    assert sum(one.missing for one in w.checks()) == 1
    assert w.repairs() == [("a00b", "upsert")]


@every_census
@at_all_times
def test_a_record_changed_meanwhile_is_neither_stale_nor_gone(
    world: Callable[..., World], census: Census, at: datetime
) -> None:
    w = listing(world, census)
    w.truth.meanwhile = lambda: w.truth.live.update({"a05": (at, "new")})
    finding = w.check()
    assert (finding.missing, finding.stale, finding.deleted_unseen, finding.is_complete) == (0, 0, 0, True)
    assert w.repairs() == []

    w.clock.forward(days=1, minutes=10)
    assert sum(one.stale for one in w.checks()) == 1
    assert w.repairs() == [("a05", "upsert")]


@every_census
def test_a_page_that_moves_meanwhile_shows_a_record_twice_and_counts_it_once(
    world: Callable[..., World], census: Census
) -> None:
    w = listing(world, census)
    pages = iter((lambda: None, lambda: w.truth.live.update({"a11": (NOON + SECOND, "new"), "b": (ago(5), "")})))
    w.truth.meanwhile = lambda: next(pages, lambda: None)()
    w.came("b", ago(5), "pull")
    finding = w.check()
    assert finding.is_complete and finding.held_before == finding.held == finding.listed


def test_what_just_came_and_is_not_listed_yet_is_not_buried_and_is_once_it_should_be(
    world: Callable[..., World],
) -> None:
    w = listing(world, Census(is_whole=True))
    w.came("new", NOON - SECOND, "webhook")
    assert w.check().unlisted == 0

    w.clock.forward(days=1)
    assert w.check().deleted_unseen == 1
    assert w.repairs() == [("new", "delete")]


def undated(reading: Reading, window: Window) -> Iterator[list[Event]]:
    """Things that tell when they were made, and no clock."""
    for raw in items(reading.http.ask(Request("things")).body, "things"):
        one = thing(raw)
        yield [replace(one, source_updated_at=None, occurred_at=one.source_updated_at)]


def test_where_there_is_no_clock_the_date_of_a_record_tells_that_it_is_new(world: Callable[..., World]) -> None:
    w = world(Census(records=undated, is_whole=True), live={"old": (ago(5), ""), "new": (NOON + SECOND, "")})
    assert (w.check().listed, w.repairs()) == (1, [("old", "upsert")])
    w.clock.forward(days=1)
    assert (w.check().listed, w.repairs()) == (2, [("new", "upsert"), ("old", "upsert")])


def test_a_date_that_people_gave_hides_nothing(world: Callable[..., World]) -> None:
    w = world(Census(records=undated, is_whole=True), live={"next year": (NOON + timedelta(days=365), "")})
    assert w.check().missing == 1


def test_what_is_made_meanwhile_is_counted_where_its_window_comes(world: Callable[..., World]) -> None:
    w = world(live={"a": (ago(5), "")})
    w.truth.meanwhile = lambda: w.truth.live.update({"b": (NOON + SECOND, "")})
    first = w.check()
    w.came("b", NOON + SECOND, "pull")
    w.clock.forward(hours=1)
    second = w.check()

    assert (first.listed, first.window_end) == (1, NOON - timedelta(minutes=5))
    assert (second.listed, second.missing, second.held) == (2, 0, 2)
