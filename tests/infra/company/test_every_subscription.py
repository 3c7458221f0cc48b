"""What is promised of every source whose vendor has an API for webhooks: our keeper and that API understand each other.

Both run in this process. The vendor may knock at our address while it makes a webhook, so that is served for real.
"""

import functools
import itertools
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import httpx
import msgspec
import pytest
from lanes import PUBLIC
from moto import mock_aws

from chalicelib import sources
from chalicelib.ingest.connections import Connections
from chalicelib.ingest.cursors import Cursors
from chalicelib.ingest.receive import Receiver
from chalicelib.ingest.secrets import Credentials
from chalicelib.ingest.source import Connection, Delivery, Source
from chalicelib.ingest.state_table import StateTable
from chalicelib.ingest.subscription import Subscription, Wanted
from chalicelib.ingest.subscriptions import Keeper, Kept
from chalicelib.ingest.webhook_address import address, has_key
from infra.company import credentials as keys
from infra.company import vendors
from infra.company.samples import named
from infra.company.signing import sign
from infra.company.vendors.app import make_app, make_site
from infra.company.vendors.in_process import client_of
from infra.company.vendors.limits import Limiter
from infra.company.vendors.site import Site
from infra.company.world import World

ROOT = Path(__file__).parents[3]
NAMES = [name for name in vendors.names() if (one := sources.load(name)) and one.subscriptions]


@dataclass
class Ours:
    """One source of ours, its vendor, and our keeper between them; now is the time of all three."""

    source: Source
    site: Site
    kept_by_vendor: dict[str, Any]
    keeper: Keeper
    ordered: list[dict[str, Any]]
    times: list[datetime]
    names: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def run(self, do: str = "keep") -> Kept:
        order = {"source": self.source.name, "connection_id": keys.CONNECTION_ID, "is_forced": True, "do": do}
        return self.keeper.run(json.dumps(order), lambda: 600_000)

    @property
    def connection(self) -> Connection:
        found = self.keeper.connections.get(self.source.name, keys.CONNECTION_ID)
        assert found
        return found

    def standing(self) -> list[Subscription]:
        address, listed = self.keeper.standing(self.source, self.connection)
        return [one for one in listed if one.url.partition("?")[0] == address]

    def forward(self, duration: timedelta) -> None:
        self.times.append(self.times[-1] + duration)
        self.site.now += duration


class Secrets:
    """What the receiver reads of Secrets Manager."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def active(self, source: str, connection_id: str) -> Credentials | None:
        found = self._connections.get(source, connection_id)
        return msgspec.convert(dict(found.credentials), Credentials) if found else None

    def renewed(self, source: str, connection_id: str, tried: Credentials) -> Credentials | None:
        return self.active(source, connection_id)

    def learn(self, source: str, connection_id: str, secret: str) -> None:
        self._connections.amend(
            source, connection_id, lambda told: {**told, "signing_secrets": [*told["signing_secrets"], secret]}
        )

    def send(self, lines: bytes, *, source: str, day: Any) -> None: ...


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[StateTable, Connections]]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = _aws("dynamodb")
        keyed = {"pk": "HASH", "sk": "RANGE"}
        client.create_table(
            TableName="sophia-state",
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keyed.items()],  # type: ignore[typeddict-item]
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keyed],
            BillingMode="PAY_PER_REQUEST",
        )
        table = StateTable(client, "sophia-state")
        yield table, Connections(table, _aws("secretsmanager"), "sophia")


@functools.cache
def _aws(service: str) -> Any:
    """One for all tests: making a client takes a tenth of a second, and moto empties what stands behind it."""
    return boto3.client(service)


@pytest.fixture
def served(connections: tuple[StateTable, Connections]) -> Iterator[str]:
    """Where our receiver really is."""
    store = Secrets(connections[1])
    receiver = Receiver(find=sources.load, secrets=store, store=store, max_body_bytes=4_000_000)

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            name = self.path.partition("?")[0].rsplit("/", 1)[1]
            headers = {key.lower(): told for key, told in self.headers.items()}
            delivery = Delivery(name, keys.CONNECTION_ID, "POST", PUBLIC + self.path, headers, body, datetime.now(UTC))
            reply = receiver.receive(delivery, "t")
            self.send_response(reply.status)
            for key, told in {"Content-Type": reply.content_type, **reply.headers}.items():
                self.send_header(key, told)
            self.send_header("Content-Length", str(len(reply.body.encode())))
            self.end_headers()
            self.wfile.write(reply.body.encode())

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(params=NAMES)
def ours(
    request: pytest.FixtureRequest, world: World, connections: tuple[StateTable, Connections], served: str
) -> Ours:
    name = request.param
    source, made = sources.load(name), keys.make(7, [name])
    assert source
    site = make_site(world, {name: made[name]["stored"]}, receiver=served, public_base_url=PUBLIC, rate_factor=1e6)
    site.limiter = Limiter(lambda: 0.0, factor=1e6)
    times, ordered, numbers = [site.now], list[dict[str, Any]](), itertools.count(1)
    told = keys.connections(world, made, "http://127.0.0.1:9200", rate_factor=1e6)[name]
    connections[1].connect(keys.as_connection(name, told))
    keeper = Keeper(
        table=connections[0],
        connections=connections[1],
        source_named=sources.load,
        land=lambda envelopes: None,
        enqueue=lambda body, delay_s: ordered.append(json.loads(body)),
        client=lambda: _client(site, name),
        now=lambda: times[-1],
        sleep=lambda seconds: None,
        public_base_url=PUBLIC,
        propose=lambda: f"{next(numbers):064x}",
    )
    return Ours(source, site, made[name]["kept"], keeper, ordered, times)


def _client(site: Site, name: str) -> httpx.Client:
    return client_of(make_app(site, [name]))


def test_subscribing_is_done_once_and_stands_at_the_vendor(ours: Ours) -> None:
    first = ours.run()
    assert (first.ended, first.error, first.words) == ("kept", None, "")
    assert first.subscriptions
    assert all(one.is_active for one in first.subscriptions)
    if ours.source.subscriptions and ours.source.subscriptions.is_listed:
        assert {one.id for one in ours.standing()} >= {one.id for one in first.subscriptions}

    second = ours.run()

    assert (second.ended, second.made, second.renewed, second.lost) == ("kept", 0, 0, 0)
    assert {one.id for one in second.subscriptions} == {one.id for one in first.subscriptions}
    assert ours.ordered == []


def test_what_was_removed_at_the_vendor_is_made_anew_and_the_gap_is_pulled(ours: Ours) -> None:
    spec = ours.source.subscriptions
    assert spec
    if not spec.is_listed:
        pytest.skip("the vendor cannot say what stands")
    ours.run()
    assert ours.run("remove").ended == "removed"
    assert ours.standing() == []
    again = ours.run()
    assert again.made == len(again.subscriptions) > 0 and ours.ordered == []

    _lose(ours, again.subscriptions)
    ours.forward(timedelta(hours=2))
    healed = ours.run()

    assert (healed.ended, healed.lost, healed.made) == ("kept", len(again.subscriptions), len(again.subscriptions))
    assert ours.source.pull
    assert [one["stream"] for one in ours.ordered] == [stream.name for stream in ours.source.pull.streams]
    assert {one["span_from"] for one in ours.ordered} == {ours.times[0].isoformat()}


def test_what_ends_is_renewed_before_it_does(ours: Ours) -> None:
    spec = ours.source.subscriptions
    assert spec
    if spec.renew is None:
        pytest.skip("they do not end")
    before = ours.run().subscriptions
    first_end = min(one.expires_at for one in before if one.expires_at)
    ours.forward(first_end - spec.renew_before - ours.times[-1] + timedelta(minutes=1))

    kept = ours.run()

    assert (kept.renewed, kept.lost) == (len(before), 0)
    assert min(one.expires_at for one in kept.subscriptions if one.expires_at) > first_end
    assert ours.ordered == []


def test_without_its_rights_the_vendor_refuses_and_the_reason_is_kept(ours: Ours) -> None:
    ours.site.credentials = {ours.source.name: keys.make(8, [ours.source.name])[ours.source.name]["stored"]}
    kept = ours.run()
    assert kept.ended == "failed" and kept.error
    record = Cursors(ours.keeper.table, ours.keeper.now, "subscription").of(ours.source.name, keys.CONNECTION_ID)["-"]
    assert record.cursor["error"].startswith(kept.error)
    assert not set(_secrets_of(ours)) & set(json.dumps(dict(record.cursor)).split('"'))


def test_a_delivery_signed_with_the_secret_that_was_agreed_on_is_believed(ours: Ours) -> None:
    name, spec, webhook, pull = ours.source.name, ours.source.subscriptions, ours.source.webhook, ours.source.pull
    assert spec and webhook and pull
    ours.run()
    ours.run("remove")
    ours.forward(timedelta(hours=1))
    key = ours.connection.credentials["url_keys"][-1] if has_key(ours.source) else ""
    wanted = Wanted(address(PUBLIC, ours.source, keys.CONNECTION_ID, key), "5" * 64, ours.times[-1])
    with ours.keeper.client() as client:
        http = ours.keeper.asking(ours.connection, pull, client, remaining_s=lambda: 60.0)
        secrets = spec.create(http, ours.connection, wanted).secrets
    if not secrets or "signing_secret" not in ours.kept_by_vendor:
        pytest.skip("it is the app's own secret, or the handshake brings it")
    for secret in secrets:
        delivery = _signed(name, secret, ours, wanted.url)
        assert webhook.scheme.verify(delivery, [secret], ours.times[-1]).is_authentic
        assert not webhook.scheme.verify(delivery, ["another"], ours.times[-1]).is_authentic


def _signed(name: str, secret: str, ours: Ours, url: str) -> Delivery:
    sample = sorted((ROOT / "events" / name / "samples").glob("webhook__*"))[0]
    told = named(name, sample.name)
    signing = {**ours.kept_by_vendor, "signing_secret": secret}
    signed = sign(name, sample.read_bytes(), url, signing, ours.times[-1], told.event_type, headers=told.headers)
    headers = {key.lower(): value for key, value in signed.headers.items()}
    return Delivery(name, keys.CONNECTION_ID, "POST", signed.url, headers, signed.body, ours.times[-1])


def _lose(ours: Ours, standing: Any) -> None:
    """As a vendor does that gives up on an address."""
    assert ours.source.subscriptions and ours.source.pull
    with ours.keeper.client() as client:
        http = ours.keeper.asking(ours.connection, ours.source.pull, client, remaining_s=lambda: 60.0)
        for one in standing:
            ours.source.subscriptions.remove(http, ours.connection, one)


def _secrets_of(ours: Ours) -> list[str]:
    held = ours.connection.credentials
    return [*held.get("signing_secrets", ()), *held.get("url_keys", ())]
