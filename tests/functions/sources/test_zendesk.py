"""What Zendesk's webhooks mean, what its answers mean, and how its exports are read without losing or repeating."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import vendor_fake
from vendor_fake import NOW, FakeVendor, answer, delivery, entities

from chalicelib.errors import Unreadable, VendorSaysNo, VendorUnavailable
from chalicelib.ingest.pages import Request
from chalicelib.ingest.source import Connection, Event, Reading, Verdict
from chalicelib.ingest.subscription import Wanted
from chalicelib.sources.zendesk import source

# Zendesk's secret for test requests, and a body and digest of a public webhook-verify test suite.
TEST_SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="  # noqa: S105
VECTOR = b'{"event":"ticket.updated","id":123}'
SIGNATURE = "S/RDdU2ERmj7LHDDoWJ2onPYH+t7/f2+LTM4dL7UiLM="
BY_THE_DECODED_KEY = "ElGlCykjczJm8dAh5YJyfzGb6ttTqrYPkC81bFc/ZSk="
SIGNED_AT = datetime(2021, 3, 25, 5, 9, 27, tzinfo=UTC)

MEANT = {
    "ticket__created": ("ticket", "35437", "partial", "2026-08-26T19:06:32Z"),
    "ticket__comment_added": ("ticket", "35417", "partial", "2026-09-24T17:10:45Z"),
    "ticket__soft_deleted": ("ticket", "35430", "delete", "2026-10-08T22:53:33Z"),
    "ticket__undeleted": ("ticket", "35417", "partial", "2026-09-24T17:10:45Z"),
    "user__deleted": ("user", "20970004", "delete", "2026-10-12T20:52:53Z"),
    "organization__deleted": ("organization", "40000009", "delete", "2026-11-03T00:27:14Z"),
    "article__published": ("article", "2b24ef10-19d4-4740-93cf-8f98ec477605", "event", None),
    "trigger": ("trigger", "11b97a4cd76427ac84565e513af77aa0", "event", None),
}


def read(body: bytes, **headers: str) -> list[Event]:
    assert source.webhook
    return list(source.webhook.read(delivery("zendesk", body, **headers)))


def sample(name: str) -> bytes:
    return vendor_fake.sample("zendesk", f"{name}.json")


@pytest.mark.parametrize("name", MEANT)
def test_a_delivery_means_what_happened_at_the_desk(name: str) -> None:
    stream, entity_id, operation, at = MEANT[name]
    [event] = read(sample(f"webhook__{name}"))
    assert (event.stream, event.entity_id, event.operation) == (stream, entity_id, operation)
    assert event.source_updated_at == (at and datetime.fromisoformat(at))


def test_an_event_is_known_by_its_own_id_and_what_a_trigger_sends_by_its_invocation() -> None:
    [event] = read(sample("webhook__ticket__created"), x_zendesk_webhook_invocation_id="01J")
    [trigger] = read(VECTOR, x_zendesk_webhook_invocation_id="01J")
    assert event.dedupe == (event.delivery_id,) != ("01J",)
    assert trigger.dedupe == ("01J",) and trigger.entity_id == "01J"


@pytest.mark.parametrize("body", [b"", b"[]", b"<ticket/>", b'{"type":"zen:event-type:ticket.created"}', b"\xff{}"])
def test_what_says_nothing_of_a_record_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(body)


@pytest.mark.parametrize(
    ("signature", "after_s", "reason"),
    [
        (SIGNATURE, 0, "ok"),
        (SIGNATURE, 301, "stale"),
        (SIGNATURE, -301, "future"),
        (BY_THE_DECODED_KEY, 0, "signature_mismatch"),
    ],
)
def test_the_published_vector_is_believed_for_five_minutes_and_its_key_is_not_decoded(
    signature: str, after_s: int, reason: str
) -> None:
    assert source.webhook
    headers = {
        "x_zendesk_webhook_signature": signature,
        "x_zendesk_webhook_signature_timestamp": "2021-03-25T05:09:27Z",
    }
    verdict = source.webhook.scheme.verify(
        delivery("zendesk", VECTOR, **headers), [TEST_SECRET], SIGNED_AT + timedelta(seconds=after_s)
    )
    assert verdict == Verdict(reason == "ok", reason)


@pytest.mark.parametrize(
    ("name", "status", "ruling"),
    [
        ("pull__tickets_cursor", 200, ("ok", None)),
        ("pull__error_rate_limited", 429, ("retry", 41.0)),
        ("pull__error_rate_limited", 200, ("retry", None)),
        ("pull__error_not_authenticated", 401, ("refused", None)),
        ("pull__error_too_recent", 422, ("refused", None)),
        ("pull__error_too_recent", 404, ("skip", None)),
    ],
)
def test_an_answer_means(name: str, status: int, ruling: tuple[str, Any]) -> None:
    assert source.pull
    body = sample(name).replace(b"{\n  ", b"{", 1)
    headers = {"retry_after": "41"} if status == 429 else {}
    found = source.pull.judge(answer(body, status, **headers))
    assert (found.kind, found.after_s) == ruling


def ticket(number: int, second: int = 0, **more: Any) -> dict[str, Any]:
    return {"id": number, "status": "open", "updated_at": f"2025-11-20T17:00:{second:02}Z", **more}


def export(*tickets: dict[str, Any], after: str, is_end: bool = False) -> dict[str, Any]:
    return {"tickets": list(tickets), "after_cursor": after, "end_of_stream": is_end}


def test_the_export_goes_on_from_its_cursor_in_the_next_run_not_from_our_clock() -> None:
    pages = {
        None: export(ticket(1), after="a"),
        "a": export(after="b"),
        "b": export(ticket(2, status="deleted"), after="c", is_end=True),
        "c": export(ticket(3), after="d", is_end=True),
    }
    vendor = FakeVendor(source, lambda request: pages[request.params.get("cursor")])
    events, cursor = vendor.read("ticket", start_at=datetime(2025, 1, 1, tzinfo=UTC))
    assert [(one.entity_id, one.operation) for one in events] == [("1", "upsert"), ("2", "delete")]
    assert vendor.asked[0].params["start_time"] == 1735689600
    more, cursor = vendor.read("ticket", cursor)
    assert entities(more) == {"3"} and cursor["after"] == "d"
    assert "start_time" not in vendor.asked[-1].params


def test_a_cursor_of_an_earlier_run_that_is_refused_is_replaced_by_the_time_of_that_run() -> None:
    def told(request: Request) -> Any:
        if "cursor" in request.params:
            return answer(b'{"error": "InvalidCursor"}', 422)
        return export(ticket(1), after="new", is_end=True)

    vendor = FakeVendor(source, told)
    since = NOW - timedelta(days=40)
    events, cursor = vendor.read("ticket", {"after": "old", "since": since.isoformat()})
    assert entities(events) == {"1"} and cursor["after"] == "new"
    assert vendor.asked[1].params["start_time"] == int((since - timedelta(hours=1)).timestamp())


def test_a_refusal_that_is_not_the_cursors_ends_the_run() -> None:
    vendor = FakeVendor(source, lambda request: answer(b'{"error": "Forbidden"}', 403))
    with pytest.raises(VendorSaysNo):
        vendor.read("user")


def test_an_export_that_timed_out_is_asked_for_smaller_pages_by_the_next_run() -> None:
    pages: list[Any] = []

    def told(request: Request) -> Any:
        pages.append(request.params["per_page"])
        return answer(b"{}", 504) if request.params["per_page"] > 500 else export(after="a", is_end=True)

    vendor, left = FakeVendor(source, told), dict[str, Any]()
    assert source.pull
    stream = next(one for one in source.pull.streams if one.name == "ticket")
    with pytest.raises(VendorUnavailable):
        for page in stream.read(_reading(vendor)):
            left = dict(page.cursor)
    vendor.read("ticket", left)
    assert pages == [1000, 500]


def organizations(*ids: int, end: int | None, is_end: bool) -> dict[str, Any]:
    listed = [{"id": one, "updated_at": "2025-11-20T17:00:00Z"} for one in ids]
    return {"organizations": listed, "end_time": end, "end_of_stream": is_end, "count": len(ids)}


def test_an_export_by_time_goes_on_from_its_last_records_time_and_the_repeated_one_is_the_same_event() -> None:
    pages = {1: organizations(1, 2, end=50, is_end=False), 50: organizations(2, 3, end=60, is_end=True)}
    vendor = FakeVendor(source, lambda request: pages[request.params["start_time"]])
    events, cursor = vendor.read("organization")
    assert len(events) == 4 and len({(one.entity_id, one.payload) for one in events}) == 3
    assert cursor == {"since": 60}


def test_more_records_in_one_second_than_a_page_holds_do_not_hold_the_export_for_ever() -> None:
    pages = {1: organizations(1, 2, end=1, is_end=False), 2: organizations(3, end=9, is_end=True)}
    vendor = FakeVendor(source, lambda request: pages[request.params["start_time"]])
    assert entities(vendor.read("organization")[0]) == {"1", "2", "3"}


@pytest.mark.parametrize("stream", ["ticket", "organization", "ticket_event", "ticket_metric_event"])
def test_no_export_begins_within_the_last_minute(stream: str) -> None:
    vendor = FakeVendor(source, lambda request: {"after_cursor": "a", "end_of_stream": True})
    vendor.read(stream, start_at=NOW)
    assert vendor.asked[0].params["start_time"] == int(NOW.timestamp()) - 120
    assert vendor.asked[0].bucket == "export"


def test_what_is_deleted_is_fetched_as_nothing() -> None:
    assert source.pull
    census = next(one.census for one in source.pull.streams if one.name == "ticket")
    assert census and census.fetch
    living = FakeVendor(source, lambda request: {"ticket": ticket(1)})
    deleted = FakeVendor(source, lambda request: {"ticket": ticket(1, status="deleted")})
    unknown = FakeVendor(source, lambda request: answer(b'{"error":"RecordNotFound"}', 404))
    found = census.fetch(_reading(living), "1")
    assert found and found.entity_id == "1" and b"open" in found.payload
    assert census.fetch(_reading(deleted), "1") is None
    assert census.fetch(_reading(unknown), "1") is None


def test_a_webhook_is_made_and_its_secret_is_zendesks_own() -> None:
    asked: list[tuple[str, str]] = []

    def told(request: Request) -> Any:
        asked.append((request.method, request.path))
        if request.path.endswith("signing_secret"):
            return {"signing_secret": {"algorithm": "SHA256", "secret": TEST_SECRET}}
        return {"webhook": {"id": "01GK", **(request.json or {}).get("webhook", {})}}

    vendor, connection = FakeVendor(source, told), Connection("zendesk", "default", "", {}, {})
    assert source.subscriptions
    made = source.subscriptions.create(vendor, connection, Wanted("https://hooks.example/z", "ours", NOW))  # type: ignore[arg-type]
    assert (made.subscriptions[0].id, made.secrets) == ("01GK", [TEST_SECRET])
    source.subscriptions.remove(vendor, connection, made.subscriptions[0])  # type: ignore[arg-type]
    assert asked == [("POST", "webhooks"), ("GET", "webhooks/01GK/signing_secret"), ("DELETE", "webhooks/01GK")]


def _reading(vendor: FakeVendor) -> Reading:
    connection = Connection("zendesk", "default", "https://vendor.example/", {}, {})
    return Reading(vendor, connection, {}, NOW)  # type: ignore[arg-type]
