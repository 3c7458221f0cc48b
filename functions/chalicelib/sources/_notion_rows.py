"""The rows of Notion's data sources, each of them a page, through a query that shows 10,000 and then says it is done.

developers.notion.com, "Query a data source"; the README of Notion's JavaScript SDK: past the cap `has_more` is false
and `request_status.type` is `incomplete`. Rows are therefore asked for in the order of their creation, which nothing
changes, and asked again from the last one shown.
"""

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from ..errors import VendorForgot, VendorUnavailable
from ..ingest.pages import Request, iso, items, told, value, walk
from ..ingest.source import Event, Page, Reading
from ._notion_listings import BY_BODY, OVERLAP, page_size, record, search, whole


def data_sources(reading: Reading) -> Iterable[str]:
    """Those the operator named in the option `data_sources`, else all that are shared with us."""
    if named := reading.connection.options.get("data_sources"):
        return list(named)
    found = walk(reading.http, search(reading, "data_source"), BY_BODY)
    pages = [items(response.body, "results") for response, _ in found if response.ruling.kind == "ok"]
    return [record(raw).id for page in pages for raw in page]


def read(reading: Reading) -> Iterator[Page]:
    """Rows edited since the last finished run.

    The cursor is {since} between runs. Within one it also holds until, the data source finished last (after), and in
    the next one (within) its place: see _Place.
    """
    cursor = reading.cursor
    since = datetime.fromisoformat(cursor["since"]) if "since" in cursor else None
    floor = since - OVERLAP if since else reading.connection.start_at
    held: dict[str, Any] = {"until": cursor.get("until", reading.now.isoformat()), "after": cursor.get("after", "")}
    if since:
        held["since"] = cursor["since"]
    for data_source in sorted(set(data_sources(reading))):
        if data_source <= held["after"]:
            continue
        is_begun = cursor.get("within") == data_source
        place = msgspec.convert(cursor["place"], _Place) if is_begun else _Place()
        for events, following in _rows(reading, data_source, floor, place):
            if following is None:
                held["after"] = data_source
                yield Page(events, held.copy())
            else:
                yield Page(events, {**held, "within": data_source, "place": msgspec.to_builtins(following)})
    yield Page([], {"since": held["until"]})


class _Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far a data source is read: begun is the creation its rows were asked for from, told that of the last row
    read, resume the request for the next page."""

    begun: str | None = None
    told: str | None = None
    resume: dict[str, Any] | None = None


def _rows(
    reading: Reading, data_source: str, floor: datetime | None, place: _Place
) -> Iterator[tuple[list[Event], _Place | None]]:
    """Pages of rows, each with the place to go on at, None at the end."""
    first: Request | None = Request(**place.resume) if place.resume else None
    begun, last = place.begun, place.told
    while True:
        answers = walk(reading.http, first or _query(reading, data_source, floor, last), BY_BODY)
        try:
            answers = itertools.chain([next(answers)], answers)
        except VendorForgot:
            if first is None:
                raise
            # The page's cursor became invalid between runs: what is read twice has the same event ids.
            first, begun = None, last
            continue
        for response, following in answers:
            if response.ruling.kind != "ok":
                yield [], None
                return
            raws = items(response.body, "results")
            last = (record(raws[-1]).created_time if raws else None) or last
            events = [told(raw, reading, lambda raw, _: whole("page", raw)) for raw in raws]
            if following is not None:
                yield events, _Place(begun, last, dataclasses.asdict(following))
            elif value(response.body, "request_status", "type") != "incomplete":
                yield events, None
                return
            else:
                if last == begun:
                    raise VendorUnavailable(
                        f"notion shows only some of the rows that {data_source!r} made at {last}: leave it out"
                    )
                yield events, _Place(last, last)
        first, begun = None, last


def _query(reading: Reading, data_source: str, floor: datetime | None, created: str | None) -> Request:
    bounds: list[Mapping[str, Any]] = []
    if floor:
        bounds.append({"timestamp": "last_edited_time", "last_edited_time": {"on_or_after": iso(floor)}})
    if created:
        bounds.append({"timestamp": "created_time", "created_time": {"on_or_after": created}})
    asked: dict[str, Any] = {
        "sorts": [{"timestamp": "created_time", "direction": "ascending"}],
        "page_size": page_size(reading),
    }
    return Request(
        f"data_sources/{data_source}/query", "POST", json=asked | ({"filter": {"and": bounds}} if bounds else {})
    )
