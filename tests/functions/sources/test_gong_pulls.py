"""That pulls from Gong find calls that appear late, are enriched late, or have no transcript yet."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import vendor_fake
from vendor_fake import FakeVendor, answer, entities

from chalicelib.errors import VendorSaysNo, VendorUnavailable
from chalicelib.ingest.pages import Request, items
from chalicelib.ingest.source import Event
from chalicelib.ingest.vendor_http import Response
from chalicelib.sources.gong import REREAD_DAYS, source
from events import gong as records

NOW = datetime(2026, 11, 20, 17, tzinfo=UTC)


def sample(name: str) -> bytes:
    return vendor_fake.sample("gong", f"{name}.json")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


class Gong:
    """Gong's API over calls {id: (started, visible, transcribed)}; pages of two unless told, empty answers as 404."""

    def __init__(self, page_rows: int = 2) -> None:
        self.page_rows = page_rows
        self.calls: dict[str, tuple[datetime, datetime, datetime | None]] = {}
        self.private: set[str] = set()
        self.now = NOW

    def add(self, call_id: str, started: datetime, visible: datetime | None = None, transcribed: Any = None) -> None:
        self.calls[call_id] = (started, visible or started, transcribed or started)

    def __call__(self, request: Request) -> Response:
        if request.method == "POST":
            assert not request.params, "POST endpoints ignore the query"
        asked = dict(request.json or request.params)
        match request.path:
            case "v2/calls":
                return self.page("calls", [self.meta(one) for one in self.within(asked)], asked)
            case "v2/calls/extensive":
                assert asked["contentSelector"]["exposedFields"]["content"]["trackers"]
                found = [{"metaData": self.meta(one), "content": {}} for one in self.within(asked["filter"])]
                return self.page("calls", found, asked)
            case "v2/calls/transcript":
                assert len(asked["filter"]["callIds"]) <= 100
                found = [{"callId": one, "transcript": self.said(one)} for one in asked["filter"]["callIds"]]
                return self.page("callTranscripts", found, asked)
        raise AssertionError(request.path)

    def within(self, window: dict[str, str]) -> list[str]:
        start, end = at(window["fromDateTime"]), at(window["toDateTime"])
        return [one for one, (on, seen, _) in self.calls.items() if start <= on < end and seen <= self.now]

    def meta(self, call_id: str) -> dict[str, Any]:
        return {"id": call_id, "started": self.calls[call_id][0].isoformat(), "isPrivate": call_id in self.private}

    def said(self, call_id: str) -> list[dict[str, Any]]:
        transcribed = self.calls[call_id][2]
        is_there = transcribed is not None and transcribed <= self.now
        return [{"speakerId": "1", "topic": None, "sentences": []}] if is_there else []

    def page(self, name: str, found: list[Any], asked: dict[str, Any]) -> Response:
        if not found:
            return answer({"errors": [f"No {name} found corresponding to the provided filters"]}, 404)
        offset = int(asked.get("cursor") or 0)
        told: dict[str, Any] = {"records": {"totalRecords": len(found)}, name: found[offset : offset + self.page_rows]}
        if offset + self.page_rows < len(found):
            told["records"]["cursor"] = str(offset + self.page_rows)
        return answer(told)

    def pull(self, stream: str, cursor: Any = None, **how: Any) -> tuple[list[Event], dict[str, Any]]:
        since = datetime(2026, 8, 1, tzinfo=UTC)
        return FakeVendor(source, self).read(stream, cursor, **{"now": self.now, "start_at": since, **how})


def busy_gong() -> Gong:
    gong = Gong()
    for number in range(1, 12):
        gong.add(str(number), NOW - timedelta(days=9 * number, hours=1))
    return gong


@pytest.mark.parametrize("stream", ["call", "transcript"])
def test_the_first_run_reads_everything_since_the_start(stream: str) -> None:
    events, cursor = busy_gong().pull(stream)
    assert entities(events) == {str(number) for number in range(1, 12)}
    assert {event.stream for event in events} == {stream}
    assert set(cursor) == {"since", "reread_at"}


@pytest.mark.parametrize("stream", ["call", "transcript"])
def test_resumes_after_every_page_and_skips_nothing(stream: str) -> None:
    gong, events, cursor = busy_gong(), set[str](), dict[str, Any]()
    for _ in range(100):
        told, cursor = gong.pull(stream, cursor, most_pages=1)
        events |= entities(told)
        if "position" not in cursor:
            break
    assert events == {str(number) for number in range(1, 12)}


def test_a_page_token_is_not_trusted_hours_later() -> None:
    gong = busy_gong()
    _, cursor = gong.pull("call", most_pages=1)
    assert cursor["token"]
    gong.now += timedelta(hours=3)
    vendor = FakeVendor(source, gong)
    vendor.read("call", cursor, now=gong.now, most_pages=1)
    assert "cursor" not in (vendor.asked[0].json or {})


def test_a_call_that_appears_late_is_found() -> None:
    gong = Gong()
    _, cursor = gong.pull("call")
    gong.add("late", NOW - timedelta(minutes=30), visible=NOW + timedelta(minutes=40))
    gong.add("later", NOW - timedelta(hours=3), visible=NOW + timedelta(hours=20))
    found = set[str]()
    for _ in range(30):
        gong.now += timedelta(hours=1)
        events, cursor = gong.pull("call", cursor)
        found |= entities(events)
    assert found == {"late", "later"}


def test_rereads_the_last_days_once_a_day_and_not_more() -> None:
    gong = Gong()
    gong.add("old", NOW - timedelta(days=REREAD_DAYS - 2))
    _, cursor = gong.pull("call")
    times = 0
    for _ in range(4 * 24):
        gong.now += timedelta(minutes=15)
        events, cursor = gong.pull("call", cursor)
        times += len(events)
    assert times == 1


def test_the_newest_calls_are_left_to_the_next_run() -> None:
    gong = Gong()
    gong.add("now", NOW - timedelta(minutes=2))
    events, cursor = gong.pull("call")
    assert events == []
    gong.now += timedelta(minutes=15)
    events, _ = gong.pull("call", cursor)
    assert entities(events) == {"now"}


def test_an_empty_transcript_is_asked_for_again_until_it_is_there() -> None:
    gong = Gong()
    gong.add("slow", NOW - timedelta(hours=3), transcribed=NOW + timedelta(hours=5))
    events, cursor = gong.pull("transcript")
    assert events == [] and list(cursor["pending"]) == ["slow"]
    for _ in range(6):
        gong.now += timedelta(hours=1)
        events, cursor = gong.pull("transcript", cursor)
        if events:
            break
    assert entities(events) == {"slow"}
    assert "pending" not in cursor
    assert events[0].occurred_at == NOW - timedelta(hours=3)


def test_what_is_never_transcribed_is_forgotten_in_the_end() -> None:
    gong = Gong()
    gong.add("silent", NOW - timedelta(hours=3))
    gong.calls["silent"] = (NOW - timedelta(hours=3), NOW, None)
    _, cursor = gong.pull("transcript")
    assert cursor["pending"]
    gong.now += timedelta(days=REREAD_DAYS + 1)
    _, cursor = gong.pull("transcript", cursor)
    assert "pending" not in cursor


def test_transcripts_are_asked_for_in_batches_and_never_for_private_calls() -> None:
    gong = Gong()
    for number in range(230):
        gong.add(str(number), NOW - timedelta(days=1), transcribed=NOW + timedelta(days=1))
    gong.private = {"7"}
    vendor = FakeVendor(source, gong)
    _, cursor = vendor.read("transcript", now=NOW, start_at=NOW - timedelta(days=2))
    assert len(cursor["pending"]) == 229
    gong.now += timedelta(days=1, hours=1)
    vendor.asked.clear()
    events, cursor = vendor.read("transcript", cursor, now=gong.now, most_pages=1)
    assert len(entities(events)) == 229 and "7" not in entities(events)
    assert len({str(request.json["filter"]) for request in vendor.asked if request.json}) == 3


def test_the_cursor_stays_bounded() -> None:
    gong = Gong(page_rows=100)
    for number in range(1_300):
        gong.add(str(number), NOW - timedelta(minutes=10 + number), transcribed=NOW + timedelta(days=9))
    _, cursor = gong.pull("transcript")
    assert len(cursor["pending"]) == 1_000
    assert len(json.dumps(cursor)) < 100_000


def test_a_page_that_names_itself_as_the_next_is_refused() -> None:
    body = {"records": {"cursor": "again"}, "calls": []}
    with pytest.raises(VendorUnavailable):
        FakeVendor(source, lambda request: answer(body)).read("call", now=NOW)


@pytest.mark.parametrize(
    ("name", "path", "model", "count"),
    [
        ("pull__calls", ("calls",), records.MetaData, 3),
        ("pull__calls_first_page", ("calls",), records.MetaData, 1),
        ("pull__calls_extensive", ("calls",), records.Call, 2),
        ("pull__calls_extensive_not_digested", ("calls",), records.Call, 1),
        ("pull__transcripts", ("callTranscripts",), records.Transcript, 1),
        ("pull__transcripts_pending", ("callTranscripts",), records.Transcript, 1),
        ("pull__users", ("users",), records.User, 2),
    ],
)
def test_every_sample_record_fits_its_model(name: str, path: tuple[str, ...], model: Any, count: int) -> None:
    told = [model.model_validate_json(raw) for raw in items(sample(name), *path)]
    assert len(told) == count


def test_users_are_told_as_listed() -> None:
    events, _ = FakeVendor(source, lambda request: answer(sample("pull__users"))).read("user", now=NOW)
    assert [event.payload for event in events] == items(sample("pull__users"), "users")
    assert entities(events) == {"6120448813075510021", "6120448813075509960"}


def test_calls_are_told_as_listed() -> None:
    body = sample("pull__calls_extensive")
    events, _ = FakeVendor(source, lambda request: answer(body)).read("call", now=NOW, start_at=NOW - timedelta(days=3))
    assert [event.payload for event in events] == items(body, "calls")
    assert [event.source_version for event in events] == ["pulled", "pulled"]  # comes before a webhook's


@pytest.mark.parametrize(
    ("status", "headers", "body", "kind", "after_s"),
    [
        (200, {}, b"{}", "ok", None),
        (404, {}, sample("pull__no_calls"), "empty", None),
        (404, {}, sample("pull__no_transcripts"), "empty", None),
        (404, {}, b'{"errors": ["no such endpoint"]}', "refused", None),
        (429, {"retry-after": "14400"}, b"", "retry", 14_400.0),
        (429, {}, b"", "retry", None),
        (503, {}, b"", "retry", None),
        (401, {}, b"", "refused", None),
        (403, {}, b"", "refused", None),
    ],
)
def test_judges_answers_as_gong_means_them(
    status: int, headers: dict[str, str], body: bytes, kind: str, after_s: float | None
) -> None:
    assert source.pull is not None
    ruling = source.pull.judge(Response(status, headers, body))
    assert (ruling.kind, ruling.after_s) == (kind, after_s)


def test_a_refusal_is_not_an_empty_day() -> None:
    with pytest.raises(VendorSaysNo):
        FakeVendor(source, lambda request: answer({"errors": ["Forbidden"]}, 403)).read("call", now=NOW)


@pytest.mark.parametrize("stream", ["call", "user"])
def test_an_unreadable_record_is_quarantined_and_stops_nothing(stream: str) -> None:
    body = {"calls": [{"metaData": 7}, {"metaData": {"id": "1"}}], "users": [{"id": None}, {"id": "1"}]}
    events, _ = FakeVendor(source, lambda request: answer(body)).read(stream, now=NOW, start_at=NOW - timedelta(days=1))
    assert [event.stream for event in events] == ["quarantine", stream]
