"""Reading by Microsoft Graph's delta query: what a mailbox folder or a drive holds, then what changes in it.

The link to ask next, whole and opaque, is all there is to remember of a part, so every page is a safe place to stop.
A link that Graph no longer knows (410, syncStateNotFound), or answers with 504 again and again, costs one reading from
the start: microsoftgraph/microsoft-graph-docs#2531, #2877, elastic/connectors#4370.
"""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from ..errors import VendorForgot, VendorSaysNo, VendorUnavailable
from ..ingest.bodies import typed
from ..ingest.pages import Request, told
from ..ingest.source import Event, Page, Reading, Window
from ..log import log
from ._answer_clock import answered_at

_MOST_TIMEOUTS = 3
"""After how many runs that a link answered with nothing but 504 it is given up."""

Parts = Callable[[Reading], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Row:
    """Where and when a record was told: the part, the vendor's clock of that answer, what is read with."""

    part: str
    at: datetime
    reading: Reading


@dataclass(frozen=True)
class Delta:
    """first asks for all that a part holds; headers go with every question about it. event is None for a record to
    leave out."""

    first: Callable[[Reading, str], Request]
    event: Callable[[bytes, Row], Event | None]
    headers: Mapping[str, str] = field(default_factory=dict)


class _Page(msgspec.Struct):
    value: list[msgspec.Raw]
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")
    delta_link: str | None = msgspec.field(default=None, name="@odata.deltaLink")


_page = msgspec.json.Decoder(_Page)


@dataclass(frozen=True, slots=True)
class _Told:
    events: Sequence[Event]
    link: str
    is_last: bool


def deltas(parts: Parts, one: Delta) -> Callable[[Reading], Iterator[Page]]:
    """A reading of every part in turn, by name.

    The cursor is {links: {part: url}, timeouts: {part: runs}}; within a run also `after`, the part finished last. A
    part that is closed to us keeps its link. Raises VendorSaysNo where all are closed.
    """

    def read(reading: Reading) -> Iterator[Page]:
        links = dict(reading.cursor.get("links", {}))
        timeouts = dict(reading.cursor.get("timeouts", {}))
        after = reading.cursor.get("after", "")
        names, closed = sorted(set(parts(reading))), []
        for part in names:
            if part <= after:
                continue
            if timeouts.get(part, 0) >= _MOST_TIMEOUTS:
                links.pop(part, None)
            try:
                for page in _round(one, reading, part, links.get(part)):
                    links[part], timeouts = page.link, _without(timeouts, part)
                    after = part if page.is_last else after
                    yield Page(page.events, _cursor(links, timeouts, after))
            except VendorUnavailable as error:
                if error.status == 504 and part in links:
                    timeouts = {**timeouts, part: timeouts.get(part, 0) + 1}
                    yield Page([], _cursor(links, timeouts, after))
                raise
            except _Closed:
                closed.append(part)
            except _Gone:
                links.pop(part, None)
        if closed and len(closed) == len(names):
            raise VendorSaysNo(f"{reading.connection.source} opens none of {len(names)} to us: check the app's consent")
        # A mailbox that named no folder this time is closed for now: its links wait.
        owners = {name.partition("/")[0] for name in names}
        kept = {part: link for part, link in links.items() if part in names or part.partition("/")[0] not in owners}
        yield Page([], _cursor(kept, timeouts, ""))

    return read


def everything(parts: Parts, one: Delta) -> Callable[[Reading, Window], Iterator[Sequence[Event]]]:
    """All that lives in every part, for a census that is whole: the window plays no role.

    Raises VendorSaysNo where a part is closed, for what is not seen there must not count as deleted.
    """

    def records(reading: Reading, window: Window) -> Iterator[Sequence[Event]]:
        for part in sorted(set(parts(reading))):
            try:
                for page in _round(one, reading, part, None):
                    yield [event for event in page.events if event.operation == "upsert"]
            except _Gone:
                continue
            except _Closed:
                raise VendorSaysNo(
                    f"{reading.connection.source} closes {part!r} to us: check the app's consent"
                ) from None

    return records


class _Closed(Exception):
    """Graph shows us nothing of this part."""


class _Gone(Exception):
    """The part is no more."""


def _round(one: Delta, reading: Reading, part: str, link: str | None) -> Iterator[_Told]:
    """Pages until the last, also through empty ones. An item may come twice in a round: the last one counts."""
    asked: set[str] = set()
    is_fresh, request = link is None, one.first(reading, part)
    while True:
        if link is not None:
            request = Request(link)
        try:
            answer = reading.http.ask(dataclasses.replace(request, headers=one.headers))
        except VendorForgot:
            if is_fresh:
                raise
            log.warning("delta_begun_again", source=reading.connection.source)
            is_fresh, link, request = True, None, one.first(reading, part)
            continue
        if answer.ruling.kind != "ok":
            log.warning("part_not_read", source=reading.connection.source, reason=answer.ruling.reason)
            raise _Closed if answer.ruling.kind == "skip" else _Gone
        row = Row(part, answered_at(answer, reading.now), reading)
        page = typed(_page, answer.body)
        found = [event for raw in page.value if (event := told(bytes(raw), row, one.event))]
        latest = {(event.stream, event.entity_id): event for event in found}
        link = page.next_link or page.delta_link
        if not link or link in asked:
            raise VendorUnavailable("a page of a delta names no page to go on with, or one already given")
        asked.add(link)
        yield _Told([*latest.values()], link, is_last=page.next_link is None)
        if page.next_link is None:
            return


def _cursor(links: Mapping[str, str], timeouts: Mapping[str, int], after: str) -> dict[str, object]:
    told = {"links": dict(links), "timeouts": dict(timeouts), "after": after}
    return {name: held for name, held in told.items() if held or name == "links"}


def _without(timeouts: Mapping[str, int], part: str) -> dict[str, int]:
    return {name: runs for name, runs in timeouts.items() if name != part}
