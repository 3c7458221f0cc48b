"""Both lanes without a cloud: our receiver and our pulls in process, and the newest version of each entity."""

import hashlib
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec

from chalicelib import sources
from chalicelib.ingest.dropped import Fetched
from chalicelib.ingest.intake import Intake
from chalicelib.ingest.manifest import Manifest
from chalicelib.ingest.receive import Receiver
from chalicelib.ingest.secrets import Credentials
from chalicelib.ingest.source import Delivery, Event, Reading, envelop
from chalicelib.ingest.state_table import Item
from chalicelib.ingest.vendor_http import VendorHttp
from events.envelope import Envelope, decode
from infra.company import credentials as keys
from infra.company import vendors
from infra.company.vendors.site import Site
from infra.company.world import World

PUBLIC = "https://hooks.payready.example"


@dataclass
class Inbox:
    """Where the receiver stores; also the secrets it verifies with."""

    credentials: dict[str, Any]
    lines: list[bytes] = field(default_factory=list)

    def send(self, lines: bytes, *, source: str, day: date) -> None:
        self.lines += lines.splitlines()

    def active(self, source: str, connection_id: str) -> Credentials:
        return msgspec.convert(self.credentials[source]["stored"], Credentials)

    def renewed(self, source: str, connection_id: str, tried: Credentials) -> None:
        return None

    def learn(self, source: str, connection_id: str, secret: str) -> None:
        raise AssertionError(f"{source} introduces itself to a connection that stands")

    @property
    def envelopes(self) -> list[Envelope]:
        return [decode(line) for line in self.lines]

    def transport(self) -> httpx.MockTransport:
        """Takes what `send.deliver` posts to http://receiver/hooks/<source>."""
        receiver = Receiver(find=sources.load, secrets=self, store=self, max_body_bytes=4_000_000)

        def answer(request: httpx.Request) -> httpx.Response:
            source = request.url.path.rsplit("/", 1)[1]
            headers = {name.lower(): value for name, value in request.headers.items()}
            url = PUBLIC + request.url.raw_path.decode()
            now = datetime.now(UTC)
            reply = receiver.receive(
                Delivery(source, keys.CONNECTION_ID, "POST", url, headers, request.content, now), "t"
            )
            return httpx.Response(reply.status, text=reply.body, headers=dict(reply.headers))

        return httpx.MockTransport(answer)


class FreePass:
    """Neither bucket nor breaker: the stand-ins' own limits are what is met."""

    def take(self, name: str, most_s: float) -> None: ...
    def pause(self, name: str, seconds: float) -> None: ...
    def admit(self) -> None: ...
    def succeeded(self) -> None: ...
    def failed(self) -> None: ...


def pulled(
    source_name: str, site: Site, client: httpx.Client, credentials: dict[str, Any], now: datetime
) -> list[Event]:
    """One first run of every stream of a source; nothing where there is nothing to pull."""
    source = sources.load(source_name)
    assert source
    if source.pull is None:
        return []
    reading = opened(source_name, site, client, credentials, now)
    return [event for stream in source.pull.streams for page in stream.read(reading) for event in page.events]


def opened(source_name: str, site: Site, client: httpx.Client, credentials: dict[str, Any], now: datetime) -> Reading:
    """What a first run of a pulled source reads with."""
    source = sources.load(source_name)
    assert source and source.pull
    told = keys.connections(site.world, credentials, str(client.base_url))[source_name]
    connection = keys.as_connection(source_name, told)
    passes = FreePass()
    http = VendorHttp(
        connection,
        source.pull,
        client=client,
        buckets=passes,
        breaker=passes,
        remaining_s=lambda: 600.0,
        sleep=lambda seconds: None,
        rng=random.Random(1),
    )
    return Reading(http, connection, {}, now)


class Shelf:
    """Dropped files and the state table, both in memory."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.items: dict[tuple[str, str], dict[str, Any]] = {}

    def fetch(self, key: str, into: Path) -> Fetched | None:
        if (body := self.files.get(key)) is None:
            return None
        into.write_bytes(body)
        return Fetched(hashlib.sha256(body).hexdigest(), len(body), datetime.now(UTC), False)

    def read(self, pk: str, sk: str) -> Item:
        return Item(self.items.get((pk, sk), {}))

    def change(self, pk: str, sk: str, decide: Callable[[Any], Any]) -> Any:
        self.items[pk, sk] = decide(self.items.get((pk, sk), {}))
        return self.items[pk, sk]


def dropped(source_name: str, world: World, at: datetime) -> list[Envelope]:
    """Everything people dropped of a source, read from the first file to the last; nothing where it takes none."""
    files = vendors.load(source_name).files(world, at)
    shelf, landed = Shelf({f"drops/{source_name}/{name}": body for name, body in files}), []
    taking = Intake(
        objects=shelf,  # type: ignore[arg-type]
        manifest=Manifest(shelf),  # type: ignore[arg-type]
        find=sources.load,
        land=landed.extend,
        enqueue=lambda key: None,
        now=lambda: datetime.now(UTC),
        remaining_s=lambda: 600.0,
    )
    for key in shelf.files:
        taking.take(key)
    return landed


def as_envelopes(source: str, events: Iterable[Event]) -> list[Envelope]:
    about = {"source": source, "connection_id": keys.CONNECTION_ID, "lane": "pull", "trace_id": "t"}
    return [envelop(event, received_at=datetime.now(UTC), **about) for event in events]  # type: ignore[arg-type]


def newest(envelopes: Sequence[Envelope]) -> dict[tuple[str, str, str], Envelope]:
    """The newest version of each entity: the vendor's clock decides, then a delete, then the vendor's
    version, then arrival. As staging does it."""
    first = datetime.min.replace(tzinfo=UTC)

    def age(one: Envelope) -> tuple[Any, ...]:
        is_delete = one.operation == "delete"
        return (one.source_updated_at or first, is_delete, one.source_version or "", one.received_at, one.event_id)

    found: dict[tuple[str, str, str], Envelope] = {}
    for one in sorted(envelopes, key=age):
        found[one.source, one.stream, one.entity_id] = one
    return found
