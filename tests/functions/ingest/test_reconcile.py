"""Three witnesses: what was lost, missed, changed or deleted unseen is found, repaired and counted again."""

import gzip
import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
from edge_fakes import FakeLake
from pull_fakes import CONNECTION, NOON, Clock, vendor

from chalicelib.ingest.connections import Connections
from chalicelib.ingest.land import land
from chalicelib.ingest.pages import Request, Token, items, listing
from chalicelib.ingest.reconcile import MASS
from chalicelib.ingest.reconciler import EVERY, Reconciler
from chalicelib.ingest.source import Census, Event, Reading, Source, Stream, Window, envelop
from chalicelib.ingest.state_table import StateTable
from events.envelope import Envelope, Lane, decode
from events.sophia import Completeness

START = NOON - timedelta(days=3)


@dataclass
class Truth:
    """A vendor's records: id to (version clock, text), and those in its trash with the time of their deletion."""

    live: dict[str, tuple[datetime, str]] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    """Living, but left out of listings."""
    forbidden: set[str] = field(default_factory=set)
    is_down: bool = False

    def answer(self, request: httpx.Request) -> httpx.Response:
        if self.is_down:
            return httpx.Response(500)
        one = request.url.path.removeprefix("/api/things/")
        if one in self.forbidden:
            return httpx.Response(403)
        if one != request.url.path:
            return httpx.Response(200, json=self._record(one)) if one in self.live else httpx.Response(404)
        told = sorted(set(self.live) - self.hidden)
        place = int(request.url.params.get("cursor", 0))
        page = [self._record(one) for one in told[place : place + 10]]
        return httpx.Response(200, json={"things": page, "next": str(place + 10) if place + 10 < len(told) else None})

    def _record(self, one: str) -> dict[str, str]:
        at, text = self.live[one]
        return {"id": one, "updated": at.isoformat(), "text": text}


def thing(raw: bytes, reading: Reading | None = None) -> Event:
    told = json.loads(raw)
    return Event("thing", told["id"], "upsert", raw, source_updated_at=datetime.fromisoformat(told["updated"]))


def fetch(reading: Reading, entity_id: str) -> Event | None:
    answer = reading.http.ask(Request(f"things/{entity_id}"))
    return None if answer.ruling.kind == "empty" else thing(answer.body)


def ids_only(reading: Reading, window: Window) -> Iterator[list[Event]]:
    for page in (reading.http.ask(Request("things")),):
        told = [thing(raw) for raw in items(page.body, "things")]
        yield [Event(one.stream, one.entity_id, "upsert", b"", source_updated_at=one.source_updated_at) for one in told]


def source(census: Census) -> Source:
    read = listing(
        request=lambda reading, since: Request("things"),
        event=thing,
        records=("things",),
        paginator=Token(("next",), "cursor"),
    )
    return vendor(Stream("thing", read, census=census))


@dataclass
class World:
    """A reconciler on a lake of its own, and the vendor it asks."""

    reconciler: Reconciler
    lake: FakeLake
    clock: Clock
    truth: Truth
    ordered: list[dict[str, Any]] = field(default_factory=list)

    def came(self, one: str, at: datetime, lane: Lane, operation: str = "upsert", text: str = "") -> None:
        raw = json.dumps({"id": one, "updated": at.isoformat(), "text": text}).encode()
        event = Event("thing", one, operation, raw, (lane, one, str(at)), source_updated_at=at)  # type: ignore[arg-type]
        about = {"source": "vendor", "connection_id": "default", "lane": lane, "trace_id": "t"}
        land([envelop(event, received_at=at, **about)], self.lake)  # type: ignore[arg-type]

    def check(self, seconds: float = 600, **more: Any) -> Completeness:
        (finding,) = self.checks(seconds, **more)
        return finding

    def checks(self, seconds: float = 600, **more: Any) -> list[Completeness]:
        body = json.dumps({"source": "vendor", "connection_id": "default", "is_forced": True} | more)
        return list(self.reconciler.run(body, lambda: int(seconds * 1000)))

    def repairs(self) -> list[tuple[str, str]]:
        return sorted((one.entity_id, one.operation) for one in self._landed("vendor") if one.lane == "backfill")

    def ledger(self) -> list[Completeness]:
        return [msgspec.json.decode(one.payload, type=Completeness) for one in self._landed("sophia")]

    def _landed(self, name: str) -> Iterator[Envelope]:
        for key, body in self.lake.objects.items():
            if key.startswith(f"events/{name}/"):
                yield from map(decode, gzip.decompress(body).splitlines())


@pytest.fixture
def world(table: StateTable, connections: Connections, clock: Clock) -> Callable[..., World]:
    def make(census: Census | None = None, live: Mapping[str, tuple[datetime, str]] | None = None) -> World:
        connections.connect(
            type(CONNECTION)("vendor", "default", CONNECTION.base_url, CONNECTION.credentials, start_at=START)
        )
        lake, truth = FakeLake(), Truth(dict(live or {}))
        made: World
        reconciler = Reconciler(
            table=table,
            connections=connections,
            source_named={"vendor": source(census or Census(fetch=fetch))}.get,
            land=lambda envelopes: land(envelopes, lake),  # type: ignore[arg-type]
            enqueue=lambda body, delay_s: made.ordered.append(json.loads(body)),
            client=lambda: httpx.Client(transport=httpx.MockTransport(truth.answer)),
            now=clock.now,
            sleep=lambda seconds: None,
            rng=random.Random(7),
            lake=lake,  # type: ignore[arg-type]
        )
        made = World(reconciler, lake, clock, truth)
        return made

    return make


def ago(hours: float) -> datetime:
    return NOON - timedelta(hours=hours)


def test_what_both_lanes_brought_is_complete_and_costs_no_repair(world: Callable[..., World]) -> None:
    w = world(live={"a": (ago(5), ""), "b": (ago(4), "")})
    w.came("a", ago(5), "webhook")
    w.came("a", ago(5), "pull")
    w.came("b", ago(4), "pull")

    finding = w.check()

    assert (finding.listed, finding.by_webhook, finding.by_pull, finding.held_before, finding.held) == (2, 1, 2, 2, 2)
    assert finding.is_complete and finding.repaired == finding.repair_requests == 0
    assert finding.newest_at == ago(4)
    assert w.repairs() == []


def test_the_missing_and_the_stale_are_repaired_and_counted_again(world: Callable[..., World]) -> None:
    w = world(live={"a": (ago(5), ""), "b": (ago(4), "new"), "c": (ago(3), "")})
    w.came("a", ago(5), "webhook")
    w.came("b", ago(9), "webhook", text="old")

    finding = w.check()

    assert (finding.missing, finding.stale, finding.repaired, finding.unrepaired) == (1, 1, 2, 0)
    assert (finding.held_before, finding.held) == (1, 3)
    assert finding.is_complete
    assert w.repairs() == [("b", "upsert"), ("c", "upsert")]


def test_a_hint_by_webhook_counts_for_its_lane_but_does_not_make_a_record_whole(world: Callable[..., World]) -> None:
    w = world(live={"a": (ago(5), "")})
    w.came("a", ago(5), "webhook", operation="partial")

    finding = w.check()

    assert (finding.by_webhook, finding.missing, finding.held) == (1, 1, 1)


def test_what_the_vendor_deleted_unseen_gets_a_tombstone_after_asking(world: Callable[..., World]) -> None:
    w = world(live={"a": (ago(5), "")})
    w.came("a", ago(5), "pull")
    w.came("gone", ago(4), "pull")

    finding = w.check()

    assert (finding.unlisted, finding.deleted_unseen, finding.repair_requests) == (1, 1, 1)
    assert w.repairs() == [("gone", "delete")]
    assert w.check().unlisted == 0, "it is buried"


def test_what_a_list_leaves_out_but_the_vendor_still_has_stays(world: Callable[..., World]) -> None:
    w = world(live={"a": (ago(5), "")})
    w.truth.hidden = {"a"}
    w.came("a", ago(5), "pull")

    finding = w.check()

    assert (finding.unlisted, finding.deleted_unseen, finding.repaired) == (1, 0, 0)
    assert w.repairs() == []


def test_what_is_closed_to_us_is_not_taken_for_deleted(world: Callable[..., World]) -> None:
    w = world()
    w.truth.forbidden = {"a"}
    w.came("a", ago(5), "pull")

    finding = w.check()

    assert (finding.unlisted, finding.deleted_unseen, finding.unrepaired) == (1, 0, 1)
    assert not finding.is_complete


def test_a_record_that_was_restored_lives_again_though_its_clock_stood_still(world: Callable[..., World]) -> None:
    w = world(live={"a": (ago(5), "")})
    w.came("a", ago(5), "pull")
    w.came("a", ago(5), "webhook", operation="delete")

    assert w.check().stale == 1
    assert w.repairs() == [("a", "upsert")]
    assert w.check().stale == 0


def test_an_empty_list_of_all_that_lives_buries_nobody(world: Callable[..., World]) -> None:
    w = world(Census(is_whole=True))
    for number in range(MASS + 1):
        w.came(f"n{number}", ago(5), "pull")

    finding = w.check()

    assert (finding.unlisted, finding.unrepaired, finding.deleted_unseen) == (MASS + 1, MASS + 1, 0)
    assert w.repairs() == []


def test_a_list_of_all_that_lives_buries_the_few_it_leaves_out_however_old(world: Callable[..., World]) -> None:
    w = world(Census(is_whole=True), live={"a": (ago(24 * 900), "")})
    w.came("a", ago(24 * 900), "pull")
    w.came("gone", ago(24 * 800), "pull")

    assert w.check().deleted_unseen == 1
    assert w.repairs() == [("gone", "delete")]


def test_ids_alone_are_enough_to_find_and_fetch_what_is_missing(world: Callable[..., World]) -> None:
    w = world(Census(records=ids_only, fetch=fetch), live={"a": (ago(5), "x"), "b": (ago(4), "")})
    w.came("b", ago(4), "pull")

    finding = w.check()

    assert (finding.missing, finding.repaired, finding.repair_requests) == (1, 1, 1)
    assert w.repairs() == [("a", "upsert")]


def test_a_total_above_what_the_vendor_lists_is_no_completeness(world: Callable[..., World]) -> None:
    w = world(Census(total=lambda reading, window: 3), live={"a": (ago(5), "")})
    w.came("a", ago(5), "pull")

    finding = w.check()

    assert (finding.vendor_total, finding.held, finding.is_complete) == (3, 1, False)


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
    world: Callable[..., World], connections: Connections
) -> None:
    w = world(live={"old": (ago(24 * 80), ""), "new": (ago(5), "")})
    w.reconciler.connections.connect(
        type(CONNECTION)("vendor", "default", CONNECTION.base_url, CONNECTION.credentials, start_at=ago(24 * 100))
    )
    left = iter([600, 600, 600, 10, *[10] * 50])
    body = json.dumps({"source": "vendor", "connection_id": "default", "is_forced": True})
    first = w.reconciler.run(body, lambda: next(left) * 1000)
    assert 0 < len(first) < 4

    rest = w.checks(**w.ordered[0])
    windows = [(one.window_start, one.window_end) for one in (*first, *rest)]
    assert windows[0][0] == ago(24 * 100) and windows[-1][1] == NOON - timedelta(minutes=5)
    assert sum(one.missing for one in (*first, *rest)) == 2


def test_a_check_that_is_not_due_does_nothing(world: Callable[..., World]) -> None:
    w = world(live={"a": (ago(5), "")})
    assert len(w.checks()) == 1
    assert w.checks(is_forced=False) == []
    w.clock.forward(seconds=EVERY.total_seconds() + 1)
    assert len(w.checks(is_forced=False)) == 1
