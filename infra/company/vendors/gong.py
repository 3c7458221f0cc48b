"""Gong's API: cursors in `records`, an empty result that is a 404, three requests a second, 10,000 a day.

Sources: the Gong API documentation (calls, extensive calls, transcripts, users) and what connectors met in the field.
"""

import base64
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .. import entities
from ..calls import Call
from ..hooks import gong as hooks
from ..render import gong
from ..vendor import Vendor
from .cursors import position_of, to_cursor
from .guard import Manners, bearer, guarded, json_body
from .limits import Limit
from .site import Site

_PER_SECOND = Limit("gong second", 3, 1)
_DAILY = Limit("gong daily", 10_000, 86_400)
_EXPOSED = ("parties", "content", "interaction", "collaboration", "media")


def routes(site: Site) -> list[Route]:
    manners = Manners("gong", _authorise, lambda request: [_PER_SECOND, _DAILY], _busy, lambda: _errors("failed", 400))
    endpoints = (
        ("/gong/v2/calls", "GET", _calls),
        ("/gong/v2/calls/extensive", "POST", _extensive),
        ("/gong/v2/calls/transcript", "POST", _transcripts),
        ("/gong/v2/users", "GET", _users),
    )
    return [Route(path, guarded(site, manners, handler), methods=[method]) for path, method, handler in endpoints]


def _authorise(request: Request, site: Site) -> Response | None:
    held = site.credentials["gong"]
    pair = f"{held['access_key']}:{held['access_key_secret']}"
    if bearer(request) == base64.b64encode(pair.encode()).decode():
        return None
    return _errors("The provided credentials are invalid", 401)


def _busy(limit: Limit | None, after_s: int) -> Response:
    response = _errors("API rate limit exceeded", 429)
    response.headers["Retry-After"] = str(after_s)
    return response


def _errors(message: str, status: int) -> Response:
    return JSONResponse({"requestId": "r0", "errors": [message]}, status)


async def _calls(request: Request, site: Site) -> Response:
    asked = dict(request.query_params)
    told = [gong.meta_data(call) for call in _filtered(asked, site)]
    return _page(request, site, "calls", told, asked.get("cursor"))


async def _extensive(request: Request, site: Site) -> Response:
    """Nothing but metaData unless contentSelector asks for it."""
    asked = await json_body(request)
    selector = asked.get("contentSelector") or {}
    companies = {company.id: company for company in site.world.market.companies}
    calls = _filtered(asked.get("filter") or {}, site)
    told = [_selected(gong.call_data(call, companies, site.now), selector) for call in calls]
    return _page(request, site, "calls", told, asked.get("cursor"))


def _selected(call_data: dict[str, Any], selector: dict[str, Any]) -> dict[str, Any]:
    told = {"metaData": call_data["metaData"]}
    if selector.get("context", "None") != "None":
        told["context"] = call_data["context"]
    exposed = selector.get("exposedFields") or {}
    for name in _EXPOSED:
        wanted = exposed.get(name)
        if isinstance(wanted, dict) and (kept := [part for part, is_wanted in wanted.items() if is_wanted]):
            told[name] = {part: call_data[name].get(part) for part in kept}
        elif wanted and not isinstance(wanted, dict):
            told[name] = call_data[name]
    return told


async def _transcripts(request: Request, site: Site) -> Response:
    """A call that is visible but not digested yet comes with an empty transcript."""
    asked = await json_body(request)
    calls = [call for call in _filtered(asked.get("filter") or {}, site) if not call.is_private]
    nothing: list[Any] = []
    told = [
        gong.transcript(call) if call.digested_at <= site.now else {"callId": call.call_id, "transcript": nothing}
        for call in calls
    ]
    return _page(request, site, "callTranscripts", told, asked.get("cursor"))


async def _users(request: Request, site: Site) -> Response:
    told = [gong.user(one) for one in site.world.staff]
    return _page(request, site, "users", told, request.query_params.get("cursor"))


def _filtered(asked: dict[str, Any], site: Site) -> list[Call]:
    """By start, from inclusive, to exclusive, and by ids; only what has been processed, oldest first."""
    first, last = _instant(asked.get("fromDateTime")), _instant(asked.get("toDateTime"))
    ids = asked.get("callIds")
    return [
        call
        for call in site.world.calls
        if call.visible_at <= site.now
        and (first is None or call.started_at >= first)
        and (last is None or call.started_at < last)
        and (ids is None or call.call_id in ids)
    ]


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _page(request: Request, site: Site, name: str, told: list[Any], cursor: str | None) -> Response:
    """What was found, `records` with the vendor's own total; nothing found is a 404."""
    try:
        start = position_of(cursor) if cursor else 0
    except ValueError:
        return _errors("Failed to verify cursor", 400)
    if not told:
        what = "transcripts" if name == "callTranscripts" else name
        return _errors(f"No {what} found corresponding to the provided filters", 404)
    end = start if request.state.is_empty_page else start + site.page_cap
    shown = told[start:end]
    records: dict[str, Any] = {
        "totalRecords": len(told),
        "currentPageSize": len(shown),
        "currentPageNumber": start // site.page_cap,
    }
    if end < len(told):
        records["cursor"] = to_cursor(end)
    return JSONResponse({"requestId": "r1", "records": records, name: shown})


vendor = Vendor(
    name="gong",
    routes=routes,
    new_credentials=hooks.new_credentials,
    sign=hooks.sign,
    deliveries=hooks.deliveries,
    entities=entities.gong,
    api="gong/",
)
