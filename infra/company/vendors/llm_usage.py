"""Three gateways on one host: OpenRouter (/openrouter), Portkey (/portkey) and the company's LiteLLM proxy (/litellm).

Sources: OpenRouter's OpenAPI (activity: 30 completed UTC days, no pages; keys by offset), Portkey's OpenAPI (graphs:
cost in cents, bounds required), docs.litellm.ai, "Spend Tracking" (spend/logs: summarised unless told otherwise).
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..history import Last
from ..hooks import llm_usage as hooks
from ..llm import DAYS
from ..vendor import Vendor
from ..world import World
from .guard import Handler, Manners, bearer, guarded
from .limits import Limit
from .site import Site

_COMPLETED_DAYS = 30
_GRAPHS = {"cost": "cost_cents", "tokens": "tokens", "requests": None}


def routes(site: Site) -> list[Route]:
    endpoints: tuple[tuple[str, str, Handler], ...] = (
        ("openrouter", "api/v1/activity", _activity),
        ("openrouter", "api/v1/keys", _keys),
        ("portkey", "v1/analytics/graphs/{graph}", _graph),
        ("litellm", "spend/logs", _spend_logs),
    )
    return [
        Route(f"/llm_usage/{gateway}/{path}", guarded(site, _MANNERS[gateway], handler), methods=["GET"])
        for gateway, path, handler in endpoints
    ]


def _authorise_openrouter(request: Request, site: Site) -> Response | None:
    if bearer(request) == site.credentials["llm_usage"]["openrouter_key"]:
        return None
    return _openrouter_error("No auth credentials found", 401)


def _authorise_portkey(request: Request, site: Site) -> Response | None:
    if request.headers.get("x-portkey-api-key") == site.credentials["llm_usage"]["portkey_key"]:
        return None
    return _portkey_error("Invalid API Key", 401)


def _authorise_litellm(request: Request, site: Site) -> Response | None:
    if bearer(request) == site.credentials["llm_usage"]["litellm_key"]:
        return None
    return _litellm_error("Authentication Error, Invalid proxy server token passed", "auth_error", 401)


def _openrouter_error(message: str, status: int) -> Response:
    return JSONResponse({"error": {"code": status, "message": message}}, status)


def _portkey_error(message: str, status: int) -> Response:
    return JSONResponse({"success": False, "data": {"message": message}}, status)


def _litellm_error(message: str, kind: str, status: int) -> Response:
    told = {"message": message, "type": kind, "param": "None", "code": str(status)}
    return JSONResponse({"error": told}, status)


def _busy(limit: Limit | None, after_s: int) -> Response:
    response = _openrouter_error("Rate limit exceeded", 429)
    response.headers["Retry-After"] = str(after_s)
    return response


def _inside() -> Response:
    """OpenRouter tells an upstream's failure in a 200."""
    return JSONResponse({"error": {"code": 502, "message": "Provider returned error"}})


_LIMIT = Limit("llm_usage", 600, 60)
_MANNERS = {
    gateway: Manners("llm_usage", authorise, lambda request: [_LIMIT], _busy, _inside)
    for gateway, authorise in {
        "openrouter": _authorise_openrouter,
        "portkey": _authorise_portkey,
        "litellm": _authorise_litellm,
    }.items()
}


async def _activity(request: Request, site: Site) -> Response:
    today = site.now.astimezone(UTC).date()
    first, day = (today - timedelta(days=_COMPLETED_DAYS)).isoformat(), request.query_params.get("date")
    if day is not None and not first <= day < today.isoformat():
        return _openrouter_error("Date must be within the last 30 (completed) UTC days", 400)
    rows = [one.record or {} for one in hooks.history(site.world).living(site.now, "openrouter_activity")]
    return JSONResponse({"data": [row for row in rows if row["date"] >= first and day in (None, row["date"])]})


async def _keys(request: Request, site: Site) -> Response:
    try:
        offset = int(request.query_params.get("offset", "0"))
    except ValueError:
        return _openrouter_error("Invalid offset", 400)
    held = [one.record for one in hooks.history(site.world).living(site.now, "openrouter_key")]
    newest_first = held[::-1]
    shown = [] if request.state.is_empty_page else newest_first[offset : offset + 2]
    return JSONResponse({"data": shown})


async def _graph(request: Request, site: Site) -> Response:
    graph, asked = request.path_params["graph"], request.query_params
    if graph not in _GRAPHS:
        return _portkey_error("Not found", 404)
    try:
        first, last = (datetime.fromisoformat(asked[f"time_of_generation_{end}"]) for end in ("min", "max"))
    except (KeyError, ValueError):
        return _portkey_error("time_of_generation_min and time_of_generation_max are required", 400)
    by_hour: dict[datetime, list[float]] = defaultdict(list)
    for one in hooks.history(site.world).living(site.now, "call"):
        if one.record and first <= one.at < last:
            field = _GRAPHS[graph]
            by_hour[one.at.replace(minute=0, second=0, microsecond=0)].append(one.record[field] if field else 1)
    points = [_point(values) | {"timestamp": hour.isoformat()} for hour, values in sorted(by_hour.items())]
    everything = [value for values in by_hour.values() for value in values]
    return JSONResponse({"summary": _point(everything), "data_points": points, "object": "analytics-graph"})


def _point(values: list[float]) -> dict[str, Any]:
    total = round(sum(values), 4)
    return {"total": total, "avg": round(total / len(values), 4) if values else 0}


async def _spend_logs(request: Request, site: Site) -> Response:
    """One row per call; a summary by day unless summarize is false. The end's day is not included."""
    asked = request.query_params
    history = hooks.history(site.world)
    rows: list[dict[str, Any]] = [one.record or {} for one in history.living(site.now, "litellm_spend_log")]
    if id_ := asked.get("request_id"):
        return JSONResponse([row for row in rows if row["request_id"] == id_])
    first, last = asked.get("start_date", ""), asked.get("end_date", "9999")
    chosen = [row for row in rows if first <= row["startTime"] < last]
    if asked.get("summarize", "true") != "false":
        return JSONResponse([{"startTime": first, "spend": sum(row["spend"] for row in chosen)}])
    return JSONResponse(chosen[::-1])


def options(world: World) -> dict[str, Any]:
    """One connection for all three, because they share a host; elsewhere each has its own."""
    paths = {"openrouter": "openrouter/api/v1", "portkey": "portkey/v1", "litellm": "litellm"}
    began_on = (world.now - timedelta(days=DAYS)).date().isoformat()
    return {"gateways": paths, "since": began_on, "window_days": 7, "workspace_slug": "pay-ready"}


def entities(world: World, at: datetime) -> Iterator[tuple[str, str, Last]]:
    """OpenRouter's older days can be asked for no more, and nobody tells of a key that was removed."""
    history = hooks.history(world)
    first = (at.astimezone(UTC).date() - timedelta(days=_COMPLETED_DAYS)).isoformat()
    told: dict[str, tuple[str, ...]] = {
        "openrouter_activity": ("requests", "usage"),
        "openrouter_key": ("name", "disabled"),
        "litellm_spend_log": ("spend", "total_tokens"),
    }
    for stream, id_, last in history.entities(at, told, since=at):
        if not last.is_deleted and (stream != "openrouter_activity" or id_ >= first):
            yield stream, id_, last
    for day in sorted({one.at.astimezone(UTC).date().isoformat() for one in history.living(at, "call")}):
        for graph in _GRAPHS:
            yield "portkey_graph", f"{day}/{graph}", Last()


vendor = Vendor(
    name="llm_usage",
    routes=routes,
    new_credentials=hooks.new_credentials,
    sign=hooks.sign,
    deliveries=hooks.deliveries,
    entities=entities,
    api="llm_usage/",
    options=options,
    address=hooks.address,
)
