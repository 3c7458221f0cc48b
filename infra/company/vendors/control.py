"""Switches for tests and for the local stack, under /_control/: status, advance, faults, counts, failed deliveries."""

import dataclasses
from typing import get_args

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import names
from .guard import json_body
from .site import Fault, FaultKind, Site


def routes(site: Site) -> list[Route]:
    async def status(request: Request) -> Response:
        return JSONResponse({"now": site.now.isoformat(), "requests": dict(site.requests), "seed": site.world.seed})

    async def advance(request: Request) -> Response:
        """{"seconds": n}: time passes, what was to come by then is there."""
        seconds = float((await json_body(request)).get("seconds", 0))
        return JSONResponse({"now": site.advance(seconds).isoformat()})

    async def faults(request: Request) -> Response:
        """{"vendor", "kind", "count"?, "path"?, "retry_after_s"?} adds one; an empty body clears all."""
        asked = await json_body(request)
        if not asked:
            site.faults.clear()
        elif asked.get("vendor") not in names() or asked.get("kind") not in get_args(FaultKind):
            return JSONResponse({"error": f"vendor is one of {names()}, kind one of {get_args(FaultKind)}"}, 400)
        else:
            site.faults.setdefault(asked.pop("vendor"), []).append(Fault(**asked))
        return JSONResponse({name: [dataclasses.asdict(one) for one in held] for name, held in site.faults.items()})

    async def failed(request: Request) -> Response:
        """{"guids": [...]}: GitHub deliveries that the receiver did not take."""
        guids = (await json_body(request)).get("guids", [])
        return JSONResponse({"known": site.hook_log.mark_failed(guids, site.wall_clock())})

    return [
        Route("/_control/status", status),
        Route("/_control/advance", advance, methods=["POST"]),
        Route("/_control/faults", faults, methods=["POST"]),
        Route("/_control/failed_deliveries", failed, methods=["POST"]),
    ]
