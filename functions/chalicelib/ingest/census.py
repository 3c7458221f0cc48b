"""What a vendor says it has: a stream's own census, or its reading begun again at a window's start."""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .source import Census, Event, Reading, Stream, Window

_DAY = timedelta(days=1)
_AHEAD = timedelta(hours=1)
"""What bears a later date than this after a check began did not change while it was made: people gave it that date."""
_LONGEST = timedelta(days=92)
"""The most one window spans where a census can be bounded, so that an interrupted check loses little."""


def windows(since: datetime | None, start_at: datetime, until: datetime, census: Census) -> Iterator[Window]:
    """What to check next, oldest first: all there is at first, then from the start of the day before the last check's
    end. Starting at midnight (UTC), the checks of one day share a window that grows, and what a vendor indexes late is
    looked for once more. A census of all that lives, and a reading that knows no end, have one window.
    """
    begin = start_at if since is None or census.is_whole else max(start_at, _midnight(since) - _DAY)
    if census.is_whole or census.records is None:
        yield Window(begin, until)
        return
    while begin < until:
        yield Window(begin, min(begin + _LONGEST, until))
        begin += _LONGEST


def _midnight(instant: datetime) -> datetime:
    return instant.replace(hour=0, minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Batch:
    """Some of what the vendor lists: settled is of the window, open_ changed after its end, or came to be only then.
    The lanes may not have told of that yet: it is there, and the next window's."""

    settled: Sequence[Event]
    open_: Sequence[Event]


def listed(stream: Stream, census: Census, reading: Reading, window: Window) -> Iterator[Batch]:
    """What the vendor lists of a window, batch by batch. What has neither a clock nor a date is in every window."""
    if census.records:
        batches = census.records(reading, window)
    else:
        start_at = None if census.is_whole else window.start
        connection = dataclasses.replace(reading.connection, start_at=start_at)
        pages = stream.read(dataclasses.replace(reading, connection=connection, cursor={}))
        batches = ([one for one in page.events if one.stream == stream.name] for page in pages)
    for batch in batches:
        settled, open_ = list[Event](), list[Event]()
        for one in batch:
            if is_open(one, window, reading.now):
                open_.append(one)
            elif census.is_whole or _lies_in(window, one):
                settled.append(one)
        yield Batch(settled, open_)


def is_open(event: Event, window: Window, now: datetime) -> bool:
    """Whether a record changed after the window's end, for all its clock says, or its date where it has no clock."""
    told = event.source_updated_at or event.occurred_at
    return told is not None and window.end <= told < now + _AHEAD


def _lies_in(window: Window, event: Event) -> bool:
    told = event.source_updated_at
    return told is None or window.start <= told < window.end
