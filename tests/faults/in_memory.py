"""What a connection of ours stands on, in memory: lake, state table, the connection itself, its queue and secrets."""

import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from chalicelib.ingest.secrets import Credentials
from chalicelib.ingest.source import Connection
from chalicelib.ingest.state_table import Item, StateTable, Value
from events.envelope import Envelope, decode


class Lake:
    """Objects in memory."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put(self, key: str, body: bytes) -> None:
        self.objects[key] = body

    def get(self, key: str) -> bytes | None:
        return self.objects.get(key)

    def keys(self, prefix: str, after: str = "") -> Iterator[str]:
        return iter(sorted(key for key in self.objects if key.startswith(prefix) and key > prefix + after))

    def envelopes(self) -> list[Envelope]:
        packed = (body for key, body in self.objects.items() if key.startswith("events/"))
        return [decode(line) for body in packed for line in gzip.decompress(body).splitlines()]


class Table(StateTable):
    """The state table in memory, with its one rule: a write names the revision it read."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], Item] = {}

    def read(self, pk: str, sk: str) -> Item:
        return self.items.get((pk, sk), Item())

    def swap(self, pk: str, sk: str, seen: Item, attributes: Mapping[str, Value | None]) -> Item | None:
        if self.read(pk, sk).revision != seen.revision:
            return None
        kept = {name: value for name, value in attributes.items() if value is not None}
        self.items[pk, sk] = Item(kept, seen.revision + 1)
        return self.items[pk, sk]

    def listed(self, pk: str) -> dict[str, Item]:
        return {key[1]: item for key, item in self.items.items() if key[0] == pk}


@dataclass
class Connections:
    """The one connection there is."""

    connection: Connection

    def get(self, source: str, connection_id: str) -> Connection:
        return self.connection


@dataclass
class Inbox:
    """The queue between receiver and consumer, and the secrets of the connection."""

    stored: Mapping[str, Any]
    messages: list[str] = field(default_factory=list)
    buried: list[str] = field(default_factory=list)

    def active(self, source: str, connection_id: str) -> Credentials:
        return msgspec.convert(self.stored, Credentials)

    def renewed(self, source: str, connection_id: str, tried: Credentials) -> None:
        return None

    def learn(self, source: str, connection_id: str, secret: str) -> None:
        raise AssertionError("a connection that stands is not introduced again")

    def send(self, *message: Any, **about: Any) -> None:
        """From the receiver lines to store; from the consumer a message to bury, with its reason."""
        if about:
            self.messages.append(message[0].decode())
        else:
            self.buried.append(message[1])
