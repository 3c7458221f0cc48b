"""Notion's listings: what search and the endpoints below it are asked, and the records they give.

developers.notion.com, "Search", "Pagination". Search has no lower bound, so it is asked for what was edited last first.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

import msgspec

from ..ingest.bodies import instant, typed
from ..ingest.newest_first import NewestFirst, Told, each
from ..ingest.pages import Request, Token
from ..ingest.source import Event, Page, Reading

BY_BODY = Token(("next_cursor",), "start_cursor", into="json")
"""POST endpoints take the cursor in the body, GET in the query."""
BY_QUERY = Token(("next_cursor",), "start_cursor")
OVERLAP = timedelta(minutes=10)
"""last_edited_time is told to the minute (the rounding is unverified), and search is an index that comes after."""


class Record(msgspec.Struct):
    """What every record may say of itself."""

    id: str
    created_time: str | None = None
    last_edited_time: str | None = None
    in_trash: bool | None = None
    archived: bool | None = None


_record = msgspec.json.Decoder(Record)


def record(raw: bytes) -> Record:
    """Raises Unreadable."""
    return typed(_record, raw)


def page_size(reading: Reading) -> int:
    """The option page_size, 100 being the most: smaller pages help where Notion answers 504."""
    return int(reading.connection.options.get("page_size", 100))


def whole(stream: str, raw: bytes) -> Event:
    """The event of a record as it was read; one in the trash is gone."""
    one = record(raw)
    made_at = instant(one.created_time)
    edited_at = instant(one.last_edited_time) or made_at
    is_gone = bool(one.in_trash or one.archived)
    version = "deleted" if is_gone else None
    return Event(stream, one.id, "delete" if is_gone else "upsert", raw, (), None, made_at, edited_at, version)


def search(reading: Reading, kind: str) -> Request:
    asked = {
        "filter": {"property": "object", "value": kind},
        "sort": {"timestamp": "last_edited_time", "direction": "descending"},
        "page_size": page_size(reading),
    }
    return Request("search", "POST", json=asked)


_Children = Callable[[bytes, str, datetime | None, Reading], Iterable[Event]]


def searched(
    kind: str, *, is_told: bool = True, children: _Children | None = None, reread: timedelta | None = None
) -> Callable[[Reading], Iterator[Page]]:
    """A reading of what search lists, down to what was told before. With children, its records only lead to theirs;
    reread is how far below that a record is still asked for its children, though it has not changed."""

    def tell(raw: bytes, part: str, reading: Reading) -> Told:
        edited_at = instant(record(raw).last_edited_time)
        return Told(edited_at, edited_at, whole(kind, raw) if is_told else None, is_always_told=reread is not None)

    one = NewestFirst(
        lambda reading, part, floor: search(reading, kind),
        tell,
        BY_BODY,
        ("results",),
        reread=reread or timedelta(0),
        overlap=OVERLAP,
        children=children,
    )
    return each(lambda reading: ["search"], one)


def fetch(stream: str) -> Callable[[Reading, str], Event | None]:
    """One record by its id; None where it is in the trash, or no longer shared with us (Notion does not say which)."""

    def ask(reading: Reading, id_: str) -> Event | None:
        answer = reading.http.ask(Request(f"{stream}s/{id_}"))
        event = whole(stream, answer.body) if answer.ruling.kind == "ok" else None
        return None if event is None or event.operation == "delete" else event

    return ask
