"""One vendor connection in bad weather: everything that goes wrong between a vendor and us, at once, from one seed.

Our receiver, consumer, puller and reconciler run whole, in this process; the lake, the state table and the clock are in
memory. The vendor is its stand-in, whose clock moves while it is read.
"""

import dataclasses
import itertools
import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from in_memory import Connections, Inbox, Table

from chalicelib import sources
from chalicelib.ingest.cursors import Cursors
from chalicelib.ingest.due import PullOrder
from chalicelib.ingest.hints import Hints, note_landed
from chalicelib.ingest.land import land
from chalicelib.ingest.landing import land_messages
from chalicelib.ingest.puller import Puller
from chalicelib.ingest.receive import Receiver
from chalicelib.ingest.reconciler import Reconciler
from chalicelib.ingest.source import Delivery, Source
from events.envelope import Envelope
from events.sophia import Completeness
from infra.company import credentials as keys
from infra.company import delivery as company_delivery
from infra.company.deliveries import deliveries
from infra.company.entities import Entities, entities
from infra.company.faults import Rates, disturb
from infra.company.send import Outcome, deliver
from infra.company.vendors.app import make_app, make_site
from infra.company.vendors.hook_log import HookLog, poster
from infra.company.vendors.in_process import client_of
from infra.company.vendors.limits import Limiter
from infra.company.vendors.site import Fault
from infra.company.world import World
from tests.functions.ingest.edge_fakes import FakeLake

PUBLIC = "https://hooks.payready.example"
RATES = Rates(repeated=0.10, repeated_under_new_id=0.05, out_of_order=1.0, days_late=0.05, lost=0.05, malformed=0.01)
_ROUNDS = 60


class Killed(BaseException):
    """The process is gone: nothing of ours may catch it."""


class Storm:
    """A vendor, its world and our side of one connection."""

    def __init__(self, name: str, world: World, seed: int) -> None:
        self.name, self.world, self.seed, self.rng = name, world, seed, random.Random(f"{seed}/{name}")
        self.lake, self.table, self.connection_id = FakeLake(), Table(), f"seed-{seed}"
        self.credentials = keys.make(7, [name])
        self.now = datetime.now(UTC)
        stored = {name: self.credentials[name]["stored"]}
        self.site = make_site(world, stored, wall_clock=lambda: self.now)
        self.site.limiter = Limiter(lambda: self.now.timestamp(), factor=20)
        self.began_at = self.site.now = world.now - timedelta(days=1)
        self.inbox = Inbox(self.credentials[name]["stored"])
        self.refused: list[Outcome] = []
        self.sent = 0
        found = sources.load(name)
        assert found
        self.source: Source = found
        self.client = client_of(make_app(self.site, [name]))
        self.repairs: list[Completeness] = []
        self.findings: list[Completeness] = []

    # ---- what happens

    def rage(self) -> None:
        """All of it, until the dust has settled."""
        disturbed = disturb(deliveries(self.world, sources=[self.name]), self.seed, RATES)
        sent = list(disturbed.sent) + [two for one in disturbed.sent if self._happens(0.05) for two in _retold(one)]
        self.rng.shuffle(sent)
        if self.name == "github":
            kept = self.credentials["github"]["kept"]
            self.site.hook_log = HookLog(disturbed.sent, disturbed.lost, self.now)
            self.site.post = poster("http://receiver", PUBLIC, kept, lambda: self.now, self._transport())
        half = len(sent) // 2
        self.deliver(sent[:half])
        self.deliver(self.rng.sample(sent, min(5, len(sent))), stranger=True)
        self.consume()
        self.pull(is_stormy=True)
        self.deliver(sent[half:])
        self.consume()
        self.site.now = self.world.now
        self.site.faults.clear()
        self.now += timedelta(days=2)
        self.pull(is_stormy=False)
        self.consume()
        self.repairs = self.reconcile()
        self.now += timedelta(days=1, minutes=1)
        self.findings = self.reconcile()
        self.client.close()

    def deliver(self, sent: Sequence[company_delivery.Delivery], stranger: bool = False) -> None:
        kept = keys.make(8, [self.name])[self.name]["kept"] if stranger else self.credentials[self.name]["kept"]
        ledger = deliver(
            sent,
            "http://receiver",
            PUBLIC,
            {self.name: kept},
            connection_id=self.connection_id,
            workers=1,
            clock=lambda: self.now,
            transport=self._transport(),
        )
        self.refused += ledger.refused()
        self.sent += len(sent)

    def consume(self) -> None:
        """Every message lands; each tenth consumer dies after it has written and before it has said so. What they hint
        at is noted."""
        messages, self.inbox.messages = self.inbox.messages, []
        again = [one for one in messages if self._happens(0.1)]
        bodies = {str(number): body for number, body in enumerate(messages + again)}
        hints = Hints(self.table)
        assert not land_messages(
            bodies,
            self.lake,  # type: ignore[arg-type]
            self.inbox,
            lambda lines: note_landed(lines, lambda: hints, sources.load),
        )

    def pull(self, is_stormy: bool) -> None:
        """Ticks until every stream has been read to its end, the clock going on as long as anything must wait."""
        if self.source.pull is None:
            return
        cursors = Cursors(self.table, lambda: self.now)
        wanted, began = {stream.name for stream in self.source.pull.streams}, self.now
        for number in range(_ROUNDS):
            records = cursors.of(self.name, self.connection_id)
            done = {name for name, one in records.items() if one.last_finished_at and one.last_finished_at >= began}
            if wanted <= done:
                return
            for stream in sorted(wanted - done):
                if is_stormy and number < _ROUNDS // 3:
                    self._brew()
                self._pull_once(stream, may_die=is_stormy and number < 3)
            self.now += timedelta(minutes=3 if number < 10 else 60)
        left = {name: one.last_error for name, one in records.items() if name in wanted - done}
        raise AssertionError(f"{self.name}: still not read after {_ROUNDS} rounds: {left}")

    def reconcile(self) -> list[Completeness]:
        if self.source.pull is None:
            return []
        reconciler = Reconciler(**self.services(self._land), lake=self.lake)  # type: ignore[arg-type]
        order = {"source": self.name, "connection_id": self.connection_id, "is_forced": True}
        return list(reconciler.run(json.dumps(order), lambda: 900_000))

    # ---- what is left

    def landed(self) -> list[Envelope]:
        return [one for one in self.lake.envelopes() if one.source == self.name]

    def known(self, at: datetime | None = None) -> Entities:
        """What is true now, or was at another time."""
        return entities(self.world, at, sources=[self.name])

    def verdicts(self) -> Counter[str]:
        """By reason, the deliveries that were not taken."""
        return Counter(str(json.loads(one.answer).get("refused")) for one in self.refused)

    # ---- how

    def _pull_once(self, stream: str, may_die: bool) -> None:
        dies_at = self.rng.randint(1, 3) if may_die and self._happens(0.3) else 0
        pages = itertools.count(1)

        def landing(envelopes: Sequence[Envelope]) -> None:
            self._land(envelopes)
            self.site.advance(self.rng.uniform(0, 1200) if self.site.now < self.world.now else 0)
            self.site.now = min(self.site.now, self.world.now)
            self._race(stream)
            if next(pages) == dies_at:
                raise Killed

        puller = Puller(**self.services(landing))
        order = PullOrder(self.name, self.connection_id, stream)
        try:
            puller.run(json.dumps(order.told()), lambda: 300_000)
        except Killed:
            self.now += timedelta(minutes=4)  # its lease runs out

    def _race(self, stream: str) -> None:
        """Another puller comes for the same stream while it is read: it must find it held."""
        rival = Puller(**self.services(_never))
        outcome = rival.run(json.dumps(PullOrder(self.name, self.connection_id, stream).told()), lambda: 300_000)
        assert outcome.ended == "skipped"

    def _brew(self) -> None:
        kinds = ("html", "error", "busy", "not_ok", "empty_page")
        held = self.site.faults.setdefault(self.name, [])
        held[:] = [one for one in held if one.count > 0]
        if len(held) < 2 and self._happens(0.6):
            held.append(Fault(self.rng.choice(kinds), self.rng.randint(1, 3), retry_after_s=self.rng.randint(1, 20)))  # type: ignore[arg-type]

    def services(self, landing: Callable[[Sequence[Envelope]], None]) -> dict[str, Any]:
        """What a puller or a reconciler of this connection is made of."""
        told = keys.connections(self.world, self.credentials, "http://127.0.0.1:9200", rate_factor=1000)[self.name]
        connection = keys.as_connection(self.name, {**told, "connection_id": self.connection_id})
        return {
            "table": self.table,
            "connections": Connections(connection),
            "source_named": sources.load,
            "land": landing,
            "enqueue": lambda body, delay_s: None,
            "client": lambda: _Lent(self.client),
            "now": lambda: self.now,
            "sleep": self._sleep,
            "rng": self.rng,
        }

    def _land(self, envelopes: Sequence[Envelope]) -> None:
        land(envelopes, self.lake)  # type: ignore[arg-type]

    def _sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def _happens(self, share: float) -> bool:
        return self.rng.random() < share

    def _transport(self) -> httpx.MockTransport:
        receiver = Receiver(find=sources.load, secrets=self.inbox, store=self.inbox, max_body_bytes=4_000_000)

        def answer(request: httpx.Request) -> httpx.Response:
            headers = {name.lower(): value for name, value in request.headers.items()}
            url = PUBLIC + request.url.raw_path.decode()
            told = Delivery(self.name, self.connection_id, "POST", url, headers, request.content, self.now)
            reply = receiver.receive(told, f"storm-{self.seed}")
            return httpx.Response(reply.status, text=reply.body, headers=dict(reply.headers))

        return httpx.MockTransport(answer)


class _Lent:
    """A client that stays open when it is closed."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def __enter__(self) -> httpx.Client:
        return self._client

    def __exit__(self, *error: object) -> None: ...


def _retold(one: company_delivery.Delivery) -> list[company_delivery.Delivery]:
    """The same delivery id with other bytes: a field more. Only where the body is one object of JSON."""
    try:
        told = json.loads(one.body)
    except ValueError:
        return []
    if not isinstance(told, dict):
        return []
    body = company_delivery.to_json(told | {"sent_again": True})
    return [dataclasses.replace(one, body=body)]


def _never(envelopes: Sequence[Envelope]) -> None:
    raise AssertionError("two pullers read one stream at once")
