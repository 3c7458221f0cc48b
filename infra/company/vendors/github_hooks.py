"""A repository's hooks, made and removed; their deliveries: newest first, shown one by one, attempted again on request.

Sources: docs.github.com, "REST API endpoints for repository webhooks"; "Handling failed webhook deliveries": GitHub
redelivers nothing by itself.
"""

import json
from typing import Any

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .cursors import position_of, to_cursor
from .github_pages import not_found, page
from .guard import json_body
from .hook_log import Attempt, told
from .site import Site


async def _list(request: Request, site: Site) -> Response:
    """`status` is success or failure; the cursor is in the Link header."""
    attempts = site.hook_log.of_hook(request.path_params["hook_id"])
    if wanted := request.query_params.get("status"):
        attempts = [one for one in attempts if (one.status == "OK") == (wanted == "success")]
    size = min(int(request.query_params.get("per_page", 30)), 100)
    cursor = request.query_params.get("cursor")
    # The id of the last one shown, so that a redelivery in between moves nothing.
    if cursor:
        attempts = [one for one in attempts if one.id < position_of(cursor)]
    shown = [] if request.state.is_empty_page else attempts[:size]
    headers = {}
    if len(shown) < len(attempts):
        after = shown[-1].id if shown else attempts[0].id + 1
        following = request.url.include_query_params(cursor=to_cursor(after))
        headers["Link"] = f'<{following}>; rel="next"'
    return JSONResponse([_told(one, site) for one in shown], headers=headers)


async def _show(request: Request, site: Site) -> Response:
    attempt = _find(request, site)
    if attempt is None:
        return not_found()
    asked = {"headers": {}, "payload": json.loads(attempt.delivery.body)}
    more = {"url": "", "request": asked, "response": {"headers": {}, "payload": ""}}
    return JSONResponse(_told(attempt, site) | more)


async def _attempt(request: Request, site: Site) -> Response:
    """202 at once; the delivery itself follows, for real."""
    attempt = _find(request, site)
    if attempt is None:
        return not_found()
    task = BackgroundTask(site.hook_log.redeliver, attempt, site.wall_clock(), site.post)
    return JSONResponse({}, 202, background=task)


def _find(request: Request, site: Site) -> Attempt | None:
    return site.hook_log.find(request.path_params["hook_id"], request.path_params["delivery_id"])


def _told(attempt: Attempt, site: Site) -> dict[str, Any]:
    repositories = site.world.workshop.repositories
    number = next(one.number for one in repositories if one.hook_id == attempt.delivery.hook_id)
    return told(attempt, json.loads(attempt.delivery.body).get("action"), number)


async def _hooks(request: Request, site: Site) -> Response:
    return page(request, list(_kept(request, site).values()))


async def _create(request: Request, site: Site) -> Response:
    """Secrets are shown to nobody again."""
    asked, kept = await json_body(request), _kept(request, site)
    config = asked.get("config") or {}
    if not config.get("url"):
        return _invalid("Hook", "config", "missing_field")
    if any(one["config"]["url"] == config["url"] for one in kept.values()):
        return _invalid("Hook", "url", "custom", "Hook already exists on this repository")
    site.kept["github"]["made"] = number = site.kept["github"].get("made", 600_000_000) + 1
    kept[number] = _hook(number, config, asked.get("events") or ["push"], is_active=asked.get("active", True))
    return JSONResponse(kept[number], 201)


async def _remove(request: Request, site: Site) -> Response:
    gone = _kept(request, site).pop(request.path_params["hook_id"], None)
    return Response(status_code=204) if gone else not_found()


def _kept(request: Request, site: Site) -> dict[int, dict[str, Any]]:
    """Those of one repository: at first the one that the company set up, whose deliveries are listed here."""
    name = "{owner}/{repo}".format(**request.path_params)
    by_repository = site.kept.setdefault("github", {}).setdefault("hooks", {})
    if name not in by_repository:
        known = [one.hook_id for one in site.world.workshop.repositories if one.full_name == name]
        config = {"url": ADDRESS, "content_type": "json", "insecure_ssl": "0", "secret": "set"}
        by_repository[name] = {one: _hook(one, config, ["*"]) for one in known}
    found: dict[int, dict[str, Any]] = by_repository[name]
    return found


def _hook(number: int, config: dict[str, Any], events: list[str], is_active: bool = True) -> dict[str, Any]:
    shown = {**config, **({"secret": "********"} if config.get("secret") else {})}
    told = {"type": "Repository", "id": number, "name": "web", "active": is_active, "events": events, "config": shown}
    return told | {"last_response": {"code": None, "status": "unused", "message": None}}


def _invalid(resource: str, field: str, code: str, message: str = "") -> Response:
    error = {"resource": resource, "field": field, "code": code, **({"message": message} if message else {})}
    return JSONResponse({"message": "Validation Failed", "errors": [error], "status": "422"}, 422)


ADDRESS = "https://hooks.payready.example/hooks/github"
"""Where the company's hooks deliver to since they were set up."""
_DELIVERIES = "/hooks/{hook_id:int}/deliveries"
ENDPOINTS = (
    ("/hooks", "GET", _hooks),
    ("/hooks", "POST", _create),
    ("/hooks/{hook_id:int}", "DELETE", _remove),
    (_DELIVERIES, "GET", _list),
    (_DELIVERIES + "/{delivery_id:int}", "GET", _show),
    (_DELIVERIES + "/{delivery_id:int}/attempts", "POST", _attempt),
)
