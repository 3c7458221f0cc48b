"""ElevenLabs' API: conversations listed in short and told one by one, speech newest first, webhooks and who uses them.

Facts: elevenlabs/elevenlabs-python (conversations, history, webhooks clients), elevenlabs.io/docs.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..chance import Chance
from ..history import Last
from ..hooks import elevenlabs as hooks
from ..vendor import Vendor
from ..world import World
from .cursors import position_of, to_cursor
from .guard import Manners, guarded, json_body
from .limits import Limit
from .site import Site

_LIMIT = Limit("elevenlabs", 50, 1)
"""Not published; what is known is that too many at once are turned away."""


def routes(site: Site) -> list[Route]:
    manners = Manners("elevenlabs", _authorise, lambda request: [_LIMIT], _busy, lambda: _detail(422, "invalid"))
    endpoints = (
        ("v1/convai/conversations", "GET", _conversations),
        ("v1/convai/conversations/{id}", "GET", _one("conversation")),
        ("v1/history", "GET", _history),
        ("v1/history/{id}", "GET", _one("history_item")),
        ("v1/workspace/webhooks", "GET", _webhooks),
        ("v1/workspace/webhooks", "POST", _create_webhook),
        ("v1/workspace/webhooks/{id}", "PATCH", _change_webhook),
        ("v1/workspace/webhooks/{id}", "DELETE", _delete_webhook),
        ("v1/convai/settings", "GET", _settings),
        ("v1/convai/settings", "PATCH", _change_settings),
    )
    return [
        Route(f"/elevenlabs/{path}", guarded(site, manners, handler), methods=[method])
        for path, method, handler in endpoints
    ]


def _authorise(request: Request, site: Site) -> Response | None:
    if request.headers.get("xi-api-key") != site.credentials["elevenlabs"]["api_key"]:
        return _detail(401, "invalid_api_key", "Invalid API key")
    return None


def _busy(limit: Limit | None, after_s: int) -> Response:
    return _detail(429, "too_many_concurrent_requests", "Too many concurrent requests")


def _detail(status: int, code: str, message: str = "") -> Response:
    return JSONResponse({"detail": {"status": code, "message": message or code}}, status)


async def _conversations(request: Request, site: Site) -> Response:
    """Newest first, bounds in seconds; a row has no transcript."""
    asked = request.query_params
    first, last = int(asked.get("call_start_after_unix", 0)), int(asked.get("call_start_before_unix", 2**40))
    try:
        start = position_of(asked["cursor"]) if asked.get("cursor") else 0
    except ValueError:
        return _detail(422, "invalid_cursor", "The cursor is invalid")
    found = [_row(one) for one in hooks.visible(site.now, site.world, "conversation")]
    found = [one for one in found if first <= one["start_time_unix_secs"] <= last]
    found.sort(key=lambda one: (-one["start_time_unix_secs"], one["conversation_id"]))
    end = start if request.state.is_empty_page else start + min(int(asked.get("page_size", 30)), 100)
    has_more = end < len(found)
    told = {
        "conversations": found[start:end],
        "has_more": has_more,
        "next_cursor": to_cursor(end) if has_more else None,
    }
    return JSONResponse(told)


def _row(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "agent_id": one["agent_id"],
        "conversation_id": one["conversation_id"],
        "start_time_unix_secs": one["metadata"]["start_time_unix_secs"],
        "call_duration_secs": one["metadata"]["call_duration_secs"],
        "message_count": len(one["transcript"]),
        "status": one["status"],
        "call_successful": (one["analysis"] or {}).get("call_successful", "unknown"),
    }


async def _history(request: Request, site: Site) -> Response:
    """Newest first, after an item where one is named."""
    asked = request.query_params
    floor, after = int(asked.get("date_after_unix", 0)), asked.get("start_after_history_item_id")
    found = hooks.visible(site.now, site.world, "history_item")
    found = [one for one in found if one["date_unix"] >= floor]
    found.sort(key=lambda one: (-one["date_unix"], one["history_item_id"]))
    ids = [one["history_item_id"] for one in found]
    start = ids.index(after) + 1 if after in ids else 0
    size = min(int(asked.get("page_size", 100)), 1000, site.page_cap)
    shown = [] if request.state.is_empty_page else found[start : start + size]
    told = {
        "history": shown,
        "last_history_item_id": shown[-1]["history_item_id"] if shown else None,
        "has_more": start + len(shown) < len(found),
        "scanned_until": None,
    }
    return JSONResponse(told)


def _one(stream: str) -> Any:
    async def endpoint(request: Request, site: Site) -> Response:
        found = hooks.history(site.world).find(site.now, stream, request.path_params["id"])
        if found is None:
            return _detail(404, f"{stream}_not_found", f"No {stream} with that id")
        return JSONResponse(found.record)

    return endpoint


async def _webhooks(request: Request, site: Site) -> Response:
    return JSONResponse({"webhooks": list(_kept(site).values())})


async def _create_webhook(request: Request, site: Site) -> Response:
    settings, kept = (await json_body(request)).get("settings") or {}, _kept(site)
    if settings.get("auth_type") != "hmac" or not settings.get("webhook_url"):
        return _detail(422, "invalid_settings", "settings need auth_type hmac, name and webhook_url")
    webhook_id = hooks.hexadecimal(Chance(site.world.seed, f"elevenlabs/webhook/{len(kept)}"), 32)
    kept[webhook_id] = {
        "webhook_id": webhook_id,
        "name": settings.get("name"),
        "webhook_url": settings["webhook_url"],
        "auth_type": "hmac",
        "is_disabled": False,
        "is_auto_disabled": False,
        "retry_enabled": False,
        "created_at_unix": int(site.now.timestamp()),
    }
    secret = site.credentials["elevenlabs"]["signing_secrets"][0]
    return JSONResponse({"webhook_id": webhook_id, "webhook_secret": secret})


async def _change_webhook(request: Request, site: Site) -> Response:
    found, asked = _kept(site).get(request.path_params["id"]), await json_body(request)
    if found is None:
        return _detail(404, "webhook_not_found")
    found.update({key: asked[key] for key in ("is_disabled", "name", "retry_enabled") if key in asked})
    return JSONResponse({"status": "ok"})


async def _delete_webhook(request: Request, site: Site) -> Response:
    if _kept(site).pop(request.path_params["id"], None) is None:
        return _detail(404, "webhook_not_found")
    return JSONResponse({"status": "ok"})


async def _settings(request: Request, site: Site) -> Response:
    return JSONResponse({"webhooks": _used(site)})


async def _change_settings(request: Request, site: Site) -> Response:
    _used(site).update((await json_body(request)).get("webhooks") or {})
    return JSONResponse({"webhooks": _used(site)})


def _kept(site: Site) -> dict[str, Any]:
    return site.kept.setdefault("elevenlabs", {}).setdefault("webhooks", {})  # type: ignore[no-any-return]


def _used(site: Site) -> dict[str, Any]:
    nobody: dict[str, Any] = {"post_call_webhook_id": None, "events": []}
    return site.kept.setdefault("elevenlabs", {}).setdefault("used", nobody)  # type: ignore[no-any-return]


def _entities(world: World, at: datetime) -> Iterator[tuple[str, str, Last]]:
    """Deleting a conversation is told to nobody."""
    fields: dict[str, tuple[str, ...]] = {"conversation": ("status",), "history_item": ("character_count_change_to",)}
    yield from hooks.history(world).entities(at, fields, world.hooks_since)


vendor = Vendor(
    name="elevenlabs",
    routes=routes,
    new_credentials=hooks.new_credentials,
    sign=hooks.sign,
    deliveries=hooks.deliveries,
    entities=_entities,
    api="elevenlabs/",
    tries=5,
)
