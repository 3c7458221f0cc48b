"""The file lane: a file dropped under drops/<source>/ becomes envelopes, row by row, each row once.

Reading a file again writes the same objects again: ids come from its content and the row's number, the time of arrival
from its first drop. So a run that was killed goes on from the last rows it saved, and two runs at once do no harm. What
cannot be read goes to quarantine with its reason, a row alone or the file as a whole; the file stays where it is.
"""

import base64
import dataclasses
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Literal
from urllib.parse import unquote_plus

import msgspec

from events.envelope import Envelope

from ..errors import Unreadable
from ..log import log
from .drop import Drop, DroppedFile, Row, Table
from .drop_rows import flattened, opened
from .dropped import DroppedObjects
from .manifest import Entry, Manifest, is_too_few
from .source import QUARANTINE, Event, Quarantined, Source, envelop

DROPS = "drops/"
CONNECTION = "default"
ROWS_AT_ONCE = 2000
"""Less than an object of the lake holds."""
RESERVE_S = 30.0
"""What is left of a run when it hands over to the next."""


@dataclass(frozen=True)
class Taken:
    """How a run over one file ended. `same` is a file that was read before, `gone` one that is there no more."""

    ended: Literal["complete", "continues", "held", "refused", "same", "gone"]
    rows: int = 0
    quarantined: int = 0
    reason: str = ""


def keys_of(body: str) -> list[str]:
    """The keys of dropped files in a message: S3's notification, or our own order to go on. S3's test names none."""
    told = json.loads(body)
    if "key" in told:
        return [told["key"]]
    return [unquote_plus(record["s3"]["object"]["key"]) for record in told.get("Records", ())]


@dataclass(frozen=True)
class Intake:
    """land makes envelopes durable; enqueue orders another run for a key; rows_at_once are landed, then saved."""

    objects: DroppedObjects
    manifest: Manifest
    find: Callable[[str], Source | None]
    land: Callable[[list[Envelope]], object]
    enqueue: Callable[[str], None]
    now: Callable[[], datetime]
    remaining_s: Callable[[], float]
    rows_at_once: int = ROWS_AT_ONCE

    def take(self, key: str) -> Taken:
        """Read a file as far as time allows. Raises LakeUnavailable; what was landed by then stays landed."""
        source_name, _, path = key.removeprefix(DROPS).partition("/")
        source = self.find(source_name)
        if source is None or source.drop is None or not path or path.endswith("/"):
            log.warning("drop_ignored", key=key, reason="no source takes files there")
            return Taken("refused", reason="unknown_source")
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / "file"
            fetched = self.objects.fetch(key, place)
            if fetched is None:
                return Taken("gone")
            file = DroppedFile(source_name, CONNECTION, path, fetched.sha256, fetched.size_bytes, fetched.modified_at)
            taken = self._read(file, place, source.drop, fetched.accepts_fewer_rows)
        log.measured(
            "drop_taken",
            {"dropped_rows": taken.rows, "quarantined": taken.quarantined},
            {"source": source_name},
            key=key,
            sha256=file.sha256,
            size_bytes=file.size_bytes,
            ended=taken.ended,
            reason=taken.reason,
        )
        if taken.ended == "continues":
            self.enqueue(key)
        return taken

    def _read(self, file: DroppedFile, place: Path, drop: Drop, accepts_fewer_rows: bool) -> Taken:
        entry = self.manifest.of(file)
        if entry.status == "complete":
            if not entry.quarantined:
                return Taken("same", reason=f"it is {entry.path}")
            # Dropped again because its rows could not be read: perhaps the present code can.
            entry = dataclasses.replace(entry, status="reading", rows_done=0, quarantined=0)
        file = dataclasses.replace(file, dropped_at=datetime.fromisoformat(entry.dropped_at))
        suffix = Path(file.name).suffix.lower()
        try:
            if suffix not in drop.suffixes:
                raise Unreadable("unknown_kind", f"{file.name!r} ends with none of {', '.join(drop.suffixes)}")
            place, suffix = flattened(place, suffix)
            if not entry.rows:
                with opened(place, suffix) as (header, rows):
                    table = drop.table(file, header)
                    entry = dataclasses.replace(entry, listing=table.listing, rows=sum(1 for _ in rows))
                if not entry.rows:
                    raise Unreadable("no_rows", "nothing but a header: export it again")
                last = self.manifest.last_rows(file, table.listing)
                if table.is_whole and is_too_few(entry.rows, last) and not accepts_fewer_rows:
                    return self._held(file, entry, last or 0)
            with opened(place, suffix) as (header, rows):
                return self._landed(file, entry, drop.table(file, header), rows)
        except Unreadable as error:
            return self._refused(file, entry, error)

    def _landed(self, file: DroppedFile, entry: Entry, table: Table, rows: Iterator[Row]) -> Taken:
        rows = islice(rows, entry.rows_done, None)
        while batch := list(islice(rows, self.rows_at_once)):
            events = [_event(file, table, row) for row in batch]
            broken = sum(event.stream == QUARANTINE for event in events)
            done, quarantined = entry.rows_done + len(batch), entry.quarantined + broken
            # A row that could not be read may be any record: then the batch is not all there is.
            if done == entry.rows and table.is_whole and not quarantined:
                events[-1] = dataclasses.replace(events[-1], batch_complete=True)
            self._land(file, events)
            entry = dataclasses.replace(entry, status="reading", rows_done=done, quarantined=quarantined)
            self.manifest.save(file, entry)
            if self.remaining_s() < RESERVE_S and done < entry.rows:
                return Taken("continues", done, quarantined)
        self.manifest.complete(file, entry, table.is_whole, self.now())
        return Taken("complete", entry.rows_done, entry.quarantined)

    def _held(self, file: DroppedFile, entry: Entry, last: int) -> Taken:
        detail = f"{entry.rows} rows after {last}: if that is right, drop it again with --accept-fewer-rows"
        self._land(file, [_quarantined(file, "fewer_rows", detail)])
        self.manifest.save(file, Entry(entry.path, entry.size_bytes, entry.dropped_at, "held", detail, entry.listing))
        return Taken("held", quarantined=1, reason=detail)

    def _refused(self, file: DroppedFile, entry: Entry, error: Unreadable) -> Taken:
        self._land(file, [_quarantined(file, error.reason, str(error))])
        refused = Entry(entry.path, entry.size_bytes, entry.dropped_at, "refused", str(error), entry.listing)
        self.manifest.save(file, refused)
        return Taken("refused", quarantined=1, reason=str(error))

    def _land(self, file: DroppedFile, events: Iterable[Event]) -> None:
        """Everything in them is the same whenever this file is read: so are the objects they become."""
        batch_id = file.sha256[:32]
        self.land(
            [
                envelop(
                    event,
                    source=file.source,
                    connection_id=file.connection_id,
                    lane="file",
                    received_at=file.dropped_at,
                    trace_id=batch_id,
                    batch_id=batch_id,
                )
                for event in events
            ]
        )


def _event(file: DroppedFile, table: Table, row: Row) -> Event:
    try:
        event = table.event(row)
    except Unreadable as error:
        return _quarantined(file, error.reason, f"row {row.number}: {error}", row)
    return dataclasses.replace(event, dedupe=(file.sha256, str(row.number)))


def _quarantined(file: DroppedFile, reason: str, detail: str, row: Row | None = None) -> Event:
    """A row as JSON, or the file by its name alone: it is too large to be repeated and stays in the lake."""
    body = base64.b64encode(msgspec.json.encode(row.values)).decode() if row else ""
    payload = msgspec.json.encode(Quarantined(reason, detail[:500], {"file": file.path}, body))
    place = f"row {row.number}" if row else reason
    return Event(
        QUARANTINE, f"{file.sha256}/{place}", "event", payload, dedupe=(QUARANTINE, file.sha256, place, reason)
    )
