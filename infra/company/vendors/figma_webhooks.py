"""Figma's webhooks as its API makes them, the PING each begins with, and what was sent within seven days."""

import json
from datetime import timedelta
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..render.figma import Record, iso, team
from .guard import json_body
from .site import Site

_MOST = 20
_REMEMBERED = timedelta(days=7)


async def webhooks(request: Request, site: Site) -> Response:
    """Without their passcodes."""
    asked = request.query_params
    if asked.get("context") != "team" or asked.get("context_id") != team(site.world):
        return _error(400, "Invalid context")
    return JSONResponse({"webhooks": [{**one, "passcode": ""} for one in _held(site).values()]})


async def create_webhook(request: Request, site: Site) -> Response:
    asked = await json_body(request)
    if asked.get("context_id") != team(site.world):
        return _error(404, "Not found")
    if not asked.get("endpoint") or not asked.get("passcode") or len(asked["passcode"]) > 100:
        return _error(400, "Invalid endpoint or passcode")
    if len(_held(site)) >= _MOST:
        return _error(400, "Too many webhooks for this team")
    id_ = str(2_200_000 + len(_held(site)))
    names = ("event_type", "context", "context_id", "endpoint", "passcode", "description")
    made = {"id": id_, "status": "ACTIVE", "client_id": None, **{name: asked.get(name) for name in names}}
    _held(site)[id_] = made
    await _ping(made, site)
    return JSONResponse(made)


async def delete_webhook(request: Request, site: Site) -> Response:
    found = _held(site).pop(request.path_params["id"], None)
    return JSONResponse(found) if found else _error(404, "Not found")


async def sent_requests(request: Request, site: Site) -> Response:
    """Of the last seven days, with the bodies that were sent."""
    since = iso(site.now - _REMEMBERED)
    sent = _sent(site, request.path_params["id"])
    return JSONResponse({"requests": [one for one in sent if one["request_info"]["sent_at"] >= since]})


async def _ping(hook: Record, site: Site) -> None:
    body = {"event_type": "PING", "passcode": hook["passcode"], "timestamp": iso(site.now), "webhook_id": hook["id"]}
    answered: dict[str, Any] | None = None
    try:
        async with httpx.AsyncClient(timeout=10) as client:
            answer = await client.post(site.located(hook["endpoint"]), content=json.dumps(body))
            answered = {"status": str(answer.status_code), "received_at": iso(site.now)}
    except httpx.HTTPError:
        pass
    info = {"id": hook["id"], "endpoint": hook["endpoint"], "payload": body, "sent_at": iso(site.now)}
    error = None if answered else "no answer"
    told = {"webhook_id": hook["id"], "request_info": info, "response_info": answered, "error_msg": error}
    _sent(site, hook["id"]).append(told)


def _held(site: Site) -> dict[str, Record]:
    held: dict[str, Record] = site.kept.setdefault("figma", {}).setdefault("webhooks", {})
    return held


def _sent(site: Site, id_: str) -> list[Record]:
    sent: list[Record] = site.kept.setdefault("figma", {}).setdefault("requests", {}).setdefault(id_, [])
    return sent


def _error(status: int, message: str) -> Response:
    return JSONResponse({"status": status, "err": message}, status)
