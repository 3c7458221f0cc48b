"""The Slack stand-in, as docs.slack.dev describes Slack."""

import httpx
import pytest

from infra.company.vendors.site import Site


@pytest.fixture
def ask(client: httpx.Client, authorised: dict):
    def ask(method: str, **params: str | int) -> dict:
        return client.get(f"/slack/api/{method}", params=params, headers=authorised["slack"]).json()

    return ask


@pytest.fixture
def channel(site: Site) -> str:
    """The one with the most messages."""
    said = [message.channel_id for message in site.world.workspace.messages if message.at <= site.now]
    return max(set(said), key=said.count)


def test_a_failure_is_a_200_with_ok_false(client: httpx.Client) -> None:
    answer = client.get("/slack/api/users.list")
    assert (answer.status_code, answer.json()) == (200, {"ok": False, "error": "not_authed"})
    answer = client.get("/slack/api/users.list", headers={"authorization": "Bearer xoxb-wrong"})
    assert answer.json()["error"] == "invalid_auth"


def test_pages_follow_the_cursor_until_it_is_empty_and_hold_everything_once(ask, channel: str) -> None:
    whole = ask("conversations.history", channel=channel, limit=50)["messages"]
    pages, cursor = [], ""
    while True:
        page = ask("conversations.history", channel=channel, limit=3, cursor=cursor)
        pages += page["messages"]
        cursor = page["response_metadata"]["next_cursor"]
        assert page["has_more"] == bool(cursor)
        if not cursor:
            break
    assert pages == whole
    assert [one["ts"] for one in pages] == sorted((one["ts"] for one in pages), reverse=True)


def test_history_lists_parents_and_replies_lists_the_thread_parent_first(ask, site: Site) -> None:
    reply = next(one for one in site.world.workspace.messages if one.thread_ts and one.at <= site.now)
    listed = ask("conversations.history", channel=reply.channel_id, limit=999)["messages"]
    assert reply.ts not in {one["ts"] for one in listed}
    thread = ask("conversations.replies", channel=reply.channel_id, ts=reply.thread_ts)["messages"]
    assert thread[0]["ts"] == reply.thread_ts
    assert thread[0]["reply_count"] == len(thread) - 1
    assert thread[0]["latest_reply"] == thread[-1]["ts"]


def test_a_channel_the_app_is_not_in_is_listed_but_not_readable(ask, site: Site) -> None:
    closed = next(one for one in site.world.workspace.channels if not one.is_member)
    listed = {one["id"]: one for one in ask("conversations.list")["channels"]}
    assert listed[closed.channel_id]["is_member"] is False
    assert ask("conversations.history", channel=closed.channel_id)["error"] == "not_in_channel"
    assert ask("conversations.history", channel="C0")["error"] == "channel_not_found"


def test_oldest_and_latest_are_exclusive_unless_inclusive(ask, channel: str) -> None:
    listed = [one["ts"] for one in ask("conversations.history", channel=channel, limit=50)["messages"]]
    bounds = {"oldest": listed[4], "latest": listed[1], "channel": channel}
    assert [one["ts"] for one in ask("conversations.history", **bounds)["messages"]] == listed[2:4]
    assert [one["ts"] for one in ask("conversations.history", **bounds, inclusive="true")["messages"]] == listed[1:5]


@pytest.mark.parametrize(("params", "error"), [({"limit": 1000}, "invalid_limit"), ({"cursor": "x"}, "invalid_cursor")])
def test_a_wrong_page_is_refused(ask, channel: str, params: dict, error: str) -> None:
    assert ask("conversations.history", channel=channel, **params)["error"] == error


def test_each_method_has_a_tier_of_its_own(client: httpx.Client, authorised: dict, clock: list[float]) -> None:
    def status(method: str) -> int:
        return client.get(f"/slack/api/{method}", headers=authorised["slack"]).status_code

    assert [status("users.list") for _ in range(21)] == [200] * 20 + [429]
    assert status("auth.test") == 200
    busy = client.get("/slack/api/users.list", headers=authorised["slack"])
    assert (busy.headers["retry-after"], busy.json()["error"]) == ("60", "ratelimited")
    clock[0] = 60.0
    assert status("users.list") == 200


def test_a_message_edited_tomorrow_is_not_edited_today(ask, site: Site, client: httpx.Client) -> None:
    ahead = [
        (one, at)
        for one in site.world.workspace.messages
        for at, _ in one.edits
        if one.at <= site.now and at > site.now
    ]
    later = [one for one in site.world.workspace.messages if one.at > site.now]
    before = sum(len(ask("conversations.history", channel=one, limit=999)["messages"]) for one in _heard(site))
    client.post("/_control/advance", json={"seconds": 2 * 86_400})
    after = sum(len(ask("conversations.history", channel=one, limit=999)["messages"]) for one in _heard(site))
    assert after > before
    assert later or ahead


def test_a_post_with_a_form_is_understood(client: httpx.Client, authorised: dict, channel: str) -> None:
    answer = client.post("/slack/api/conversations.info", data={"channel": channel}, headers=authorised["slack"])
    assert answer.json()["channel"]["id"] == channel


def _heard(site: Site) -> list[str]:
    return [one.channel_id for one in site.world.workspace.channels if one.is_member]
