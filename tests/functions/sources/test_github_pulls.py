"""What GitHub's listings become, and which deliveries it is asked to send again."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from vendor_fake import FakeVendor, answer, delivery, entities, sample

from chalicelib.errors import ConfigurationMissing, Unreadable, VendorSaysNo
from chalicelib.ingest.pages import Request
from chalicelib.ingest.source import Event
from chalicelib.sources.github import judge, read, source

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
    body = sample("github", "webhook__pull_request__closed.json")
    (hooked,) = read(delivery("github", body, x_github_event="pull_request"))
    assert (pulled.stream, pulled.entity_id) == (hooked.stream, hooked.entity_id)
    assert pulled.source_updated_at == hooked.source_updated_at
    # Of one clock, the version that tells the size wins: a listing must not take it away.
    assert (pulled.source_version, hooked.source_version) == (None, "detailed")


def test_a_listed_review_that_was_dismissed_is_the_newer_version() -> None:
    versions = {event.entity_id: event.source_version for event in Account().pull("pull_request_review")[0]}
    assert versions == {"6100000": None, "6100001": None, "6100002": "dismissed", "6100003": None}


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
