"""Notion's API: search, data sources that show so many rows and no more, blocks, comments and users.

Facts: developers.notion.com ("Search", "Query a data source", "Request limits", "Status codes"); the README of
makenotion/notion-sdk-js.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..history import Last
from ..hooks import notion as hooks
from ..render.notion import Record, history, users
from ..vendor import Vendor
from ..world import World
from .cursors import position_of, to_cursor
from .guard import Handler, Manners, bearer, guarded, json_body
from .limits import Limit
from .site import Site

_THREE_A_SECOND = Limit("notion", 180, 60)
_CURSOR_LIFE = timedelta(hours=1)
"""That cursors become invalid is known, when is not."""


def routes(site: Site) -> list[Route]:
    def not_ok() -> Response:
        return _error(400, "validation_error", "body failed validation")

    manners = Manners("notion", _authorise, lambda request: [_THREE_A_SECOND], _busy, not_ok)
    endpoints: tuple[tuple[str, str, Handler], ...] = (
        ("users", "GET", _users),
        ("search", "POST", _search),
        ("pages/{id}", "GET", _page),
        ("data_sources/{id}", "GET", _data_source),
        ("data_sources/{id}/query", "POST", _query),
        ("blocks/{id}/children", "GET", _children),
        ("comments", "GET", _comments),
    )
    return [
        Route(f"/notion/v1/{path}", guarded(site, manners, handler), methods=[method])
        for path, method, handler in endpoints
    ]


def _authorise(request: Request, site: Site) -> Response | None:
    if bearer(request) != site.credentials["notion"]["access_token"]:
        return _error(401, "unauthorized", "API token is invalid.")
    if "notion-version" not in request.headers:
        return _error(400, "missing_version", "Notion-Version header failed validation")
    return None


def _busy(limit: Limit | None, after_s: int) -> Response:
    response = _error(429, "rate_limited", "You have been rate limited. Please try again in a few minutes.")
    response.headers["Retry-After"] = str(after_s)
    return response


def _error(status: int, code: str, message: str) -> Response:
    return JSONResponse({"object": "error", "status": status, "code": code, "message": message}, status)


def _missing(kind: str, id_: str) -> Response:
    words = f"Could not find {kind} with ID: {id_}. Make sure the relevant {kind}s are shared with your integration."
    return _error(404, "object_not_found", words)


def _listing(request: Request, site: Site, asked: Any, found: list[Record], most: int | None = None) -> Response:
    """A page of what was found. Where more than most were, the listing ends there and says so on the side."""
    start = 0
    if asked.get("start_cursor"):
        try:
            start, issued_at = position_of(asked["start_cursor"])
            is_valid = site.now - datetime.fromisoformat(issued_at) <= _CURSOR_LIFE
        except (ValueError, TypeError):
            is_valid = False
        if not is_valid:
            return _error(400, "validation_error", "The start_cursor provided is invalid: it has expired.")
    shown = found if most is None else found[:most]
    size = 0 if request.state.is_empty_page else min(int(asked.get("page_size", 100)), 100, site.page_cap)
    end = start + size
    has_more = end < len(shown)
    told: dict[str, Any] = {
        "object": "list",
        "results": shown[start:end],
        "next_cursor": to_cursor([end, site.now.isoformat()]) if has_more else None,
        "has_more": has_more,
    }
    if most is not None:
        is_cut = not has_more and len(shown) < len(found)
        told["request_status"] = {"type": "incomplete" if is_cut else "complete"}
    return JSONResponse(told)


async def _users(request: Request, site: Site) -> Response:
    return _listing(request, site, request.query_params, list(users(site.world)))


async def _search(request: Request, site: Site) -> Response:
    """What is not in the trash, by the time of its last edit."""
    asked = await json_body(request)
    kind = (asked.get("filter") or {}).get("value")
    kinds = [kind] if kind else ["page", "data_source"]
    found = [record for one in kinds for record in _living(site, one)]
    is_descending = (asked.get("sort") or {}).get("direction") != "ascending"
    found.sort(key=lambda one: (one["last_edited_time"], one["id"]), reverse=is_descending)
    return _listing(request, site, asked, found)


async def _page(request: Request, site: Site) -> Response:
    """One in the trash is still told."""
    id_ = request.path_params["id"]
    versions = [one for one in history(site.world).versions if one.id == id_ and one.stream == "page"]
    known = [one for one in versions if one.at <= site.now]
    if not known:
        return _missing("page", id_)
    is_in_trash = known[-1].record is None
    record = next(one.record for one in reversed(known) if one.record is not None)
    return JSONResponse({**record, "in_trash": is_in_trash, "archived": is_in_trash})


async def _data_source(request: Request, site: Site) -> Response:
    found = history(site.world).find(site.now, "data_source", request.path_params["id"])
    return JSONResponse(found.record) if found else _missing("data_source", request.path_params["id"])


async def _query(request: Request, site: Site) -> Response:
    id_ = request.path_params["id"]
    if history(site.world).find(site.now, "data_source", id_) is None:
        return _missing("data_source", id_)
    asked = await json_body(request)
    bounds = (asked.get("filter") or {}).get("and", [])
    rows = [one for one in _living(site, "page") if one["parent"].get("data_source_id") == id_]
    found = [row for row in rows if all(_holds(bound, row) for bound in bounds)]
    for sort in reversed(asked.get("sorts", [])):
        by, is_descending = sort["timestamp"], sort["direction"] == "descending"
        found.sort(key=lambda one: (one[by], one["id"]), reverse=is_descending)
    return _listing(request, site, asked, found, site.search_cap)


def _holds(bound: dict[str, Any], row: Record) -> bool:
    name = bound["timestamp"]
    return datetime.fromisoformat(row[name]) >= datetime.fromisoformat(bound[name]["on_or_after"])


async def _children(request: Request, site: Site) -> Response:
    """Of a page or of a block in one. Each block is told without those inside it."""
    id_ = request.path_params["id"]
    for one in history(site.world).living(site.now, "page_content"):
        blocks = (one.record or {})["blocks"]
        found = blocks if one.id == id_ else next((inner for inner in _inside(blocks, id_)), None)
        if found is not None:
            told = [{name: value for name, value in block.items() if name != "children"} for block in found]
            return _listing(request, site, request.query_params, told)
    return _missing("block", id_)


def _inside(blocks: list[Record], id_: str) -> Iterator[list[Record]]:
    for block in blocks:
        if block["id"] == id_:
            yield block.get("children", [])
        yield from _inside(block.get("children", []), id_)


async def _comments(request: Request, site: Site) -> Response:
    id_ = request.query_params.get("block_id", "")
    if history(site.world).find(site.now, "page", id_) is None:
        return _missing("block", id_)
    found = [one for one in _living(site, "comment") if one["parent"]["page_id"] == id_]
    return _listing(request, site, request.query_params, found)


def _living(site: Site, stream: str) -> list[Record]:
    return [one.record for one in history(site.world).living(site.now, stream) if one.record is not None]


_TELLING = {"page": ("last_edited_time", "url"), "data_source": ("last_edited_time",), "comment": ("last_edited_time",)}


def _entities(world: World, at: datetime) -> Iterator[tuple[str, str, Last]]:
    for user in users(world):
        yield "user", user["id"], Last(state={"name": user["name"]})
    yield from history(world).entities(at, {**_TELLING, "page_content": ()}, world.hooks_since)


vendor = Vendor(
    name="notion",
    routes=routes,
    new_credentials=hooks.new_credentials,
    sign=hooks.sign,
    deliveries=hooks.deliveries,
    entities=_entities,
    api="notion/v1/",
    tries=8,
)
