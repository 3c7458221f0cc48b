"""What tests of the pull lane share: a state table, a vendor to ask, a whole lane."""

import dataclasses
import functools
import json
import random
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import boto3
import httpx
import pytest
from edge_fakes import FakeLake
from moto import mock_aws
from pull_fakes import CONNECTION, Asking, Clock, Lane, Unbroken, Unlimited, vendor
from reconcile_fakes import START, Truth, World, fetch, source

from chalicelib.ingest.connections import Connections
from chalicelib.ingest.land import land
from chalicelib.ingest.puller import Puller
from chalicelib.ingest.reconciler import Reconciler
from chalicelib.ingest.source import Census, Pull, Ruling, Source
from chalicelib.ingest.state_table import StateTable
from chalicelib.ingest.vendor_http import Budget, VendorHttp


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """An empty AWS; the client of a service by its name."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield _client


@functools.cache
def _client(service: str) -> Any:
    """One for all tests: making a client takes a tenth of a second, and moto empties what stands behind it."""
    return boto3.client(service)


@pytest.fixture
def table(aws: Callable[[str], Any]) -> StateTable:
    client = aws("dynamodb")
    client.create_table(
        TableName="sophia-state",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return StateTable(client, "sophia-state")


@pytest.fixture
def connections(table: StateTable, aws: Callable[[str], Any]) -> Connections:
    return Connections(table, aws("secretsmanager"), "sophia")


@pytest.fixture
def asking(clock: Clock) -> Callable[..., Asking]:
    def make(answer: Callable[[httpx.Request], httpx.Response], remaining_s: float = 240, **changed: Any) -> Asking:
        seen: list[httpx.Request] = []
        buckets, breaker = Unlimited(), Unbroken()
        ends_at = clock.at + timedelta(seconds=remaining_s)

        def handle(request: httpx.Request) -> httpx.Response:
            seen.append(request)
            return answer(request)

        http = VendorHttp(
            changed.get("connection", CONNECTION),
            changed.get("pull") or vendor().pull,
            client=httpx.Client(transport=httpx.MockTransport(handle)),
            buckets=buckets,
            breaker=breaker,
            remaining_s=lambda: (ends_at - clock.at).total_seconds(),
            sleep=clock.sleep,
            rng=random.Random(7),
            budget=changed.get("budget") or Budget(),
        )
        return Asking(http, seen, buckets, breaker)

    return make


@pytest.fixture
def lane(table: StateTable, connections: Connections, clock: Clock) -> Callable[..., Lane]:
    def make(source: Source | None = None, **changed: Any) -> Lane:
        connections.connect(CONNECTION)
        told = source or vendor()
        made: Lane

        def handle(request: httpx.Request) -> httpx.Response:
            made.asked.append(request)
            return made.answer(request)

        made = Lane(
            Puller(
                table=table,
                connections=connections,
                source_named={"vendor": told}.get,
                land=changed.get("land") or (lambda envelopes: made.landed.append(list(envelopes))),
                enqueue=lambda body, delay_s: made.ordered.append((json.loads(body), delay_s)),
                client=lambda: httpx.Client(transport=httpx.MockTransport(handle)),
                now=clock.now,
                sleep=clock.sleep,
                rng=random.Random(7),
            ),
            clock,
        )
        return made

    return make


@pytest.fixture
def closed() -> Pull:
    """A vendor whose every answer is closed to us."""
    pull = vendor().pull
    assert pull
    return dataclasses.replace(pull, judge=lambda response: Ruling("skip", "not_a_member"))


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
