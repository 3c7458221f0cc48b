"""What Intercom lists: searches by modification, the scroll over companies, and the lists without pages.

Facts: intercom/Intercom-OpenAPI, 2.15; estuary/connectors, source-intercom-native. Odd here:
- contacts are searched by the calendar day of the workspace, conversations and tickets by the second;
- a contact is found a few minutes after it was made, and no more once it was merged into another;
- a conversation shows its 500 newest parts, so they are taken as they come;
- companies are not searched: one scroll per workspace, forgotten after a minute.
"""

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import Unreadable, VendorUnavailable
from ..ingest.bodies import instant, typed
from ..ingest.newest_first import NewestFirst, Told, each
from ..ingest.pages import OnePage, Request, items, listing, told, value
from ..ingest.source import Census, Event, Page, Reading, Stream, Window

if TYPE_CHECKING:
    from ..ingest.vendor_http import Response

PAGE = 150
LAG = timedelta(minutes=10)
"""New contacts take "up to a few minutes" to be found."""
PULLED = "pulled"
"""source_version of what was pulled: of one second, it counts more than a notification."""
_SCROLLS = 3
"""How often one run begins the companies again after their scroll broke."""


class _Record(msgspec.Struct):
    id: str | int | None = None
    updated_at: float | None = None


_record = msgspec.json.Decoder(_Record)


def _event(stream: str, raw: bytes, entity_id: str = "") -> Event:
    record = typed(_record, raw)
    if record.id in (None, ""):
        raise Unreadable("missing_entity", f"a {stream} without an id")
    at = instant(record.updated_at)
    name = entity_id or str(record.id)
    return Event(stream, name, "upsert", raw, occurred_at=at, source_updated_at=at, source_version=PULLED)


def part(raw: bytes, conversation_id: str) -> Event:
    """A part names no conversation, so its entity_id is <conversation>/<part>. Both lanes tell it in the same words."""
    record = typed(_record, raw)
    if record.id in (None, ""):
        raise Unreadable("missing_entity", "a part without an id")
    at = instant(record.updated_at)
    return Event(
        "conversation_part", f"{conversation_id}/{record.id}", "upsert", raw, occurred_at=at, source_updated_at=at
    )


@dataclass(frozen=True)
class _Search:
    """pages.next.starting_after goes into the question's pagination."""

    def following(self, request: Request, response: "Response") -> Request | None:
        after = value(response.body, "pages", "next", "starting_after")
        if not after:
            return None
        asked = request.json or {}
        return dataclasses.replace(
            request, json={**asked, "pagination": {**asked["pagination"], "starting_after": after}}
        )


def _question(path: str, after_s: int, until_s: int | None = None, page: int = PAGE) -> Request:
    """Records modified later than after_s and before until_s, the newest first."""
    bounds: list[dict[str, Any]] = [{"field": "updated_at", "operator": ">", "value": after_s}]
    if until_s is not None:
        bounds.append({"field": "updated_at", "operator": "<", "value": until_s})
    query = {"operator": "AND", "value": bounds}
    sort = {"field": "updated_at", "order": "descending"}
    return Request(f"{path}/search", "POST", json={"query": query, "sort": sort, "pagination": {"per_page": page}})


def _searched(
    stream: str, path: str, key: str, *, by_day: bool = False, children: Any = None
) -> Callable[[Reading], Iterator[Page]]:
    """What was modified since the last run. With children, what is searched only leads to them."""

    def request(reading: Reading, name: str, floor: datetime | None) -> Request:
        # `>` a day means from the next one on, in a time zone we do not know: two days back covers both. What is
        # shown beyond the floor was told before and is left out.
        floor_s = int(floor.timestamp()) - (2 * 86_400 if by_day else 1) if floor else 0
        return _question(path, max(floor_s, 0))

    def tell(raw: bytes, name: str, reading: Reading) -> Told:
        event = _event(stream, raw)
        return Told(event.source_updated_at, event.source_updated_at, None if children else event)

    one = NewestFirst(request, tell, _Search(), records=(key,), overlap=LAG, children=children)
    return each(lambda reading: ("all",), one)


def _parts(raw: bytes, name: str, floor: datetime | None, reading: Reading) -> Iterable[Event] | None:
    """The parts of a conversation that changed since the floor; None for one deleted since it was listed."""
    conversation_id = str(typed(_record, raw).id)
    answer = reading.http.ask(Request(f"conversations/{conversation_id}"))
    if answer.ruling.kind != "ok":
        return None
    found = [
        told(bytes(each), conversation_id, part)
        for each in items(answer.body, "conversation_parts", "conversation_parts")
    ]
    return [one for one in found if floor is None or one.source_updated_at is None or one.source_updated_at >= floor]


def _companies(reading: Reading) -> Iterator[Page]:
    """All of them each time. A scroll cannot be taken up again, so every page's cursor says: from the start."""
    for attempt in range(1, _SCROLLS + 1):
        scroll: str | None = None
        try:
            while True:
                answer = reading.http.ask(Request("companies/scroll", params={"scroll_param": scroll}))
                companies = items(answer.body, "data") if answer.ruling.kind == "ok" else []
                yield Page([told(raw, "company", lambda raw, stream: _event(stream, raw)) for raw in companies], {})
                following = value(answer.body, "scroll_param") if companies else None
                if not following:
                    return
                scroll = following
        except VendorUnavailable:
            # A broken scroll is a 500 from then on: only a new one helps.
            if scroll is None or attempt == _SCROLLS:
                raise


def _all(stream: str, path: str, key: str) -> Callable[[Reading], Iterator[Page]]:
    return listing(
        request=lambda reading, since: Request(path),
        event=lambda raw, reading: _event(stream, raw),
        records=(key,),
        paginator=OnePage(),
    )


def _one(stream: str, path: str) -> Callable[[Reading, str], Event | None]:
    def fetch(reading: Reading, entity_id: str) -> Event | None:
        answer = reading.http.ask(Request(f"{path}/{entity_id}"))
        if answer.ruling.kind != "ok":
            return None
        found = _event(stream, answer.body)
        return found if found.entity_id == entity_id else None  # a merged contact is answered with its survivor

    return fetch


def _total(path: str) -> Callable[[Reading, Window], int | None]:
    def total(reading: Reading, window: Window) -> int | None:
        bounds = int(window.start.timestamp()) - 1, int(window.end.timestamp())
        answer = reading.http.ask(_question(path, *bounds, page=1))
        found = value(answer.body, "total_count") if answer.ruling.kind == "ok" else None
        return found if isinstance(found, int) else None

    return total


_LISTED = Census(is_whole=True)

STREAMS = (
    Stream(
        "conversation",
        _searched("conversation", "conversations", "conversations"),
        census=Census(fetch=_one("conversation", "conversations"), total=_total("conversations"), lag=LAG),
    ),
    Stream(
        "conversation_part",
        _searched("conversation", "conversations", "conversations", children=_parts),
        every=timedelta(minutes=15),
        census=Census(lag=LAG),
    ),
    Stream(
        "contact",
        _searched("contact", "contacts", "data", by_day=True),
        every=timedelta(minutes=15),
        census=Census(fetch=_one("contact", "contacts"), lag=LAG),
    ),
    Stream(
        "ticket",
        _searched("ticket", "tickets", "tickets"),
        every=timedelta(minutes=15),
        census=Census(fetch=_one("ticket", "tickets"), total=_total("tickets"), lag=LAG),
    ),
    Stream(
        "company",
        _companies,
        every=timedelta(hours=6),
        # A company without users is not listed though it lives: fetch decides.
        census=Census(fetch=_one("company", "companies"), is_whole=True, lag=LAG),
    ),
    Stream("admin", _all("admin", "admins", "admins"), every=timedelta(hours=6), census=_LISTED),
    Stream("team", _all("team", "teams", "teams"), every=timedelta(hours=6), census=_LISTED),
)
