"""PhantomBuster's API, and the store of result files beside it, which takes no key and shows a run's rows a bit late.

Facts: hub.phantombuster.com/docs/api and /reference (agents, containers). Runs are listed newest first.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..history import Last
from ..hooks import phantombuster as hooks
from ..vendor import Vendor
from ..world import World
from .guard import Manners, guarded
from .limits import Limit
from .site import Site

FILE_LAG = timedelta(minutes=2)
"""How long after a run its rows are in the file; real ones take up to a few minutes."""
_LIMIT = Limit("phantombuster", 20, 1)
_DENIED = '<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>'


def routes(site: Site) -> list[Route]:
    manners = Manners("phantombuster", _authorise, lambda request: [_LIMIT], _busy, lambda: _error(400, "Bad request"))
    endpoints = (
        ("api/v2/agents/fetch-all", _agents),
        ("api/v2/agents/fetch", _agent),
        ("api/v2/containers/fetch-all", _containers),
        ("api/v2/containers/fetch", _container),
        ("s3/{organization}/{folder}/{name}", _file),
    )
    return [Route(f"/phantombuster/{path}", guarded(site, manners, handler)) for path, handler in endpoints]


def _authorise(request: Request, site: Site) -> Response | None:
    """Not for files; that a key was sent there is remembered."""
    key = request.headers.get("x-phantombuster-key-1")
    if request.url.path.startswith("/phantombuster/s3/"):
        site.kept.setdefault("phantombuster", {})["keys_sent_to_files"] = key
        return None
    return None if key == site.credentials["phantombuster"]["api_key"] else _error(401, "Unauthorized")


def _busy(limit: Limit | None, after_s: int) -> Response:
    return _error(429, "Too many requests")


def _error(status: int, message: str) -> Response:
    return JSONResponse({"status": "error", "error": message}, status)


async def _agents(request: Request, site: Site) -> Response:
    """A bare list, without what only one agent's record tells."""
    hidden = ("argument", "orgS3Folder", "s3Folder", "lastEndStatus")
    told = [one.record or {} for one in hooks.history(site.world).living(site.now, "agent")]
    return JSONResponse([{name: part for name, part in one.items() if name not in hidden} for one in told])


async def _agent(request: Request, site: Site) -> Response:
    return _found(site, "agent", request)


async def _container(request: Request, site: Site) -> Response:
    return _found(site, "container", request)


def _found(site: Site, stream: str, request: Request) -> Response:
    found = hooks.history(site.world).find(site.now, stream, request.query_params.get("id", ""))
    return JSONResponse(found.record) if found else _error(404, f"{stream.capitalize()} not found")


async def _containers(request: Request, site: Site) -> Response:
    asked = request.query_params
    before_ms, size = int(asked.get("beforeEndedAt", 2**62)), int(asked.get("limit", 100))
    every = [one.record or {} for one in hooks.history(site.world).living(site.now, "container")]
    found = [
        one
        for one in every
        if one["agentId"] == asked.get("agentId")
        and (one["endedAt"] < before_ms if one["endedAt"] is not None else "beforeEndedAt" not in asked)
    ]
    found.sort(key=lambda one: (one["endedAt"] is not None, -one["createdAt"]))
    return JSONResponse({"maxLimitReached": len(found) > size, "containers": found[:size]})


async def _file(request: Request, site: Site) -> Response:
    """Every row of every run so far, failures among them. A file that is not there may not be listed either."""
    known, at = hooks.history(site.world), site.now - FILE_LAG
    folders = {
        (one.record["orgS3Folder"], one.record["s3Folder"]): one.id
        for one in known.living(site.now, "agent")
        if one.record
    }
    path = request.path_params
    agent_id = folders.get((path["organization"], path["folder"]))
    rows = [
        one.record
        for one in known.versions
        if one.stream in ("result", "result_error") and one.at <= at and one.id.startswith(f"{agent_id}/")
    ]
    if not rows or path["name"] != "result.json":
        return Response(_DENIED, 403, media_type="application/xml")
    body = json.dumps(rows, indent=2).encode()
    etag = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers={"ETag": etag})
    return Response(body, media_type="application/json", headers={"ETag": etag})


def _entities(world: World, at: datetime) -> Iterator[tuple[str, str, Last]]:
    """A deleted agent is told to nobody."""
    known = hooks.history(world)
    fields: dict[str, tuple[str, ...]] = {"agent": ("name",), "container": ("status", "exitCode")}
    yield from known.entities(at, fields, world.hooks_since)
    yield from known.entities(at - FILE_LAG, {"result": ("jobTitle", "headline", "timestamp")})


vendor = Vendor(
    name="phantombuster",
    routes=routes,
    new_credentials=hooks.new_credentials,
    sign=hooks.sign,
    deliveries=hooks.deliveries,
    entities=_entities,
    api="phantombuster/",
    options=lambda world: {"results_url": "s3/"},
    address=hooks.address,
)
