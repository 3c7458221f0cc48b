"""That Asana's tasks, subtasks, stories and deletions are all found, whatever expires meanwhile."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from vendor_fake import NOW, FakeVendor, answer, entities, sample

from chalicelib.errors import VendorForgot, VendorSaysNo
from chalicelib.ingest.pages import Request
from chalicelib.ingest.source import Connection, Reading
from chalicelib.ingest.subscription import Wanted
from chalicelib.sources.asana import source
from events import asana as records

AT = "2025-11-20T17:00:00.000Z"


def task(gid: str, **more: Any) -> dict[str, Any]:
    return {"gid": gid, "resource_type": "task", "modified_at": AT, "created_at": AT, **more}


def listed(*found: dict[str, Any], offset: str | None = None) -> dict[str, Any]:
    return {"data": list(found), "next_page": {"offset": offset, "path": "", "uri": ""} if offset else None}


class Workspace:
    """Two projects; tasks by project, subtasks and stories by task, events by project; counts what it is asked."""

    def __init__(self) -> None:
        self.tasks: dict[str, list[dict[str, Any]]] = {"p1": [], "p2": []}
        self.below: dict[str, list[dict[str, Any]]] = {}
        self.stories: dict[str, list[dict[str, Any]]] = {}
        self.events: dict[str, Any] = {}
        self.forgets_offsets = False

    def __call__(self, request: Request) -> Any:
        path, params = request.path, request.params
        if path == "workspaces":
            return listed({"gid": "w"})
        if path == "projects":
            return listed({"gid": "p2"}, {"gid": "p1"})
        if path == "tasks":
            return self._tasks(params["project"], params.get("offset"))
        if path == "events":
            return self.events[params["resource"]](params["sync"])
        if found := re.fullmatch(r"tasks/(\w+)/(subtasks|stories)", path):
            known = self.below if found[2] == "subtasks" else self.stories
            return listed(*known.get(found[1], []))
        raise AssertionError(path)

    def _tasks(self, project: str, offset: str | None) -> Any:
        if offset and self.forgets_offsets:
            return answer({"errors": [{"message": "offset: Your pagination token has expired."}]}, 400)
        start = int(offset or 0)
        found = self.tasks[project][start : start + 2]
        return listed(*found, offset=str(start + 2) if len(self.tasks[project]) > start + 2 else None)


def asked_since(fake: FakeVendor) -> list[Any]:
    return [one.params.get("modified_since") for one in fake.asked if one.path == "tasks"]


def test_tasks_are_asked_for_by_project_and_then_since_the_newest_change() -> None:
    workspace = Workspace()
    workspace.tasks = {"p1": [task("1"), task("2"), task("3")], "p2": [task("3")]}
    fake = FakeVendor(source, workspace)
    events, cursor = fake.read("task")
    assert entities(events) == {"1", "2", "3"}
    fake.asked.clear()
    fake.read("task", cursor)
    assert set(asked_since(fake)) == {"2025-11-20T16:55:00Z"}


def test_fields_and_a_limit_are_always_asked_for() -> None:
    fake = FakeVendor(source, Workspace())
    fake.read("task")
    assert all(one.params["limit"] == 100 and one.params["opt_fields"] for one in fake.asked)


def test_a_run_killed_after_every_page_tells_the_same() -> None:
    workspace = Workspace()
    workspace.tasks = {"p1": [task(str(n)) for n in range(5)], "p2": [task("9")]}
    events, _ = FakeVendor(source, workspace).read_with_a_stop_after_every_page("task")
    assert entities(events) == {"0", "1", "2", "3", "4", "9"}


def test_an_offset_that_expired_between_runs_begins_its_project_again() -> None:
    workspace = Workspace()
    workspace.tasks["p1"] = [task(str(n)) for n in range(5)]
    fake = FakeVendor(source, workspace)
    _, cursor = fake.read("task", most_pages=1)
    workspace.forgets_offsets = True
    _, cursor = fake.read("task", cursor)
    workspace.forgets_offsets = False
    events, _ = fake.read("task", cursor)
    assert entities(events) == {"0", "1", "2", "3", "4"}


def test_an_offset_that_expires_within_a_run_ends_it() -> None:
    workspace = Workspace()
    workspace.tasks["p1"] = [task(str(n)) for n in range(5)]
    workspace.forgets_offsets = True
    with pytest.raises(VendorForgot):
        FakeVendor(source, workspace).read("task")


def test_subtasks_are_found_below_parents_that_did_not_change() -> None:
    workspace = Workspace()
    workspace.tasks["p1"] = [task("1", num_subtasks=1, modified_at="2020-01-01T00:00:00.000Z"), task("2")]
    workspace.below = {"1": [task("11", num_subtasks=1)], "11": [task("111")]}
    fake = FakeVendor(source, workspace)
    _, cursor = fake.read("subtask")
    events, _ = fake.read("subtask", cursor)
    assert [(one.stream, one.entity_id) for one in events] == [("task", "11"), ("task", "111")]
    assert set(asked_since(fake)) == {None}


def test_subtasks_in_a_circle_come_to_an_end() -> None:
    workspace = Workspace()
    workspace.tasks["p1"] = [task("1", num_subtasks=1)]
    workspace.below = {"1": [task("1", num_subtasks=1)]}
    assert entities(FakeVendor(source, workspace).read("subtask")[0]) == {"1"}


def test_stories_are_asked_for_of_changed_tasks_alone() -> None:
    workspace = Workspace()
    workspace.tasks["p1"] = [task("1")]
    workspace.stories["1"] = json.loads(sample("asana", "pull__stories.json"))["data"]
    events, _ = FakeVendor(source, workspace).read("story")
    assert [one.stream for one in events] == ["story", "story"]
    assert events[0].source_updated_at == events[0].occurred_at
    assert records.Story.model_validate_json(events[0].payload).is_edited


class Stream:
    """An event stream: a 412 with a token first, and one that is too old after that when told to be."""

    def __init__(self, pages: list[list[dict[str, Any]]]) -> None:
        self.pages, self.is_old = pages, False

    def __call__(self, sync: str | None) -> Any:
        if sync is None or self.is_old:
            return answer(
                {"errors": [{"message": "Sync token invalid or too old."}], "sync": f"t{len(self.pages)}"}, 412
            )
        place = int(sync[1:])
        if place == len(self.pages):
            return {"data": [], "sync": sync, "has_more": False}
        return {"data": self.pages[place], "sync": f"t{place + 1}", "has_more": place + 1 < len(self.pages)}


def test_the_first_token_comes_with_a_412_and_then_deletions_are_told() -> None:
    workspace = Workspace()
    first, second = Stream([]), Stream([])
    workspace.events = {"p1": first, "p2": second}
    fake = FakeVendor(source, workspace)
    assert fake.read("event") == ([], {"sync": {"p1": "t0", "p2": "t0"}})
    first.pages = [json.loads(sample("asana", "pull__events.json"))["data"], []]
    events, cursor = fake.read("event", {"sync": {"p1": "t0", "p2": "t0"}})
    assert [(one.stream, one.operation) for one in events] == [("task", "delete")]
    assert cursor == {"sync": {"p1": "t2", "p2": "t0"}}


def test_an_expired_token_is_replaced_by_the_one_the_refusal_brings() -> None:
    workspace = Workspace()
    stream = Stream([[], []])
    stream.is_old = True
    workspace.events = {"p1": stream, "p2": Stream([])}
    events, cursor = FakeVendor(source, workspace).read("event", {"sync": {"p1": "t1"}})
    assert (events, cursor["sync"]["p1"]) == ([], "t2")


def test_a_premium_endpoint_or_a_closed_project_is_passed_over_and_a_bad_token_is_not() -> None:
    assert source.pull
    kinds = {status: source.pull.judge(answer({}, status)).kind for status in (401, 402, 403, 404, 412, 451, 429, 503)}
    skipped = dict.fromkeys((402, 403, 404, 451), "skip")
    assert kinds == {401: "refused", 412: "ok", 429: "retry", 503: "retry", **skipped}
    assert source.pull.judge(answer({}, 429, retry_after="17")).after_s == 17


def test_fetching_tells_what_is_gone_from_what_is_closed() -> None:
    def ask(status: int) -> Any:
        assert source.pull
        census = next(one.census for one in source.pull.streams if one.name == "task")
        fake = FakeVendor(source, lambda request: answer({"data": task("1")}, status))
        assert census and census.fetch
        return census.fetch(reading(fake), "1")

    assert ask(404) is None
    assert ask(200).entity_id == "1"
    with pytest.raises(VendorSaysNo, match="shows no task"):
        ask(403)


def test_webhooks_are_made_for_the_workspace_and_each_project_that_has_none() -> None:
    made: list[dict[str, Any]] = []
    url = "https://hooks.payready.example/hooks/asana?key=k"
    held = [{"gid": "h0", "target": url, "active": True, "resource": {"gid": "p1"}}]
    held.append({"gid": "h1", "target": "https://other.example/", "active": True, "resource": {"gid": "p2"}})

    def told(request: Request) -> Any:
        if request.path != "webhooks":
            return Workspace()(request)
        if request.method == "GET":
            return listed(*held)
        made.append(dict(request.json or {})["data"])
        return answer({"data": {"gid": f"n{len(made)}", "target": url, "active": True}, "X-Hook-Secret": "s"}, 201)

    assert source.subscriptions
    fake = FakeVendor(source, told)
    created = source.subscriptions.create(fake, reading(fake).connection, Wanted(url, "", NOW))  # type: ignore[arg-type]
    assert [one["resource"] for one in made] == ["w", "p2"]
    assert [bool(one.get("filters")) for one in made] == [True, False]
    assert (len(created.subscriptions), created.secrets) == (2, ())


def test_a_webhook_that_asana_will_not_make_says_so() -> None:
    def told(request: Request) -> Any:
        return answer({"errors": []}, 403) if request.method == "POST" else Workspace()(request)

    assert source.subscriptions
    fake = FakeVendor(
        source, lambda request: listed() if request.path == "webhooks" and request.method == "GET" else told(request)
    )
    with pytest.raises(VendorSaysNo, match="open to the internet"):
        source.subscriptions.create(fake, reading(fake).connection, Wanted("https://a.example/", "", NOW))  # type: ignore[arg-type]


def reading(fake: FakeVendor) -> Reading:
    connection = Connection("asana", "default", "https://vendor.example/", {})
    return Reading(fake, connection, {}, NOW + timedelta(hours=1))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("pull__tasks", records.Task),
        ("pull__subtasks", records.Task),
        ("pull__projects", records.Project),
        ("pull__sections", records.Section),
        ("pull__stories", records.Story),
        ("pull__users", records.User),
    ],
)
def test_records_are_what_the_samples_hold(name: str, model: Any) -> None:
    assert [model.model_validate(one) for one in json.loads(sample("asana", f"{name}.json"))["data"]]
