"""Linear's GraphQL API: one endpoint, Relay's connections, and errors whose code tells more than the status.

Sources: linear/linear, packages/sdk/src/schema.graphql; airbytehq/airbyte, source-linear (codes, rate limits); the
records deleted leave no trace, archived ones are listed on request.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..history import Last
from ..hooks import linear as hooks
from ..render.linear import history
from ..vendor import Vendor
from ..world import World
from .cursors import position_of, to_cursor
from .guard import Manners, guarded, json_body
from .limits import Limit
from .linear_graphql import MOST_POINTS, Field, Invalid, parse, points, shown
from .site import Site

_HOURLY = Limit("linear requests", 2_500, 3_600)
_ROOTS = {
    "teams": "team",
    "workflowStates": "workflow_state",
    "issueLabels": "issue_label",
    "users": "user",
    "initiatives": "initiative",
    "projects": "project",
    "projectUpdates": "project_update",
    "cycles": "cycle",
    "customers": "customer",
    "customerNeeds": "customer_need",
    "comments": "comment",
    "issues": "issue",
}
_TELLING = {
    "team": ("key",),
    "workflow_state": ("name",),
    "issue_label": ("name",),
    "user": ("email", "active"),
    "initiative": ("name", "health"),
    "project": ("name", "health"),
    "project_update": ("health",),
    "cycle": ("number", "completedAt"),
    "customer": ("name", "revenue"),
    "customer_need": ("body",),
    "comment": ("editedAt",),
    "issue": ("identifier", "priority", "completedAt"),
}


def routes(site: Site) -> list[Route]:
    def busy(limit: Limit | None, after_s: int) -> Response:
        """A rate limit is a 400; its reset is in epoch milliseconds."""
        response = _error("Rate limit exceeded. Only 2500 requests are allowed per 1 hour.", "RATELIMITED", 400)
        reset_at = site.wall_clock() + timedelta(seconds=after_s)
        response.headers["X-RateLimit-Requests-Limit"] = "2500"
        response.headers["X-RateLimit-Requests-Remaining"] = "0"
        response.headers["X-RateLimit-Requests-Reset"] = str(int(reset_at.timestamp() * 1000))
        return response

    manners = Manners(
        "linear", _authorise, lambda request: [_HOURLY], busy, lambda: _error("Internal server error", "INTERNAL", 200)
    )
    return [Route("/linear/graphql", guarded(site, manners, _graphql), methods=["POST"])]


def _authorise(request: Request, site: Site) -> Response | None:
    """An API key stands in the header without a word before it."""
    if request.headers.get("authorization") == site.credentials["linear"]["api_key"]:
        return None
    return _error("Authentication required, not authenticated", "AUTHENTICATION_ERROR", 401)


def _error(message: str, code: str, status: int) -> Response:
    extensions = {"code": code, "type": code.lower().replace("_", " "), "userPresentableMessage": message}
    return JSONResponse({"data": None, "errors": [{"message": message, "extensions": extensions}]}, status)


async def _graphql(request: Request, site: Site) -> Response:
    asked = await json_body(request)
    try:
        _, roots = parse(str(asked.get("query", "")), asked.get("variables") or {})
        if sum(points(one) for one in roots) > MOST_POINTS:
            return _error("Query too complex", "INPUT_ERROR", 400)
        return JSONResponse({"data": {one.name: _answer(one, request, site) for one in roots}})
    except Invalid as error:
        return _error(str(error), "GRAPHQL_VALIDATION_FAILED", 400)
    except ValueError:
        return _error("Argument Validation Error: cursor is not valid", "INPUT_ERROR", 400)


def _answer(one: Field, request: Request, site: Site) -> dict[str, Any]:
    if one.name in _ROOTS:
        return _listed(one, site, is_empty=request.state.is_empty_page)
    if one.name in _WEBHOOKS:
        return _WEBHOOKS[one.name](one, site)
    raise Invalid(f'Cannot query field "{one.name}" on type "Query".')


def _listed(one: Field, site: Site, is_empty: bool) -> dict[str, Any]:
    """Records by updatedAt, the newest first; a cursor is the place of the last one shown."""
    asked, stream = one.arguments, _ROOTS[one.name]
    records = [each.record for each in history(site.world).living(site.now, stream) if each.record is not None]
    records = [record for record in records if _fits(record, asked.get("filter") or {})]
    if not asked.get("includeArchived"):
        records = [record for record in records if not record["archivedAt"]]
    if stream == "user" and not asked.get("includeDisabled"):
        records = [record for record in records if record["active"]]
    by = "createdAt" if asked.get("orderBy", "createdAt") == "createdAt" else "updatedAt"
    records.sort(key=lambda record: (record[by], record["id"]), reverse=True)
    after = tuple(position_of(asked["after"])) if asked.get("after") else ("9999", "")
    records = [record for record in records if (record[by], record["id"]) < after]
    first = int(asked.get("first") or 50)
    if not 0 < first <= 250:
        raise ValueError("first")
    page = [] if is_empty else records[:first]
    has_next = len(page) < len(records)
    place = [page[-1][by], page[-1]["id"]] if page else list(after)
    told: dict[str, Any] = {}
    if nodes := one.sub("nodes"):
        told["nodes"] = [shown(record, nodes.fields, stream) for record in page]
    if one.sub("pageInfo"):
        told["pageInfo"] = {"hasNextPage": has_next, "endCursor": to_cursor(place) if page or is_empty else None}
    return told


def _fits(record: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Comparators on ids and dates: eq, in, gt, gte, lt, lte."""
    for name, comparators in wanted.items():
        for how, bound in comparators.items():
            told = record.get(name)
            if name.endswith("At"):
                told, bound = told and datetime.fromisoformat(told), datetime.fromisoformat(bound)
            if told is None or not _COMPARE[how](told, bound):
                return False
    return True


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda told, bound: bool(told == bound),
    "in": lambda told, bound: told in bound,
    "gt": lambda told, bound: bool(told > bound),
    "gte": lambda told, bound: bool(told >= bound),
    "lt": lambda told, bound: bool(told < bound),
    "lte": lambda told, bound: bool(told <= bound),
}


def _webhooks(one: Field, site: Site) -> dict[str, Any]:
    return {"nodes": list(site.kept.setdefault("linear", {}).values())}


def _create(one: Field, site: Site) -> dict[str, Any]:
    wanted = one.arguments.get("input") or {}
    if not wanted.get("url") or not (wanted.get("teamId") or wanted.get("allPublicTeams")):
        raise ValueError("input")
    kept = site.kept.setdefault("linear", {})
    made = {"id": f"00000000-0000-4000-8000-{len(kept):012d}", "url": wanted["url"], "enabled": True}
    kept[made["id"]] = made
    return {"success": True, "webhook": made}


def _delete(one: Field, site: Site) -> dict[str, Any]:
    return {"success": site.kept.setdefault("linear", {}).pop(str(one.arguments.get("id")), None) is not None}


_WEBHOOKS: dict[str, Callable[[Field, Site], dict[str, Any]]] = {
    "webhooks": _webhooks,
    "webhookCreate": _create,
    "webhookDelete": _delete,
}


def _entities(world: World, at: datetime) -> Iterator[tuple[str, str, Last]]:
    return history(world).entities(at, _TELLING, since=world.hooks_since)


vendor = Vendor(
    name="linear",
    routes=routes,
    new_credentials=hooks.new_credentials,
    sign=hooks.sign,
    dated=hooks.dated,
    deliveries=hooks.deliveries,
    entities=_entities,
    api="linear/",
    tries=4,
)
