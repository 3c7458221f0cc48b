"""What Slack's deliveries and listings become."""

import contextlib
import json
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest
from vendor_fake import FIXTURES, ROOT, delivery, sample

from chalicelib.errors import Unreadable
from chalicelib.sources.slack import handshake, read
from events.slack import record_of

DEALS, ENGINEERING = "C06DEALR00M", "C06ENGNEER1"
PARENT = f"{DEALS}/1763650801.264819"


def at(ts: float) -> datetime:
    return datetime.fromtimestamp(ts, UTC)


@pytest.mark.parametrize(
    ("name", "stream", "entity_id", "operation", "updated_at"),
    [
        ("message", "message", PARENT, "upsert", "2025-11-20T15:00:01.264819+00:00"),
        ("message_unicode", "message", f"{DEALS}/1763651422.000100", "upsert", "2025-11-20T15:10:22.000100+00:00"),
        ("message_thread_reply", "message", f"{DEALS}/1763651890.402119", "upsert", "2025-11-20T15:18:10.402119+00:00"),
        (
            "message_thread_broadcast",
            "message",
            f"{DEALS}/1763652155.118209",
            "upsert",
            "2025-11-20T15:22:35.118209+00:00",
        ),
        ("message_bot", "message", f"{ENGINEERING}/1763653000.000200", "upsert", "2025-11-20T15:36:40.000200+00:00"),
        (
            "message_file_share",
            "message",
            "G06PR1CNG77/1763653344.551900",
            "upsert",
            "2025-11-20T15:42:24.551900+00:00",
        ),
        ("message_changed", "message", PARENT, "upsert", "2025-11-20T15:05:00+00:00"),
        (
            "message_changed_unfurled",
            "message",
            f"{ENGINEERING}/1763654000.700100",
            "upsert",
            "2025-11-20T15:53:22.000400+00:00",
        ),
        (
            "message_changed_tombstone",
            "message",
            f"{ENGINEERING}/1763600000.300400",
            "delete",
            "2025-11-20T16:10:00.000500+00:00",
        ),
        ("message_deleted", "message", f"{DEALS}/1763651890.402119", "delete", "2025-11-20T16:20:00.000600+00:00"),
        ("message_replied", "message", PARENT, "upsert", "2025-11-20T15:00:01.264819+00:00"),
        ("channel_created", "channel", "C06BAYS1DE0", "partial", "2025-11-20T09:00:00.004900+00:00"),
        ("channel_rename", "channel", "C06BAYS1DE0", "partial", "2025-11-20T16:26:40.000800+00:00"),
        ("group_rename", "channel", "G06PR1CNG77", "partial", "2025-11-20T16:28:20.000900+00:00"),
        ("channel_archive", "channel", "C06BAYS1DE0", "partial", "2025-11-20T16:43:20.001000+00:00"),
        ("channel_unarchive", "channel", "C06BAYS1DE0", "partial", "2025-11-20T17:00:00.001100+00:00"),
        ("channel_deleted", "channel", "C06BAYS1DE0", "delete", "2025-11-20T17:16:40.001200+00:00"),
        ("team_join", "user", "U06SRSE003", "upsert", "2025-11-20T12:00:00+00:00"),
        ("user_change", "user", "U06HRO0002", "upsert", "2025-11-20T17:33:20+00:00"),
        ("reaction_added", "reaction", None, "event", None),
        ("reaction_removed", "reaction", None, "event", None),
        ("member_joined_channel", "member", None, "event", None),
        ("member_left_channel", "member", None, "event", None),
        ("app_mention", "app_mention", None, "event", None),
        ("channel_history_changed", "channel_history_changed", None, "event", None),
        ("app_uninstalled", "app_uninstalled", None, "event", None),
        ("tokens_revoked", "tokens_revoked", None, "event", None),
        ("app_rate_limited", "app_rate_limited", "content", "event", None),
        ("unknown_type", "lease_thread_started", None, "event", None),
    ],
)
def test_reads_a_delivery(
    name: str, stream: str, entity_id: str | None, operation: str, updated_at: str | None
) -> None:
    body = sample("slack", f"webhook__{name}.json")
    (event,) = read(delivery("slack", body))
    event_id = json.loads(body).get("event_id")
    expected = {"content": event.entity_id, None: event_id}.get(entity_id, entity_id)
    assert (event.stream, event.entity_id, event.operation) == (stream, expected, operation)
    assert (event.source_updated_at and event.source_updated_at.isoformat()) == updated_at
    assert event.payload is body
    assert event.delivery_id == event_id


@pytest.mark.parametrize(
    "path", sorted((ROOT / "events/slack/samples").glob("webhook__*.json")), ids=lambda path: path.stem
)
def test_staging_finds_its_fields_in_a_delivery(path: Path) -> None:
    (event,) = read(delivery("slack", path.read_bytes()))
    record_of(event.stream, json.loads(event.payload))


@pytest.mark.parametrize(
    ("stream", "name", "records"),
    [
        ("message", "conversations_history", "messages"),
        ("message", "conversations_replies", "messages"),
        ("channel", "conversations_list", "channels"),
        ("user", "users_list", "members"),
    ],
)
def test_staging_finds_its_fields_in_a_listing(stream: str, name: str, records: str) -> None:
    for listed in json.loads(sample("slack", f"pull__{name}.json"))[records]:
        record_of(stream, listed)


def test_an_edit_wins_over_its_post_and_a_deletion_over_both() -> None:
    posted, edited, deleted = (
        read(delivery("slack", sample("slack", f"webhook__{name}.json")))[0].source_updated_at
        for name in ("message", "message_changed", "message_deleted")
    )
    assert posted and edited and deleted and posted < edited < deleted


def test_a_parent_with_more_replies_is_the_newer_version_though_its_clock_stands_still() -> None:
    (posted,) = read(delivery("slack", sample("slack", "webhook__message.json")))
    (replied,) = read(delivery("slack", sample("slack", "webhook__message_replied.json")))
    assert posted.source_updated_at == replied.source_updated_at
    assert (posted.source_version, replied.source_version) == (None, "1763651890.402119")


def test_a_repetition_is_recognised_by_the_event_id() -> None:
    body = sample("slack", "webhook__message.json")
    (first,) = read(delivery("slack", body))
    (again,) = read(delivery("slack", body, x_slack_retry_num="1", x_slack_retry_reason="http_timeout"))
    assert first.dedupe == again.dedupe == ("Ev06PR00001",)


def test_reads_a_slash_command_as_its_fields() -> None:
    body = sample("slack", "webhook__slash_command.form")
    (event,) = read(delivery("slack", body, content_type="application/x-www-form-urlencoded"))
    assert (event.stream, event.operation) == ("slash_command", "event")
    assert json.loads(event.payload)["text"] == "win rate vs RentFlow \u2013 Q4"


def test_reads_an_interaction_as_the_json_in_its_form() -> None:
    body = sample("slack", "webhook__interaction.form")
    (event,) = read(delivery("slack", body, content_type="application/x-www-form-urlencoded; charset=utf-8"))
    assert event.stream == "interaction"
    assert json.loads(event.payload)["actions"][0]["text"]["text"] == "Got it ✓"


def test_reads_json_that_is_called_a_form() -> None:
    body = sample("slack", "webhook__message.json")
    (event,) = read(delivery("slack", body, content_type="application/x-www-form-urlencoded"))
    assert event.entity_id == PARENT


def test_answers_the_challenge_and_nothing_else() -> None:
    challenged = handshake(delivery("slack", sample("slack", "webhook__url_verification.json")))
    assert challenged and challenged.body == "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"
    quoting = b'{"type":"event_callback","event":{"type":"message","text":"\\"url_verification\\""}}'
    assert handshake(delivery("slack", quoting)) is None
    assert handshake(delivery("slack", b'{"type":"url_verification"')) is None


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not_json"),
        (b"<html>", "not_json"),
        (b'{"type":', "not_json"),
        (b"[]", "unexpected_shape"),
        (b'"text"', "unexpected_shape"),
        (b'{"event_time":"soon"}', "unexpected_shape"),
        (b'{"event":[]}', "unexpected_shape"),
        (b'{"event":{"type":"message"}}', "missing_entity"),
        (b'{"event":{"type":"message","channel":"C1"}}', "missing_entity"),
        (b'{"event":{"type":"message","channel":"C1","ts":17}}', "unexpected_shape"),
        (b'{"event":{"type":"message","channel":"C1","subtype":"message_deleted"}}', "missing_entity"),
        (b'{"event":{"type":"channel_rename"}}', "missing_entity"),
        (b'{"event":{"type":"user_change"}}', "missing_entity"),
        (b'{"text":"\xff"}', "not_utf8"),
        (b'{"x":' + b"[" * 100_000, "too_deep"),
    ],
)
def test_says_why_a_body_is_unreadable(body: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        read(delivery("slack", body))
    assert refusal.value.reason == reason


@pytest.mark.parametrize("body", [b"", b"payload=", b"payload=%7B", b"payload=%FF", b"%ff=%fe", b"&&&", b"a=1&" * 2000])
def test_no_form_raises_anything_but_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(delivery("slack", body, content_type="application/x-www-form-urlencoded"))


def test_no_garbage_raises_anything_but_unreadable() -> None:
    rng = random.Random(2)
    original = bytearray(sample("slack", "webhook__message_changed.json"))
    for _ in range(2000):
        body = bytearray(original)
        for _ in range(rng.randint(1, 8)):
            body[rng.randrange(len(body))] = rng.randrange(256)
        with contextlib.suppress(Unreadable):
            read(delivery("slack", bytes(body[: rng.randint(0, len(body))] if rng.random() < 0.3 else body)))


def test_a_strange_event_type_never_becomes_a_path() -> None:
    (event,) = read(delivery("slack", b'{"event":{"type":"../../claims/x"}}'))
    assert event.stream == "unknown"


@pytest.mark.skipif(not FIXTURES.exists(), reason="the published payloads are not beside the repository")
def test_reads_every_published_payload() -> None:
    streams = {
        read(delivery("slack", path.read_bytes()))[0].stream for path in (FIXTURES / "slack").glob("events__*.json")
    }
    assert {"message", "channel", "user", "reaction", "member", "app_mention", "app_uninstalled"} <= streams
