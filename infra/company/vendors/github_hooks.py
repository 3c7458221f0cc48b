"""A repository hook's deliveries: listed newest first, shown one by one, attempted again on request.

Source: docs.github.com, "Handling failed webhook deliveries": GitHub redelivers nothing by itself.
"""

import json
from typing import Any

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .cursors import position_of, to_cursor
from .github_pages import not_found
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


_DELIVERIES = "/hooks/{hook_id:int}/deliveries"
ENDPOINTS = (
    (_DELIVERIES, "GET", _list),
    (_DELIVERIES + "/{delivery_id:int}", "GET", _show),
    (_DELIVERIES + "/{delivery_id:int}/attempts", "POST", _attempt),
)
