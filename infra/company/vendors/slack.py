"""Slack's Web API: 200 even for failures, which are in `ok` and `error`; cursors; a rate tier for each method.

Sources: docs.slack.dev, "Pagination", "Rate limits", and the pages of the methods.
"""

from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .. import entities
from ..chat import Channel, Message
from ..hooks import slack as hooks
from ..render import slack
from ..vendor import Vendor
from .cursors import position_of, to_cursor
from .guard import Manners, bearer, guarded
from .limits import Limit
from .site import Site

_TIERS = {
    "conversations.list": 20,
    "users.list": 20,
    "conversations.history": 50,
    "conversations.replies": 50,
    "conversations.info": 50,
    "team.info": 50,
    "users.info": 100,
    "conversations.members": 100,
    "auth.test": 100,
}
_MOST = 999


def routes(site: Site) -> list[Route]:
    manners = Manners("slack", _authorise, _limits, _busy, lambda: _not_ok("internal_error"))
    return [Route("/slack/api/{method}", guarded(site, manners, _answer), methods=["GET", "POST"])]


def _authorise(request: Request, site: Site) -> Response | None:
    token = bearer(request)
    if not token:
        return _not_ok("not_authed")
    return None if token == site.credentials["slack"]["bot_token"] else _not_ok("invalid_auth")


def _limits(request: Request) -> list[Limit]:
    method = request.path_params["method"]
    return [Limit(f"slack {method}", _TIERS.get(method, 50), 60)]


def _busy(limit: Limit | None, after_s: int) -> Response:
    return JSONResponse({"ok": False, "error": "ratelimited"}, 429, headers={"Retry-After": str(after_s)})


def _not_ok(error: str) -> Response:
    return JSONResponse({"ok": False, "error": error})


async def _answer(request: Request, site: Site) -> Response:
    """Arguments come in the query, as a form or as JSON."""
    asked: dict[str, Any] = dict(request.query_params)
    if request.method == "POST":
        is_json = request.headers.get("content-type", "").startswith("application/json")
        asked |= await request.json() if is_json else dict(parse_qsl((await request.body()).decode()))
    method = {
        "auth.test": _auth_test,
        "team.info": _team,
        "conversations.list": _channels,
        "conversations.info": _channel,
        "conversations.members": _members,
        "conversations.history": _history,
        "conversations.replies": _replies,
        "users.list": _users,
        "users.info": _user,
    }.get(request.path_params["method"])
    return method(asked, site, request) if method else _not_ok("unknown_method")


def _auth_test(asked: dict[str, Any], site: Site, request: Request) -> Response:
    workspace = site.world.workspace
    return JSONResponse(
        {"ok": True, "team_id": workspace.team_id, "user_id": workspace.bot_user_id, "team": "Pay Ready"}
    )


def _team(asked: dict[str, Any], site: Site, request: Request) -> Response:
    team = {"id": site.world.workspace.team_id, "name": "Pay Ready", "domain": "payready"}
    return JSONResponse({"ok": True, "team": team})


def _channels(asked: dict[str, Any], site: Site, request: Request) -> Response:
    listed = [_told(one, site) for one in site.world.workspace.channels if one.created_at <= site.now]
    if str(asked.get("exclude_archived", "")).lower() in ("true", "1"):
        listed = [one for one in listed if not one["is_archived"]]
    return _page("channels", listed, asked, site, request)


def _channel(asked: dict[str, Any], site: Site, request: Request) -> Response:
    found = _find(asked, site)
    return JSONResponse({"ok": True, "channel": _told(found, site)}) if found else _not_ok("channel_not_found")


def _members(asked: dict[str, Any], site: Site, request: Request) -> Response:
    if not _find(asked, site):
        return _not_ok("channel_not_found")
    return _page("members", [one.slack_id for one in site.world.staff], asked, site, request)


def _users(asked: dict[str, Any], site: Site, request: Request) -> Response:
    workspace = site.world.workspace
    listed = [slack.user(one, workspace, site.now) for one in site.world.staff]
    return _page("members", [*listed, slack.bot(workspace, site.world.started_at)], asked, site, request)


def _user(asked: dict[str, Any], site: Site, request: Request) -> Response:
    found = [one for one in site.world.staff if one.slack_id == asked.get("user")]
    if not found:
        return _not_ok("user_not_found")
    return JSONResponse({"ok": True, "user": slack.user(found[0], site.world.workspace, site.now)})


def _history(asked: dict[str, Any], site: Site, request: Request) -> Response:
    """Parents and messages without a thread, newest first: replies are not in it."""
    found = _find(asked, site)
    if not found or not found.is_member:
        return _not_ok("not_in_channel" if found else "channel_not_found")
    listed = [one for one in _messages(found, site) if not one.thread_ts and _is_within(one, asked)]
    listed.sort(key=lambda one: one.ts, reverse=True)
    told = [slack.message(one, site.world.workspace, site.now) for one in listed]
    return _page("messages", told, asked, site, request, {"pin_count": 0})


def _replies(asked: dict[str, Any], site: Site, request: Request) -> Response:
    """The parent first, on the first page, then its replies, oldest first; a message without replies comes alone."""
    found = _find(asked, site)
    if not found or not found.is_member:
        return _not_ok("not_in_channel" if found else "channel_not_found")
    parent = next((one for one in _messages(found, site) if one.ts == asked.get("ts")), None)
    if parent is None:
        return _not_ok("thread_not_found")
    thread = [one for one in site.world.workspace.replies(parent) if one.is_live(site.now) and _is_within(one, asked)]
    told = [slack.message(one, site.world.workspace, site.now) for one in (parent, *thread)]
    return _page("messages", told, asked, site, request)


def _find(asked: dict[str, Any], site: Site) -> Channel | None:
    known = (one for one in site.world.workspace.channels if one.created_at <= site.now)
    return next((one for one in known if one.channel_id == asked.get("channel")), None)


def _told(channel: Channel, site: Site) -> dict[str, Any]:
    return slack.channel(channel, site.now, len(site.world.staff))


def _messages(channel: Channel, site: Site) -> list[Message]:
    every = site.world.workspace.messages
    return [one for one in every if one.channel_id == channel.channel_id and one.is_live(site.now)]


def _is_within(message: Message, asked: dict[str, Any]) -> bool:
    """oldest and latest are exclusive unless `inclusive`."""
    ts, oldest, latest = float(message.ts), float(asked.get("oldest") or 0), float(asked.get("latest") or "inf")
    if str(asked.get("inclusive", "")).lower() in ("true", "1"):
        return oldest <= ts <= latest
    return oldest < ts < latest


def _page(
    name: str,
    listed: list[Any],
    asked: dict[str, Any],
    site: Site,
    request: Request,
    extra: dict[str, Any] | None = None,
) -> Response:
    try:
        limit = int(asked.get("limit") or 100)
        start = position_of(asked["cursor"]) if asked.get("cursor") else 0
    except ValueError:
        return _not_ok("invalid_cursor" if asked.get("cursor") else "invalid_limit")
    if not 0 < limit <= _MOST:
        return _not_ok("invalid_limit")
    end = start if request.state.is_empty_page else start + min(limit, site.page_cap)
    has_more = end < len(listed) or request.state.is_empty_page
    metadata = {"next_cursor": to_cursor(end) if has_more else ""}
    more = {"has_more": has_more} if name == "messages" else {}
    told = {"ok": True, name: listed[start:end], **more, **(extra or {}), "response_metadata": metadata}
    return JSONResponse(told)


vendor = Vendor(
    name="slack",
    routes=routes,
    new_credentials=hooks.new_credentials,
    sign=hooks.sign,
    deliveries=hooks.deliveries,
    entities=entities.slack,
    api="slack/api/",
    tries=4,  # docs.slack.dev, "Events API": three retries
    retold=hooks.retold,
)
