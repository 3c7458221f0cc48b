"""Figma's API: a team's projects, their files, versions by pages, comments all at once; few requests a minute.

Facts: Figma's REST API description (figma/rest-api-spec); developers.figma.com, "Rate limits", "Webhooks V2".
"""

import itertools
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..history import Last
from ..hooks import figma as hooks
from ..render.figma import Record, history, team
from ..vendor import Vendor
from ..world import World
from .figma_webhooks import create_webhook, delete_webhook, sent_requests, webhooks
from .guard import Handler, Manners, guarded
from .limits import Limit
from .site import Site

_TIER_2 = Limit("figma", 25, 60)
"""Of a full seat in the smallest paid plan. Which endpoint is of which tier is not known here: this one for all."""
_signed = itertools.count(1)


def routes(site: Site) -> list[Route]:
    manners = Manners("figma", _authorise, lambda request: [_TIER_2], _busy, lambda: _error(400, "Invalid parameter"))
    endpoints: tuple[tuple[str, str, Handler], ...] = (
        ("v1/teams/{id}/projects", "GET", _projects),
        ("v1/projects/{id}/files", "GET", _files),
        ("v1/files/{key}/versions", "GET", _versions),
        ("v1/files/{key}/comments", "GET", _comments),
        ("v2/webhooks", "GET", webhooks),
        ("v2/webhooks", "POST", create_webhook),
        ("v2/webhooks/{id}", "DELETE", delete_webhook),
        ("v2/webhooks/{id}/requests", "GET", sent_requests),
    )
    return [
        Route(f"/figma/{path}", guarded(site, manners, handler), methods=[method])
        for path, method, handler in endpoints
    ]


def _authorise(request: Request, site: Site) -> Response | None:
    is_ours = request.headers.get("x-figma-token") == site.credentials["figma"]["access_token"]
    return None if is_ours else _error(403, "Invalid token")


def _busy(limit: Limit | None, after_s: int) -> Response:
    response = _error(429, "Rate limit exceeded")
    response.headers["Retry-After"] = str(after_s)
    return response


def _error(status: int, message: str) -> Response:
    return JSONResponse({"status": status, "err": message}, status)


def _living(site: Site, stream: str) -> list[tuple[str, Record]]:
    return [(one.id, one.record) for one in history(site.world).living(site.now, stream) if one.record is not None]


async def _projects(request: Request, site: Site) -> Response:
    if request.path_params["id"] != team(site.world):
        return _error(404, "Not found")
    return JSONResponse({"name": "Pay Ready", "projects": [record for _, record in _living(site, "project")]})


async def _files(request: Request, site: Site) -> Response:
    """Each listing signs the thumbnails' addresses anew."""
    id_ = request.path_params["id"]
    project = history(site.world).find(site.now, "project", id_)
    if project is None:
        return _error(404, "Not found")
    found = [record for _, record in _living(site, "file") if record["project"] == id_]
    told = [
        {
            "key": one["key"],
            "name": one["name"],
            "thumbnail_url": f"https://thumbnails.figma.example/{one['key']}?signature={next(_signed)}",
            "last_modified": one["last_modified"],
        }
        for one in found
    ]
    return JSONResponse({"name": (project.record or {})["name"], "files": told})


def _below(request: Request, site: Site, stream: str) -> list[Record] | None:
    """Of a file, newest first; None where there is no such file."""
    key = request.path_params["key"]
    if history(site.world).find(site.now, "file", key) is None:
        return None
    found = [record for id_, record in _living(site, stream) if id_.startswith(f"{key}/")]
    return sorted(found, key=lambda one: (one["created_at"], one["id"]), reverse=True)


async def _versions(request: Request, site: Site) -> Response:
    """The next page holds those made before the last one shown."""
    found = _below(request, site, "version")
    if found is None:
        return _error(404, "Not found")
    asked = request.query_params
    start = 0
    if before := asked.get("before"):
        start = next((place + 1 for place, one in enumerate(found) if one["id"] == before), len(found))
    size = min(int(asked.get("page_size", 30)), 50, site.page_cap)
    pagination: dict[str, Any] = {}
    if request.state.is_empty_page:
        # The same place under an address that was not given yet.
        again = str(request.url.include_query_params(again=next(_signed)))
        return JSONResponse({"versions": [], "pagination": {"next_page": again}})
    shown = found[start : start + size]
    if start + size < len(found):
        pagination["next_page"] = str(request.url.include_query_params(before=shown[-1]["id"]))
    told = [{name: value for name, value in one.items() if name != "file_name"} for one in shown]
    return JSONResponse({"versions": told, "pagination": pagination})


async def _comments(request: Request, site: Site) -> Response:
    found = _below(request, site, "comment")
    return _error(404, "Not found") if found is None else JSONResponse({"comments": found})


def _entities(world: World, at: datetime) -> Iterator[tuple[str, str, Last]]:
    """Comments that were deleted before anyone listened are not among them."""
    told = {"project": ("name",), "file": ("name",), "version": ("label",), "comment": ("message", "resolved_at")}
    yield from history(world).entities(at, told, world.hooks_since)


vendor = Vendor(
    name="figma",
    routes=routes,
    new_credentials=hooks.new_credentials,
    sign=hooks.sign,
    deliveries=hooks.deliveries,
    entities=_entities,
    api="figma/",
    options=lambda world: {"teams": [team(world)]},
    tries=4,
    stamp=hooks.stamp,
)
