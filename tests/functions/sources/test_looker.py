"""What Looker's schedules deliver, that content is read whole, and that slow queries are collected by later runs."""

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
import vendor_fake
from vendor_fake import NOW, FakeVendor, answer, delivery, entities

from chalicelib.errors import Unreadable, VendorSaysNo, VendorUnavailable
from chalicelib.ingest.pages import Request, items
from chalicelib.ingest.source import QUARANTINE, Connection
from chalicelib.sources.looker import ROWS, source
from events import looker as records

MISSING = {"message": "Not found", "documentation_url": "https://cloud.google.com/looker/docs/"}
QUERY = {"model": "payready", "view": "companies", "fields": ["companies.name"]}


def sample(name: str) -> bytes:
    return vendor_fake.sample("looker", f"{name}.json")


@pytest.mark.parametrize(
    ("name", "plan_id"),
    [("webhook__scheduled_look", "70"), ("webhook__scheduled_dashboard", "71")],
)
def test_a_delivery_is_one_run_of_its_plan(name: str, plan_id: str) -> None:
    assert source.webhook
    (event,) = source.webhook.read(delivery("looker", sample(name)))
    assert (event.stream, event.operation) == ("scheduled_plan_run", "event")
    assert event.entity_id.startswith(f"{plan_id}/2025-11-20/")
    records.ScheduledPlanRun.model_validate_json(sample(name))


def test_the_same_content_on_another_day_is_another_run() -> None:
    assert source.webhook
    told = delivery("looker", sample("webhook__scheduled_look"))
    (today,), (again,), (tomorrow,) = (
        source.webhook.read(dataclasses.replace(told, received_at=NOW + timedelta(hours=hours))) for hours in (0, 1, 24)
    )
    assert today.dedupe == again.dedupe != tomorrow.dedupe


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"scheduled_plan": 3}', b'{"a":"\xff"}', b'{"a":' * 9999])
def test_refuses_to_read_what_is_no_delivery(body: bytes) -> None:
    assert source.webhook
    with pytest.raises(Unreadable):
        source.webhook.read(delivery("looker", body))


def test_dashboards_are_listed_by_offset_and_those_in_the_trash_after_them() -> None:
    def vendor(request: Request) -> Any:
        is_trash, start = request.params["deleted"] == "true", request.params["offset"]
        count = 2 if is_trash else ROWS + 1
        rows = [{"id": f"{is_trash:d}{n}", "deleted": is_trash, "updated_at": "2026-09-14"} for n in range(count)]
        return rows[start : start + ROWS]

    fake = FakeVendor(source, vendor)
    events, _ = fake.read("dashboard")
    assert len(entities(events)) == ROWS + 3
    assert {one.entity_id for one in events if one.operation == "delete"} == {"10", "11"}
    assert [(one.params["deleted"], one.params["offset"]) for one in fake.asked] == [
        ("false", 0),
        ("false", ROWS),
        ("true", 0),
    ]


def test_a_deletion_is_newer_than_the_last_change_and_a_restoring_newer_than_both() -> None:
    def told(**fields: Any) -> Any:
        ((event,), _) = FakeVendor(source, lambda request: [{"id": "4", **fields}]).read("scheduled_plan")
        return event

    edited, deleted = {"updated_at": "2026-09-14T08:00:00Z"}, {"deleted": True, "deleted_at": "2026-10-01T08:00:00Z"}
    assert told(**edited).source_updated_at < told(**edited, **deleted).source_updated_at
    assert told(**edited, **deleted).source_updated_at < told(updated_at="2026-10-02T08:00:00Z").source_updated_at


def test_while_looker_is_down_nothing_is_taken_for_missing() -> None:
    assert source.pull
    page = answer(b"<html>Looker is being upgraded</html>", 404, content_type="text/html")
    assert source.pull.judge(page).kind == "retry"
    assert source.pull.judge(answer(MISSING, 404)).kind == "empty"
    with pytest.raises(VendorUnavailable):
        FakeVendor(source, lambda request: page).read("user")


def test_logs_in_with_a_form_and_says_the_word_token() -> None:
    assert source.pull and source.pull.login
    keys = {"client_id": "id", "client_secret": "s3cret", "access_token": "abc"}
    connection = Connection("looker", "default", "https://payready.looker.example/api/4.0/", keys)
    asked = source.pull.login.request(connection, NOW)
    assert (asked.path, asked.form, asked.params) == ("login", {"client_id": "id", "client_secret": "s3cret"}, {})
    assert source.pull.headers(connection) == {"Authorization": "token abc"}


class Looker:
    """Queries that take as many askings as `patience` says; results as a list, or whatever is put in their place."""

    def __init__(self, patience: int = 0, result: Any = None) -> None:
        self.patience, self.tasks = patience, 0
        self.result = [{"companies.name": "Bäckström Homes"}] if result is None else result

    def __call__(self, request: Request) -> Any:
        match request.path.split("/"):
            case ["user"]:
                return {"id": "1000"}
            case ["looks", "11"]:
                return json.loads(sample("pull__look"))
            case ["looks", _]:
                return answer(MISSING, 404)
            case ["queries"]:
                assert isinstance((request.json or {})["limit"], str)
                return {"id": 9000}
            case ["query_tasks"]:
                self.tasks += 1
                assert isinstance((request.json or {})["query_id"], str)
                return {"id": f"t{self.tasks}"}
            case ["query_tasks", _, "results"] if self.patience:
                self.patience -= 1
                return answer({"status": "running"}, 202)
        return self.result


def test_a_slow_query_is_collected_by_a_later_run_and_begun_only_once() -> None:
    vendor = Looker(patience=2)
    fake, cursor, told = FakeVendor(source, vendor), {}, []
    for minutes in (0, 5, 10, 15):
        events, cursor = fake.read("result", cursor, now=NOW + timedelta(minutes=minutes), queries={"names": QUERY})
        told.append(entities(events))
    assert told == [set(), set(), {"query/names"}, set()]
    assert vendor.tasks == 1


def test_results_are_read_again_when_their_time_has_come() -> None:
    vendor = Looker()
    fake, cursor = FakeVendor(source, vendor), {}
    for minutes in (0, 30, 60):
        _, cursor = fake.read("result", cursor, now=NOW + timedelta(minutes=minutes), looks=["11"])
    assert vendor.tasks == 2


def test_a_task_that_looker_forgot_is_begun_again() -> None:
    vendor = Looker(patience=1)
    fake = FakeVendor(source, vendor)
    _, cursor = fake.read("result", looks=["11"])
    vendor.result = answer(MISSING, 404)
    events, cursor = fake.read("result", cursor, now=NOW + timedelta(minutes=5), looks=["11"])
    assert events == []
    vendor.result = []
    events, _ = fake.read("result", cursor, now=NOW + timedelta(minutes=10), looks=["11"])
    assert entities(events) == {"look/11"}
    assert vendor.tasks == 2


def test_exactly_as_many_rows_as_asked_for_may_not_be_all() -> None:
    results = []
    for rows in (1, 2):
        ((event,), _) = FakeVendor(source, Looker()).read("result", looks=["11"], result_rows=rows)
        results.append(msgspec.json.decode(event.payload))
    assert [one["is_truncated"] for one in results] == [True, False]
    assert records.Result.model_validate(results[0]).rows[0] == {"companies.name": "Bäckström Homes"}


@pytest.mark.parametrize(
    "result", [json.loads(sample("pull__query_task_results_failed")), answer({"message": "SQL ERROR"}, 400)]
)
def test_a_query_that_fails_is_quarantined_and_the_others_go_on(result: Any) -> None:
    class OneFails(Looker):
        def __call__(self, request: Request) -> Any:
            self.result = result if self.tasks == 1 else []
            return super().__call__(request)

    events, _ = FakeVendor(source, OneFails()).read("result", looks=["11"], queries={"names": QUERY})
    assert [one.stream for one in events] == [QUARANTINE, "result"]


def test_refused_credentials_are_an_error_and_no_failed_query() -> None:
    with pytest.raises(VendorSaysNo):
        FakeVendor(source, lambda request: answer(MISSING, 403)).read("result", looks=["11"])


def test_a_look_that_is_gone_is_told_and_no_longer_asked_for_every_few_minutes() -> None:
    fake = FakeVendor(source, Looker())
    events, cursor = fake.read("result", looks=["99"])
    assert [one.stream for one in events] == [QUARANTINE]
    again, _ = fake.read("result", cursor, now=NOW + timedelta(minutes=5), looks=["99"])
    assert again == []


def test_the_records_hold_what_staging_reads() -> None:
    for name in ("pull__dashboards_search", "pull__dashboards_search_deleted", "pull__looks_search"):
        assert [records.Content.model_validate_json(raw).title for raw in items(sample(name))]
    assert [records.User.model_validate_json(raw).email for raw in items(sample("pull__users_search"))]
    (plan,) = [records.ScheduledPlan.model_validate_json(raw) for raw in items(sample("pull__scheduled_plans"))]
    assert plan.last_run_at == datetime(2026, 11, 16, 8, 0, 12, tzinfo=UTC)
