"""Fakes of reconciliation's tests: a vendor whose truth is a dict, and a reconciler on a lake in memory."""

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import msgspec
from edge_fakes import FakeLake
from pull_fakes import NOON, Clock, vendor

from chalicelib.ingest.land import land
from chalicelib.ingest.pages import Request, Token, items, listing
from chalicelib.ingest.reconciler import Reconciler
from chalicelib.ingest.source import Census, Event, Reading, Source, Stream, Window, envelop
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
    meanwhile: Callable[[], None] = lambda: None
    """What happens before each page of a listing."""

    def answer(self, request: httpx.Request) -> httpx.Response:
        if self.is_down:
            return httpx.Response(500)
        one = request.url.path.removeprefix("/api/things/")
        if one in self.forbidden:
            return httpx.Response(403)
        if one != request.url.path:
            return httpx.Response(200, json=self._record(one)) if one in self.live else httpx.Response(404)
        self.meanwhile()
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


def ago(hours: float) -> datetime:
    return NOON - timedelta(hours=hours)
