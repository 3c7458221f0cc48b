"""Vercel's API: deployments and projects by pages of creation time, newest first; one of each; webhooks.

Facts: vercel/sdk docs (deployments, projects, webhooks); airbytehq/airbyte source-vercel. A wrong token is a 403.
"""

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..chance import Chance
from ..history import Version
from ..hooks import vercel as hooks
from ..vendor import Vendor
from ..world import World
from .guard import Manners, bearer, guarded, json_body
from .limits import Limit
from .site import Site

_LIMIT = Limit("vercel", 500, 60)
"""Vercel limits each endpoint by itself; this stands for them all."""
_MOST, _USUAL, _WEBHOOKS = 100, 20, 20


def routes(site: Site) -> list[Route]:
    manners = Manners("vercel", _authorise, lambda request: [_LIMIT], _busy, lambda: _error(400, "bad_request"))
    endpoints = (
        ("v6/deployments", "GET", _deployments),
        ("v13/deployments/{id}", "GET", _one("deployment")),
        ("v9/projects", "GET", _projects),
        ("v9/projects/{id}", "GET", _one("project")),
        ("v1/webhooks", "GET", _webhooks),
        ("v1/webhooks", "POST", _create_webhook),
        ("v1/webhooks/{id}", "DELETE", _delete_webhook),
    )
    return [
        Route(f"/vercel/{path}", guarded(site, manners, handler), methods=[method])
        for path, method, handler in endpoints
    ]


def _authorise(request: Request, site: Site) -> Response | None:
    if bearer(request) != site.credentials["vercel"]["token"]:
        return _error(403, "forbidden", "Not authorized", invalidToken=True)
    return None


def _busy(limit: Limit | None, after_s: int) -> Response:
    response = _error(429, "rate_limited", "Rate limit exceeded")
    response.headers["Retry-After"] = str(after_s)
    return response


def _error(status: int, code: str, message: str = "", **more: Any) -> Response:
    return JSONResponse({"error": {"code": code, "message": message or code, **more}}, status)


async def _deployments(request: Request, site: Site) -> Response:
    return _page(request, site, "deployment", "created")


async def _projects(request: Request, site: Site) -> Response:
    return _page(request, site, "project", "createdAt")


def _page(request: Request, site: Site, stream: str, clock: str) -> Response:
    """Without the team, what the token's owner has alone, which is nothing. next is the last row's time, and until
    leaves that millisecond out."""
    asked = request.query_params
    since, until = int(asked.get("since", 0)), int(asked.get("until", 2**62))
    size = min(int(asked.get("limit", _USUAL)), _MOST)
    rows = [one.record for one in _living(site, stream, request) if one.record is not None]
    rows = sorted((row for row in rows if since <= row[clock] < until), key=lambda row: -row[clock])
    shown = [] if request.state.is_empty_page else rows[:size]
    if request.state.is_empty_page:
        following = rows[0][clock] + 1 if rows else None
    else:
        following = shown[-1][clock] if len(rows) > size else None
    pagination = {"count": len(shown), "next": following, "prev": shown[0][clock] if shown else None}
    return JSONResponse({f"{stream}s": shown, "pagination": pagination})


def _living(site: Site, stream: str, request: Request) -> list[Version]:
    if request.query_params.get("teamId") != hooks.TEAM_ID:
        return []
    return hooks.history(site.world).living(site.now, stream)


def _one(stream: str) -> Any:
    async def endpoint(request: Request, site: Site) -> Response:
        found = hooks.history(site.world).find(site.now, stream, request.path_params["id"])
        if found is None or request.query_params.get("teamId") != hooks.TEAM_ID:
            return _error(404, "not_found", f"The {stream} could not be found")
        record = dict(found.record or {})
        if stream == "deployment":
            record["id"] = record.pop("uid")
        return JSONResponse(record)

    return endpoint


async def _webhooks(request: Request, site: Site) -> Response:
    return JSONResponse([{key: told for key, told in one.items() if key != "secret"} for one in _kept(site).values()])


async def _create_webhook(request: Request, site: Site) -> Response:
    asked, kept = await json_body(request), _kept(site)
    if not asked.get("url") or not asked.get("events"):
        return _error(400, "bad_request", "Invalid request: `url` and `events` are required")
    if len(kept) >= _WEBHOOKS:
        return _error(400, "max_webhooks_exceeded", "You cannot add more than 20 webhooks")
    chance = Chance(site.world.seed, f"vercel/webhook/{len(kept)}")
    made = {
        "id": f"account_hook_{chance.code(20)}",
        "url": asked["url"],
        "events": asked["events"],
        "ownerId": hooks.TEAM_ID,
        "createdAt": int(site.now.timestamp() * 1000),
        "secret": site.credentials["vercel"]["signing_secrets"][0],
    }
    kept[made["id"]] = made
    return JSONResponse(made)


async def _delete_webhook(request: Request, site: Site) -> Response:
    if _kept(site).pop(request.path_params["id"], None) is None:
        return _error(404, "not_found", "Webhook not found")
    return Response(status_code=204)


def _kept(site: Site) -> dict[str, Any]:
    return site.kept.setdefault("vercel", {}).setdefault("webhooks", {})  # type: ignore[no-any-return]


def _entities(world: World, at: datetime) -> Any:
    fields: dict[str, tuple[str, ...]] = {"deployment": ("state", "target"), "project": ("name",)}
    yield from hooks.history(world).entities(at, fields, world.hooks_since)


vendor = Vendor(
    name="vercel",
    routes=routes,
    new_credentials=hooks.new_credentials,
    sign=hooks.sign,
    deliveries=hooks.deliveries,
    entities=_entities,
    api="vercel/",
    options=lambda world: {"team_id": hooks.TEAM_ID},
    tries=5,
)
