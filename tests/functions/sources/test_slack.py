"""What Slack's deliveries and listings become."""

import contextlib
import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from vendor_fake import FIXTURES, NOW, ROOT, FakeVendor, answer, delivery, entities, sample

from chalicelib.errors import Unreadable, VendorSaysNo
from chalicelib.ingest.pages import Request
from chalicelib.sources.slack import handshake, judge, read, source
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
    order = [
        read(delivery("slack", sample("slack", f"webhook__{name}.json")))[0].source_updated_at
        for name in ("message", "message_changed", "message_deleted")
    ]
    assert order == sorted(order)


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


# --- pulls -------------------------------------------------------------------------------------------------------


def message(ts: str, **changed: Any) -> dict[str, Any]:
    return {"type": "message", "user": "U1", "text": f"said at {ts}", "ts": ts, **changed}


class Workspace:
    """Channels with messages, as Slack lists them: newest first, two a page, replies only by thread."""

    def __init__(self) -> None:
        self.channels: dict[str, dict[str, Any]] = {}
        self.said: dict[str, list[dict[str, Any]]] = {}
        self.vendor = FakeVendor(source, self.answer)

    def channel(self, name: str, *said: dict[str, Any], **changed: Any) -> None:
        self.channels[name] = {"id": name, "is_member": True, **changed}
        self.said[name] = list(said)

    def answer(self, request: Request) -> Any:
        if request.path == "conversations.list":
            return {"ok": True, "channels": list(self.channels.values()), "response_metadata": {"next_cursor": ""}}
        name, oldest = request.params["channel"], request.params.get("oldest", "0")
        if not self.channels[name]["is_member"]:
            return {"ok": False, "error": "not_in_channel"}
        if request.path == "conversations.history":
            found = [one for one in self.said[name] if one.get("thread_ts", one["ts"]) == one["ts"] >= oldest]
            found.sort(key=lambda one: one["ts"], reverse=True)
        else:
            thread = [one for one in self.said[name] if one.get("thread_ts") == request.params["ts"]]
            found = [one for one in thread if one["ts"] >= oldest or one["ts"] == request.params["ts"]]
        start = int(request.params.get("cursor", "0"))
        following = str(start + 2) if start + 2 < len(found) else ""
        return {
            "ok": True,
            "messages": found[start : start + 2],
            "response_metadata": {"next_cursor": following},
        }

    def pull(self, cursor: dict[str, Any] | None = None, **how: Any) -> tuple[set[str], dict[str, Any]]:
        self.vendor.asked.clear()
        events, left = self.vendor.read("message", cursor, **how)
        return entities(events), left


@pytest.fixture
def workspace() -> Workspace:
    """Nine messages: two threads of one channel, four single messages, one of another channel."""
    made = Workspace()
    parents = [f"17636000{n}0.000100" for n in (1, 2)]
    replies = [f"17636001{n}0.000100" for n in (1, 2)]
    made.channel(
        "C1",
        *(
            message(parent, thread_ts=parent, reply_count=1, latest_reply=reply)
            for parent, reply in zip(parents, replies, strict=True)
        ),
        *(message(reply, thread_ts=parent) for parent, reply in zip(parents, replies, strict=True)),
        *(message(f"176360{n}000.000200") for n in (1, 2, 3, 4)),
    )
    made.channel("C2", message("1763605000.000300"))
    return made


def answering(name: str) -> FakeVendor:
    return FakeVendor(source, lambda request: answer(sample("slack", f"pull__{name}.json")))


def test_pulls_channels() -> None:
    vendor = FakeVendor(source, lambda request: {"ok": True, "channels": channels})
    channels = json.loads(sample("slack", "pull__conversations_list.json"))["channels"]
    events, cursor = vendor.read("channel")
    assert len(events) == 6 and {event.stream for event in events} == {"channel"}
    assert events[0].source_updated_at == datetime(2025, 11, 13, 2, 13, 20, 456000, UTC)
    assert vendor.asked[0].params["limit"] == 999
    assert cursor == {"since": NOW.isoformat()}


def test_pulls_users() -> None:
    events, _ = answering("users_list").read("user")
    assert {(event.stream, event.operation) for event in events} == {("user", "upsert")}
    assert events[1].source_updated_at == at(1763660000)


def test_a_webhook_and_a_pull_of_one_message_are_one_entity() -> None:
    listed = json.loads(sample("slack", "pull__conversations_history.json"))["messages"]
    workspace = Workspace()
    workspace.channel(DEALS, *[one for one in listed if one["ts"] == "1763650801.264819"])
    assert workspace.pull()[0] == {PARENT}


def test_pulls_messages_with_the_replies_of_their_threads(workspace: Workspace) -> None:
    told, cursor = workspace.pull()
    assert len(told) == 9
    newest = {"C1": at(1763604000).replace(microsecond=200), "C2": at(1763605000).replace(microsecond=300)}
    assert cursor == {"newest": {name: moment.isoformat() for name, moment in newest.items()}}


def test_a_run_killed_after_any_page_loses_nothing(workspace: Workspace) -> None:
    told, cursor = workspace.pull()
    pieces, cursor_of_pieces = workspace.vendor.read_with_a_stop_after_every_page("message")
    assert entities(pieces) == told
    assert cursor_of_pieces == cursor


def test_the_next_run_tells_only_what_changed(workspace: Workspace) -> None:
    _, cursor = workspace.pull()
    told, following = workspace.pull(cursor)
    assert told == {"C1/1763604000.000200", "C2/1763605000.000300"}, "the overlap tells the newest again"
    assert following == cursor
    assert "conversations.replies" not in workspace.vendor.paths()


def test_a_new_reply_to_a_thread_of_this_week_is_found(workspace: Workspace) -> None:
    _, cursor = workspace.pull()
    late = message("1763609000.000900", thread_ts="1763600010.000100")
    workspace.said["C1"][0] |= {"reply_count": 2, "latest_reply": late["ts"]}
    workspace.said["C1"].append(late)
    told, cursor = workspace.pull(cursor)
    assert told >= {"C1/1763600010.000100", f"C1/{late['ts']}"}
    assert "C1/1763600110.000100" not in told, "the earlier reply was told before"
    assert cursor["newest"]["C1"] == at(1763609000).replace(microsecond=900).isoformat()


def test_an_edit_of_this_week_is_found(workspace: Workspace) -> None:
    _, cursor = workspace.pull()
    workspace.said["C2"].append(message("1763500000.000100", edited={"user": "U1", "ts": "1763609000.000000"}))
    events, _ = workspace.vendor.read("message", cursor)
    (edited,) = [event for event in events if event.entity_id == "C2/1763500000.000100"]
    assert edited.source_updated_at == at(1763609000)


def test_a_channel_without_us_keeps_its_mark_and_is_read_once_we_are_in(workspace: Workspace) -> None:
    workspace.channel("C0", message("1763100000.000100"), is_member=False)
    _, cursor = workspace.pull()
    assert "C0" not in cursor["newest"]
    workspace.channels["C0"]["is_member"] = True
    told, cursor = workspace.pull(cursor)
    assert "C0/1763100000.000100" in told and "C0" in cursor["newest"]


def test_a_channel_that_closes_in_mid_run_keeps_its_mark(workspace: Workspace) -> None:
    def closes(request: Request) -> Any:
        is_later_page = request.params.get("channel") == "C1" and "cursor" in request.params
        return {"ok": False, "error": "channel_not_found"} if is_later_page else workspace.answer(request)

    workspace.vendor.told = closes
    _, cursor = workspace.pull()
    assert set(cursor["newest"]) == {"C2"}


def test_an_expired_page_cursor_begins_the_channel_anew(workspace: Workspace) -> None:
    _, cursor = workspace.vendor.read("message", most_pages=1)
    assert "cursor" in cursor["within"]["resume"]["params"]

    def has_forgotten(request: Request) -> Any:
        return {"ok": False, "error": "invalid_cursor"} if "cursor" in request.params else workspace.answer(request)

    workspace.vendor.told = has_forgotten
    _, cursor = workspace.pull(cursor)
    workspace.vendor.told = workspace.answer
    told, _ = workspace.pull(cursor)
    assert len(told) == 9


def test_an_archived_channel_is_read_once(workspace: Workspace) -> None:
    workspace.channel("C3", message("1763100000.000100"), is_archived=True)
    told, cursor = workspace.pull()
    assert "C3/1763100000.000100" in told
    workspace.pull(cursor)
    assert "C3" not in [request.params.get("channel") for request in workspace.vendor.asked]


def test_a_tombstone_is_a_deletion_every_time_it_is_listed() -> None:
    workspace = Workspace()
    workspace.channel("C1", message("1763600000.000100", subtype="tombstone"), message("1763609000.000100"))
    _, cursor = workspace.pull()
    events, _ = workspace.vendor.read("message", cursor)
    gone = [event for event in events if event.entity_id == "C1/1763600000.000100"]
    assert [(event.operation, event.source_updated_at) for event in gone] == [("delete", NOW)]


def test_one_message_of_the_future_does_not_hide_the_next(workspace: Workspace) -> None:
    workspace.channel("C2", message("1963605000.000300"))
    _, cursor = workspace.pull()
    assert cursor["newest"]["C2"] == NOW.isoformat()


def test_an_empty_page_with_a_next_cursor_is_not_the_end() -> None:
    answers = iter(
        [
            {"ok": True, "members": [], "response_metadata": {"next_cursor": "more"}},
            {"ok": True, "members": [{"id": "U1", "updated": 1}]},
        ]
    )
    events, _ = FakeVendor(source, lambda request: next(answers)).read("user")
    assert entities(events) == {"U1"}


def test_the_first_run_reads_back_to_where_the_operator_said(workspace: Workspace) -> None:
    told, _ = workspace.pull(start_at=at(1763603000))
    assert told == {"C1/1763603000.000200", "C1/1763604000.000200", "C2/1763605000.000300"}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b'{"ok":true}', "ok"),
        (200, b'{"ok":false,"error":"ratelimited"}', "retry"),
        (200, b'{"ok":false,"error":"internal_error"}', "retry"),
        (200, b'{"ok":false,"error":"not_in_channel"}', "skip"),
        (200, b'{"ok":false,"error":"invalid_cursor"}', "skip"),
        (200, b'{"ok":false,"error":"invalid_auth"}', "refused"),
        (200, b'{"ok":false,"error":"missing_scope"}', "refused"),
        (200, b'{"ok":false}', "refused"),
        (200, b'{"members":[]}', "refused"),
        (200, b"[]", "refused"),
        (403, b"", "refused"),
        (503, b"<html>maintenance</html>", "retry"),
    ],
)
def test_rules_an_answer(status: int, body: bytes, kind: str) -> None:
    assert judge(answer(body, status)).kind == kind


@pytest.mark.parametrize(("header", "after_s"), [("30", 30.0), ("", None), ("soon", None), ("-1", None)])
def test_waits_as_long_as_a_429_says(header: str, after_s: float | None) -> None:
    ruling = judge(answer({"ok": False, "error": "ratelimited"}, 429, retry_after=header))
    assert (ruling.kind, ruling.after_s) == ("retry", after_s)


def test_a_page_of_html_that_says_200_is_never_an_empty_listing() -> None:
    with pytest.raises(Unreadable):
        judge(answer(b"<html>"))


def test_revoked_credentials_end_the_run() -> None:
    with pytest.raises(VendorSaysNo):
        FakeVendor(source, lambda request: {"ok": False, "error": "token_revoked"}).read("message")


@pytest.mark.parametrize("name", ["error_not_in_channel", "error_ratelimited", "error_invalid_auth"])
def test_no_sample_of_a_failure_is_ruled_ok(name: str) -> None:
    assert judge(answer(sample("slack", f"pull__{name}.json"))).kind != "ok"
