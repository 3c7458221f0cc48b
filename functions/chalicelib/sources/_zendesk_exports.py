"""What Zendesk exports: by cursor (tickets, users), by time (organizations, ticket events), and by plain pages.

Facts: developer.zendesk.com, "Incremental exports". Odd here:
- a cursor is kept from run to run; asking by our own clock instead has lost records (airbytehq/airbyte#28173);
- an export by time ends with the time of its last record, which the next page then repeats;
- it must not begin within the last minute, and counts ten times a minute for all exports together;
- an export too large for Zendesk is a 504: smaller pages help.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from events.envelope import Operation

from ..errors import Unreadable, VendorSaysNo, VendorUnavailable
from ..ingest.bodies import instant, typed
from ..ingest.newest_first import NewestFirst, Told, each
from ..ingest.pages import Request, items, listing, told, value, walk
from ..ingest.source import Census, Event, Page, Reading, Stream, Window

if TYPE_CHECKING:
    from ..ingest.vendor_http import Response

MOST = 1000
LEAST = 50
PULLED = "pulled"
"""source_version of what was pulled: it is the whole record, an event of the same time tells a part."""
_NOT_BEFORE = timedelta(seconds=120)
"""How long ago an export must begin: a minute by the documents, and our clock may be wrong."""
_OVERLAP = timedelta(minutes=5)
_AGAIN_FROM = timedelta(hours=1)
"""How far before the last finished run an export begins whose cursor is no longer taken."""


class _Record(msgspec.Struct):
    id: str | int | None = None
    status: str | None = None
    active: bool | None = None
    updated_at: str | None = None
    deleted_at: str | None = None
    created_at: str | None = None
    time: str | None = None


_record = msgspec.json.Decoder(_Record)
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])


def _event(stream: str, raw: bytes) -> Event:
    record = typed(_record, raw)
    if record.id in (None, ""):
        raise Unreadable("missing_entity", f"a {stream} without an id")
    operation: Operation = "event" if stream in _FACTS else "delete" if _is_gone(stream, record) else "upsert"
    at = instant(record.updated_at) or instant(record.time) or instant(record.created_at)
    version = None if stream in _FACTS else PULLED
    return Event(stream, str(record.id), operation, raw, occurred_at=at, source_updated_at=at, source_version=version)


_FACTS = frozenset(("ticket_event", "ticket_metric_event"))


def _is_gone(stream: str, record: _Record) -> bool:
    """A deleted ticket's status says so, a deleted user is not active; developer.zendesk.com, "Tickets", "Users"."""
    if stream == "ticket":
        return record.status == "deleted"
    return bool(record.deleted_at) or (stream == "user" and record.active is False)


def _events(stream: str, answer: "Response", key: str) -> list[Event]:
    records = items(answer.body, key) if answer.ruling.kind == "ok" else []
    return [told(raw, stream, lambda raw, stream: _event(stream, raw)) for raw in records]


def _begin(reading: Reading, at: datetime | None) -> int:
    """Epoch seconds of where an export may begin."""
    latest = int((reading.now - _NOT_BEFORE).timestamp())
    return max(1, min(int(at.timestamp()), latest)) if at else 1


def _by_cursor(stream: str, key: str) -> Callable[[Reading], Iterator[Page]]:
    """The cursor is {after, since, per_page}: where to go on, when the export was last read to its end, and the size
    of pages that Zendesk could still make."""

    def question(reading: Reading, held: Mapping[str, Any]) -> Request:
        since = instant(held.get("since"))
        begin = since - _AGAIN_FROM if since else reading.connection.start_at
        where = {"cursor": held["after"]} if held.get("after") else {"start_time": _begin(reading, begin)}
        params = {**where, "per_page": held.get("per_page", MOST)}
        return Request(f"incremental/{key}/cursor.json", params=params, bucket="export")

    def ask(reading: Reading, held: Mapping[str, Any]) -> "Response":
        try:
            return reading.http.ask(question(reading, held))
        except VendorSaysNo:
            if not held.get("after") or held.get("after") != reading.cursor.get("after"):
                raise
            return reading.http.ask(question(reading, {**held, "after": None}))  # a cursor of an earlier run is too old

    def read(reading: Reading) -> Iterator[Page]:
        held = dict(reading.cursor)
        while True:
            size = held.get("per_page", MOST)
            try:
                answer = ask(reading, held)
            except VendorUnavailable as failure:
                if failure.status == 504 and size > LEAST:
                    yield Page([], {**held, "per_page": max(LEAST, size // 2)})
                raise
            after = value(answer.body, "after_cursor") or held.get("after")
            is_end = answer.ruling.kind != "ok" or bool(value(answer.body, "end_of_stream"))
            if after == held.get("after") and not is_end:
                raise VendorUnavailable(f"zendesk names a page of {key} as its own next page")
            held["after"] = after
            if is_end:
                held |= {"since": reading.now.isoformat(), "per_page": min(MOST, 2 * size)}
            yield Page(_events(stream, answer, key), dict(held))
            if is_end:
                return

    return read


def _by_time(stream: str, key: str, **also: str) -> Callable[[Reading], Iterator[Page]]:
    """The cursor is {since}: the end_time of the last page, in epoch seconds."""

    def read(reading: Reading) -> Iterator[Page]:
        since = reading.cursor.get("since")
        start_at = reading.connection.start_at
        start = min(since, _begin(reading, reading.now)) if since else _begin(reading, start_at)
        while True:
            params = {"start_time": start, "per_page": MOST, **also}
            answer = reading.http.ask(Request(f"incremental/{key}.json", params=params, bucket="export"))
            end = value(answer.body, "end_time") if answer.ruling.kind == "ok" else None
            events = _events(stream, answer, key)
            said = value(answer.body, "end_of_stream") if end is not None else True
            is_end = said if isinstance(said, bool) else len(events) < MOST
            if end is not None and not is_end and end <= start:
                # More records in one second than a page holds: the export would repeat them for ever. What is left of
                # that second it never shows; of organizations, which are listed too, the reconciler finds it.
                end = start + 1
            yield Page(events, {"since": end or start})
            if is_end:
                return
            start = end

    return read


@dataclass(frozen=True)
class _Pages:
    """meta.has_more and meta.after_cursor, sent back as page[after]."""

    def following(self, request: Request, response: "Response") -> Request | None:
        meta = value(response.body, "meta") or {}
        if not meta.get("has_more") or not meta.get("after_cursor"):
            return None
        return dataclasses.replace(request, params={**request.params, "page[after]": meta["after_cursor"]})


PAGES = _Pages()


def _metric_events() -> Callable[[Reading], Iterator[Page]]:
    path = "incremental/ticket_metric_events.json"

    def request(reading: Reading, part: str, floor: datetime | None) -> Request:
        return Request(path, params={"start_time": _begin(reading, floor), "page[size]": MOST}, bucket="export")

    def tell(raw: bytes, part: str, reading: Reading) -> Told:
        event = _event("ticket_metric_event", raw)
        return Told(event.occurred_at, event.occurred_at, event)

    one = NewestFirst(request, tell, PAGES, ("ticket_metric_events",), reread=None, overlap=_OVERLAP)
    return each(lambda reading: ("all",), one)


def _every(key: str) -> Request:
    return Request(f"{key}.json", params={"page[size]": 100})


def _one(stream: str, path: str) -> Callable[[Reading, str], Event | None]:
    def fetch(reading: Reading, entity_id: str) -> Event | None:
        answer = reading.http.ask(Request(f"{path}/{entity_id}.json"))
        if answer.ruling.kind != "ok":
            return None
        found = _event(stream, bytes(typed(_object, answer.body)[stream]))
        return None if found.operation == "delete" else found

    return fetch


def _organizations_there_are(reading: Reading, window: Window) -> Iterator[Sequence[Event]]:
    for answer, _ in walk(reading.http, _every("organizations"), PAGES):
        yield _events("organization", answer, "organizations")


_groups = listing(
    request=lambda reading, since: _every("groups"),
    event=lambda raw, reading: _event("group", raw),
    records=("groups",),
    paginator=PAGES,
)

STREAMS = (
    Stream("ticket", _by_cursor("ticket", "tickets"), census=Census(fetch=_one("ticket", "tickets"))),
    Stream(
        "user",
        _by_cursor("user", "users"),
        every=timedelta(minutes=15),
        census=Census(fetch=_one("user", "users")),
    ),
    Stream(
        "organization",
        _by_time("organization", "organizations"),
        every=timedelta(minutes=30),
        census=Census(_organizations_there_are, _one("organization", "organizations"), is_whole=True),
    ),
    Stream("group", _groups, every=timedelta(hours=6), census=Census(is_whole=True)),
    # What happened to tickets, comments with their text among it.
    Stream(
        "ticket_event",
        _by_time("ticket_event", "ticket_events", include="comment_events"),
        every=timedelta(minutes=15),
    ),
    Stream("ticket_metric_event", _metric_events(), every=timedelta(minutes=15)),
)
