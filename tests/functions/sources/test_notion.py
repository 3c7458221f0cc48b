"""What Notion's deliveries mean: the introduction, signals, their repetitions, and that no token is kept."""

import json
from typing import Any

import pytest
import vendor_fake
from vendor_fake import NOW, answer, delivery, sample

from chalicelib.ingest.source import Event, Verdict
from chalicelib.sources.notion import source

# developers.notion.com, "Webhooks", steps 2 and 3; the test of makenotion/notion-sdk-js, whose digests are computed.
PUBLISHED = "secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl"
INTRODUCTION = b'{"verification_token":"%s"}' % PUBLISHED.encode()
FIXED, EVENT = "fixed-verification-token", b'{"id":"fixed-evt","type":"page.created"}'
DIGEST = "e51fc361bd9b019cc34c59929547007291a6dd982179d36bb5d6d9e7e12cbac2"
VECTORS = {
    "the introduction": (
        PUBLISHED,
        INTRODUCTION,
        "sha256=461e8cbcba8a75c3edd866f0e71280f5a85cbf21eff040ebd10fe266df38a735",
        "ok",
    ),
    "an empty body": (
        PUBLISHED,
        b"",
        "sha256=e482a3fd1ac21103ced304e676969d9e3a6ff10fec05de81820114a4bf2c6b74",
        "ok",
    ),
    "an event": (FIXED, EVENT, f"sha256={DIGEST}", "ok"),
    "another event": (
        "secret_abc123_verification_token",
        b'{"id":"evt_1","type":"page.created"}',
        "sha256=942ac06e288d4872c2c3944cb92793dabf59e7b005dab9c6f883aff7132c686c",
        "ok",
    ),
    "upper case": (FIXED, EVENT, f"sha256={DIGEST.upper()}", "ok"),
    "no header": (FIXED, EVENT, "", "missing_signature"),
    "no prefix": (FIXED, EVENT, DIGEST, "malformed_signature"),
    "no digits": (FIXED, EVENT, "sha256=not-hex-content-here", "malformed_signature"),
    "too short": (FIXED, EVENT, "sha256=abcdef", "malformed_signature"),
    "another token": ("secret_abc123_verification_token", EVENT, f"sha256={DIGEST}", "signature_mismatch"),
    "a changed byte": (FIXED, EVENT.replace(b"evt", b"evu"), f"sha256={DIGEST}", "signature_mismatch"),
}
PAGE, ROW, DS, DB, COMMENT = (f"4d1a7c0e-5b1e-4c0a-9f53-0d7c2a51e00{n}" for n in range(1, 6))
UPLOAD = "7b0d9f6e-0000-4000-8000-00000000000b"
MEANT = {
    "webhook__page_created": [("page", PAGE, "partial")],
    "webhook__page_content_updated": [("page", PAGE, "partial")],
    "webhook__page_content_updated_again": [("page", PAGE, "partial")],
    "webhook__page_properties_updated": [("page", ROW, "partial")],
    "webhook__page_moved": [("page", PAGE, "partial")],
    "webhook__page_deleted": [("page", PAGE, "delete"), ("page_content", PAGE, "delete")],
    "webhook__page_undeleted": [("page", PAGE, "partial"), ("page_content", PAGE, "partial")],
    "webhook__data_source_schema_updated": [("data_source", DS, "partial")],
    "webhook__database_created": [("database", DB, "partial")],
    "webhook__comment_created": [("comment", COMMENT, "partial")],
    "webhook__comment_deleted": [("comment", COMMENT, "delete")],
    "webhook__file_upload_completed": [("file_upload", UPLOAD, "partial")],
    "webhook__unknown_type": [("agent_dreamt", "0c5b8f2e-3d44-4a1b-8a55-77b0c1d2e00c", "event")],
}
SAMPLES = sorted((vendor_fake.ROOT / "events" / "notion" / "samples").glob("webhook__*.json"))


def read(body: bytes) -> list[Event]:
    assert source.webhook
    return list(source.webhook.read(delivery("notion", body)))


@pytest.mark.parametrize(("key", "body", "signature", "reason"), VECTORS.values(), ids=VECTORS)
def test_judges_the_published_and_the_computed_vectors(key: str, body: bytes, signature: str, reason: str) -> None:
    assert source.webhook
    told = delivery("notion", body, x_notion_signature=signature)
    assert source.webhook.scheme.verify(told, [key], NOW) == Verdict(reason == "ok", reason)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_reads_every_sample_as_the_table_says(path: Any) -> None:
    told = [(one.stream, one.entity_id, one.operation) for one in read(path.read_bytes())]
    if path.stem == "webhook__verification":
        assert [one[0] for one in told] == ["verification"]
    else:
        assert told == MEANT[path.stem]


def test_a_repeated_attempt_is_the_same_event() -> None:
    first = read(sample("notion", "webhook__page_content_updated.json"))
    third = read(sample("notion", "webhook__page_content_updated_again.json"))
    assert first[0].payload != third[0].payload
    assert first[0].dedupe == third[0].dedupe


def test_the_events_of_one_signal_are_told_apart() -> None:
    page, content = read(sample("notion", "webhook__page_deleted.json"))
    assert page.dedupe != content.dedupe


@pytest.mark.parametrize("headers", [{}, {"x_notion_signature": VECTORS["the introduction"][2]}])
def test_an_introduction_brings_the_token_whether_it_is_signed_or_not(headers: dict[str, str]) -> None:
    assert source.webhook and source.webhook.greet
    greeting = source.webhook.greet(delivery("notion", INTRODUCTION, **headers))
    assert greeting and greeting.secret == PUBLISHED


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff verification_token",
        b'{"verification_token":""}',
        b'{"verification_token":7}',
        b'["verification_token"]',
        sample("notion", "webhook__page_created.json").replace(b"{", b'{"verification_token":"x",', 1),
    ],
)
def test_nothing_else_is_an_introduction(body: bytes) -> None:
    assert source.webhook and source.webhook.greet
    assert source.webhook.greet(delivery("notion", body)) is None


def test_a_token_is_not_kept_and_everything_else_is() -> None:
    assert source.webhook and source.webhook.redact
    assert source.webhook.redact(INTRODUCTION) == b'{"verification_token":"redacted"}'
    for path in SAMPLES:
        if path.stem != "webhook__verification":
            assert source.webhook.redact(path.read_bytes()) == path.read_bytes()


def test_waits_for_seconds_or_until_a_date_by_notions_own_clock() -> None:
    assert source.pull
    dates = {"retry_after": "Fri, 20 Nov 2026 17:01:30 GMT", "date": "Fri, 20 Nov 2026 17:00:00 GMT"}
    waits = [source.pull.judge(answer({}, 429, **headers)).after_s for headers in ({"retry_after": "12"}, dates, {})]
    assert waits == [12, 90, None]


def test_what_is_not_shared_is_passed_over_and_what_we_may_not_do_is_said() -> None:
    assert source.pull
    statuses = (401, 403, 404, 409, 429, 500, 503, 504, 529)
    kinds = {status: source.pull.judge(answer({}, status)).kind for status in statuses}
    busy = dict.fromkeys((409, 429, 500, 503, 504, 529), "retry")
    assert kinds == {401: "refused", 403: "refused", 404: "skip", **busy}
    expired = json.loads(sample("notion", "pull__error_start_cursor.json"))
    assert source.pull.judge(answer(expired, 400)).kind == "forgotten"
    assert source.pull.judge(answer({"code": "missing_version"}, 400)).kind == "refused"
