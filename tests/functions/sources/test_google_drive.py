"""That Drive's bodiless messages are proved by their token, and its feed read in the order it can be trusted in."""

import json
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
import vendor_fake
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from drive_fake import Drive, change, file
from vendor_fake import FIXTURES, FakeVendor, answer

from chalicelib.errors import Unreadable, VendorSaysNo, VendorUnavailable
from chalicelib.ingest import quarantine
from chalicelib.ingest.source import Connection, Delivery, Event
from chalicelib.sources.google_drive import source
from events import google_drive as records
from events.envelope import encode

NOW = vendor_fake.NOW
CHANNEL = "4f1c7d80-6b3e-4d0a-9a55-2f7c1e8b9d36"
MESSAGES = sorted((vendor_fake.ROOT / "events" / "google_drive" / "samples").glob("webhook__*"))


def sample(name: str) -> bytes:
    return vendor_fake.sample("google_drive", f"{name}.json")


def message(headers: dict[str, str], body: bytes = b"") -> Delivery:
    url = "https://hooks.payready.example/hooks/google_drive"
    lines = {name.lower(): told for name, told in headers.items()}
    return Delivery("google_drive", "default", "POST", url, lines, body, NOW)


def read(headers: dict[str, str]) -> Event:
    assert source.webhook
    (event,) = source.webhook.read(message(headers))
    return event


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.stem)
def test_every_message_is_one_notification_under_its_channel_and_number(path: Any) -> None:
    assert path.read_bytes() == b""
    headers = records.headers_of(path.name)
    event = read({**headers, "X-Goog-Channel-Token": "of-ours"})
    number = headers["X-Goog-Message-Number"]
    assert (event.stream, event.operation, event.dedupe) == ("notification", "event", (CHANNEL, number))
    told = json.loads(event.payload)
    assert told["resource-state"] == headers["X-Goog-Resource-State"]
    assert b"of-ours" not in event.payload


@pytest.mark.parametrize("missing", ["Channel-ID", "Message-Number", "Resource-State"])
def test_a_message_without_a_header_it_always_has_is_unreadable(missing: str) -> None:
    headers = records.headers_of("webhook__change.txt")
    del headers[f"X-Goog-{missing}"]
    with pytest.raises(Unreadable):
        read(headers)


def test_a_quarantined_message_does_not_keep_the_token_that_came_with_it() -> None:
    assert source.webhook
    told = message({"X-Goog-Channel-Token": "of-ours", "X-Goog-Channel-ID": CHANNEL})
    (kept,) = quarantine.envelopes(source.webhook, told, "0" * 64, "trace")
    assert kept.stream == "quarantine" and CHANNEL.encode() in bytes(kept.payload)
    assert b"of-ours" not in encode(kept)


def test_the_channels_token_alone_proves_a_message() -> None:
    assert source.webhook
    scheme = source.webhook.scheme
    assert scheme.verify(message({"X-Goog-Channel-Token": "t"}), ["t"], NOW).is_authentic
    assert scheme.verify(message({"X-Goog-Channel-Token": "u"}), ["t"], NOW).reason == "signature_mismatch"
    assert scheme.verify(message({}), ["t"], NOW).reason == "missing_signature"


@pytest.mark.skipif(not (FIXTURES / "google_drive").exists(), reason="needs the shared fixtures")
def test_reads_the_fixtures() -> None:
    assert source.webhook
    for path in (FIXTURES / "google_drive").glob("push_*.json"):
        told = json.loads(path.read_bytes())
        assert read(told["headers"]).stream == "notification"
        secret = told["headers"]["X-Goog-Channel-Token"]
        assert source.webhook.scheme.verify(message(told["headers"]), [secret], NOW).is_authentic


@pytest.mark.parametrize(
    ("status", "reason", "kind"),
    [
        (200, "", "ok"),
        (204, "", "ok"),
        (401, "authError", "expired"),
        (403, "userRateLimitExceeded", "retry"),
        (403, "rateLimitExceeded", "retry"),
        (403, "insufficientFilePermissions", "refused"),
        (403, "insufficientPermissions", "refused"),
        (403, "exportSizeLimitExceeded", "skip"),
        (403, "cannotDownloadFile", "skip"),
        (404, "notFound", "empty"),
        (404, "", "refused"),
        (400, "invalid", "refused"),
        (429, "", "retry"),
        (500, "", "retry"),
        (503, "", "retry"),
    ],
)
def test_what_an_answer_means(status: int, reason: str, kind: str) -> None:
    assert source.pull
    body = {"error": {"errors": [{"reason": reason}]}} if reason else b"<html>"
    assert source.pull.judge(answer(body, status)).kind == kind
    if reason:
        odd = {"error": {"errors": [reason], "code": status}}
        assert source.pull.judge(answer(odd, status)).kind in ("ok", "expired", "refused", "retry")


def test_the_feeds_start_is_taken_before_the_listing_and_read_after_it() -> None:
    drive = Drive([[file(1, 1)], [], [file(2, 9)]], {"10": {"changes": [], "newStartPageToken": "10"}})
    events, cursor = drive.pull()
    assert drive.asked == ["changes/startPageToken", "files", "files 1", "files 2", "changes 10"]
    assert [event.entity_id for event in events] == ["f1", "f2"]
    assert {event.source_updated_at for event in events} == {datetime(2025, 11, 20, 10, tzinfo=UTC)}
    assert cursor == {"token": "10"}


def test_every_page_is_a_place_to_stop_and_the_feed_is_read_on_from_its_token() -> None:
    feed = {
        "10": {"changes": [change(1, "10:05:00.250", file=file(1, 2))], "nextPageToken": "11"},
        "11": {"changes": [], "nextPageToken": "12"},
        "12": {"changes": [change(2, "10:06:00.000", removed=True)], "newStartPageToken": "13"},
        "13": {"changes": [], "newStartPageToken": "13"},
    }
    drive, events, cursor = Drive([[file(1, 1)], [file(2, 9)]], feed), list[Event](), dict[str, Any]()
    for _ in range(5):
        told, cursor = drive.pull(cursor, most_pages=1)
        events += told
    assert [(one.entity_id, one.operation) for one in events] == [
        ("f1", "upsert"),
        ("f2", "upsert"),
        ("f1", "upsert"),
        ("f2", "delete"),
    ]
    assert cursor == {"token": "13"}
    assert drive.pull(cursor) == ([], {"token": "13"})
    assert drive.asked.count("changes/startPageToken") == 1


def test_the_version_breaks_ties_as_text_because_modified_time_orders_nothing() -> None:
    at = "10:05:00.250"
    feed = {
        "10": {"changes": [change(1, at, file=file(1, 9))], "nextPageToken": "11"},
        "11": {"changes": [change(1, at, file=file(1, 10))], "newStartPageToken": "12"},
    }
    events, _ = Drive([[]], feed).pull()
    nine, ten = (event.source_version or "" for event in events)
    assert nine < ten and events[0].source_updated_at == events[1].source_updated_at


def test_a_file_told_twice_on_one_page_is_its_later_change() -> None:
    told = [change(1, "10:05:00.000", file=file(1, 9)), change(1, "10:06:00.000", file=file(1, 9))]
    (event,), _ = Drive([[]], {"10": {"changes": told, "newStartPageToken": "11"}}).pull()
    assert event.source_updated_at == datetime(2025, 11, 20, 10, 6, tzinfo=UTC)


def test_trash_and_removal_are_deletions_and_a_shared_drive_is_a_record_of_its_own() -> None:
    changes = json.loads(sample("pull__changes"))
    events, cursor = Drive([[]], {"10": changes}).pull()
    assert [(one.stream, one.operation) for one in events] == [
        ("file", "upsert"),
        ("file", "delete"),
        ("file", "delete"),
        ("drive", "upsert"),
    ]
    assert cursor == {"token": "184471"}
    assert json.loads(events[0].payload) == changes["changes"][0]["file"]
    assert json.loads(events[3].payload)["name"] == "Operations"


def test_a_listing_whose_page_has_expired_begins_anew_under_the_first_start() -> None:
    drive = Drive([[file(1, 1)]], {"7": {"changes": [], "newStartPageToken": "7"}})
    waiting = {"token": "7", "since": "2025-11-19T10:00:00+00:00", "listing": "expired"}
    events, cursor = drive.pull(waiting)
    assert drive.asked == ["files expired", "files", "changes 7"] and len(events) == 1 and cursor == {"token": "7"}


def test_a_refusal_that_is_no_expired_page_is_one() -> None:
    with pytest.raises(VendorSaysNo):
        FakeVendor(source, lambda request: answer({"error": {"errors": [{"reason": "badRequest"}]}}, 400)).read("file")


def test_a_page_of_changes_without_any_token_is_no_answer() -> None:
    with pytest.raises(VendorUnavailable):
        Drive([[]], {"10": {"changes": []}}).pull()


def test_a_change_that_cannot_be_read_does_not_stop_its_neighbours() -> None:
    told = [{"kind": "drive#change"}, change(1, "10:05:00.000", file={"name": "no id"}), change(2, "10:06:00.000")]
    events, _ = Drive([[]], {"10": {"changes": told, "newStartPageToken": "11"}}).pull()
    assert [event.stream for event in events] == ["quarantine", "quarantine", "file"]


def test_a_service_account_signs_for_itself_or_for_the_colleague_it_stands_in_for() -> None:
    assert source.pull and source.pull.login
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    held = {"client_email": "sophia@payready.example", "private_key": pem, "subject": "imani.okafor@payready.example"}
    request = source.pull.login.request(Connection("google_drive", "default", "", held), NOW)
    assert request.path == "https://oauth2.googleapis.com/token" and request.form
    options = {"verify_exp": False, "verify_iat": False}
    claims = jwt.decode(
        request.form["assertion"],
        key.public_key(),
        ["RS256"],
        audience=request.path,
        options=options,  # type: ignore[arg-type]
    )
    assert (claims["iss"], claims["sub"]) == (held["client_email"], held["subject"])
    assert claims["exp"] - claims["iat"] == 3600 and claims["iat"] == int(NOW.timestamp())
    assert claims["scope"] == "https://www.googleapis.com/auth/drive.metadata.readonly"
    request = source.pull.login.request(Connection("google_drive", "default", "", held, {"contents": True}), NOW)
    claims = jwt.decode((request.form or {})["assertion"], options={"verify_signature": False})
    assert claims["scope"] == "https://www.googleapis.com/auth/drive.readonly"


def test_a_person_who_agreed_is_a_refresh_token() -> None:
    assert source.pull and source.pull.login
    held = {"client_id": "c", "client_secret": "s", "refresh_token": "r"}
    request = source.pull.login.request(Connection("google_drive", "default", "", held), NOW)
    assert request.form == {"grant_type": "refresh_token", **held}


def test_staging_reads_what_the_samples_show() -> None:
    sheet, study, policy = (records.File.model_validate(one) for one in json.loads(sample("pull__files"))["files"])
    assert sheet.version == 318 and sheet.size is None and study.size == 2481733
    assert policy.drive_id and policy.owners == () and sheet.owners[0].email_address
