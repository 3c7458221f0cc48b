"""Reading one Salesforce object: what changed since the last run by SOQL, a large backfill by a Bulk 2.0 job.

A page begins above the last clock and id of the one before, so that every page's cursor is a safe stop, no query cursor
of Salesforce's can expire on us (two days), and equal clocks, of which a bulk update makes thousands, lose nothing.
"""

import dataclasses
import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from events.envelope import Operation

from ..errors import Unreadable, VendorUnavailable
from ..ingest.bodies import instant, typed
from ..ingest.pages import Request, told
from ..ingest.source import Event, Page, Reading, Window
from . import _salesforce_bulk as bulk
from . import _salesforce_deletions as deletions
from ._salesforce_deletions import literal
from ._salesforce_soap import id18

API = "services/data/v62.0/"
LOOK_BACK = timedelta(minutes=10)
"""Rows commit after the clock they bear: airbytehq/airbyte#27146. Fivetran re-reads 5 minutes, Estuary waits 5."""
PAGE_ROWS = 2000
"""The most Salesforce puts into an answer; wide rows make it fewer."""
BULK_FROM_ROWS = 20_000
"""From how many rows a job is cheaper than pages. Option bulk_from_rows."""
_MOST_SOQL = 12_000
"""Salesforce takes 16,384 bytes of URI and headers. Some 500 fields fit: those staging reads come first, then
those the option fields names by object, then by the alphabet."""
_NOT_READ = frozenset(("address", "location", "base64", "complexvalue"))
"""Compounds repeat their parts and, like files, are unknown to Bulk 2.0."""
WHOLE = "whole"
"""Version of a delete that carries the record, which is what it was: docs/decisions/newest-version.md."""
_MERGED = re.compile(rb'"MasterRecordId"\s*:\s*"')


class _Record(msgspec.Struct):
    Id: str
    SystemModstamp: str | None = None
    CreatedDate: str | None = None
    IsDeleted: bool | str | None = None


class _Answer(msgspec.Struct):
    totalSize: int = 0
    done: bool = True
    records: list[msgspec.Raw] = []


class _Field(msgspec.Struct):
    name: str
    type: str = ""


class _Described(msgspec.Struct):
    fields: list[_Field]


_record = msgspec.json.Decoder(_Record)
_answer = msgspec.json.Decoder(_Answer)
_described = msgspec.json.Decoder(_Described)


class _Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """The cursor. since is the last finished run's end, deleted_until that of the delete log.

    Within a run, until is its end and after the clock and id read last; or job is the Bulk job it waits for, `read`
    rows of it done, the next at locator. is_by_pages: the job gave not all.
    """

    since: str | None = None
    deleted_until: str | None = None
    until: str | None = None
    after: tuple[str, str] | None = None
    job: str | None = None
    locator: str | None = None
    read: int = 0
    is_by_pages: bool = False

    def but(self, **changed: Any) -> "_Place":
        return msgspec.structs.replace(self, **changed)


@dataclass(frozen=True)
class Object:
    """One object type. is_fact: its rows never change. first are fields that must fit into a question. is_ageless: the
    first run reads all of it, however old, because everything else names it."""

    name: str
    stream: str
    first: str = ""
    clock: str = "SystemModstamp"
    is_fact: bool = False
    has_bulk: bool = True
    has_delete_log: bool = True
    is_ageless: bool = False

    def read(self, reading: Reading) -> Iterator[Page]:
        place = msgspec.convert(reading.cursor, _Place)
        fields = self._fields(reading)
        if fields is None:  # the object is not part of this organisation, or closed to us
            return
        if place.until is None:
            place = place.but(until=literal(reading.now))
            if self._is_for_bulk(reading, place):
                place = place.but(job=bulk.create(reading.http, API, self._soql(fields, self._where(reading, place))))
                yield _page([], place)
        if place.job:
            place = yield from self._from_job(reading, place)
            if place.job:
                return
        if place.is_by_pages or not place.read:
            for raw_records, last in self._pages(reading, fields, self._where(reading, place), place.after):
                place = place.but(after=last)
                yield _page(self._events(reading, raw_records), place)
        yield self._finish(reading, place)

    def changed(self, reading: Reading, window: Window) -> Iterator[Sequence[Event]]:
        """Ids and clocks of what changed in the window; what was deleted in it, whole."""
        fields = ["Id", self.clock] + (["IsDeleted"] if self.has_delete_log else [])
        for raw_records, _ in self._pages(reading, fields, self._within(window), None):
            events = (self.event(raw, reading) for raw in raw_records)
            yield [one if one.operation == "delete" else dataclasses.replace(one, payload=b"") for one in events]

    def total(self, reading: Reading, window: Window) -> int | None:
        return self._count(reading, self._within(window))

    def fetch(self, reading: Reading, record_id: str) -> Event | None:
        answer = reading.http.ask(Request(f"{API}sobjects/{self.name}/{record_id}"))
        return self.event(answer.body, reading) if answer.ruling.kind == "ok" else None

    def event(self, raw: bytes, reading: Reading) -> Event:
        record = typed(_record, raw)
        at = instant(record.CreatedDate if self.clock == "CreatedDate" else record.SystemModstamp)
        is_deleted = record.IsDeleted in (True, "true")
        operation: Operation = "delete" if is_deleted else "event" if self.is_fact else "upsert"
        # The recycle bin still shows what was deleted: whoever first hears of it here knows what it was.
        version = WHOLE if is_deleted else None
        return Event(
            self.stream, id18(record.Id), operation, raw, occurred_at=at, source_updated_at=at, source_version=version
        )

    def _events(self, reading: Reading, raw_records: Sequence[bytes]) -> list[Event]:
        events = [told(raw, reading, self.event) for raw in raw_records]
        # The loser of a merge is only deleted; what it became part of stands in the deleted record.
        merged = [raw for raw in raw_records if _MERGED.search(raw)]
        return events + [told(raw, reading, _merge) for raw in merged]

    def _pages(
        self, reading: Reading, fields: Sequence[str], where: str, after: tuple[str, str] | None
    ) -> Iterator[tuple[list[bytes], tuple[str, str] | None]]:
        """Records by clock and id, each page with the place of its last."""
        is_again = False
        while True:
            above = (
                f" AND (({self.clock} = {after[0]} AND Id > '{after[1]}') OR {self.clock} > {after[0]})"
                if after
                else ""
            )
            soql = f"{self._soql(fields, where + above)} ORDER BY {self.clock}, Id LIMIT {PAGE_ROWS}"
            answer = typed(_answer, reading.http.ask(Request(f"{API}queryAll", params={"q": soql})).body)
            raw_records = [bytes(raw) for raw in answer.records]
            if raw_records:
                after = self._place_of(raw_records)
            elif not answer.done and is_again:
                raise VendorUnavailable(f"salesforce lists no {self.name} and says there are more")
            is_again = not raw_records
            if raw_records:
                yield raw_records, after
            if answer.done and len(raw_records) < PAGE_ROWS:
                return

    def _place_of(self, raw_records: Sequence[bytes]) -> tuple[str, str]:
        last = typed(_record, raw_records[-1])
        at = instant(last.CreatedDate if self.clock == "CreatedDate" else last.SystemModstamp)
        if at is None or not last.Id.isalnum():
            raise Unreadable("unexpected_record", f"a {self.name} without a clock or an id")
        return literal(at), last.Id

    def _from_job(self, reading: Reading, place: _Place) -> Generator[Page, None, _Place]:
        """The rows of the job once it is complete; until then the next run looks again, which costs one question."""
        job = bulk.state(reading.http, API, place.job or "")
        if job.is_running:
            return place
        while job.is_complete:
            rows, locator = bulk.rows(reading.http, API, self.name, place.job or "", place.locator, PAGE_ROWS)
            place = place.but(locator=locator, read=place.read + len(rows))
            if locator is None:
                break
            yield _page(self._events(reading, rows), place)
        if not job.is_complete or place.read != job.rows:
            # It failed, was deleted, or rows of it are missing: pages know every object and count nothing.
            return place.but(job=None, locator=None, read=0, is_by_pages=True)
        place = place.but(job=None)
        yield _page(self._events(reading, rows), place)
        return place

    def _finish(self, reading: Reading, place: _Place) -> Page:
        """The last page, with what the delete log holds since the last run."""
        until, events = deletions.minute(reading.now), list[Event]()
        if self.has_delete_log and (marked := instant(place.deleted_until)):
            path = f"{API}sobjects/{self.name}/deleted/"
            events, until = deletions.since(reading, path, self.stream, marked - LOOK_BACK)
        return _page(events, _Place(since=place.until, deleted_until=literal(until)))

    def _fields(self, reading: Reading) -> list[str] | None:
        """What we may read, as Salesforce describes it: field-level security hides fields, organisations add some."""
        answer = reading.http.ask(Request(f"{API}sobjects/{self.name}/describe"))
        if answer.ruling.kind != "ok":
            return None
        there = {one.name for one in typed(_described, answer.body).fields if one.type not in _NOT_READ}
        wanted = (*self.first.split(), *reading.connection.options.get("fields", {}).get(self.name, ()))
        known = [name for name in ("Id", self.clock, "IsDeleted", *wanted) if name in there]
        names, length = list(dict.fromkeys(known)), sum(len(name) + 3 for name in known)
        for name in sorted(there - set(names)):
            length += len(name) + 3  # ", " is three bytes in a URL
            if length > _MOST_SOQL:
                break
            names.append(name)
        return names

    def _is_for_bulk(self, reading: Reading, place: _Place) -> bool:
        floor = self._floor(reading, place)
        if not self.has_bulk or (floor and reading.now - floor < timedelta(days=1)):
            return False
        most = reading.connection.options.get("bulk_from_rows", BULK_FROM_ROWS)
        return self._count(reading, self._where(reading, place)) >= most

    def _count(self, reading: Reading, where: str) -> int:
        soql = f"SELECT COUNT() FROM {self.name} WHERE {where}"  # noqa: S608  SOQL, and nobody else's words
        return typed(_answer, reading.http.ask(Request(f"{API}queryAll", params={"q": soql})).body).totalSize

    def _floor(self, reading: Reading, place: _Place) -> datetime | None:
        since = instant(place.since)
        if since:
            return since - LOOK_BACK
        return None if self.is_ageless else reading.connection.start_at

    def _where(self, reading: Reading, place: _Place) -> str:
        floor = self._floor(reading, place)
        above = f"{self.clock} >= {literal(floor)} AND " if floor else ""
        return f"{above}{self.clock} <= {place.until}"

    def _within(self, window: Window) -> str:
        return f"{self.clock} >= {literal(window.start)} AND {self.clock} < {literal(window.end)}"

    def _soql(self, fields: Sequence[str], where: str) -> str:
        return f"SELECT {', '.join(fields)} FROM {self.name} WHERE {where}"  # noqa: S608  as above


def _merge(raw: bytes, reading: Reading) -> Event:
    record = typed(_record, raw)
    at = instant(record.SystemModstamp)
    return Event("merge", id18(record.Id), "event", raw, occurred_at=at, source_updated_at=at)


def _page(events: Sequence[Event], place: _Place) -> Page:
    return Page(events, msgspec.to_builtins(place))
