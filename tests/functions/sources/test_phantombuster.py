"""What PhantomBuster says at a run's end, how runs are walked, and which rows of a growing file are told."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
import vendor_fake
from vendor_fake import FakeVendor, answer, delivery, entities

from chalicelib.errors import Unreadable, VendorSaysNo
from chalicelib.ingest.pages import Request, items
from chalicelib.ingest.source import Connection, Reading
from chalicelib.ingest.vendor_http import VendorHttp
from chalicelib.sources.phantombuster import source
from events import phantombuster as records

NOW = datetime(2026, 11, 20, 17, tzinfo=UTC)
AGENT = "3107781526043912"
MEANT = {
    "webhook__agent_end": "6004417720981533",
    "webhook__agent_end_failed": "6004417720981999",
    "webhook__agent_end_killed": "6004417720982011",
    "webhook__agent_end_numeric_ids": "7700123",
}


def sample(name: str) -> bytes:
    return vendor_fake.sample("phantombuster", f"{name}.json")


@pytest.mark.parametrize(("name", "container_id"), MEANT.items())
def test_a_delivery_is_the_end_of_its_run(name: str, container_id: str) -> None:
    assert source.webhook
    (event,) = source.webhook.read(delivery("phantombuster", sample(name)))
    assert (event.stream, event.entity_id, event.operation) == ("container", container_id, "upsert")
    assert records.AgentEnd.model_validate_json(sample(name)).container_id == container_id


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"containerId": ""}', b'{"containerId": []}', b'{"a":"\xff"}'])
def test_refuses_to_read_what_is_no_end_of_a_run(body: bytes) -> None:
    assert source.webhook
    with pytest.raises(Unreadable):
        source.webhook.read(delivery("phantombuster", body))


def test_a_run_read_while_it_ran_is_older_than_the_delivery_of_its_end_and_that_than_a_later_reading() -> None:
    assert source.webhook
    (ended,) = source.webhook.read(delivery("phantombuster", sample("webhook__agent_end")))
    vendor = {"agents": json.loads(sample("pull__agents"))[:1], "containers": json.loads(sample("pull__containers"))}
    told, _ = FakeVendor(source, lambda request: vendor[request.path.split("/")[2]]).read("container", now=NOW)
    versions = {one.entity_id: one.source_version or "" for one in told}
    assert versions["6004417720990001"] < (ended.source_version or "") < versions["6004417720981533"]


class PhantomBuster:
    """One agent with runs ended at these milliseconds, two a page, and one result file."""

    def __init__(self, *ended_ms: int) -> None:
        self.ended_ms = ended_ms
        self.rows: list[dict[str, Any]] = json.loads(sample("pull__result"))
        self.key = ""

    def __call__(self, request: Request) -> Any:
        if request.path.startswith("https://"):
            return self.file(request)
        match request.path.rpartition("v2/")[2]:
            case "agents/fetch-all":
                return json.loads(sample("pull__agents"))[:1]
            case "agents/fetch":
                return json.loads(sample("pull__agent"))
            case "containers/fetch-all":
                before = request.params["beforeEndedAt"] or 2**62
                rows = [
                    {"id": str(number), "createdAt": at - 10, "endedAt": at, "status": "finished"}
                    for number, at in enumerate(self.ended_ms)
                    if at < before
                ]
                return {"maxLimitReached": len(rows) > 2, "containers": rows[:2]}
        raise AssertionError(request.path)

    def file(self, request: Request) -> Any:
        assert request.is_public
        assert request.path == "https://phantombuster.s3.amazonaws.com/org1f00/agent9c3d/result.json"
        etag = f'"{len(self.rows)}"'
        return answer(b"", 304) if request.headers.get("If-None-Match") == etag else answer(self.rows, etag=etag)


def test_runs_that_ended_in_one_millisecond_are_all_told_though_a_page_cuts_through_them() -> None:
    events, _ = FakeVendor(source, PhantomBuster(90, 80, 80, 70, 60)).read("container", now=NOW)
    assert entities(events) == {"0", "1", "2", "3", "4"}


def test_a_page_of_one_millisecond_does_not_hold_the_walk_up() -> None:
    events, _ = FakeVendor(source, PhantomBuster(80, 80, 80, 70)).read("container", now=NOW)
    assert {"0", "1", "3"} <= entities(events)


def test_a_later_run_reads_back_as_long_as_a_run_may_last() -> None:
    day_ms = 86_400_000
    now_ms = int(NOW.timestamp() * 1000)
    vendor = PhantomBuster(*(now_ms - hours * day_ms // 24 for hours in (1, 20, 40, 60, 80, 100)))
    fake = FakeVendor(source, vendor)
    events, cursor = fake.read("container", now=NOW)
    assert len(entities(events)) == 6
    events, _ = fake.read("container", cursor, now=NOW + timedelta(minutes=15))
    assert entities(events) == {"0", "1"}


def test_of_rows_about_one_profile_the_newest_is_told_and_failures_stand_apart() -> None:
    events, _ = FakeVendor(source, PhantomBuster()).read("result", now=NOW)
    found = {one.entity_id: msgspec.json.decode(one.payload) for one in events if one.stream == "result"}
    assert set(found) == {
        f"{AGENT}/https://linkedin.example/in/marisol-nunez",
        f"{AGENT}/https://linkedin.example/in/jonas-backstrom",
    }
    assert found[f"{AGENT}/https://linkedin.example/in/marisol-nunez"]["row"]["jobTitle"] == "VP Operations"
    assert [one.operation for one in events if one.stream == "result_error"] == ["event"]
    assert [records.Result.model_validate(one).agent_id for one in found.values()] == [AGENT, AGENT]


def test_a_file_is_read_again_only_when_it_grew_and_then_only_its_new_rows_are_told() -> None:
    vendor = PhantomBuster()
    vendor.rows = [{"vmid": f"v{n}", "timestamp": f"2026-11-{n:02}T08:00:00Z"} for n in range(1, 15)]
    fake = FakeVendor(source, vendor)
    events, cursor = fake.read("result", now=NOW)
    assert len(events) == 14
    events, cursor = fake.read("result", cursor, now=NOW)
    assert events == []
    vendor.rows.append({"vmid": "v20", "timestamp": "2026-11-20T08:00:00Z"})
    events, _ = fake.read("result", cursor, now=NOW)
    assert entities(events) == {f"{AGENT}/v20", f"{AGENT}/v14", f"{AGENT}/v13"}


def test_a_file_that_is_not_there_yet_is_no_failure() -> None:
    vendor = PhantomBuster()
    vendor.file = lambda request: answer(b"<Error><Code>AccessDenied</Code></Error>", 403)  # type: ignore[method-assign]
    assert FakeVendor(source, vendor).read("result", now=NOW)[0] == []


def test_no_session_cookie_leaves_with_an_agent() -> None:
    assert source.pull
    fake = FakeVendor(source, lambda request: json.loads(sample("pull__agent")))
    census = next(stream.census for stream in source.pull.streams if stream.name == "agent")
    assert census and census.fetch
    listed, _ = FakeVendor(source, lambda request: [json.loads(sample("pull__agent"))]).read("agent")
    connection = Connection("phantombuster", "default", "https://api.phantombuster.com/", {"api_key": "s3cret"})
    event = census.fetch(Reading(fake, connection, {}, NOW), AGENT)  # type: ignore[arg-type]
    assert event and listed
    for one in (event, *listed):
        assert b"AQED" not in one.payload and b"argument" not in one.payload
        assert records.Agent.model_validate_json(one.payload).id == AGENT


class _Free:
    def take(self, name: str, most_s: float) -> None: ...
    def pause(self, name: str, seconds: float) -> None: ...
    def admit(self) -> None: ...
    def succeeded(self) -> None: ...
    def failed(self) -> None: ...


@pytest.mark.parametrize("path", ["api/v2/agents/fetch-all", "https://phantombuster.s3.amazonaws.com/a/b/result.json"])
def test_the_key_goes_to_the_api_and_never_to_the_files(path: str) -> None:
    assert source.pull
    seen: list[httpx.Request] = []
    client = httpx.Client(transport=httpx.MockTransport(lambda one: seen.append(one) or httpx.Response(200, json=[])))
    connection = Connection("phantombuster", "default", "", {"api_key": "s3cret"})
    http = VendorHttp(connection, source.pull, client=client, buckets=_Free(), breaker=_Free(), remaining_s=lambda: 60)
    is_file = path.startswith("https://")
    http.ask(Request(path, is_public=is_file))
    assert (b"s3cret" in b"".join(value for _, value in seen[0].headers.raw)) is not is_file
    with pytest.raises(VendorSaysNo, match="another host"):
        http.ask(Request("https://elsewhere.example/a"))
    with pytest.raises(VendorSaysNo, match="another host"):
        http.ask(Request("http://phantombuster.s3.amazonaws.com/a", is_public=True))


def test_the_records_hold_what_staging_reads() -> None:
    for raw in items(sample("pull__containers"), "containers"):
        assert records.Container.model_validate_json(raw).created_at
