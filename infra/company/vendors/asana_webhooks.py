"""Asana's webhooks as its API makes them: the target must give the secret back while the request is under way."""

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..render.asana import Record, history, iso, reference, workspace
from .guard import json_body
from .site import Site

_LOCAL = ("localhost", "127.0.0.1")


async def webhooks(request: Request, site: Site) -> Response:
    if request.query_params.get("workspace") != workspace(site.world)["gid"]:
        return _error(400, "workspace: Missing input")
    return JSONResponse({"data": list(_held(site).values()), "next_page": None})


async def create_webhook(request: Request, site: Site) -> Response:
    """A workspace takes a filtered webhook only."""
    data = (await json_body(request)).get("data") or {}
    resource, target = str(data.get("resource", "")), str(data.get("target", ""))
    is_workspace = resource == workspace(site.world)["gid"]
    if not is_workspace and history(site.world).find(site.now, "project", resource) is None:
        return _error(400, f"resource: Unknown object: {resource}")
    if is_workspace and not data.get("filters"):
        return _error(400, "filters: Webhooks on this resource need filters")
    if httpx.URL(target).host in _LOCAL:
        return _error(403, "The target of a webhook must be open to the internet")
    # One secret for all, because it is what the simulated deliveries are signed with.
    secret = site.credentials["asana"]["signing_secrets"][0]
    if not await _gives_back(site.located(target), secret):
        return _error(403, "The remote server did not respond with the handshake secret.")
    gid = str(1_300_000_000_000_000 + len(_held(site)))
    kind = "workspace" if is_workspace else "project"
    made: Record = {
        "gid": gid,
        "resource_type": "webhook",
        "active": True,
        "resource": reference(kind, resource),
        "target": target,
        "created_at": iso(site.now),
        "last_success_at": iso(site.now),
        "last_failure_at": None,
        "delivery_retry_count": 0,
        "failure_deletion_timestamp": None,
        "filters": data.get("filters", []),
    }
    _held(site)[gid] = made
    return JSONResponse({"data": made, "X-Hook-Secret": secret}, 201)


async def delete_webhook(request: Request, site: Site) -> Response:
    gid = request.path_params["gid"]
    if _held(site).pop(gid, None) is None:
        return _error(404, f"webhook: Unknown object: {gid}")
    return JSONResponse({"data": {}})


async def _gives_back(target: str, secret: str) -> bool:
    try:
        async with httpx.AsyncClient(timeout=10) as client:
            answer = await client.post(target, headers={"X-Hook-Secret": secret})
    except httpx.HTTPError:
        return False
    return answer.status_code in (200, 204) and answer.headers.get("x-hook-secret") == secret


def _held(site: Site) -> dict[str, Record]:
    held: dict[str, Record] = site.kept.setdefault("asana", {}).setdefault("webhooks", {})
    return held


def _error(status: int, message: str) -> Response:
    return JSONResponse({"errors": [{"message": message}]}, status)
