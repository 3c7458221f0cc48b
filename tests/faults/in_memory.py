"""What a connection of ours stands on, in memory: the state table, the connection itself, its queue and secrets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from chalicelib.ingest.connections import Registered
from chalicelib.ingest.secrets import Credentials
from chalicelib.ingest.source import Connection
from chalicelib.ingest.state_table import Item, StateTable, Value


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

    def all(self) -> list[Registered]:
        one = self.connection
        return [Registered(one.source, one.connection_id, one.base_url, True, one.start_at)]


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
