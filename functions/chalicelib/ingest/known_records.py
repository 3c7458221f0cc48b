"""What we have of each record: its newest whole version, and the newest that each lane told. An index of the lake.

One SQLite file per connection, kept in the lake beside the events it is made from: a million records cost tens of
megabytes on disk and next to nothing in memory. It can be thrown away at any time; the lake makes it anew. SQLite
rather than sets in memory, because the reconciler must stay flat in the number of records.
"""

import gzip
import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec

from events import keys

from .lake import Lake
from .source import Event

REDRIVEN = timedelta(days=15)
"""A message may wait in a queue, and then in its dead-letter queue, for 14 days each; nobody redrives later than this,
so no older object is still to come."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CACHE_KB = 64_000
"""What random keys need to be quick."""
_LEVEL = 1  # written on every run and read by us alone: speed before size

_SCHEMA = """
create table if not exists known (
    stream text not null, entity_id text not null, clock integer not null, is_deleted integer not null,
    version text not null, arrived integer not null, content blob not null,
    webhook integer not null, pull integer not null, primary key (stream, entity_id)
) without rowid;
create table if not exists objects (key text primary key, day text not null) without rowid;
create table if not exists progress (stream text primary key, day text not null) without rowid;
create temp table listed (
    stream text not null, entity_id text not null, clock integer not null, is_deleted integer not null,
    version text not null, content blob not null, is_open integer not null, primary key (stream, entity_id)
) without rowid;
"""
# Newest wins as staging has it: the vendor's clock, then a delete, then the vendor's version, then arrival.
_ABSORB = """
insert into known values (?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict (stream, entity_id) do update set
    (clock, is_deleted, version, arrived, content) = (
        select clock, is_deleted, version, arrived, content
        from (
            select clock, is_deleted, version, arrived, content
            union all
            select excluded.clock, excluded.is_deleted, excluded.version, excluded.arrived, excluded.content
        )
        order by clock desc, is_deleted desc, version desc, arrived desc limit 1
    ),
    webhook = max(webhook, excluded.webhook), pull = max(pull, excluded.pull)
"""
_COUNT = """
select count(*), total(k.webhook >= l.clock), total(k.pull >= l.clock), total(
    k.arrived >= 0 and (
        (k.clock, k.version) > (l.clock, l.version) or (k.is_deleted and l.is_deleted) or (
            k.is_deleted = l.is_deleted and (k.clock, k.version) = (l.clock, l.version)
            and (l.clock >= 0 or k.content = l.content or l.content = x'')
        )
    )
)
from listed l left join known k on k.stream = l.stream and k.entity_id = l.entity_id
where l.stream = ? and not l.is_open
"""
_UNLISTED = """
select k.entity_id
from known k left join listed l on l.stream = k.stream and l.entity_id = k.entity_id
where
    k.stream = ? and not k.is_deleted and k.arrived >= 0 and l.entity_id is null
    and (? is null or k.clock >= ?) and iif(k.clock < 0, k.arrived, k.clock) < ?
"""


class _Line(msgspec.Struct, frozen=True):
    """Of an envelope, what the index keeps; decoding skips the payload."""

    connection_id: str
    entity_id: str
    operation: str
    lane: str
    received_at: datetime
    body_sha256: str
    source_updated_at: datetime | None = None
    source_version: str | None = None


_line = msgspec.json.Decoder(_Line)


@dataclass(frozen=True, slots=True)
class Known:
    """The newest whole version of one record. clock is -1 where the vendor has none; version breaks its ties, and
    content tells apart what has neither."""

    clock: int
    version: str
    is_deleted: bool
    content: bytes


@dataclass(frozen=True, slots=True)
class Count:
    """Of the records a vendor listed: how many there are, each lane told in that version, and we have."""

    listed: int
    by_webhook: int
    by_pull: int
    held: int


class KnownRecords:
    """The index of one connection, open on a file of its own. Not for two threads."""

    def __init__(self, lake: Lake, source: str, connection_id: str, folder: Path) -> None:
        """Brings the saved index from the lake; folder is where the file may lie meanwhile."""
        self._lake, self._source, self._connection_id = lake, source, connection_id
        self._key = keys.index(source, connection_id)
        self._path = folder / f"{hashlib.sha256(self._key.encode()).hexdigest()[:16]}.sqlite3"
        self._path.unlink(missing_ok=True)
        if packed := lake.get(self._key):
            self._path.write_bytes(gzip.decompress(packed))
        self._db = sqlite3.connect(self._path, isolation_level=None)
        self._db.execute("pragma journal_mode = off")  # a spoiled file is thrown away
        self._db.execute("pragma synchronous = off")
        self._db.execute("pragma temp_store = memory")
        self._db.execute(f"pragma cache_size = -{_CACHE_KB}")
        self._db.executescript(_SCHEMA)
        # One transaction until the end: keys come in any order, and each commit would write every page it touched.
        self._db.execute("begin")

    def save(self) -> None:
        """Raises LakeUnavailable."""
        self._db.execute("commit")
        self._lake.put(self._key, gzip.compress(self._path.read_bytes(), _LEVEL, mtime=0))
        self._db.execute("begin")

    def close(self) -> None:
        self._db.close()
        self._path.unlink(missing_ok=True)

    def refresh(self, stream: str, today: date) -> int:
        """Read what has landed of a stream since the last refresh; how many objects that were."""
        row = self._db.execute("select day from progress where stream = ?", (stream,)).fetchone()
        since = (date.fromisoformat(row[0]) - REDRIVEN).isoformat() if row else ""
        read = 0
        for key in self._lake.keys(keys.events_of(self._source, stream), after=since):
            if self._db.execute("select 1 from objects where key = ?", (key,)).fetchone():
                continue
            if packed := self._lake.get(key):
                self._db.executemany(_ABSORB, self._rows(stream, gzip.decompress(packed).splitlines()))
                self._db.execute("insert into objects values (?, ?)", (key, keys.day_of(key)))
                read += 1
        forgotten = (today - 2 * REDRIVEN).isoformat()
        self._db.execute("delete from objects where day < ?", (forgotten,))
        self._db.execute("insert or replace into progress values (?, ?)", (stream, today.isoformat()))
        return read

    def find(self, stream: str, entity_id: str) -> Known | None:
        """None where no whole version of it has come."""
        row = self._db.execute(
            "select clock, version, is_deleted, content from known where stream = ? and entity_id = ? and arrived >= 0",
            (stream, entity_id),
        ).fetchone()
        return Known(row[0], row[1], bool(row[2]), row[3]) if row else None

    def list(self, events: Sequence[Event], is_open: bool = False) -> None:
        """Note what the vendor says it has. What is open is not counted, but where it was listed before as settled: a
        page that moves may show a record twice."""
        rows = [
            (one.stream, one.entity_id, clock(one), one.operation == "delete", one.source_version or "", content(one))
            for one in events
        ]
        how = "ignore" if is_open else "replace"
        self._db.executemany(f"insert or {how} into listed values (?, ?, ?, ?, ?, ?, {is_open:d})", rows)  # noqa: S608

    def begin(self) -> None:
        """Forget what was listed."""
        self._db.execute("delete from listed")

    def add(self, events: Iterable[Event], now: datetime) -> None:
        """What a repair has just landed."""
        rows = [_row(one, _micros(now)) for one in events]
        self._db.executemany(_ABSORB, rows)

    def count(self, stream: str) -> Count:
        return Count(*(int(one) for one in self._db.execute(_COUNT, (stream,)).fetchone()))

    def unlisted(self, stream: str, start: datetime | None, end: datetime) -> Sequence[str]:
        """Records we take for alive that the vendor did not list: of a span of its clock, or all before its end (start
        None). What has no clock counts by when it came to us."""
        since, until = (None if start is None else _micros(start)), _micros(end)
        return [row[0] for row in self._db.execute(_UNLISTED, (stream, since, since, until))]

    def living(self, stream: str) -> int:
        """How many records we take for alive."""
        query = "select count(*) from known where stream = ? and not is_deleted and arrived >= 0"
        return int(self._db.execute(query, (stream,)).fetchone()[0])

    def _rows(self, stream: str, lines: Iterable[bytes]) -> Iterator[tuple[str | int | bytes, ...]]:
        for text in lines:
            line = _line.decode(text)
            if line.connection_id != self._connection_id:
                continue
            told = _NO_CLOCK if line.source_updated_at is None else _micros(line.source_updated_at)
            lanes = (told, _NEVER) if line.lane == "webhook" else (_NEVER, told)
            if line.operation == "partial":  # a hint: it came, but the record is not whole by it
                yield (stream, line.entity_id, _NEVER, 0, "", _NEVER, b"", *lanes)
            else:
                arrived, is_deleted = _micros(line.received_at), line.operation == "delete"
                version = line.source_version or ""
                yield (
                    stream,
                    line.entity_id,
                    told,
                    is_deleted,
                    version,
                    arrived,
                    bytes.fromhex(line.body_sha256[:16]),
                    *lanes,
                )


_NO_CLOCK = -1
_NEVER = -2


def clock(event: Event) -> int:
    """The vendor's clock of a version in microseconds; -1 where it has none."""
    return _NO_CLOCK if event.source_updated_at is None else _micros(event.source_updated_at)


def instant_of(clock: int) -> datetime | None:
    """The moment a clock shows, None for none."""
    return None if clock < 0 else _EPOCH + timedelta(microseconds=clock)


def content(event: Event) -> bytes:
    """What tells two versions without a clock apart: of the hash that a pulled record's envelope carries, 8 bytes.
    Nothing for a record listed by its id alone."""
    return b"" if not event.payload else hashlib.sha256(event.payload).digest()[:8]


def _micros(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)


def _row(event: Event, arrived: int) -> tuple[str | int | bytes, ...]:
    """Of an event that no lane told."""
    is_deleted, version = event.operation == "delete", event.source_version or ""
    told = (clock(event), is_deleted, version, arrived, content(event))
    return (event.stream, event.entity_id, *told, _NEVER, _NEVER)
