"""Fakes of the pull lane's tests: a clock that only moves when told, and a vendor that is a function."""

import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from chalicelib.ingest.cursors import Cursors, Record
from chalicelib.ingest.pages import Request, Token, listing
from chalicelib.ingest.puller import Outcome, Puller
from chalicelib.ingest.source import Connection, Event, Pull, Rate, Reading, Ruling, Source, Stream
from chalicelib.ingest.vendor_http import Response, VendorHttp
from events.envelope import Envelope

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
BASE_URL = "https://vendor.example/api/"
THING = {"source": "vendor", "connection_id": "default", "stream": "thing"}
CONNECTION = Connection("vendor", "default", BASE_URL, {"token": "s3cret"})


class Clock:
    """Stands still until somebody sleeps or moves it."""

    def __init__(self) -> None:
        self.at = NOON
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)

    def forward(self, **duration: float) -> None:
        self.at += timedelta(**duration)


def judge(response: Response) -> Ruling:
    """The way most vendors answer."""
    if response.status == 429 or response.status >= 500:
        after = response.headers.get("retry-after")
        return Ruling("retry", f"http_{response.status}", float(after) if after else None)
    if response.status == 404:
        return Ruling("empty", "nothing_found")
    if response.status >= 400:
        return Ruling("refused", f"http_{response.status}")
    if b'"ok":false' in response.body:
        return Ruling("refused", "ok_is_false")
    return Ruling("ok")


def event(raw: bytes, reading: Reading) -> Event:
    return Event("thing", str(json.loads(raw)["id"]), "upsert", raw)


def vendor(*streams: Stream, rates: Mapping[str, Rate] | None = None) -> Source:
    pull = Pull(
        base_url=BASE_URL,
        headers=lambda connection: {"Authorization": f"Bearer {connection.credentials['token']}"},
        judge=judge,
        rates=rates or {},
        streams=streams
        or (
            Stream(
                "thing",
                listing(
                    request=lambda reading, since: Request("things", params={"since": since and since.isoformat()}),
                    event=event,
                    records=("things",),
                    paginator=Token(("next",), "cursor"),
                ),
                every=timedelta(minutes=5),
            ),
        ),
    )
    return Source("vendor", "Vendor", None, pull)


class Unlimited:
    """Buckets without a bottom."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.paused: list[tuple[str, float]] = []

    def take(self, name: str, most_s: float) -> None:
        self.taken.append(name)

    def pause(self, name: str, seconds: float) -> None:
        self.paused.append((name, seconds))


class Unbroken:
    """A breaker that keeps count and never opens."""

    def __init__(self) -> None:
        self.verdicts: list[str] = []

    def admit(self) -> None: ...

    def succeeded(self) -> None:
        self.verdicts.append("succeeded")

    def failed(self) -> None:
        self.verdicts.append("failed")


@dataclass
class Asking:
    """A VendorHttp on a vendor that is a function, with what it did to everyone else."""

    http: VendorHttp
    seen: list[httpx.Request]
    buckets: Unlimited
    breaker: Unbroken


@dataclass
class Lane:
    """A whole pull lane: what landed, what was ordered, and a vendor that is a function."""

    puller: Puller
    clock: Clock
    answer: Callable[[httpx.Request], httpx.Response] = lambda request: httpx.Response(500)
    landed: list[list[Envelope]] = field(default_factory=list)
    ordered: list[tuple[dict[str, str], int]] = field(default_factory=list)
    asked: list[httpx.Request] = field(default_factory=list)

    def run(self, seconds: float = 300, stream: str = "thing", **more: Any) -> Outcome:
        """One order; `seconds` is the time until the function would be killed."""
        ends_at = self.clock.at + timedelta(seconds=seconds)
        body = {**THING, "stream": stream, **more}
        return self.puller.run(json.dumps(body), lambda: int((ends_at - self.clock.at).total_seconds() * 1000))

    def record(self) -> Record:
        """What is known of the stream now."""
        return Cursors(self.puller.table, self.clock.now).of("vendor", "default")["thing"]

    def events(self) -> list[Envelope]:
        return list(itertools.chain.from_iterable(self.landed))

    def ids(self) -> list[str]:
        return [envelope.entity_id for envelope in self.events()]


def in_pages(*pages: list[int], slow: Callable[[], None] = lambda: None) -> Callable[[httpx.Request], httpx.Response]:
    """A vendor with these things, page by page."""

    def answer(request: httpx.Request) -> httpx.Response:
        slow()
        number = int(request.url.params.get("cursor", 0))
        following = str(number + 1) if number + 1 < len(pages) else None
        return httpx.Response(200, json={"things": [{"id": one} for one in pages[number]], "next": following})

    return answer
