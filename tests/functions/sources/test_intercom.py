"""What Intercom's notifications mean, what its answers mean, and how its searches and its scroll are read."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import vendor_fake
from vendor_fake import NOW, FakeVendor, answer, delivery, entities

from chalicelib.errors import Unreadable, VendorUnavailable
from chalicelib.ingest.pages import Request
from chalicelib.ingest.source import Census, Connection, Event, Reading, Verdict, Window
from chalicelib.sources.intercom import source

VECTOR = (
    b'{"type":"notification_event","app_id":"abc123","data":{"type":"notification_event_data","item":{"type":'
    b'"conversation","id":"12345"}},"id":"notif_test_1","topic":"conversation.user.created","delivery_attempts":1,'
    b'"created_at":1700000000}'
)
SIGNATURE = "sha1=9ad0450423e99d765e288fcecea7e505e0c85567"
"""Computed over the body with the key below: Intercom publishes none."""
KEY = "intercom-client-secret"

MEANT: dict[str, list[tuple[str, str, str, str | None]]] = {
    "conversation_admin_closed": [
        ("conversation", "215470000323", "upsert", "2026-10-27T21:13:23Z"),
        ("conversation_part", "215470000323/1904", "upsert", "2026-10-27T21:13:23Z"),
    ],
    "conversation_user_created": [("conversation", "215470000000", "upsert", "2026-08-24T18:46:09Z")],
    "conversation_deleted": [("conversation", "215470000391", "delete", "2026-11-14T01:17:42Z")],
    "contact_archive": [("contact", "188a74378ce1d246dbe27e03", "delete", "2026-09-14T23:00:55Z")],
    "contact_lead_created": [("contact", "d3f92b027f8328b6fac5da23", "upsert", "2026-10-28T15:59:44Z")],
    "user_created_before_v2": [("contact", "1401994f0408530aeb5b5d2f", "upsert", "2026-08-28T15:11:45Z")],
    "contact_user_tag_created": [
        ("contact_user_tag_created", "notif_9b1c2d3e-0001-4f00-8a00-5f6a7b8c9d0e", "event", None)
    ],
    "ping": [("ping", "notif_dac191c6-23e3-4281-a823-8bfb60546235", "event", None)],
    "job_completed_unknown": [("job_completed", "notif_9b1c2d3e-0003-4f00-8a00-5f6a7b8c9d0e", "event", None)],
}


def read(body: bytes) -> list[Event]:
    assert source.webhook
    return list(source.webhook.read(delivery("intercom", body)))


def sample(name: str) -> bytes:
    return vendor_fake.sample("intercom", f"{name}.json")


@pytest.mark.parametrize("name", MEANT)
def test_a_notification_means_what_happened_in_the_inbox(name: str) -> None:
    told = [
        (one.stream, one.entity_id, one.operation, one.source_updated_at) for one in read(sample(f"webhook__{name}"))
    ]
    assert told == [(*what, at and datetime.fromisoformat(at)) for *what, at in MEANT[name]]


def test_one_notification_retold_is_one_event_and_its_part_is_known_by_its_content() -> None:
    about, part = read(sample("webhook__conversation_admin_closed"))
    assert about.dedupe == (about.delivery_id,) and part.dedupe == ()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"topic":1}',
        b'{"topic":"conversation.user.created","data":{"item":{"type":"conversation"}}}',
    ],
)
def test_what_says_nothing_of_a_record_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(body)


@pytest.mark.parametrize(
    ("body", "signature", "verdict"),
    [
        (VECTOR, SIGNATURE, Verdict(True, "ok")),
        (VECTOR.replace(b"12345", b"12346"), SIGNATURE, Verdict(False, "signature_mismatch")),
        (VECTOR, SIGNATURE.removeprefix("sha1="), Verdict(False, "malformed_signature")),
    ],
)
def test_the_computed_vector_is_believed_as_it_stands(body: bytes, signature: str, verdict: Verdict) -> None:
    assert source.webhook
    told = delivery("intercom", body, x_hub_signature=signature)
    assert source.webhook.scheme.verify(told, [KEY], NOW) == verdict


@pytest.mark.parametrize(
    ("name", "status", "ruling"),
    [
        ("pull__conversations_search", 200, ("ok", None)),
        ("pull__error_unauthorized", 401, ("refused", None)),
        ("pull__error_rate_limited", 429, ("retry", 7.0)),
        ("pull__error_rate_limited", 200, ("retry", None)),  # an error in an answer that says it is none
        ("pull__error_scroll_exists", 400, ("retry", 60.0)),
        ("pull__error_unauthorized", 400, ("refused", None)),
        ("pull__error_not_found", 404, ("skip", None)),
        ("pull__error_not_found", 502, ("retry", None)),
    ],
)
def test_an_answer_means(name: str, status: int, ruling: tuple[str, Any]) -> None:
    assert source.pull
    told = answer(sample(name), status, date="Fri, 20 Nov 2026 17:00:00 GMT", x_ratelimit_reset="1795194007")
    found = source.pull.judge(told)
    assert (found.kind, found.after_s) == ruling


def contact(number: int, at: datetime) -> dict[str, Any]:
    return {"type": "contact", "id": f"c{number}", "updated_at": int(at.timestamp())}


def found(key: str, *records: dict[str, Any], after: str | None = None) -> dict[str, Any]:
    return {key: list(records), "pages": {"next": {"starting_after": after}} if after else {}, "total_count": 7}


def test_contacts_are_searched_by_the_day_two_days_back_and_told_by_the_second() -> None:
    mark = NOW - timedelta(hours=2)
    vendor = FakeVendor(
        source,
        lambda request: found(
            "data", contact(1, NOW), contact(2, mark - timedelta(minutes=5)), contact(3, mark - timedelta(hours=1))
        ),
    )
    events, cursor = vendor.read("contact", {"newest": {"all": mark.isoformat()}})
    [bound] = (vendor.asked[0].json or {})["query"]["value"]
    floor = mark - timedelta(minutes=10)
    assert bound == {"field": "updated_at", "operator": ">", "value": int((floor - timedelta(days=2)).timestamp())}
    assert entities(events) == {"c1", "c2"}
    assert cursor == {"newest": {"all": NOW.isoformat()}}


def test_a_search_is_followed_over_an_empty_page_and_taken_up_where_a_run_stopped() -> None:
    def told(request: Request) -> dict[str, Any]:
        after = (request.json or {})["pagination"].get("starting_after")
        pages = {None: found("data", contact(1, NOW), after="a"), "a": found("data", after="b")}
        return pages.get(after) or found("data", contact(2, NOW), contact(3, NOW - timedelta(days=9)))

    assert entities(FakeVendor(source, told).read("contact")[0]) == {"c1", "c2", "c3"}
    assert entities(FakeVendor(source, told).read_with_a_stop_after_every_page("contact")[0]) == {"c1", "c2", "c3"}


def test_only_the_parts_that_changed_are_told_and_a_conversation_deleted_meanwhile_is_left_out() -> None:
    mark = NOW - timedelta(hours=1)
    old, new = int((NOW - timedelta(days=3)).timestamp()), int(NOW.timestamp())
    parts = [{"id": 1, "updated_at": old}, {"id": "2", "updated_at": new}]

    def told(request: Request) -> Any:
        if request.path == "conversations/search":
            listed = [{"id": "10", "updated_at": new}, {"id": "11", "updated_at": new}]
            return found("conversations", *listed)
        if request.path == "conversations/11":
            return answer(sample("pull__error_not_found"), 404)
        return {"id": "10", "updated_at": new, "conversation_parts": {"conversation_parts": parts}}

    events, _ = FakeVendor(source, told).read("conversation_part", {"newest": {"all": mark.isoformat()}})
    assert entities(events) == {"10/2"}
    assert entities(FakeVendor(source, told).read("conversation_part")[0]) == {"10/1", "10/2"}


def test_both_lanes_tell_a_part_in_the_same_words() -> None:
    _, by_webhook = read(sample("webhook__conversation_admin_closed"))
    assert by_webhook.source_version is None  # it would otherwise lose against itself, pulled


def test_a_scroll_that_broke_is_begun_again_from_its_first_page() -> None:
    broken = [True]

    def told(request: Request) -> Any:
        match request.params["scroll_param"]:
            case None:
                return {"data": [{"id": "k1", "updated_at": 1}], "scroll_param": "s"}
            case "s" if broken.pop() if broken else False:
                return answer(b"{}", 500)
        return {"data": [] if len(vendor.asked) > 4 else [{"id": "k2", "updated_at": 1}], "scroll_param": "s"}

    vendor = FakeVendor(source, told)
    events, cursor = vendor.read("company")
    assert [one.entity_id for one in events] == ["k1", "k1", "k2"] and cursor == {}


def test_a_scroll_that_cannot_be_begun_ends_the_run() -> None:
    vendor = FakeVendor(source, lambda request: answer(b"{}", 500))
    with pytest.raises(VendorUnavailable):
        vendor.read("company")
    assert len(vendor.asked) == 1


def test_a_merged_contact_is_not_its_survivor() -> None:
    vendor = FakeVendor(source, lambda request: {"type": "contact", "id": "survivor", "updated_at": 1})
    fetch = _census("contact").fetch
    assert fetch
    assert fetch(_reading(vendor), "merged") is None
    assert fetch(_reading(vendor), "survivor")


def test_the_vendors_own_count_is_of_the_window() -> None:
    vendor = FakeVendor(source, lambda request: found("conversations"))
    total = _census("conversation").total
    start, end = datetime(2025, 11, 1, tzinfo=UTC), datetime(2025, 11, 2, tzinfo=UTC)
    assert total and total(_reading(vendor), Window(start, end)) == 7
    bounds = [(one["operator"], one["value"]) for one in (vendor.asked[0].json or {})["query"]["value"]]
    assert bounds == [(">", int(start.timestamp()) - 1), ("<", int(end.timestamp()))]


def _census(stream: str) -> Census:
    assert source.pull
    census = next(one.census for one in source.pull.streams if one.name == stream)
    assert census
    return census


def _reading(vendor: FakeVendor) -> Reading:
    connection = Connection("intercom", "default", "https://vendor.example/", {}, {})
    return Reading(vendor, connection, {}, NOW)  # type: ignore[arg-type]
