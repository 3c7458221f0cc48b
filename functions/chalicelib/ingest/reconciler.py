"""Reconciliation of one connection, as the background function does it: every stream whose window has closed.

One run at a time per connection, under a lease. What it found lands as events of the source `sophia`. At its end the
index is saved and then the position: a run killed anywhere is repeated, and finds whole what it had repaired.
"""

import json
import sqlite3
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from events.sophia import Completeness

from ..errors import LeaseLost
from ..log import log
from .census import windows
from .cursors import RECORD, Cursors, Lease
from .known_records import KnownRecords
from .lake import Lake
from .reconcile import Check
from .services import Services
from .source import Census, Connection, Event, Pull, Reading, Source, Stream, Window, envelop
from .vendor_http import VendorHttp

EVERY = timedelta(hours=1)
WHOLE_EVERY = timedelta(days=1)
"""A census of all that lives reads everything."""
OURSELVES, STREAM = "sophia", "completeness"
_MOST_OPEN = 10
_BEGINNING = datetime(2015, 1, 1, tzinfo=UTC)
_RESERVE_S = 45.0
"""Kept for saving the index and for the answer under way."""


@dataclass(frozen=True)
class Reconciler(Services):
    """Everything a check touches; lake holds the events to compare with."""

    lake: Lake = field(kw_only=True)

    def run(self, body: str, remaining_ms: Callable[[], int]) -> Sequence[Completeness]:
        """Carry out {"source", "connection_id"}, with "is_forced" when it need not wait its time, "stream" for one
        alone, and "believes_listing" when even a mass of unlisted records is to be buried. What time does not suffice
        for is ordered again."""
        order = json.loads(body)
        source, connection_id = self.source_named(order["source"]), order["connection_id"]
        connection = self.connections.get(order["source"], connection_id)
        if source is None or source.pull is None or connection is None:
            return self._skipped(order, "nothing_to_check")
        lease = Cursors(self.table, self.now, "check").acquire(
            order["source"], connection_id, RECORD, owner=uuid.uuid4().hex, is_forced=bool(order.get("is_forced"))
        )
        if lease is None:
            return self._skipped(order, "held_or_early")
        try:
            with self.client() as client:
                job = _Job(self, order, source, source.pull, connection, lease, remaining_ms)
                return job.carry_out(client)
        except LeaseLost as error:
            return self._skipped(order, str(error))

    def _skipped(self, order: Mapping[str, Any], reason: str) -> Sequence[Completeness]:
        log.info("check_skipped", source=order["source"], connection_id=order["connection_id"], reason=reason)
        return []


def cadence(stream: Stream) -> timedelta:
    """How long after a check of a stream the next is due."""
    return WHOLE_EVERY if stream.census and stream.census.is_whole else EVERY


class _Job:
    """One connection under one lease. The lease's cursor is {stream: {"through", "open", "checked_at", "error"}}."""

    def __init__(
        self,
        services: Reconciler,
        order: Mapping[str, Any],
        source: Source,
        pull: Pull,
        connection: Connection,
        lease: Lease,
        remaining_ms: Callable[[], int],
    ) -> None:
        self._services, self._order, self._source, self._pull = services, order, source, pull
        self._connection, self._lease = connection, lease
        self._states: dict[str, Mapping[str, Any]] = dict(lease.record.cursor)
        self._believes_listing = bool(order.get("believes_listing"))
        self._remaining_ms = remaining_ms
        self._trace_id = str(lease.record.owner)

    def carry_out(self, client: Any) -> Sequence[Completeness]:
        services, found = self._services, list[Completeness]()
        began_at = services.now().isoformat()
        http = services.asking(
            self._connection,
            self._pull,
            client,
            remaining_s=self._remaining_s,
            before_each=self._lease.keep_alive,
            is_patient=True,
        )
        about = self._source.name, self._connection.connection_id
        with (
            tempfile.TemporaryDirectory() as folder,
            closing(KnownRecords(services.lake, *about, Path(folder))) as known,
        ):
            try:
                is_done = all(self._check(stream, http, known, found) for stream in self._due())
            except (LeaseLost, sqlite3.Error):  # no longer ours to save; spoiled
                raise
            except Exception:
                self._save(known)  # the others are not checked again because one stream cannot be
                raise
            self._save(known)
        if is_done:
            self._lease.finish(next_at=services.now() + EVERY)
        else:
            self._lease.pause(services.now())
            services.enqueue(json.dumps({"began_at": began_at} | dict(self._order) | {"is_forced": True}), 0)
        return found

    def _due(self) -> Sequence[Stream]:
        """The streams to check now, those waiting longest first, so that a long one never starves the others."""
        only = self._order.get("stream")
        due = [one for one in self._pull.streams if one.census and only in (None, one.name) and self._is_due(one)]
        return sorted(due, key=lambda one: self._state(one).get("checked_at", ""))

    def _is_due(self, stream: Stream) -> bool:
        checked_at = self._state(stream).get("checked_at")
        if began_at := self._order.get("began_at"):  # an order that goes on: what was checked since is done
            return checked_at is None or checked_at < began_at
        if checked_at is None or self._order.get("is_forced"):
            return True
        return bool(datetime.fromisoformat(checked_at) + cadence(stream) <= self._services.now())

    def _check(self, stream: Stream, http: VendorHttp, known: KnownRecords, found: list[Completeness]) -> bool:
        """Whether every closed window of the stream is checked."""
        census, now = stream.census or Census(), self._services.now()
        known.refresh(stream.name, now.date())
        error = None
        for window in self._windows(stream, now - census.lag):
            if self._remaining_s() <= 0:
                return False
            reading = Reading(http, self._connection, {}, now)
            finding = Check(stream, census, reading, window, known, self._land_repairs, self._believes_listing).run()
            self._tell(finding)
            found.append(finding)
            if error := finding.error:
                break  # the next check begins where this one could not go on
            self._passed(stream, window, finding)
        self._note(stream, checked_at=now.isoformat(), error=error)
        return True

    def _windows(self, stream: Stream, until: datetime) -> Iterator[Window]:
        """Those in which something stayed open, and what has closed since the last check."""
        state = self._state(stream)
        since = datetime.fromisoformat(state["through"]) if "through" in state else None
        for start, end in state.get("open", {}).items():
            yield Window(datetime.fromisoformat(start), datetime.fromisoformat(end))
        yield from windows(since, self._connection.start_at or _BEGINNING, until, stream.census or Census())

    def _passed(self, stream: Stream, window: Window, finding: Completeness) -> None:
        """A window in which something stays open is checked again, for so many windows at most."""
        start, end = window.start.isoformat(), window.end.isoformat()
        still = {one: until for one, until in self._state(stream).get("open", {}).items() if one != start}
        if finding.unrepaired:
            still = dict(list({**still, start: end}.items())[-_MOST_OPEN:])
        through = max(self._state(stream).get("through", end), end)
        self._note(stream, through=through, open=still)

    def _note(self, stream: Stream, **news: Any) -> None:
        self._states[stream.name] = {**self._state(stream), **news}

    def _state(self, stream: Stream) -> Mapping[str, Any]:
        return self._states.get(stream.name, {})

    def _save(self, known: KnownRecords) -> None:
        """In this order: no window is told as checked whose records the index does not know yet."""
        known.save()
        self._lease.save(self._states)

    def _land_repairs(self, events: Sequence[Event]) -> None:
        now = self._services.now()
        self._services.land(
            [
                envelop(
                    event,
                    source=self._source.name,
                    connection_id=self._connection.connection_id,
                    lane="backfill",
                    received_at=now,
                    trace_id=self._trace_id,
                    batch_id=self._trace_id,
                )
                for event in events
            ]
        )

    def _tell(self, finding: Completeness) -> None:
        event = Event(
            STREAM, finding.entity_id, "upsert", msgspec.json.encode(finding), source_updated_at=finding.checked_at
        )
        now = self._services.now()
        self._services.land(
            [
                envelop(
                    event,
                    source=OURSELVES,
                    connection_id="default",
                    lane="api",
                    received_at=now,
                    trace_id=self._trace_id,
                )
            ]
        )
        log.measured(
            "stream_checked",
            {
                "checked_records": finding.listed,
                "missing_records": finding.missing + finding.stale + finding.deleted_unseen,
                "unrepaired_records": finding.unrepaired,
            },
            {"source": finding.source},
            connection_id=finding.connection_id,
            stream=finding.stream,
            is_complete=finding.is_complete,
            error=finding.error,
            trace_id=self._trace_id,
        )

    def _remaining_s(self) -> float:
        return self._remaining_ms() / 1000 - _RESERVE_S
