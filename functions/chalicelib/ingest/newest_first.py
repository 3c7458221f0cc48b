"""Reading listings that come newest first, one per repository, channel or other part of an account.

The high-water mark of a part is the newest change the vendor itself dated: its clock counts, ours does not. Newest
first, because pages shift when something changes during the walk: this way records repeat and never go missing.
"""

import dataclasses
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..errors import VendorSaysNo
from .bodies import digest, instant
from .pages import Paginator, Request, items, told, walk
from .source import Event, Page, Reading


@dataclass(frozen=True, slots=True)
class Told:
    """One listed record: its place in the listing, when it last changed, and what becomes of it.

    event is None for what belongs to another stream. is_always_told is for a change that no clock shows.
    """

    listed_at: datetime | None
    changed_at: datetime | None
    event: Event | None
    is_always_told: bool = False


@dataclass(frozen=True)
class NewestFirst:
    """How the listing of one part is read.

    request gets the part and the floor, below which every change was told before (None: nothing was). Only what changed
    since the floor is told. reread is how far below the floor a listed record may still have changed; None walks to the
    end each time. overlap is told twice, for what the vendor lists late or dates to the second. children asks further
    about a changed record, as for the replies of a thread, and answers None when there is nothing to ask.
    """

    request: Callable[[Reading, str, datetime | None], Request]
    tell: Callable[[bytes, str, Reading], Told]
    paginator: Paginator
    records: Sequence[str] = ()
    reread: timedelta | None = timedelta(0)
    overlap: timedelta = timedelta(minutes=5)
    children: Callable[[bytes, str, datetime | None, Reading], Iterable[Event] | None] | None = None


def each(parts: Callable[[Reading], Iterable[str]], one: NewestFirst) -> Callable[[Reading], Iterator[Page]]:
    """A reading of every part in turn, by name.

    The cursor is {newest: {part: instant}} between runs; within one it also holds the part finished last (after) and
    the place in the next (within). It grows with the parts, some 60 bytes each, and with nothing else. A part that is
    closed to us keeps its mark, so what it hides is read once it opens.
    """

    def read(reading: Reading) -> Iterator[Page]:
        newest: dict[str, str] = dict(reading.cursor.get("newest", {}))
        after, within = reading.cursor.get("after", ""), reading.cursor.get("within", {})
        for part in sorted(set(parts(reading))):
            if part <= after:
                continue
            place = within if within.get("part") == part else {}
            for page in _read_one(one, reading, part, newest.get(part), place):
                if "resume" in page.cursor:
                    yield Page(page.events, {"newest": dict(newest), "after": after, "within": page.cursor})
                    continue
                if page.cursor["reached"]:
                    newest[part] = page.cursor["reached"]
                after = part
                yield Page(page.events, {"newest": dict(newest), "after": after})
        yield Page([], {"newest": newest})

    return read


def _read_one(
    one: NewestFirst, reading: Reading, part: str, mark: str | None, place: Mapping[str, Any]
) -> Iterator[Page]:
    """Pages whose cursor holds `resume` until the last one's. None at all when the part is closed to us."""
    marked_at = instant(mark)
    floor = marked_at - one.overlap if marked_at else reading.connection.start_at
    reached, done = instant(place.get("reached")) or marked_at, list(place.get("done", ()))
    request = Request(**place["resume"]) if "resume" in place else one.request(reading, part, floor)

    def here(at: Request) -> dict[str, Any]:
        latest = reached and reached.isoformat()
        return {"part": part, "resume": dataclasses.asdict(at), "reached": latest, "done": list(done)}

    answers = walk(reading.http, request, one.paginator)
    try:
        answers = itertools.chain([next(answers)], answers)
    except VendorSaysNo:
        # The tokens of pages do not live for ever: the part keeps its mark and is begun again by the next run.
        if "resume" in place:
            return
        raise
    for response, following in answers:
        if response.ruling.kind == "skip":
            return
        raw_records = items(response.body, *one.records) if response.ruling.kind == "ok" else []
        listed = [(raw, _told(one, raw, part, reading)) for raw in raw_records]
        changed = [(raw, record) for raw, record in listed if _has_changed(record, floor)]
        # Never beyond our own now: one record dated in the future must not hide what comes before it.
        seen = [reached, *(record.changed_at and min(record.changed_at, reading.now) for _, record in changed)]
        reached = max((at for at in seen if at), default=None)
        # A page resumed part-way was told before: only the children of the records not yet done remain.
        events = [record.event for _, record in changed if record.event] if not done else []
        for raw, record in changed if one.children else ():
            name = digest(raw)[:12]
            is_due = one.children and record.listed_at and name not in done
            found = one.children(raw, part, floor, reading) if one.children and is_due else None
            if found is not None:
                events.extend(found)
                done.append(name)
                yield Page(events, here(request))
                events = []
        done.clear()
        if following is None or _is_past(listed, floor, one.reread):
            yield Page(events, {"reached": reached and reached.isoformat()})
            return
        yield Page(events, here(following))
        request = following


def _told(one: NewestFirst, raw: bytes, part: str, reading: Reading) -> Told:
    """What one.tell says, or a quarantined event where it cannot read the record."""
    made: list[Told] = []

    def event(raw: bytes, about: Reading) -> Event | None:
        made.append(one.tell(raw, part, about))
        return made[0].event

    found = told(raw, reading, event)
    return made[0] if made else Told(None, None, found)


def _has_changed(one: Told, floor: datetime | None) -> bool:
    return one.is_always_told or floor is None or one.changed_at is None or one.changed_at >= floor


def _is_past(listed: Sequence[tuple[bytes, Told]], floor: datetime | None, reread: timedelta | None) -> bool:
    """Whether the last record of a page lies where nothing can have changed."""
    last_at = listed[-1][1].listed_at if listed else None
    return last_at is not None and floor is not None and reread is not None and last_at < floor - reread
