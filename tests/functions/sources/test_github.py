"""What GitHub's deliveries and listings become."""

import contextlib
import json
import random
from datetime import datetime
from pathlib import Path

import pytest
from vendor_fake import FIXTURES, ROOT, delivery, sample

from chalicelib.errors import Unreadable
from chalicelib.ingest.source import Event
from chalicelib.sources.github import read
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


def test_a_dismissal_wins_over_the_review_it_dismisses() -> None:
    submitted, dismissed = told("pull_request_review__submitted"), told("pull_request_review__dismissed")
    assert newest(submitted, dismissed) is newest(dismissed, submitted) is dismissed


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
