"""Where each pull stopped, and who may go on from there.

One item per stream: the cursor, the lease of the run that holds it, and how the last run ended. The item's revision
fences: whoever lost the lease, however long it slept, cannot save any more. A killed run needs no clean-up; its lease
runs out.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from ..errors import LeaseLost
from .state_table import Item, StateTable

LEASE = timedelta(minutes=3)
_RENEW_AFTER = timedelta(minutes=1)
REST = timedelta(seconds=45)
"""The least pause before a hint brings a stream's next reading forward. Less than the tick's minute, so that a stream
hinted at all the time is read by every tick or every second one, however many hints come in between."""
_MESSAGE_CHARACTERS = 500


@dataclass(frozen=True)
class Record:
    """What is known of a stream between and during runs. Instants are UTC.

    next_at is when the tick orders the next run; not_before is when a run may start at all: a message that comes early,
    or twice, does nothing. batch_id lives from the first run after a finished one until the next finish; began_at is
    when that first run began, records counts what has landed under it.
    """

    cursor: Mapping[str, Any]
    owner: str | None = None
    lease_until: datetime | None = None
    batch_id: str | None = None
    began_at: datetime | None = None
    next_at: datetime | None = None
    not_before: datetime | None = None
    last_started_at: datetime | None = None
    last_finished_at: datetime | None = None
    last_error: str | None = None
    failures: int = 0
    records: int = 0


def woken_at(record: Record, hinted_at: datetime | None) -> datetime | None:
    """When a hint lets the next reading begin before its time; None where it does not.

    It wakes only a stream that rests: a reading that is under way, waits for the vendor or failed goes on when its own
    time comes. What was hinted at before a reading began, that reading has seen; its later runs may have passed the
    place. A long reading makes for as long a rest: hints alone never keep a stream reading without a pause.
    """
    finished_at, began_at = record.last_finished_at, record.began_at
    if hinted_at is None or finished_at is None or began_at is None:
        return None
    if record.batch_id is not None or hinted_at <= began_at:
        return None
    return finished_at + max(REST, finished_at - began_at)


Kind = Literal["cursor", "backfill", "check", "subscription"]
"""What a record is of: a stream's pull, a stream's backfill; a connection's reconciliation, its subscriptions."""
RECORD = "-"
"""In a stream's place, the name of the one record that a connection has of a kind."""


class Cursors:
    """The records of one kind, of every stream of every connection."""

    def __init__(self, table: StateTable, now: Callable[[], datetime], kind: Kind = "cursor") -> None:
        self._table = table
        self._now = now
        self._kind = kind

    def of(self, source: str, connection_id: str) -> dict[str, Record]:
        """What is known, by stream; streams that never ran are missing."""
        items = self._table.listed(self._pk(source, connection_id))
        return {stream: _record(item) for stream, item in items.items()}

    def acquire(
        self,
        source: str,
        connection_id: str,
        stream: str,
        *,
        owner: str,
        is_forced: bool = False,
        hinted_at: datetime | None = None,
    ) -> "Lease | None":
        """The stream for ourselves, or None: another run holds it, or it is not time yet (unless forced, or a hint of
        that instant wakes it)."""
        pk, now = self._pk(source, connection_id), self._now()
        item = self._table.read(pk, stream)
        record = _record(item)
        is_held = record.lease_until is not None and record.lease_until > now
        is_early = record.not_before is not None and record.not_before > now
        woken = woken_at(record, hinted_at)
        is_let_in = is_forced or (woken is not None and woken <= now)
        if is_held or (is_early and not is_let_in):
            return None
        lease = Lease(self._table, pk, stream, item, record, self._now)
        mine = replace(
            record,
            owner=owner,
            lease_until=now + LEASE,
            last_started_at=now,
            batch_id=record.batch_id or owner,
            began_at=record.began_at if record.batch_id else now,
            records=record.records if record.batch_id else 0,
        )
        try:
            lease.write(mine)
        except LeaseLost:
            return None
        return lease

    def overwrite(
        self, source: str, connection_id: str, stream: str, cursor: Mapping[str, Any], *, is_forced: bool = False
    ) -> bool:
        """Put a cursor in place of all that is known, as an operator does; the next run is due at once. False where a
        run holds the stream, unless forced: that run can then save nothing more. Raises LeaseLost to a faster one."""
        pk = self._pk(source, connection_id)
        item = self._table.read(pk, stream)
        record = _record(item)
        if record.lease_until is not None and record.lease_until > self._now() and not is_forced:
            return False
        Lease(self._table, pk, stream, item, record, self._now).write(Record(cursor))
        return True

    def _pk(self, source: str, connection_id: str) -> str:
        return f"{self._kind}#{source}/{connection_id}"


class Lease:
    """One stream held by one run. Every method raises LeaseLost when another run took it over."""

    def __init__(
        self, table: StateTable, pk: str, stream: str, item: Item, record: Record, now: Callable[[], datetime]
    ) -> None:
        self._table = table
        self._pk = pk
        self._stream = stream
        self._item = item
        self._now = now
        self.record = record

    def save(self, cursor: Mapping[str, Any], records: int = 0) -> None:
        """Go on from here, whatever happens next. Call it once everything before this cursor is durable: so many
        records more."""
        records += self.record.records
        self.write(replace(self.record, cursor=cursor, lease_until=self._now() + LEASE, records=records))

    def keep_alive(self) -> None:
        """Still working: extends the lease when it is old enough for that to matter."""
        if self.record.lease_until is not None and self.record.lease_until - self._now() < LEASE - _RENEW_AFTER:
            self.write(replace(self.record, lease_until=self._now() + LEASE))

    def finish(self, next_at: datetime) -> None:
        """Everything there was has been read."""
        done = replace(self.record, batch_id=None, last_finished_at=self._now(), last_error=None, failures=0)
        self._release(done, next_at, not_before=next_at)

    def pause(self, until: datetime, why: str | None = None) -> None:
        """There is more to read, but not before `until`."""
        self._release(replace(self.record, last_error=why), until, not_before=until)

    def fail(self, why: str, next_at: datetime, *, not_before: datetime | None = None) -> None:
        """The run ended in an error; a redelivered message may try again from not_before on, at once without it."""
        failed = replace(self.record, last_error=why[:_MESSAGE_CHARACTERS], failures=self.record.failures + 1)
        self._release(failed, next_at, not_before=not_before)

    def _release(self, record: Record, next_at: datetime, not_before: datetime | None) -> None:
        self.write(replace(record, owner=None, lease_until=None, next_at=next_at, not_before=not_before))

    def write(self, record: Record) -> None:
        written = self._table.swap(self._pk, self._stream, self._item, _attributes(record))
        if written is None:
            raise LeaseLost(f"{self._pk!r} / {self._stream!r} is held by another run: it goes on from the saved cursor")
        self._item, self.record = written, record


_FIELDS = frozenset(Record.__dataclass_fields__)
_INSTANTS = frozenset(("lease_until", "began_at", "next_at", "not_before", "last_started_at", "last_finished_at"))


def _attributes(record: Record) -> dict[str, str | int | None]:
    plain = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in vars(record).items()}
    return plain | {"cursor": json.dumps(record.cursor)}


def _record(item: Item) -> Record:
    known: dict[str, Any] = {name: item.attributes[name] for name in _FIELDS if name in item.attributes}
    for name in _INSTANTS & known.keys():
        known[name] = datetime.fromisoformat(known[name])
    return Record(**known | {"cursor": json.loads(known.get("cursor", "{}"))})
