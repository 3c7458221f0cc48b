"""What Linear's deliveries mean, when they are believed, and what its GraphQL API is asked."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
import vendor_fake
from vendor_fake import FakeVendor, answer, delivery, entities

from chalicelib.errors import Unreadable, VendorSaysNo
from chalicelib.ingest.pages import Request
from chalicelib.ingest.source import Connection, Event, Reading, Verdict, Window
from chalicelib.ingest.subscription import Wanted
from chalicelib.sources.linear import source
from infra.company.vendors.linear_graphql import MOST_POINTS, parse, points

# The body and secret of linear/linear, packages/sdk/src/_tests/LinearWebhooks.test.ts; the digest was computed.
VECTOR = (
    b'{"action":"create","data":{"id":"2174add1-f7c8-44e3-bbf3-2d60b5ea8bc9","createdAt":"2020-01-23T12:53:18.'
    b'084Z","updatedAt":"2020-01-23T12:53:18.084Z","archivedAt":null,"body":"Indeed, I think this is definitel'
    b'y an improvement over the previous version.","edited":false,"issueId":"539068e2-ae88-4d09-bd75-22eb4a596'
    b'12f","userId":"aacdca22-6266-4c0a-ab3c-8fa70a26765c"},"type":"Comment","url":"https://linear.app/issue/L'
    b'IN-1778/foo-bar#comment-77217de3-fb52-4dad-bb9a-b356beb93de8","createdAt":"2020-01-23T12:53:18.084Z","we'
    b'bhookTimestamp":1579783998084}'
)
SIGNATURE = "de24e7c1caac637c99d9ba8b126442822d0c243ad8db6232f8b271c1964e414b"
SIGNED_AT = datetime.fromtimestamp(1579783998, UTC)

MEANT = {
    "issue__update": ("issue", "68488eeb-0717-43b1-8470-336c02e8e8a5", "upsert", "2026-08-25T21:34:27.906Z"),
    "issue__trashed": ("issue", "68488eeb-0717-43b1-8470-336c02e8e8a5", "delete", "2026-08-25T21:34:27.906Z"),
    "issue__remove": ("issue", "d315d77a-aa52-4efb-8566-c3e340756506", "delete", "2026-10-01T23:56:38.567Z"),
    "customer_need__create": (
        "customer_need",
        "8b5909cf-9604-467f-9b26-65431ba7a9eb",
        "upsert",
        "2026-09-08T22:40:38.337Z",
    ),
    "issue_sla__set": ("issue_sla", "51a2b1f8-794d-45a1-8465-7129e3634dd6", "event", None),
    "oauth_app__revoked": ("oauth_app", "7f5d3f0e-7777-4b7e-9a53-0f6a4f6d2c07", "event", None),
    "audit_entry__create": ("audit_entry", "7f5d3f0e-6666-4b7e-9a53-0f6a4f6d2c06", "event", None),
    "agent_session_event__created": ("agent_session_event", "d1", "event", None),
}


def read(body: bytes) -> list[Event]:
    assert source.webhook
    return list(source.webhook.read(delivery("linear", body, linear_delivery="d1")))


def sample(name: str) -> bytes:
    return vendor_fake.sample("linear", f"{name}.json")


@pytest.mark.parametrize("name", MEANT)
def test_a_delivery_means_what_linear_did(name: str) -> None:
    stream, entity_id, operation, at = MEANT[name]
    [event] = read(sample(f"webhook__{name}"))
    assert (event.stream, event.entity_id, event.operation) == (stream, entity_id, operation)
    assert event.source_updated_at == (at and datetime.fromisoformat(at))
    assert event.dedupe == ("d1",)


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"type":"Issue","data":{}}', b'{"type":"Issue"}', b"\xff{}"])
def test_what_says_nothing_of_a_record_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(body)


@pytest.mark.parametrize(
    ("now_s", "headers", "reason"),
    [
        (1579783998, {}, "ok"),
        (1579784298, {"linear_timestamp": "1579784298084"}, "stale"),  # the SDK's own case: only the body's is signed
        (1579784100, {}, "ok"),  # a first retry, should it not be dated anew
        (1579783998, {"linear_signature": SIGNATURE[:-1] + "0"}, "signature_mismatch"),
        (1579783998, {"linear_signature": "sha256=" + SIGNATURE}, "malformed_signature"),
    ],
)
def test_the_published_body_is_believed_while_its_own_clock_is_fresh(
    now_s: int, headers: Mapping[str, str], reason: str
) -> None:
    told = delivery("linear", VECTOR, **{"linear_signature": SIGNATURE, **headers})
    assert source.webhook
    verdict = source.webhook.scheme.verify(told, ["SECRET"], datetime.fromtimestamp(now_s, UTC))
    assert verdict == Verdict(reason == "ok", reason)


def test_the_clock_in_the_header_counts_only_where_the_body_has_none() -> None:
    assert source.webhook
    signature = "0" * 64
    dated = delivery("linear", b'{"type":', linear_signature=signature, linear_timestamp="1579783998084")
    undated = delivery("linear", b'{"type":', linear_signature=signature)
    assert source.webhook.scheme.verify(dated, ["SECRET"], SIGNED_AT).reason == "signature_mismatch"
    assert source.webhook.scheme.verify(undated, ["SECRET"], SIGNED_AT).reason == "missing_signature"


@pytest.mark.parametrize(
    ("told", "status", "ruling"),
    [
        (sample("pull__issues"), 200, ("ok", None)),
        (sample("pull__error_rate_limited"), 400, ("retry", 90.0)),
        (sample("pull__error_partial"), 200, ("retry", None)),
        (sample("pull__error_too_complex"), 400, ("refused", None)),
        (sample("pull__error_forbidden"), 200, ("skip", None)),
        (b"", 401, ("refused", None)),
        (b"<html>", 502, ("retry", None)),
        (b'{"errors":[{"extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}', 500, ("refused", None)),
    ],
)
def test_the_code_of_an_error_decides_and_not_the_status(told: bytes, status: int, ruling: tuple[str, Any]) -> None:
    headers = {"date": "Fri, 20 Nov 2026 17:00:00 GMT"} | (
        # 17:01:30 in milliseconds
        {"x_ratelimit_requests_reset": "1795194090000", "x_ratelimit_requests_remaining": "0"} if status != 401 else {}
    )
    assert source.pull
    found = source.pull.judge(answer(told, status, **headers))
    assert (found.kind, found.after_s) == ruling


def nodes(root: str, *records: dict[str, Any], after: str | None = None) -> dict[str, Any]:
    return {
        "data": {root: {"nodes": list(records), "pageInfo": {"hasNextPage": after is not None, "endCursor": after}}}
    }


def issue(number: int, second: int, **more: Any) -> dict[str, Any]:
    return {"id": f"i{number}", "updatedAt": f"2025-11-20T17:00:{second:02}.000Z", **more}


def three_pages(request: Request) -> dict[str, Any]:
    """Two records share an instant across pages; the page between is empty and names a next one."""
    after = (request.json or {})["variables"].get("after")
    pages = {
        None: nodes("issues", issue(1, 30), issue(2, 20), after="a"),
        "a": nodes("issues", after="b"),
        "b": nodes("issues", issue(3, 20), issue(4, 10, trashed=True)),
    }
    return pages[after]


def test_pages_are_followed_over_an_empty_one_and_a_trashed_issue_is_a_deletion() -> None:
    events, cursor = FakeVendor(source, three_pages).read("issue")
    assert [(one.entity_id, one.operation) for one in events] == [
        ("i1", "upsert"),
        ("i2", "upsert"),
        ("i3", "upsert"),
        ("i4", "delete"),
    ]
    assert cursor == {"newest": {"all": "2025-11-20T17:00:30+00:00"}}


def test_a_run_stopped_after_any_page_goes_on_there() -> None:
    events, _ = FakeVendor(source, three_pages).read_with_a_stop_after_every_page("issue")
    assert entities(events) == {"i1", "i2", "i3", "i4"}


def test_the_next_run_asks_from_the_newest_change_linear_dated_less_an_overlap() -> None:
    vendor = FakeVendor(source, lambda request: nodes("issues"))
    vendor.read("issue", {"newest": {"all": "2025-11-20T17:00:30+00:00"}})
    assert vendor.asked[0].json["variables"]["filter"] == {"updatedAt": {"gte": "2025-11-20T16:55:30.000Z"}}  # type: ignore[index]


def test_people_and_teams_are_first_read_whole_whatever_the_connections_start() -> None:
    old = {"id": "u1", "updatedAt": "2019-01-01T00:00:00.000Z"}
    vendor = FakeVendor(source, lambda request: nodes("users", old))
    events, _ = vendor.read("user", start_at=datetime(2025, 1, 1, tzinfo=UTC))
    assert entities(events) == {"u1"}
    assert "includeDisabled: true" in vendor.asked[0].json["query"]  # type: ignore[index]


@pytest.mark.parametrize("stream", [one.name for one in source.pull.streams] if source.pull else [])
def test_no_question_costs_more_than_linear_allows(stream: str) -> None:
    root = {}

    def told(request: Request) -> dict[str, Any]:
        asked = dict(request.json or {})
        _, fields = parse(asked["query"], asked["variables"])
        root[fields[0].name] = sum(points(one) for one in fields)
        return nodes(fields[0].name)

    vendor = FakeVendor(source, told)
    vendor.read(stream)
    list(_census(vendor, stream))
    assert 0 < max(root.values()) <= MOST_POINTS


def _census(vendor: FakeVendor, stream: str) -> list[Event]:
    assert source.pull
    census = next(one.census for one in source.pull.streams if one.name == stream)
    assert census and census.records
    window = Window(SIGNED_AT, vendor_fake.NOW)
    return [event for batch in census.records(_reading(vendor), window) for event in batch]


def _reading(vendor: FakeVendor) -> Reading:
    connection = Connection("linear", "default", "https://vendor.example/", {}, {})
    return Reading(vendor, connection, {}, vendor_fake.NOW)  # type: ignore[arg-type]


def test_the_census_names_what_lives_and_a_closed_door_is_no_empty_room() -> None:
    assert [one.entity_id for one in _census(FakeVendor(source, three_pages), "issue")] == ["i1", "i2", "i3"]
    closed = FakeVendor(source, lambda request: answer(sample("pull__error_forbidden")))
    with pytest.raises(VendorSaysNo):
        _census(closed, "customer")


def test_a_webhook_is_made_with_our_secret_listed_and_removed() -> None:
    made: dict[str, Any] = {}

    def told(request: Request) -> dict[str, Any]:
        query, variables = (request.json or {})["query"], (request.json or {})["variables"]
        if "webhookCreate" in query:
            made.update(variables["input"])
            return {"data": {"webhookCreate": {"success": True, "webhook": {"id": "w1", "url": made["url"]}}}}
        if "webhookDelete" in query:
            return {"data": {"webhookDelete": {"success": made.pop("id", variables["id"]) == "w1"}}}
        return nodes("webhooks", {"id": "w1", "url": made["url"], "enabled": False})

    vendor, connection = FakeVendor(source, told), Connection("linear", "default", "", {}, {})
    assert source.subscriptions
    wanted = Wanted("https://hooks.payready.example/hooks/linear", "s3cret", SIGNED_AT)
    created = source.subscriptions.create(vendor, connection, wanted)  # type: ignore[arg-type]
    assert (created.subscriptions[0].id, created.secrets) == ("w1", ["s3cret"])
    assert made["allPublicTeams"] is True and "Issue" in made["resourceTypes"] and wanted.secret == made["secret"]
    [found] = source.subscriptions.existing(vendor, connection)  # type: ignore[arg-type]
    assert (found.url, found.is_active) == (wanted.url, False)
    source.subscriptions.remove(vendor, connection, found)  # type: ignore[arg-type]
