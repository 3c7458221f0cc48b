"""Each source's own reading: records a second with a vendor that answers at once, replayed from its stand-in.

The first reading, through the stand-in, is recorded; the measured ones get the same answers to the same questions.
"""

import functools
import logging
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx

from chalicelib import sources
from chalicelib.ingest.lake import Lake
from chalicelib.ingest.land import land
from chalicelib.ingest.source import Connection, Reading, envelop
from chalicelib.ingest.vendor_http import VendorHttp
from infra.company import credentials, vendors
from infra.company.vendors.app import make_app, make_site
from infra.company.vendors.in_process import client_of
from infra.company.world import World, build

from .vendor_lanes import Free

SEED = 42
NAMES = [name for name in vendors.names() if (one := sources.load(name)) and one.pull]
_AT_LEAST_S = 0.3
_Key = tuple[str, str, bytes]


class _Forgetful:
    """Takes everything and keeps nothing."""

    def put_object(self, **arguments: object) -> None: ...


def rates(name: str, rounds: int) -> list[float]:
    """Records a second, once per round."""
    with _quiet():
        answers = _recorded(name)
        return [_rate(name, answers) for _ in range(rounds)]


def _rate(name: str, answers: dict[_Key, list[httpx.Response]]) -> float:
    records, began = 0, time.perf_counter()
    while (seconds := time.perf_counter() - began) < _AT_LEAST_S:
        records += _read(name, _replaying(answers))
    return records / seconds


def _recorded(name: str) -> dict[_Key, list[httpx.Response]]:
    world, answers = _world(), defaultdict[_Key, list[httpx.Response]](list)
    site = make_site(world, {name: credentials.make(SEED, [name])[name]["stored"]}, rate_factor=1e9)

    def answer(request: httpx.Request) -> httpx.Response:
        found = behind.request(request.method, str(request.url), content=request.content, headers=request.headers)
        answers[_key(request)].append(found)
        return _copy(found)

    transport = httpx.MockTransport(answer)
    with client_of(make_app(site, [name])) as behind, httpx.Client(transport=transport) as client:
        _read(name, client)
    return answers


def _replaying(answers: dict[_Key, list[httpx.Response]]) -> httpx.Client:
    left = {key: deque(found) for key, found in answers.items()}

    def answer(request: httpx.Request) -> httpx.Response:
        found = left[_key(request)]
        return _copy(found.popleft() if len(found) > 1 else found[0])

    return httpx.Client(transport=httpx.MockTransport(answer))


def _read(name: str, client: httpx.Client) -> int:
    """All streams from their beginning; how many records."""
    source, world, free, connection = sources.load(name), _world(), Free(), _connection(name)
    assert source and source.pull
    http = VendorHttp(
        connection,
        source.pull,
        client=client,
        buckets=free,
        breaker=free,
        remaining_s=lambda: 3600.0,
        sleep=lambda seconds: None,
        now=lambda: world.now,
    )
    reading, lake, count = Reading(http, connection, {}, world.now + timedelta(minutes=30)), Lake(_Forgetful(), "b"), 0
    for stream in source.pull.streams:
        for page in stream.read(reading):
            about = {"source": name, "connection_id": "default", "lane": "pull", "trace_id": "t"}
            land([envelop(one, received_at=world.now, **about) for one in page.events], lake)  # type: ignore[arg-type]
            count += len(page.events)
    return count


@functools.cache
def _world() -> World:
    return build(SEED)


@functools.cache
def _connection(name: str) -> Connection:
    told = credentials.connections(_world(), credentials.make(SEED, [name]), "http://127.0.0.1:9200")
    return credentials.as_connection(name, told[name])


def _key(request: httpx.Request) -> _Key:
    return request.method, str(request.url), request.content


def _copy(answer: httpx.Response) -> httpx.Response:
    headers = {
        name: told for name, told in answer.headers.items() if name not in ("content-length", "content-encoding")
    }
    return httpx.Response(answer.status_code, headers=headers, content=answer.content)


@contextmanager
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


if __name__ == "__main__":
    for each in NAMES:
        print(f"{each:14} {max(rates(each, 3)):9,.0f} records/s")
