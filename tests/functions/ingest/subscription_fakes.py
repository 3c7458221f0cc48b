"""Fakes of the tests of subscriptions: a vendor that keeps them in a dict, and our care of one account there."""

import dataclasses
import itertools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pull_fakes import Clock

from chalicelib.errors import VendorSaysNo
from chalicelib.ingest.cursors import Cursors, Record
from chalicelib.ingest.source import Connection
from chalicelib.ingest.subscription import Created, Subscription, Wanted
from chalicelib.ingest.subscriptions import Keeper


@dataclass
class Vendor:
    """Keeps subscriptions in a dict, and notes which secrets were in force whenever it was asked to make one."""

    in_force: Callable[[], Sequence[str]]
    life: timedelta | None = None
    own_secret: str = ""
    held: dict[str, Subscription] = field(default_factory=dict)
    asked: list[tuple[str, Wanted | None]] = field(default_factory=list)
    known_before: list[Sequence[str]] = field(default_factory=list)
    says: Exception | None = None
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def existing(self, http: Any, connection: Connection) -> Sequence[Subscription]:
        return list(self.held.values())

    def create(self, http: Any, connection: Connection, wanted: Wanted) -> Created:
        if self.says:
            raise self.says
        self.asked.append(("create", wanted))
        self.known_before.append(self.in_force())
        made = Subscription(
            f"s{next(self.numbers)}", wanted.url, expires_at=wanted.now + self.life if self.life else None
        )
        self.held[made.id] = made
        return Created([made], [self.own_secret or wanted.secret])

    def renew(self, http: Any, connection: Connection, one: Subscription, wanted: Wanted) -> Subscription:
        self.asked.append(("renew", wanted))
        if one.id not in self.held:
            raise VendorSaysNo("vendor knows no such subscription", words="404")
        self.held[one.id] = dataclasses.replace(one, expires_at=wanted.now + (self.life or timedelta(0)))
        return self.held[one.id]

    def remove(self, http: Any, connection: Connection, one: Subscription) -> None:
        self.asked.append(("remove", None))
        if self.held.pop(one.id, None) is None:
            raise VendorSaysNo("vendor knows no such subscription", words="404")

    def did(self) -> list[str]:
        told = [what for what, _ in self.asked]
        self.asked.clear()
        return told


@dataclass
class Care:
    keeper: Keeper
    clock: Clock
    vendor: Vendor
    ordered: list[dict[str, Any]]

    def run(self, **more: Any) -> Any:
        order = {"source": "vendor", "connection_id": "default", "is_forced": True, **more}
        return self.keeper.run(json.dumps(order), lambda: 300_000)

    def secret(self) -> dict[str, Any]:
        connection = self.keeper.connections.get("vendor", "default")
        assert connection
        return dict(connection.credentials)

    def record(self) -> Record:
        return Cursors(self.keeper.table, self.clock.now, "subscription").of("vendor", "default")["-"]

    def gaps(self) -> list[tuple[str, str, str]]:
        return [(one["stream"], one["span_from"], one["span_to"]) for one in self.ordered]
