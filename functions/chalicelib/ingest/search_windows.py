"""Walking a search that shows only so many rows and indexes late: windows of modification time, each passed over twice.

Instants are whole milliseconds, which is what such searches compare. The search is asked for one window, sorted by
modification time; where more rows than it shows share one millisecond, it is asked for that millisecond, sorted by id,
above the last id seen.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ..errors import Unreadable
from .pages import Request, Token, items, value
from .source import Reading


class Walk(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a walk stands: the cursor within a run. Between runs it is {until}.

    windows are still to be read, both ends included; the first is read now: `read` rows of it are done, `after` is its
    next page. tie is the last id read of the millisecond in which that window begins.
    """

    until: int
    windows: list[tuple[int, int]]
    after: str | None = None
    read: int = 0
    tie: str | None = None

    def cursor(self) -> Mapping[str, Any]:
        return msgspec.to_builtins(self) if self.windows else {"until": self.until}


@dataclass(frozen=True)
class SearchWindows:
    """What the search can do. A change may show settled_after late: what is older is read a second time and then left
    alone. overlap is how far the fresh pass goes back behind the last run. first is the earliest bound it takes."""

    shown_rows: int
    page_rows: int
    settled_after: timedelta
    overlap: timedelta
    first: int = 0

    def changed(
        self,
        reading: Reading,
        question: Callable[[Reading, Walk], Request],
        row: Callable[[bytes], tuple[int, int | None]],
        records: Sequence[str],
        token: Token,
    ) -> Iterator[tuple[list[bytes], Mapping[str, Any]]]:
        """Pages of the records modified since the last run, each with the cursor to save after it. row reads a record's
        id and modification time."""
        walk = self.begin(reading.cursor, reading.now, reading.connection.start_at)
        while walk.windows:
            answer = reading.http.ask(question(reading, walk))
            found = items(answer.body, *records)
            walk = self.following(walk, [*_readable(found, row)], value(answer.body, *token.read))
            yield found, walk.cursor()

    def begin(self, cursor: Mapping[str, Any], now: datetime, start_at: datetime | None) -> Walk:
        """The walk a run goes on with, or a new one: the trailing pass first, then what is fresh."""
        if "windows" in cursor:
            return msgspec.convert(cursor, Walk)
        until = _ms(now)
        if "until" not in cursor:
            return Walk(until, [(max(self.first, _ms(start_at) if start_at else 0), until)])
        settled, overlap = _span(self.settled_after), _span(self.overlap)
        trailing, fresh = (cursor["until"] - settled, until - settled), (cursor["until"] - overlap, until)
        return Walk(until, [trailing, fresh] if trailing[1] < fresh[0] else [(trailing[0], until)])

    def following(self, walk: Walk, rows: Sequence[tuple[int, int | None]], after: str | None) -> Walk:
        """Where the walk stands once this page is durable. rows are (id, modified) in the order listed; after is the
        page the vendor names next."""
        (start, end), later = walk.windows[0], walk.windows[1:]
        if walk.tie is not None:
            if after is not None and rows:
                return Walk(walk.until, walk.windows, tie=str(max(row_id for row_id, _ in rows)))
            return Walk(walk.until, [(start + 1, end), *later] if start < end else later)
        if after is None:
            return Walk(walk.until, later)
        read = walk.read + len(rows)
        if read + self.page_rows <= self.shown_rows:
            return Walk(walk.until, walk.windows, after, read)
        times = [start if modified is None else modified for _, modified in rows] or [start]
        # Rows were seen slightly out of order. The earliest of the last page costs a page read again and skips nothing;
        # where it would not get us on, the latest does.
        restart = min(times) if min(times) > start else max(times)
        if restart > start:
            return Walk(walk.until, [(min(restart, end), end), *later])
        return Walk(walk.until, walk.windows, tie="0")


def _readable(
    records: Sequence[bytes], row: Callable[[bytes], tuple[int, int | None]]
) -> Iterator[tuple[int, int | None]]:
    for record in records:
        with contextlib.suppress(Unreadable):
            yield row(record)


def _ms(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)


def _span(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)
