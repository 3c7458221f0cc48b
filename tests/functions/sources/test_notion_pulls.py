"""That Notion's pages, rows, blocks and comments are all found, through its silent cap and what it does not show."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from vendor_fake import NOW, FakeVendor, answer, entities, sample

from chalicelib.errors import VendorForgot, VendorUnavailable
from chalicelib.ingest.pages import Request
from chalicelib.ingest.source import Connection, Reading
from chalicelib.sources.notion import source
from events import notion as records

EDITED = NOW - timedelta(hours=1)


def iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:00.000Z")


def page(id_: str, edited: datetime = EDITED, created: datetime = EDITED, **more: Any) -> dict[str, Any]:
    return {"object": "page", "id": id_, "created_time": iso(created), "last_edited_time": iso(edited), **more}


class Workspace:
    """Search, a data source with a cap on what it shows, blocks and comments by id. Cursors are places, two a page."""

    def __init__(self, pages: list[dict[str, Any]]) -> None:
        self.pages = sorted(pages, key=lambda one: str(one["last_edited_time"]), reverse=True)
        self.rows: list[dict[str, Any]] = []
        self.cap = 10_000
        self.blocks: dict[str, list[dict[str, Any]]] = {}
        self.comments: dict[str, list[dict[str, Any]]] = {}
        self.forgets_cursors = False

    def __call__(self, request: Request) -> Any:
        asked = dict(request.json or request.params)
        if self.forgets_cursors and "start_cursor" in asked:
            return answer(json.loads(sample("notion", "pull__error_start_cursor.json")), 400)
        if request.path == "search":
            kind = asked["filter"]["value"]
            return self._listed(self.pages if kind == "page" else [page("ds")], asked)
        if request.path == "data_sources/ds/query":
            return self._query(asked)
        if request.path == "comments":
            return self._listed(self.comments.get(asked["block_id"], []), asked)
        if found := re.fullmatch(r"blocks/(\w+)/children", request.path):
            return self._listed(self.blocks[found[1]], asked) if found[1] in self.blocks else answer({}, 404)
        raise AssertionError(request.path)

    def _query(self, asked: dict[str, Any]) -> Any:
        assert asked["sorts"] == [{"timestamp": "created_time", "direction": "ascending"}]
        found = sorted(self.rows, key=lambda one: str(one["created_time"]))
        for bound in asked.get("filter", {}).get("and", []):
            name = bound["timestamp"]
            since = datetime.fromisoformat(bound[name]["on_or_after"])
            found = [row for row in found if datetime.fromisoformat(row[name]) >= since]
        told = self._listed(found[: self.cap], asked)
        is_cut = not told["has_more"] and len(found) > self.cap
        return told | {"request_status": {"type": "incomplete" if is_cut else "complete"}}

    def _listed(self, found: list[dict[str, Any]], asked: dict[str, Any]) -> dict[str, Any]:
        start = int(asked.get("start_cursor", 0))
        has_more = len(found) > start + 2
        return {
            "results": found[start : start + 2],
            "has_more": has_more,
            "next_cursor": str(start + 2) if has_more else None,
        }


def test_search_is_read_down_to_what_was_told_before() -> None:
    pages = [page(str(n), EDITED - timedelta(days=n)) for n in range(6)]
    fake = FakeVendor(source, Workspace(pages))
    events, cursor = fake.read("page")
    assert len(events) == 6
    fake.asked.clear()
    events, _ = fake.read("page", cursor)
    assert (entities(events), len(fake.asked)) == ({"0"}, 1)


def test_an_edit_of_the_same_minute_is_told_again_as_another_version() -> None:
    workspace = Workspace([page("1")])
    fake = FakeVendor(source, workspace)
    _, cursor = fake.read("page")
    workspace.pages = [page("1", properties={"Status": {"id": "x"}})]
    (event,), _ = fake.read("page", cursor)
    assert b"Status" in event.payload


def test_a_page_in_the_trash_is_a_deletion() -> None:
    (event,), _ = FakeVendor(source, Workspace([page("1", in_trash=True)])).read("page")
    assert event.operation == "delete"


def test_a_cursor_that_became_invalid_between_runs_begins_the_listing_again() -> None:
    workspace = Workspace([page(str(n)) for n in range(5)])
    fake = FakeVendor(source, workspace)
    _, cursor = fake.read("page", most_pages=1)
    workspace.forgets_cursors = True
    events, cursor = fake.read("page", cursor)
    workspace.forgets_cursors = False
    events, _ = fake.read("page", cursor)
    assert entities(events) == {"0", "1", "2", "3", "4"}


def test_a_cursor_that_becomes_invalid_within_a_run_is_never_taken_for_the_end() -> None:
    workspace = Workspace([page(str(n)) for n in range(5)])
    workspace.forgets_cursors = True
    with pytest.raises(VendorForgot):
        FakeVendor(source, workspace).read("page")


def rows(count: int, *, per_minute: int = 1) -> list[dict[str, Any]]:
    return [page(f"r{n:03d}", created=EDITED + timedelta(minutes=n // per_minute)) for n in range(count)]


@pytest.mark.parametrize("per_minute", [1, 2, 3])
def test_rows_beyond_the_silent_cap_are_asked_for_from_the_last_one_shown(per_minute: int) -> None:
    workspace = Workspace([])
    workspace.rows, workspace.cap = rows(23, per_minute=per_minute), 4
    events, cursor = FakeVendor(source, workspace).read("data_source_row")
    assert len(entities(events)) == 23
    assert cursor == {"since": NOW.isoformat()}


def test_more_rows_of_one_minute_than_notion_shows_are_an_error_and_not_an_end() -> None:
    workspace = Workspace([])
    workspace.rows, workspace.cap = rows(9, per_minute=9), 4
    with pytest.raises(VendorUnavailable, match="only some of the rows"):
        FakeVendor(source, workspace).read("data_source_row")


def test_rows_are_read_to_the_end_by_runs_that_are_killed_after_each_page() -> None:
    workspace = Workspace([])
    workspace.rows, workspace.cap = rows(11), 4
    events, cursor = FakeVendor(source, workspace).read_with_a_stop_after_every_page("data_source_row")
    assert len(entities(events)) == 11
    assert cursor == {"since": NOW.isoformat()}


def test_rows_go_on_from_the_last_one_told_when_the_cursor_became_invalid_between_runs() -> None:
    workspace = Workspace([])
    workspace.rows = rows(9)
    fake = FakeVendor(source, workspace)
    told, cursor = fake.read("data_source_row", most_pages=2)
    workspace.forgets_cursors = True
    with pytest.raises(VendorForgot):
        fake.read("data_source_row", cursor)  # its own second page
    workspace.forgets_cursors = False
    events, _ = fake.read("data_source_row", cursor)
    assert len(entities(told) | entities(events)) == 9


def test_many_rows_of_one_minute_are_read_by_runs_that_are_killed_after_each_page() -> None:
    workspace = Workspace([])
    workspace.rows = rows(9, per_minute=9)
    events, _ = FakeVendor(source, workspace).read_with_a_stop_after_every_page("data_source_row")
    assert len(entities(events)) == 9


def test_later_runs_ask_for_rows_edited_since_the_last_one() -> None:
    workspace = Workspace([])
    fake = FakeVendor(source, workspace)
    fake.read("data_source_row", {"since": NOW.isoformat()})
    (bound,) = (fake.asked[-1].json or {})["filter"]["and"]
    assert bound["last_edited_time"] == {"on_or_after": "2025-11-20T17:50:00Z"}


def block(id_: str, kind: str = "paragraph", *, has_children: bool = False) -> dict[str, Any]:
    return {"object": "block", "id": id_, "type": kind, kind: {"rich_text": []}, "has_children": has_children}


def test_the_blocks_of_a_page_are_one_record_in_the_order_of_reading() -> None:
    workspace = Workspace([page("p")])
    workspace.blocks = {
        "p": [block("a", "toggle", has_children=True), block("sub", "child_page", has_children=True), block("z")],
        "a": [block("b", has_children=True), block("c")],
        "b": [block("d")],
        "sub": [block("another page's")],
    }
    (event,), _ = FakeVendor(source, workspace).read("page_content")
    told = records.PageContent.model_validate_json(event.payload)
    assert [one.id for one in told.blocks] == ["a", "b", "d", "c", "sub", "z"]
    assert (event.stream, event.entity_id, told.is_whole) == ("page_content", "p", True)
    assert event.source_updated_at == datetime.fromisoformat(iso(EDITED))


def test_a_page_whose_blocks_are_closed_to_us_tells_nothing() -> None:
    workspace = Workspace([page("p"), page("q")])
    workspace.blocks = {"q": [block("a", "synced_block", has_children=True)]}
    events, _ = FakeVendor(source, workspace).read("page_content")
    assert entities(events) == {"q"}


def test_blocks_in_a_circle_come_to_an_end() -> None:
    workspace = Workspace([page("p")])
    workspace.blocks = {"p": [block("p", has_children=True)]}
    (event,), _ = FakeVendor(source, workspace).read("page_content")
    assert len(json.loads(event.payload)["blocks"]) == 30


def test_a_page_with_a_block_that_cannot_be_read_is_quarantined_beside_its_neighbours() -> None:
    workspace = Workspace([page("p"), page("q")])
    workspace.blocks = {"p": [{"object": "block", "type": "paragraph"}], "q": [block("a")]}
    events, _ = FakeVendor(source, workspace).read("page_content")
    assert [one.stream for one in events] == ["quarantine", "page_content"]


def test_comments_are_asked_for_on_pages_that_did_not_change_of_late() -> None:
    workspace = Workspace([page(str(n), EDITED - timedelta(days=20 * n)) for n in range(6)])
    fake = FakeVendor(source, workspace)
    _, cursor = fake.read("comment")
    workspace.comments["1"] = [page("c")]
    fake.asked.clear()
    events, _ = fake.read("comment", cursor)
    assert [(one.stream, one.entity_id) for one in events] == [("comment", "c")]
    assert sum(one.path == "comments" for one in fake.asked) < 6


def test_fetching_a_page_that_is_gone_or_in_the_trash_gives_nothing() -> None:
    assert source.pull
    census = next(one.census for one in source.pull.streams if one.name == "page")
    assert census and census.fetch
    answers = {"gone": answer({}, 404), "trashed": sample("notion", "pull__page_in_trash.json"), "here": page("here")}
    fake = FakeVendor(
        source,
        lambda request: (
            answer(told) if isinstance(told := answers[request.path.removeprefix("pages/")], bytes) else told
        ),
    )
    reading = Reading(fake, Connection("notion", "default", "https://vendor.example/", {}), {}, NOW)  # type: ignore[arg-type]
    assert [bool(census.fetch(reading, id_)) for id_ in answers] == [False, False, True]


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("pull__search_pages", records.Page),
        ("pull__query_complete", records.Page),
        ("pull__block_children", records.Block),
        ("pull__comments", records.Comment),
        ("pull__users", records.User),
    ],
)
def test_records_are_what_the_samples_hold(name: str, model: Any) -> None:
    assert [model.model_validate(one) for one in json.loads(sample("notion", f"{name}.json"))["results"]]
