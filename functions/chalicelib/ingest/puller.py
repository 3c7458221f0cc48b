"""One pull: lease, read page by page, land, save the cursor; and the tick that orders what is due.

Killing it anywhere loses nothing: a page is landed before its cursor is saved, so at worst it is landed again, under
the same event ids.
"""

import contextlib
import json
import math
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from ..errors import ConfigurationMissing, LeaseLost, Unreadable, VendorBusy, VendorSaysNo, VendorUnavailable
from ..log import log
from .cursors import Cursors, Lease, Record
from .due import PullOrder, due
from .hints import Hints
from .services import Services
from .source import Connection, Page, Pull, Reading, Source, Stream, envelop
from .vendor_http import VendorHttp

RESERVE_S = 30.0
"""Kept of every run for landing and saving; longer than one answer may take (vendor_http.TIMEOUT_S)."""
_MOST_DELAY_S = 900
"""SQS delays a message no longer; the tick takes over for longer waits."""
_UNAVAILABLE = timedelta(minutes=1), timedelta(hours=1)
_REFUSED = timedelta(minutes=10), timedelta(hours=6)


@dataclass(frozen=True)
class Outcome:
    """How a run ended: `finished`, `continues` (in another message), `waits` (for the vendor), `failed` (recorded, and
    tried again later), `skipped` (held, early, disabled or unknown)."""

    ended: Literal["finished", "continues", "waits", "failed", "skipped"]
    pages: int = 0
    events: int = 0
    requests: int = 0


@dataclass(frozen=True)
class Puller(Services):
    """Everything a pull touches."""

    def tick(self, now: datetime) -> int:
        """Order every pull that is due; how many. Ordering one twice is harmless: the second finds nothing to do."""
        cursors = Cursors(self.table, self.now)
        connections = [one for one in self.connections.all() if one.is_enabled]
        sources = {name: source for name in {one.source for one in connections} if (source := self.source_named(name))}
        records = {
            PullOrder(one.source, one.connection_id, stream): record
            for one in connections
            for stream, record in cursors.of(one.source, one.connection_id).items()
        }
        hinted = {
            PullOrder(one.source, one.connection_id, stream): at
            for one in connections
            if (source := sources.get(one.source)) and _is_hinted(source)
            for stream, at in Hints(self.table).of(one.source, one.connection_id).items()
        }
        orders = due(sources, connections, records, hinted, now)
        for order in orders:
            self.enqueue(json.dumps(order.told()), 0)
        log.info("pulls_ordered", orders=len(orders), connections=len(connections))
        return len(orders)

    def run(self, body: str, remaining_ms: Callable[[], int]) -> Outcome:
        """Carry out one order, as far as the time goes.

        What a vendor does wrong is recorded on the cursor and tried again later. Anything else is raised once the
        lease is given back: the queue delivers the message again, and gives up on it in the end.
        """
        message = json.loads(body)
        order = PullOrder(**{name: message.get(name) for name in PullOrder.__dataclass_fields__})
        source = self.source_named(order.source)
        streams = source.pull.streams if source and source.pull else ()
        stream = next((one for one in streams if one.name == order.stream), None)
        if source is None or source.pull is None or stream is None:
            return _skipped(order, "unknown_stream")
        of_now = stream.hinted_by and not order.span_from
        hinted_at = Hints(self.table).at(order.source, order.connection_id, stream.name) if of_now else None
        lease = Cursors(self.table, self.now, "backfill" if order.span_from else "cursor").acquire(
            order.source,
            order.connection_id,
            order.record,
            owner=uuid.uuid4().hex,
            is_forced=bool(message.get("is_forced")),
            hinted_at=hinted_at,
        )
        if lease is None:
            return _skipped(order, "held_or_early")
        return _Run(self, order, source.pull, stream, lease, remaining_ms).carry_out()


class _Run:
    """One order under one lease."""

    def __init__(
        self,
        puller: Puller,
        order: PullOrder,
        pull: Pull,
        stream: Stream,
        lease: Lease,
        remaining_ms: Callable[[], int],
    ) -> None:
        self._puller = puller
        self._order = order
        self._pull = pull
        self._stream = stream
        self._lease = lease
        self._remaining_ms = remaining_ms
        self._trace_id = str(lease.record.owner)
        self._pages = self._events = 0
        self._http: VendorHttp | None = None

    def carry_out(self) -> Outcome:
        try:
            return self._read_or_record()
        except LeaseLost as error:
            return self._ended("skipped", reason=str(error))

    def _read_or_record(self) -> Outcome:
        now = self._puller.now
        try:
            connection = self._puller.connections.get(self._order.source, self._order.connection_id)
            if connection is None:
                self._lease.pause(now(), "disabled")
                return _skipped(self._order, "disabled")
            return self._read(connection)
        except LeaseLost:
            raise
        except VendorBusy as error:
            if not error.after_s and not self._pages:
                # It would never end: a whole run is too short for one page.
                return self._back_off(error, *_UNAVAILABLE)
            return self._wait(error.after_s, str(error))
        except (VendorUnavailable, Unreadable) as error:
            return self._back_off(error, *_UNAVAILABLE)
        except (VendorSaysNo, ConfigurationMissing) as error:
            return self._back_off(error, *_REFUSED)
        except Exception as error:
            # A redelivered message may try at once; the tick does not add to the heap every minute.
            with contextlib.suppress(LeaseLost):
                self._lease.fail(repr(error), now() + _grown(self._lease.record, *_UNAVAILABLE))
            raise

    def _read(self, connection: Connection) -> Outcome:
        now, span_from, span_to = self._puller.now(), self._order.span_from, self._order.span_to
        if span_from and span_to:
            connection = replace(connection, start_at=datetime.fromisoformat(span_from))
            now = datetime.fromisoformat(span_to)
        with self._puller.client() as client:
            self._http = self._puller.asking(
                connection,
                self._pull,
                client,
                remaining_s=self._remaining_s,
                before_each=self._lease.keep_alive,
                is_patient=span_from is not None,
            )
            pages = self._stream.read(Reading(self._http, connection, self._lease.record.cursor, now))
            for page in pages:
                self._land(page)
                self._lease.save(page.cursor, records=len(page.events))
                self._pages += 1
                # The next question of a run whose time is up says so itself (VendorBusy), and a stream that has none
                # left has finished. This is for one that yields on and on without asking.
                if self._remaining_s() <= -RESERVE_S / 2:
                    return self._wait(0)
        self._lease.finish(next_at=self._puller.now() + self._stream.every)
        return self._ended("finished")

    def _land(self, page: Page) -> None:
        if not page.events:
            return
        received_at = self._puller.now()
        self._puller.land(
            [
                envelop(
                    event,
                    source=self._order.source,
                    connection_id=self._order.connection_id,
                    lane="backfill" if self._order.span_from else "pull",
                    received_at=received_at,
                    trace_id=self._trace_id,
                    batch_id=self._lease.record.batch_id,
                )
                for event in page.events
            ]
        )
        self._events += len(page.events)

    def _wait(self, after_s: float, why: str | None = None) -> Outcome:
        """Go on in another message, or at a tick when no message can wait so long."""
        self._lease.pause(self._puller.now() + timedelta(seconds=after_s), why)
        if (delay_s := math.ceil(after_s)) <= _MOST_DELAY_S:
            self._puller.enqueue(json.dumps(self._order.told()), delay_s)
        return self._ended("waits" if after_s else "continues", after_s=after_s, reason=why)

    def _back_off(self, error: Exception, first: timedelta, most: timedelta) -> Outcome:
        next_at = self._puller.now() + _grown(self._lease.record, first, most)
        self._lease.fail(str(error), next_at, not_before=next_at)
        return self._ended("failed", reason=str(error), next_at=next_at.isoformat())

    def _remaining_s(self) -> float:
        return self._remaining_ms() / 1000 - RESERVE_S

    def _ended(self, ended: Any, **more: Any) -> Outcome:
        requests = self._http.requests if self._http else 0
        log.measured(
            "pull_ended",
            {"pulled_events": self._events, "vendor_requests": requests},
            {"source": self._order.source},
            **self._order.told(),
            ended=ended,
            pages=self._pages,
            trace_id=self._trace_id,
            **more,
        )
        return Outcome(ended, self._pages, self._events, requests)


def _is_hinted(source: Source) -> bool:
    return any(stream.hinted_by for stream in source.pull.streams) if source.pull else False


def _grown(record: Record, first: timedelta, most: timedelta) -> timedelta:
    return min(first * 2 ** min(record.failures, 20), most)


def _skipped(order: PullOrder, reason: str) -> Outcome:
    log.info("pull_skipped", **order.told(), reason=reason)
    return Outcome("skipped")
