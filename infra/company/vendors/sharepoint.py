"""SharePoint's document libraries in Microsoft Graph: the delta of a drive, and its items by id."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..history import Last, Version
from ..hooks import graph as hooks
from ..hooks import sharepoint as library
from ..vendor import Vendor
from ..world import World
from .graph import Graph, delta, error, select
from .limits import Limit
from .site import Site

_UNITS = Limit("sharepoint resource units", 1_200, 60)


def _limits(request: Request) -> list[Limit]:
    """A delta with its token, or a single item, costs one unit; what lists many costs two."""
    is_cheap = "/items/" in request.url.path or "token" in request.url.query
    return [_UNITS] if is_cheap else [_UNITS, _UNITS]


def routes(site: Site) -> list[Route]:
    graph = Graph("sharepoint", timedelta(minutes=42_300), _limits)
    return graph.routes(site, (("drives/{drive}/root/delta", _delta), ("drives/{drive}/items/{id}", _item)))


async def _delta(request: Request, site: Site) -> Response:
    drive = request.path_params["drive"]
    if drive not in library.drives(site.world):
        return error(404, "itemNotFound", "The resource could not be found.")
    return delta(request, site, lambda at, since: _rows(site.world, drive, at, since), "resyncChangesApplyDifferences")


def _rows(world: World, drive: str, at: datetime, since: datetime | None) -> list[dict[str, Any]]:
    """What lives, or what changed since, deletions by their id and facet. Every round begins with the root."""
    mine = [one for one in library.history(world).as_of(at, "drive_item") if one.id.startswith(f"{drive}/")]
    told = [one for one in mine if since is None or one.at > since or (one.record and "root" in one.record)]
    rows = [_told(one) for one in told if one.record is not None or since is not None]
    return sorted(rows, key=lambda row: "root" not in row)


def _told(one: Version) -> dict[str, Any]:
    drive, _, item_id = one.id.partition("/")
    if one.record is None:
        return {"id": item_id, "deleted": {"state": "deleted"}, "parentReference": {"driveId": drive}, "size": 0}
    if "file" in one.record:
        return {"@microsoft.graph.downloadUrl": library.download_url(), **one.record}
    return one.record


async def _item(request: Request, site: Site) -> Response:
    named = f"{request.path_params['drive']}/{request.path_params['id']}"
    found = library.history(site.world).find(site.now, "drive_item", named)
    if found is None:
        return error(404, "itemNotFound", "The resource could not be found.")
    return JSONResponse(select(request, _told(found)))


def _entities(world: World, at: datetime) -> Iterator[tuple[str, str, Last]]:
    """Deletions are told by the delta after the first reading alone."""
    yield from library.history(world).entities(at, {"drive_item": ("name", "size")}, since=world.now)


vendor = Vendor(
    name="sharepoint",
    routes=routes,
    new_credentials=hooks.new_credentials,
    sign=hooks.sign,
    deliveries=library.deliveries,
    entities=_entities,
    api="sharepoint/v1.0/",
    options=lambda world: {"login_url": "oauth2/v2.0/token", "drives": library.drives(world)},
    tries=5,
    stamp=hooks.stamp,
)
