"""Intercom's API: searches sorted by modification, one scroll over companies at a time, lists without pages.

Sources: intercom/Intercom-OpenAPI, 2.15; developers.intercom.com, "Rate limiting". Dates of contacts are compared by
the calendar day of the workspace; a contact is found a few minutes after it was made.
"""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..chance import COMPANY_TZ
from ..history import Last
from ..hooks import intercom as hooks
from ..render import intercom as render
from ..render.intercom import epoch, history
from ..vendor import Vendor
from ..world import World
from .cursors import position_of, to_cursor
from .guard import Handler, Manners, bearer, guarded, json_body
from .limits import Limit
from .site import Site

_SLICE = Limit("intercom ten seconds", 1_666, 10)
_INDEXED_AFTER = timedelta(minutes=3)
_SCROLL_LIFE = timedelta(minutes=1)
_PATHS = {"conversations": "conversation", "contacts": "contact", "tickets": "ticket", "companies": "company"}
_LIST_TYPES = {"conversations": "conversation.list", "tickets": "ticket.list", "contacts": "list"}
_scrolls = itertools.count(1)


def routes(site: Site) -> list[Route]:
    def busy(limit: Limit | None, after_s: int) -> Response:
        response = _errors("rate_limit_exceeded", "Exceeded rate limit of 83 in 10_seconds", 429)
        response.headers["X-RateLimit-Reset"] = str(int(site.wall_clock().timestamp()) + after_s)
        response.headers["X-RateLimit-Remaining"] = "0"
        return response

    def not_ok() -> Response:
        return _errors("server_error", "Something went wrong", 200)

    manners = Manners("intercom", _authorise, lambda request: [_SLICE], busy, not_ok)
    endpoints: list[tuple[str, str, Handler]] = [
        *((f"/intercom/{path}/search", "POST", _search) for path in _LIST_TYPES),
        ("/intercom/companies/scroll", "GET", _scroll),
        ("/intercom/admins", "GET", _admins),
        ("/intercom/teams", "GET", _teams),
        *((f"/intercom/{path}/{{id}}", "GET", _show) for path in _PATHS),
    ]
    return [Route(path, guarded(site, manners, handler), methods=[method]) for path, method, handler in endpoints]


def _authorise(request: Request, site: Site) -> Response | None:
    if bearer(request) == site.credentials["intercom"]["access_token"]:
        return None
    return _errors("unauthorized", "Access Token Invalid", 401)


def _errors(code: str, message: str, status: int) -> Response:
    body = {"type": "error.list", "request_id": "r0", "errors": [{"code": code, "message": message}]}
    return JSONResponse(body, status)


async def _search(request: Request, site: Site) -> Response:
    asked = await json_body(request)
    path = request.url.path.split("/")[-2]
    stream = _PATHS[path]
    try:
        records = [one.record or {} for one in _found(site, stream) if _fits(one.record or {}, stream, asked["query"])]
    except (LookupError, TypeError, ValueError):
        return _errors("invalid_query", "The query is not valid", 400)
    pagination, sort = asked.get("pagination") or {}, asked.get("sort") or {}
    by, is_descending = sort.get("field", "updated_at"), sort.get("order", "descending") == "descending"
    records.sort(key=lambda record: (record[by], record["id"]), reverse=is_descending)
    size = int(pagination.get("per_page", 20))
    if not 1 <= size <= 150:
        return _errors("parameter_invalid", "per_page must be between 1 and 150", 400)
    left = records
    if pagination.get("starting_after"):
        try:
            at = tuple(position_of(pagination["starting_after"]))
        except ValueError:
            return _errors("parameter_invalid", "starting_after is not valid", 400)
        left = [one for one in records if ((one[by], one["id"]) < at) == is_descending and (one[by], one["id"]) != at]
    shown = [] if request.state.is_empty_page else left[:size]
    pages: dict[str, Any] = {"type": "pages", "page": 1, "per_page": size, "total_pages": -(-len(records) // size)}
    if len(shown) < len(left):
        place = [shown[-1][by], shown[-1]["id"]] if shown else [left[0][by] + is_descending, ""]
        pages["next"] = {"page": 2, "starting_after": to_cursor(place)}
    key = "data" if path == "contacts" else path
    return JSONResponse({"type": _LIST_TYPES[path], "total_count": len(records), "pages": pages, key: shown})


def _found(site: Site, stream: str) -> list[Any]:
    indexed_at = epoch(site.now - _INDEXED_AFTER)
    found = history(site.world).living(site.now, stream)
    return [one for one in found if stream != "contact" or (one.record or {})["created_at"] <= indexed_at]


def _fits(record: dict[str, Any], stream: str, query: dict[str, Any], level: int = 0) -> bool:
    """Groups nest two levels deep and hold fifteen filters at most; contacts know neither >= nor IN."""
    if isinstance(query["value"], list) and query["operator"] in ("AND", "OR"):
        if level > 1 or len(query["value"]) > 15:
            raise ValueError("too many")
        fits = [_fits(record, stream, one, level + 1) for one in query["value"]]
        return all(fits) if query["operator"] == "AND" else any(fits)
    told, bound = record[query["field"]], query["value"]
    if query["field"].endswith("_at"):
        told, bound = int(told or 0), int(bound)
        if stream == "contact":
            told, bound = _day(told), _day(bound)
    match query["operator"]:
        case ">":
            return bool(told > bound)
        case "<":
            return bool(told < bound)
        case "=":
            return bool(told == bound)
    raise ValueError(query["operator"])


def _day(seconds: int) -> int:
    return datetime.fromtimestamp(seconds, UTC).astimezone(COMPANY_TZ).date().toordinal()


async def _show(request: Request, site: Site) -> Response:
    """A conversation with at most its 500 newest parts."""
    path, id_ = request.url.path.split("/")[-2:]
    stream, past = _PATHS[path], history(site.world)
    one = past.find(site.now, stream, id_)
    if one is None or one.record is None:
        return _errors("not_found", f"{stream.capitalize()} not found", 404)
    if stream != "conversation":
        return JSONResponse(one.record)
    parts = [each for each in past.living(site.now, "conversation_part") if each.id.startswith(f"{id_}/")]
    parts.sort(key=lambda each: int(each.id.partition("/")[2]))
    shown = [each.record for each in parts[-500:]]
    listed = {"type": "conversation_part.list", "conversation_parts": shown, "total_count": len(parts)}
    return JSONResponse({**one.record, "conversation_parts": listed})


async def _scroll(request: Request, site: Site) -> Response:
    """One at a time; it ends with an empty page, and dies after a minute without a question."""
    kept, now = site.kept.setdefault("intercom", {}), site.wall_clock()
    scroll: dict[str, Any] = kept.get("scroll") or {}
    is_alive = bool(scroll) and now - scroll["asked_at"] < _SCROLL_LIFE
    given = request.query_params.get("scroll_param")
    if not given:
        if is_alive:
            return _errors("scroll_exists", "scroll already exists for this workspace", 400)
        scroll = kept["scroll"] = {"param": f"scroll-{next(_scrolls)}", "position": 0}
    elif not is_alive or scroll["param"] != given:
        return _errors("server_error", "scroll parameter not found", 500)
    companies = [one.record for one in history(site.world).living(site.now, "company")]
    start, size = scroll["position"], min(100, site.page_cap)
    shown = companies[start : start + size]
    scroll |= {"position": start + len(shown), "asked_at": now}
    if not shown:
        kept.pop("scroll")
    body = {"type": "list", "data": shown, "pages": None, "total_count": None, "scroll_param": scroll["param"]}
    return JSONResponse(body)


async def _admins(request: Request, site: Site) -> Response:
    return JSONResponse({"type": "admin.list", "admins": render.admins(site.world)})


async def _teams(request: Request, site: Site) -> Response:
    return JSONResponse({"type": "team.list", "teams": render.teams()})


_TELLING = {
    "contact": ("email", "name"),
    "company": ("name", "monthly_spend"),
    "conversation": ("state", "admin_assignee_id"),
    "conversation_part": ("part_type", "redacted"),
    "ticket": ("open",),
}


def _entities(world: World, at: datetime) -> Iterator[tuple[str, str, Last]]:
    yield from history(world).entities(at, _TELLING, since=world.hooks_since)
    for one in render.admins(world):
        yield "admin", one["id"], Last(state={"email": one["email"]})
    for one in render.teams():
        yield "team", one["id"], Last(state={"name": one["name"]})


vendor = Vendor(
    name="intercom",
    routes=routes,
    new_credentials=hooks.new_credentials,
    sign=hooks.sign,
    deliveries=hooks.deliveries,
    entities=_entities,
    api="intercom/",
    tries=2,
)
