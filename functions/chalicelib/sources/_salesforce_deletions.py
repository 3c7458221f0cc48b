"""Salesforce's delete log: what was deleted in a span, also once it is purged from the recycle bin.

developer.salesforce.com, REST API, "sObject Get Deleted": seconds are ignored, no more than 15 days back, 600,000 ids
an answer; a log that grows too long is cut to two hours. Hard deletes of some objects leave nothing (the census).
"""

from datetime import datetime, timedelta

import msgspec

from ..ingest.bodies import instant, typed
from ..ingest.pages import Request, told
from ..ingest.source import Event, Reading
from ._salesforce_soap import id18

KEPT = timedelta(days=14)
"""A day less than the log goes back."""


class _Deleted(msgspec.Struct):
    id: str
    deletedDate: str


class _Answer(msgspec.Struct):
    deletedRecords: list[msgspec.Raw] = []
    latestDateCovered: str | None = None


_deleted = msgspec.json.Decoder(_Deleted)
_answer = msgspec.json.Decoder(_Answer)


def since(reading: Reading, path: str, stream: str, marked: datetime) -> tuple[list[Event], datetime]:
    """What was deleted, and until when Salesforce is sure of it: where the next run goes on."""
    start = minute(max(marked, reading.now - KEPT))
    return _between(reading, path, stream, start, minute(reading.now))


def _between(reading: Reading, path: str, stream: str, start: datetime, end: datetime) -> tuple[list[Event], datetime]:
    def gone(raw: bytes, about: Reading) -> Event:
        one = typed(_deleted, raw)
        at, record_id = instant(one.deletedDate), id18(one.id)
        dedupe = (stream, record_id, "deleted", one.deletedDate)
        return Event(stream, record_id, "delete", raw, dedupe, occurred_at=at, source_updated_at=at)

    if start >= end:
        return [], end
    answer = reading.http.ask(Request(path, params={"start": literal(start), "end": literal(end)}))
    if answer.ruling.reason == "EXCEEDED_ID_LIMIT" and end - start > timedelta(minutes=2):
        middle = minute(start + (end - start) / 2)
        first, covered = _between(reading, path, stream, start, middle)
        second, until = _between(reading, path, stream, middle, end)
        return first + second, until if covered >= middle else covered
    if answer.ruling.kind != "ok":
        return [], end  # an object without a log
    found = typed(_answer, answer.body)
    events = [told(bytes(raw), reading, gone) for raw in found.deletedRecords]
    return events, min(instant(found.latestDateCovered) or end, end)


def literal(at: datetime) -> str:
    """A moment as SOQL and the log take it."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)
