"""Looker's API 4.0: a login for an hour, searches by offset, lists in one answer, queries as tasks that take a while.

Facts: looker-open-source/sdk-codegen, Looker.4.0.oas.json; estuary/connectors source-looker.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..history import Last
from ..hooks import looker as hooks
from ..vendor import Vendor
from ..world import World
from .guard import Manners, guarded, json_body
from .limits import Limit
from .site import Site

TOKEN_LIFE = timedelta(hours=1)
SLOW = "slow_ledger"
"""The results of a query of this view come when they are asked for a third time."""
_LIMIT = Limit("looker", 20, 1)
_DOCUMENTATION = "https://cloud.google.com/looker/docs/"


def routes(site: Site) -> list[Route]:
    manners = Manners("looker", _authorise, lambda request: [_LIMIT], _busy, lambda: _error(400, "Bad request"))
    endpoints = (
        ("login", "POST", _log_in),
        ("user", "GET", _myself),
        ("dashboards/search", "GET", _search("dashboard")),
        ("looks/search", "GET", _search("look")),
        ("users/search", "GET", _search("user")),
        ("scheduled_plans", "GET", _plans),
        ("dashboards/{id}", "GET", _one("dashboard")),
        ("looks/{id}", "GET", _one("look")),
        ("users/{id}", "GET", _one("user")),
        ("scheduled_plans/{id}", "GET", _one("scheduled_plan")),
        ("queries", "POST", _make_query),
        ("query_tasks", "POST", _make_task),
        ("query_tasks/{id}/results", "GET", _results),
    )
    return [
        Route(f"/looker/api/4.0/{path}", guarded(site, manners, handler), methods=[method])
        for path, method, handler in endpoints
    ]


def _authorise(request: Request, site: Site) -> Response | None:
    """The word before the token is `token`."""
    if request.url.path.endswith("/login"):
        return None
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    ends_at = _kept(site, "tokens").get(token)
    if kind != "token" or ends_at is None or ends_at <= site.now:
        return _error(401, "Requires authentication.")
    return None


def _busy(limit: Limit | None, after_s: int) -> Response:
    return _error(429, "Too many requests")


def _error(status: int, message: str) -> Response:
    return JSONResponse({"message": message, "documentation_url": _DOCUMENTATION}, status)


async def _log_in(request: Request, site: Site) -> Response:
    """Wrong keys are not found."""
    form = {name: told[0] for name, told in parse_qs((await request.body()).decode()).items()}
    held = site.credentials["looker"]
    if (form.get("client_id"), form.get("client_secret")) != (held["client_id"], held["client_secret"]):
        return _error(404, "Not found")
    token = f"tok{len(_kept(site, 'tokens')) + 1}"
    _kept(site, "tokens")[token] = site.now + TOKEN_LIFE
    lives_s = int(TOKEN_LIFE.total_seconds())
    told = {"access_token": token, "token_type": "Bearer", "expires_in": lives_s, "refresh_token": None}
    return JSONResponse(told)


async def _myself(request: Request, site: Site) -> Response:
    return JSONResponse({"id": "1000", "display_name": "Sophia Intel", "is_disabled": False})


def _search(stream: str) -> Any:
    """What lies in the trash is found only where deleted=true asks for it."""

    async def endpoint(request: Request, site: Site) -> Response:
        asked = request.query_params
        found = _trashed(site, stream) if asked.get("deleted") == "true" else _living(site, stream)
        start, size = int(asked.get("offset", 0)), int(asked.get("limit", 100))
        if asked.get("sorts") == "id":
            found.sort(key=lambda one: int(one["id"]))
        return JSONResponse(found[start : start + size])

    return endpoint


async def _plans(request: Request, site: Site) -> Response:
    """One's own, unless all users' are asked for; ours owns none."""
    is_all = request.query_params.get("all_users") == "true"
    return JSONResponse(_living(site, "scheduled_plan") if is_all else [])


def _living(site: Site, stream: str) -> list[dict[str, Any]]:
    return [one.record for one in hooks.history(site.world).living(site.now, stream) if one.record is not None]


def _trashed(site: Site, stream: str) -> list[dict[str, Any]]:
    known = hooks.history(site.world)
    found = []
    for gone in (one for one in known.as_of(site.now, stream) if one.record is None):
        before = known.find(gone.at - timedelta(microseconds=1), stream, gone.id)
        at = gone.at.isoformat(timespec="milliseconds")
        found.append({**((before and before.record) or {}), "deleted": True, "deleted_at": at, "updated_at": at})
    return found


def _one(stream: str) -> Any:
    async def endpoint(request: Request, site: Site) -> Response:
        every = _living(site, stream) + (_trashed(site, stream) if stream in ("dashboard", "look") else [])
        found = next((one for one in every if one["id"] == request.path_params["id"]), None)
        return JSONResponse(found) if found else _error(404, "Not found")

    return endpoint


async def _make_query(request: Request, site: Site) -> Response:
    """The same question is the same query."""
    asked = await json_body(request)
    if not isinstance(asked.get("limit", ""), str) or not asked.get("model") or not asked.get("view"):
        return _error(422, "Validation Failed")
    queries = _kept(site, "queries")
    query_id = next((one for one, told in queries.items() if told == asked), str(9000 + len(queries)))
    queries[query_id] = asked
    return JSONResponse({"id": query_id, "slug": f"q{query_id}", **asked})


async def _make_task(request: Request, site: Site) -> Response:
    asked, tasks = await json_body(request), _kept(site, "tasks")
    query = _kept(site, "queries").get(str(asked.get("query_id")), {})
    task_id = f"task{len(tasks) + 1}"
    rows = int(request.query_params.get("limit", query.get("limit", 500)))
    tasks[task_id] = {"rows": rows, "asked_again": 2 if query.get("view") == SLOW else 0}
    return JSONResponse({"id": task_id, "query_id": asked.get("query_id"), "status": "added", "runtime": 0.0})


async def _results(request: Request, site: Site) -> Response:
    task = _kept(site, "tasks").get(request.path_params["id"])
    if task is None:
        return _error(404, "Not found")
    if task["asked_again"]:
        task["asked_again"] -= 1
        return JSONResponse({"status": "running"}, 202)
    return JSONResponse(hooks.rows(site.world)[: task["rows"]])


def _kept(site: Site, what: str) -> dict[str, Any]:
    return site.kept.setdefault("looker", {}).setdefault(what, {})  # type: ignore[no-any-return]


def _entities(world: World, at: datetime) -> Iterator[tuple[str, str, Last]]:
    """What lies in the trash is listed there, however long."""
    fields: dict[str, tuple[str, ...]] = {
        "dashboard": ("title",),
        "look": ("title",),
        "scheduled_plan": ("name", "enabled"),
        "user": ("email", "is_disabled"),
    }
    yield from hooks.history(world).entities(at, fields)
    for entity_id in (
        *(f"look/{one}" for one in hooks.LOOKS_PULLED),
        *(f"query/{one}" for one in hooks.QUERIES_PULLED),
    ):
        yield "result", entity_id, Last(state={"rows": len(hooks.rows(world))})


vendor = Vendor(
    name="looker",
    routes=routes,
    new_credentials=hooks.new_credentials,
    sign=hooks.sign,
    deliveries=hooks.deliveries,
    entities=_entities,
    api="looker/api/4.0/",
    options=lambda world: {"looks": list(hooks.LOOKS_PULLED), "queries": hooks.QUERIES_PULLED},
)
