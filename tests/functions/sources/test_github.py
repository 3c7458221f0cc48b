"""What GitHub's deliveries and listings become."""

import contextlib
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from vendor_fake import FIXTURES, ROOT, FakeVendor, answer, delivery, entities, sample

from chalicelib.errors import ConfigurationMissing, Unreadable, VendorSaysNo
from chalicelib.ingest.pages import Request
from chalicelib.ingest.source import Event
from chalicelib.sources.github import judge, read, source
from events.github import event_type_of, record_of

GUID = "0b989ba4-242f-11e5-81e1-c7b6966d2516"


def told(name: str, body: bytes | None = None) -> Event:
    payload = sample("github", f"webhook__{name}.json") if body is None else body
    kind = event_type_of(f"webhook__{name}.json") or ""
    (event,) = read(delivery("github", payload, x_github_event=kind, x_github_delivery=GUID))
    return event


@pytest.mark.parametrize(
    ("name", "stream", "entity_id", "operation", "updated_at"),
    [
        ("pull_request__opened", "pull_request", "2100412", "upsert", "2025-11-18T17:20:01Z"),
        ("pull_request__closed", "pull_request", "2100412", "upsert", "2025-11-19T21:05:44Z"),
        ("pull_request__closed_fork_deleted", "pull_request", "2100377", "upsert", "2025-10-09T06:00:09Z"),
        ("pull_request__converted_to_draft", "pull_request", "2100415", "upsert", "2025-11-20T16:30:12Z"),
        ("pull_request_review__submitted", "pull_request_review", "6100001", "upsert", "2025-11-19T20:58:03Z"),
        ("pull_request_review__dismissed", "pull_request_review", "6100001", "upsert", "2025-11-19T20:58:03Z"),
        (
            "pull_request_review_comment__created",
            "pull_request_review_comment",
            "5100001",
            "upsert",
            "2025-11-19T18:02:12Z",
        ),
        (
            "pull_request_review_comment__deleted",
            "pull_request_review_comment",
            "5100001",
            "delete",
            "2025-11-19T18:02:12Z",
        ),
        ("issues__opened", "issue", "3100398", "upsert", "2025-11-10T08:59:59Z"),
        ("issues__closed", "issue", "3100398", "upsert", "2025-11-19T21:05:45Z"),
        ("issues__deleted", "issue", "3100398", "delete", "2025-11-19T21:05:45Z"),
        ("issues__transferred", "issue", "3100398", "delete", "2025-11-20T09:00:00Z"),
        ("issue_comment__created", "issue_comment", "4100001", "upsert", "2025-11-11T10:00:00Z"),
        ("issue_comment__edited", "issue_comment", "4100001", "upsert", "2025-11-11T10:04:30Z"),
        ("issue_comment__deleted", "issue_comment", "4100001", "delete", "2025-11-11T10:04:30Z"),
        ("deployment__created", "deployment", "7100001", "upsert", "2025-11-19T21:12:00Z"),
        ("deployment_status__created", "deployment_status", "7200002", "upsert", "2025-11-19T21:16:40Z"),
        ("deployment_status__created_failure", "deployment_status", "7200003", "upsert", "2025-11-19T21:15:00Z"),
        ("release__published", "release", "8100001", "upsert", "2025-11-19T21:30:00Z"),
        ("release__deleted", "release", "8100001", "delete", "2025-11-19T21:30:00Z"),
        ("repository__renamed", "repository", "700002", "upsert", "2025-11-19T22:10:05Z"),
        ("workflow_run__completed", "workflow_run", "9100777", "upsert", "2025-11-19T21:11:31Z"),
        ("check_suite__completed", "check_suite", "10100001", "upsert", "2025-11-19T21:11:32Z"),
        ("push", "push", GUID, "event", None),
        ("push__tag_deleted", "push", GUID, "event", None),
        ("ping", "ping", GUID, "event", None),
        ("create", "create", GUID, "event", None),
        ("delete", "delete", GUID, "event", None),
        ("star__created", "star", GUID, "event", None),
        ("member__added", "member", GUID, "event", None),
        ("organization__member_added", "organization", GUID, "event", None),
        ("installation__created", "installation", GUID, "event", None),
        ("installation_repositories__added", "installation_repositories", GUID, "event", None),
        ("lease_audit__unknown", "lease_audit", GUID, "event", None),
    ],
)
def test_reads_a_delivery(name: str, stream: str, entity_id: str, operation: str, updated_at: str | None) -> None:
    event = told(name)
    assert (event.stream, event.entity_id, event.operation) == (stream, entity_id, operation)
    assert event.source_updated_at == (datetime.fromisoformat(updated_at) if updated_at else None)
    assert event.payload == sample("github", f"webhook__{name}.json")
    assert (event.dedupe, event.delivery_id) == ((GUID,), GUID)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "events/github/samples").glob("webhook__*.json")), ids=lambda path: path.stem
)
def test_staging_finds_its_fields_in_a_delivery(path: Path) -> None:
    event = told(path.stem.removeprefix("webhook__"))
    record_of(event.stream, json.loads(event.payload))


@pytest.mark.parametrize(
    ("stream", "name"),
    [
        ("pull_request", "pulls"),
        ("pull_request_review", "reviews"),
        ("issue", "issues"),
        ("issue_comment", "issue_comments"),
        ("deployment_status", "deployment_statuses"),
        ("release", "releases"),
        ("repository", "repositories"),
    ],
)
def test_staging_finds_its_fields_in_a_listing(stream: str, name: str) -> None:
    for listed in json.loads(sample("github", f"pull__{name}.json")):
        record_of(stream, listed)


@pytest.mark.parametrize(
    ("filename", "event_type"),
    [
        ("webhook__pull_request__opened.json", "pull_request"),
        ("some/where/webhook__push.json", "push"),
        ("webhook__issues__opened_as_form.form", "issues"),
        ("pull__pulls.json", None),
        ("notes.txt", None),
    ],
)
def test_the_name_of_a_file_tells_the_kind_of_its_event(filename: str, event_type: str | None) -> None:
    assert event_type_of(filename) == event_type


def newest(*events: Event) -> Event:
    """The rule of the staging models, where the later tie-breakers say nothing."""
    return max(events, key=lambda event: (event.source_updated_at or datetime.min, event.source_version or ""))


def test_a_deletion_wins_whatever_arrives_first_though_its_clock_stands_still() -> None:
    edited, deleted = told("issue_comment__edited"), told("issue_comment__deleted")
    assert edited.source_updated_at == deleted.source_updated_at
    assert newest(edited, deleted) is newest(deleted, edited) is deleted


def test_a_dismissal_wins_over_the_review_it_dismisses_in_either_lane() -> None:
    submitted, dismissed = told("pull_request_review__submitted"), told("pull_request_review__dismissed")
    assert newest(submitted, dismissed) is newest(dismissed, submitted) is dismissed
    events, _ = Account().pull("pull_request_review")
    assert {event.entity_id for event in events if event.source_version == "dismissed"} == {"6100002"}


def test_reads_a_form() -> None:
    body = sample("github", "webhook__issues__opened_as_form.form")
    (event,) = read(delivery("github", body, content_type="application/x-www-form-urlencoded", x_github_event="issues"))
    assert (event.stream, event.entity_id) == ("issue", "3100398")
    assert json.loads(event.payload) == json.loads(sample("github", "webhook__issues__opened.json"))


def test_without_a_delivery_id_the_content_is_the_id() -> None:
    body = sample("github", "webhook__push.json")
    events = [read(delivery("github", body, x_github_event="push"))[0] for _ in range(2)]
    assert events[0] == events[1] and len(events[0].entity_id) == 32 and events[0].dedupe == ()


@pytest.mark.parametrize(
    ("kind", "body", "reason"),
    [
        ("issues", b"", "not_json"),
        ("issues", b"[]", "unexpected_shape"),
        ("issues", b'{"action":"opened"}', "missing_entity"),
        ("issues", b'{"action":"opened","issue":{"id":"seven"}}', "unexpected_shape"),
        ("issues", b'{"pull_request":{"id":1}}', "missing_entity"),
        ("push", b"<html>", "not_json"),
        ("push", b"17", "unexpected_shape"),
        ("push", b'{"ref":"\xc3\x28"}', "not_utf8"),
        ("", b"null", "unexpected_shape"),
        ("push", b'{"x":' + b"[" * 100_000, "too_deep"),
    ],
)
def test_says_why_a_body_is_unreadable(kind: str, body: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        read(delivery("github", body, x_github_event=kind))
    assert refusal.value.reason == reason


def test_no_garbage_raises_anything_but_unreadable() -> None:
    rng = random.Random(3)
    original = sample("github", "webhook__issue_comment__created.json")
    for _ in range(1000):
        body = bytearray(original)
        for _ in range(rng.randint(1, 8)):
            body[rng.randrange(len(body))] = rng.randrange(256)
        with contextlib.suppress(Unreadable):
            kind = rng.choice(["issue_comment", "issues", "push", "\x00", "ünknown", "../up"])
            (event,) = read(delivery("github", bytes(body), x_github_event=kind))
            assert event.stream.replace("_", "").isalnum() and event.stream.isascii()


def test_the_unsigned_header_never_becomes_a_path() -> None:
    assert read(delivery("github", b"{}", x_github_event="../../claims"))[0].stream == "unknown"


@pytest.mark.skipif(not FIXTURES.exists(), reason="the published payloads are not beside the repository")
def test_reads_every_published_payload() -> None:
    streams = set()
    for path in (FIXTURES / "github").glob("*__*.json"):
        kind = path.name.partition("__")[0]
        (event,) = read(delivery("github", path.read_bytes(), x_github_event=kind, x_github_delivery=GUID))
        assert event.entity_id
        streams.add(event.stream)
    assert {"pull_request", "issue", "issue_comment", "push", "release", "workflow_run", "repository"} <= streams


# --- pulls -------------------------------------------------------------------------------------------------------

LEDGER = "repos/payready-labs/ledger"
API = "https://vendor.example/"


class Account:
    """One repository that answers every listing with a sample, a few records a page."""

    def __init__(self, per_page: int = 2) -> None:
        self.per_page = per_page
        self.listings: dict[str, Any] = {
            f"{LEDGER}/{path}": json.loads(sample("github", f"pull__{name}.json"))
            for path, name in {
                "pulls": "pulls",
                "pulls/comments": "review_comments",
                "issues": "issues",
                "issues/comments": "issue_comments",
                "releases": "releases",
                "deployments": "deployments",
                "deployments/7100001/statuses": "deployment_statuses",
                "actions/runs": "workflow_runs",
                "hooks/42/deliveries": "hook_deliveries",
                "pulls/412/reviews": "reviews",
            }.items()
        }
        self.listings |= {f"{LEDGER}/pulls/{number}/reviews": [] for number in (377, 415)}
        self.listings["orgs/payready-labs/repos"] = json.loads(sample("github", "pull__repositories.json"))
        self.listings[LEDGER] = json.loads(sample("github", "pull__repository.json"))
        self.attempts: list[str] = []
        self.vendor = FakeVendor(source, self.answer)

    def answer(self, request: Request) -> Any:
        path, _, page = request.path.removeprefix(API).partition("?page=")
        if request.method == "POST":
            self.attempts.append(path)
            return answer({}, 202)
        if path not in self.listings:
            return answer({"message": "Not Found"}, 404)
        listing, key = self.listings[path], ""
        if isinstance(listing, dict):
            if "workflow_runs" not in listing:
                return listing
            listing, key = listing["workflow_runs"], "workflow_runs"
        since = request.params.get("since", "")
        listing = [one for one in listing if one.get("updated_at") is None or one["updated_at"] >= since]
        start = int(page or 0)
        shown = listing[start : start + self.per_page]
        following = start + self.per_page
        link = {"link": f'<{API}{path}?page={following}>; rel="next"'} if following < len(listing) else {}
        return answer({key: shown} if key else shown, **link)

    def pull(self, stream: str, cursor: dict[str, Any] | None = None, **how: Any) -> tuple[list[Event], dict[str, Any]]:
        self.vendor.asked.clear()
        options = {"repositories": ["payready-labs/ledger"], "hooks": [HOOK]} if not how.get("organization") else {}
        return self.vendor.read(stream, cursor, **{**options, **how})


HOOK = {"repository": "payready-labs/ledger", "hook_id": 42}


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        ("repository", {"700001"}),
        ("pull_request", {"2100412", "2100415", "2100377"}),
        ("pull_request_review", {"6100000", "6100001", "6100002", "6100003"}),
        ("pull_request_review_comment", {"5100001"}),
        ("issue", {"3100398", "3100377"}),
        ("issue_comment", {"4100001", "4100002"}),
        ("release", {"8100001", "8100002"}),
        ("deployment", {"7100001"}),
        ("deployment_status", {"7200001", "7200002"}),
        ("workflow_run", {"9100777", "9100776"}),
        ("hook_delivery", {"12345678901", "12345678900"}),
    ],
)
def test_pulls_every_record_and_loses_none_when_killed(stream: str, expected: set[str]) -> None:
    account = Account(per_page=1)
    events, cursor = account.pull(stream)
    assert {event.stream for event in events} == {stream}
    assert entities(events) == expected
    options = {"repositories": ["payready-labs/ledger"], "hooks": [HOOK]}
    pieces, cursor_of_pieces = account.vendor.read_with_a_stop_after_every_page(stream, **options)
    assert entities(pieces) == expected
    assert cursor_of_pieces == cursor


def test_a_webhook_and_a_pull_of_one_record_are_one_entity() -> None:
    (pulled,) = [event for event in Account().pull("pull_request")[0] if event.entity_id == "2100412"]
    hooked = told("pull_request__closed")
    assert (pulled.stream, pulled.entity_id, pulled.source_updated_at) == (
        hooked.stream,
        hooked.entity_id,
        hooked.source_updated_at,
    )


def test_repositories_come_from_the_organization_where_none_are_named() -> None:
    account = Account()
    events, _ = account.pull("repository", organization="payready-labs")
    assert entities(events) == {"700001", "700002", "700003"}
    pulls, cursor = account.pull("pull_request", organization="payready-labs")
    assert len(pulls) == 3
    assert set(cursor["newest"]) == {"payready-labs/ledger"}, "the two that answer 404 keep their mark"


def test_a_connection_that_names_nothing_says_what_to_add() -> None:
    with pytest.raises(ConfigurationMissing, match="names no organization and no repositories"):
        Account().vendor.read("pull_request")


def test_pulls_are_read_newest_first_until_what_was_read_before() -> None:
    account = Account(per_page=1)
    _, cursor = account.pull("pull_request")
    assert cursor == {"newest": {"payready-labs/ledger": "2025-11-19T21:05:44+00:00"}}
    events, following = account.pull("pull_request", cursor)
    assert entities(events) == {"2100412"}
    assert len(account.vendor.asked) == 2, "the page that lies below the mark is the last one asked for"
    assert following == cursor


def test_reviews_are_asked_for_pulls_that_changed_alone() -> None:
    account = Account(per_page=10)
    _, cursor = account.pull("pull_request_review")
    account.pull("pull_request_review", cursor)
    assert [path for path in account.vendor.paths() if "reviews" in path] == [f"{LEDGER}/pulls/412/reviews"]


def test_issues_since_the_mark_come_with_an_overlap() -> None:
    account = Account()
    _, cursor = account.pull("issue")
    account.pull("issue", cursor)
    assert account.vendor.asked[0].params["since"] == "2025-11-19T21:00:45Z"


def test_a_run_that_was_run_again_within_a_month_is_found() -> None:
    account = Account()
    _, cursor = account.pull("workflow_run")
    again = account.listings[f"{LEDGER}/actions/runs"]["workflow_runs"][1]
    again |= {"run_attempt": 3, "updated_at": "2025-11-20T17:00:00Z"}
    events, _ = account.pull("workflow_run", cursor)
    assert entities(events) == {"9100776"}


def test_an_empty_or_closed_repository_costs_the_others_nothing() -> None:
    account = Account()
    for status in (404, 409, 410, 451):

        def closed(request: Request, status: int = status) -> Any:
            return answer({}, status) if "aaa" in request.path else account.answer(request)

        account.vendor.told = closed
        events, cursor = account.pull("issue", repositories=["aaa/aaa", "payready-labs/ledger"])
        assert len(events) == 2 and set(cursor["newest"]) == {"payready-labs/ledger"}


def test_a_failed_delivery_is_asked_for_again_once() -> None:
    account = Account()
    account.pull("hook_delivery")
    assert account.attempts == [f"{LEDGER}/hooks/42/deliveries/12345678900/attempts"]


def deliveries(*told: tuple[str, int, bool, str]) -> list[dict[str, Any]]:
    return [
        {"id": 100 - n, "guid": guid, "status_code": status, "redelivery": again, "delivered_at": at}
        for n, (guid, status, again, at) in enumerate(told)
    ]


@pytest.mark.parametrize(
    ("listed", "attempts"),
    [
        ([("a", 200, True, "2025-11-20T17:30:00Z"), ("a", 500, False, "2025-11-20T17:00:00Z")], []),
        ([("a", 500, True, "2025-11-20T17:30:00Z"), ("a", 500, False, "2025-11-20T17:00:00Z")], []),
        ([("a", 500, True, "2025-11-20T16:50:00Z"), ("a", 500, False, "2025-11-20T16:00:00Z")], ["100"]),
        ([("b", 200, False, "2025-11-20T17:30:00Z"), ("a", 0, False, "2025-11-20T17:00:00Z")], ["99"]),
        ([("a", 401, False, "2025-11-20T17:59:00Z")], ["100"]),
    ],
    ids=["it worked at last", "failed again just now", "failed again an hour ago", "never answered", "refused by us"],
)
def test_decides_what_to_have_delivered_again(listed: list[tuple[str, int, bool, str]], attempts: list[str]) -> None:
    account = Account(per_page=1)
    account.listings[f"{LEDGER}/hooks/42/deliveries"] = deliveries(*listed)
    account.pull("hook_delivery")
    assert [path.split("/")[-2] for path in account.attempts] == attempts


def test_what_was_told_of_a_hook_is_looked_at_for_two_hours_but_told_once() -> None:
    account = Account()
    account.listings[f"{LEDGER}/hooks/42/deliveries"] = deliveries(
        ("b", 200, False, "2025-11-20T17:50:00Z"), ("a", 500, True, "2025-11-20T16:50:00Z")
    )
    events, cursor = account.pull("hook_delivery")
    assert len(events) == 2
    events, _ = account.pull("hook_delivery", cursor)
    assert entities(events) == {"100"}
    assert len(account.attempts) == 2


RESET = {"x_ratelimit_remaining": "0", "x_ratelimit_reset": "1763661600"}


@pytest.mark.parametrize(
    ("response", "kind", "after_s"),
    [
        (answer([]), "ok", None),
        (answer({}, 202), "ok", None),
        (answer(b"", 304), "empty", None),
        (answer({}, 429, retry_after="17"), "retry", 17.0),
        (answer({}, 403, retry_after="60"), "retry", 60.0),
        (answer({}, 403, date="Thu, 20 Nov 2025 17:50:00 GMT", **RESET), "retry", 600.0),
        (answer({}, 403, date="Thu, 20 Nov 2025 18:50:00 GMT", **RESET), "retry", 1.0),
        (answer({}, 403, **RESET), "retry", 60.0),
        (answer({"message": "You have exceeded a secondary rate limit."}, 403), "retry", 60.0),
        (answer({"message": "Resource not accessible by integration"}, 403), "skip", None),
        (answer({"message": "Request forbidden by administrative rules."}, 403), "refused", None),
        (answer({"message": "Bad credentials"}, 401), "refused", None),
        (answer({"message": "Not Found"}, 404), "skip", None),
        (answer({"message": "Git Repository is empty."}, 409), "skip", None),
        (answer({"message": "Issues are disabled for this repo"}, 410), "skip", None),
        (answer({}, 451), "skip", None),
        (answer(b"<html>Unicorn!</html>", 502), "retry", None),
        (answer({}, 400), "refused", None),
    ],
)
def test_rules_an_answer(response: Any, kind: str, after_s: float | None) -> None:
    ruling = judge(response)
    assert (ruling.kind, ruling.after_s) == (kind, after_s)


def test_a_page_of_html_that_says_200_is_never_an_empty_listing() -> None:
    account = Account()
    account.vendor.told = lambda request: answer(b"<html>")
    with pytest.raises(Unreadable):
        account.pull("issue")


def test_refused_credentials_end_the_run() -> None:
    account = Account()
    account.vendor.told = lambda request: answer({"message": "Bad credentials"}, 401)
    with pytest.raises(VendorSaysNo):
        account.pull("issue")


def test_a_pull_updated_during_the_walk_is_told_and_no_other_is_lost() -> None:
    """Its move to the front shifts every later page by one."""
    account = Account(per_page=1)
    pulls = account.listings[f"{LEDGER}/pulls"]

    def shifts(answering: Callable[[Request], Any]) -> Callable[[Request], Any]:
        def shifted(request: Request) -> Any:
            told = answering(request)
            if "?page=1" in request.path and pulls[0]["id"] == 2100412:
                moved = pulls.pop()
                pulls.insert(0, moved | {"updated_at": "2025-11-20T17:00:00Z"})
            return told

        return shifted

    account.vendor.told = shifts(account.answer)
    first, cursor = account.pull("pull_request")
    second, _ = account.pull("pull_request", cursor)
    assert entities(first) | entities(second) == {"2100412", "2100415", "2100377"}
    assert max(event.source_updated_at for event in second if event.source_updated_at) == datetime(
        2025, 11, 20, 17, tzinfo=UTC
    )


def test_the_first_run_reads_back_to_where_the_operator_said() -> None:
    events, _ = Account().pull("pull_request", start_at=datetime(2025, 11, 1, tzinfo=UTC))
    assert entities(events) == {"2100412", "2100415"}


def test_a_repository_added_later_is_read_from_its_beginning() -> None:
    account = Account()
    _, cursor = account.pull("issue")
    account.listings["repos/payready-labs/aged/issues"] = [
        {"id": 9, "number": 1, "updated_at": "2020-01-01T00:00:00Z", "created_at": "2020-01-01T00:00:00Z"}
    ]
    events, _ = account.pull("issue", cursor, repositories=["payready-labs/aged", "payready-labs/ledger"])
    assert "9" in entities(events)
