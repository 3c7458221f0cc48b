"""What Slack's listings become: channels, users, messages and the replies of their threads."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from vendor_fake import NOW, FakeVendor, answer, entities, sample

from chalicelib.errors import Unreadable, VendorSaysNo
from chalicelib.ingest.pages import Request
from chalicelib.sources.slack import judge, source

DEALS = "C06DEALR00M"
PARENT = f"{DEALS}/1763650801.264819"


def at(ts: float) -> datetime:
    return datetime.fromtimestamp(ts, UTC)


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
    vendor = answering("conversations_list")
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


@pytest.mark.parametrize("error", ["invalid_cursor", "invalid_arguments"])
def test_an_expired_page_cursor_begins_the_channel_anew(workspace: Workspace, error: str) -> None:
    _, cursor = workspace.vendor.read("message", most_pages=1)
    assert "cursor" in cursor["within"]["resume"]["params"]

    def has_forgotten(request: Request) -> Any:
        is_old = request.params.get("cursor") == cursor["within"]["resume"]["params"]["cursor"]
        return {"ok": False, "error": error} if is_old else workspace.answer(request)

    workspace.vendor.told = has_forgotten
    _, following = workspace.pull(cursor)
    assert "C1" not in following["newest"]
    workspace.vendor.told = workspace.answer
    told, _ = workspace.pull(following)
    assert len(told) == 9


def test_a_message_of_another_shape_is_quarantined_and_stops_no_other(workspace: Workspace) -> None:
    workspace.said["C2"].append({"ts": "1763605001.000300", "reply_count": "many"})
    events, cursor = workspace.vendor.read("message")
    assert len(events) == 10 and [event.stream for event in events].count("quarantine") == 1
    assert cursor["newest"]["C2"] == at(1763605000).replace(microsecond=300).isoformat()


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
