"""What a vendor says it has: a stream's own census, or its reading begun again at a window's start, without a cursor."""

import dataclasses
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from .source import Census, Event, Reading, Stream, Window

LONGEST = timedelta(days=31)
"""The most one window spans, so that a check fits into a run and an interrupted one loses little."""
OVERLAP = timedelta(days=1)
"""How far a window reaches back into the one before: what a vendor indexes late is looked for once more."""


def windows(since: datetime | None, start_at: datetime, until: datetime, is_whole: bool) -> Iterator[Window]:
    """What to check next, oldest first: from where the last check ended, or from the very start. A census of all that
    lives knows no windows: it is one."""
    if is_whole:
        yield Window(start_at, until)
        return
    start = start_at if since is None else max(start_at, since - OVERLAP)
    while start < until:
        end = min(start + LONGEST, until)
        yield Window(start, end)
        start = end


def listed(stream: Stream, census: Census, reading: Reading, window: Window) -> Iterator[Sequence[Event]]:
    """What the vendor lists of a window, batch by batch. What has no clock is in every window."""
    if census.records:
        batches = census.records(reading, window)
    else:
        start_at = None if census.is_whole else window.start
        connection = dataclasses.replace(reading.connection, start_at=start_at)
        pages = stream.read(dataclasses.replace(reading, connection=connection, cursor={}))
        batches = ([one for one in page.events if one.stream == stream.name] for page in pages)
    for batch in batches:
        yield [one for one in batch if census.is_whole or _lies_in(window, one)]


def _lies_in(window: Window, event: Event) -> bool:
    told = event.source_updated_at
    return told is None or window.start <= told < window.end
