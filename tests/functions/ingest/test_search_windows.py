"""The walk over a search that shows few rows skips nothing, whatever shares a millisecond and wherever it stops."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.ingest.search_windows import SearchWindows, Walk

WINDOWS = SearchWindows(
    shown_rows=20, page_rows=5, settled_after=timedelta(hours=1), overlap=timedelta(minutes=1), first=1000
)
NOW = datetime(2026, 11, 20, 17, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)

Row = tuple[int, int]


class Search:
    """A search over (id, modified ms), sorted, that refuses an offset past its cap."""

    def __init__(self, rows: list[Row], disorder: random.Random | None = None) -> None:
        self.rows, self.disorder, self.questions = rows, disorder, 0

    def page(self, walk: Walk) -> tuple[list[Row], str | None]:
        self.questions += 1
        start, end = walk.windows[0]
        if walk.tie is None:
            found = sorted((row for row in self.rows if start <= row[1] <= end), key=lambda row: row[1])
        else:
            found = sorted(row for row in self.rows if row[1] == start and row[0] > int(walk.tie))
        offset = int(walk.after or 0)
        assert offset + WINDOWS.page_rows <= WINDOWS.shown_rows, "400: past the cap"
        page = found[offset : offset + WINDOWS.page_rows]
        if self.disorder and walk.tie is None:
            self.disorder.shuffle(page)
        offset += WINDOWS.page_rows
        return page, str(offset) if offset < len(found) else None


def walked(search: Search, cursor: dict) -> Iterator[tuple[list[Row], dict]]:
    walk = WINDOWS.begin(cursor, NOW, None)
    while walk.windows:
        rows, after = search.page(walk)
        walk = WINDOWS.following(walk, rows, after)
        yield rows, json.loads(json.dumps(walk.cursor()))


def some_rows(seed: int, count: int, milliseconds: int) -> list[Row]:
    rng = random.Random(seed)
    return [(number, NOW_MS - 10_000_000 + rng.randrange(milliseconds)) for number in range(1, count + 1)]


@pytest.mark.parametrize("milliseconds", [1, 2, 7, 40, 5_000])
@pytest.mark.parametrize("is_shuffled", [False, True])
def test_reads_every_row_past_the_cap_however_many_share_a_millisecond(milliseconds: int, is_shuffled: bool) -> None:
    rows = some_rows(milliseconds, 137, milliseconds)
    search = Search(rows, random.Random(1) if is_shuffled else None)
    seen = {row for page, _ in walked(search, {}) for row in page}
    assert seen == set(rows)
    assert search.questions < 400


@pytest.mark.parametrize("milliseconds", [1, 3, 60])
def test_resumes_from_the_cursor_of_every_page_and_skips_nothing(milliseconds: int) -> None:
    rows = some_rows(5, 70, milliseconds)
    whole = list(walked(Search(rows), {}))
    for stop in range(len(whole)):
        before = {row for page, _ in whole[: stop + 1] for row in page}
        cursor = whole[stop][1]
        if "windows" not in cursor:
            continue
        after = {row for page, _ in walked(Search(rows), cursor) for row in page}
        assert before | after == set(rows)


def test_reads_what_is_fresh_at_once_and_what_has_settled_a_second_time() -> None:
    minute = 60_000
    first = WINDOWS.begin({}, NOW, datetime(2026, 11, 1, tzinfo=UTC))
    assert [end for _, end in first.windows] == [NOW_MS]
    later = WINDOWS.begin({"until": NOW_MS}, NOW + timedelta(minutes=5), None)
    assert later.windows == [
        (NOW_MS - 60 * minute, NOW_MS - 55 * minute),
        (NOW_MS - minute, NOW_MS + 5 * minute),
    ]


def test_reads_one_window_after_a_long_pause() -> None:
    later = WINDOWS.begin({"until": NOW_MS}, NOW + timedelta(days=2), None)
    assert len(later.windows) == 1
    assert later.windows[0][0] == NOW_MS - 3_600_000


def test_never_asks_below_the_earliest_bound_the_search_takes() -> None:
    assert WINDOWS.begin({}, NOW, None).windows[0][0] == 1000
    assert WINDOWS.begin({}, NOW, datetime(1970, 1, 1, tzinfo=UTC)).windows[0][0] == 1000


def test_the_cursor_stays_small() -> None:
    cursors = [cursor for _, cursor in walked(Search(some_rows(9, 300, 50)), {})]
    assert max(len(json.dumps(cursor)) for cursor in cursors) < 200
    assert cursors[-1] == {"until": NOW_MS}
