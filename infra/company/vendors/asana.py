"""Asana's API: compact records unless opt_fields asks for more, offsets and sync tokens that expire, webhooks.

Facts: Asana's OpenAPI description; developers.asana.com, "Pagination", "Rate limits", "Webhooks guide", "Errors".
"""

from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..history import Last
from ..hooks import asana as hooks
from ..render.asana import Record, history, people, workspace
from ..vendor import Vendor
from ..world import World
from .asana_webhooks import create_webhook, delete_webhook, webhooks
from .cursors import position_of, to_cursor
from .guard import Handler, Manners, bearer, guarded
from .limits import Limit
from .site import Site

_PER_MINUTE = Limit("asana", 1_500, 60)
"""Of a paid plan."""
_OFFSET_LIFE = timedelta(hours=1)
"""That they expire is known, when is not."""
_SYNC_LIFE = timedelta(hours=24)
_EVENTS = 100
_COMPACT = ("gid", "resource_type", "name", "resource_subtype")
_PLURALS = {"user": "users", "project": "projects", "section": "sections", "task": "tasks", "story": "stories"}
_OLD_SYNC = (
    "Sync token invalid or too old. If you are attempting to keep resources in sync, you must fetch the full dataset "
    "for this query now and use the new sync token for the next sync."
)


def routes(site: Site) -> list[Route]:
    manners = Manners("asana", _authorise, lambda request: [_PER_MINUTE], _busy, lambda: _error(400, "Bad request"))
    endpoints: list[tuple[str, str, Handler]] = [
        ("workspaces", "GET", _workspaces),
        ("users", "GET", _listed(_users)),
        ("projects", "GET", _listed(_projects)),
        ("projects/{gid}/sections", "GET", _listed(_sections)),
        ("tasks", "GET", _listed(_tasks)),
        ("tasks/{gid}/subtasks", "GET", _listed(_subtasks)),
        ("tasks/{gid}/stories", "GET", _listed(_stories)),
        ("events", "GET", _events),
        ("webhooks", "GET", webhooks),
        ("webhooks", "POST", create_webhook),
        ("webhooks/{gid}", "DELETE", delete_webhook),
        *((f"{plural}/{{gid}}", "GET", _one(stream)) for stream, plural in _PLURALS.items()),
    ]
    return [
        Route(f"/asana/api/1.0/{path}", guarded(site, manners, handler), methods=[method])
        for path, method, handler in endpoints
    ]


def _authorise(request: Request, site: Site) -> Response | None:
    is_ours = bearer(request) == site.credentials["asana"]["access_token"]
    return None if is_ours else _error(401, "Not Authorized")


def _busy(limit: Limit | None, after_s: int) -> Response:
    response = _error(429, "You have made too many requests recently. Please, be chill.")
    response.headers["Retry-After"] = str(after_s)
    return response


def _error(status: int, message: str, **more: Any) -> Response:
    return JSONResponse(
        {"errors": [{"message": message, "help": "https://developers.asana.com/docs/errors"}], **more}, status
    )


class _Refused(Exception):
    """What a listing is not given for."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


_Found = Callable[[Request, Site], list[Record]]


def _listed(find: _Found) -> Handler:
    """The page of a listing. Without limit everything comes, up to where Asana cuts it off."""

    async def handler(request: Request, site: Site) -> Response:
        asked = request.query_params
        try:
            found = find(request, site)
            start = _start(asked.get("offset"), site.now)
        except _Refused as refused:
            return _error(refused.status, refused.message)
        if "limit" not in asked:
            return JSONResponse({"data": [_shown(one, asked) for one in found[:1000]]})
        size = 0 if request.state.is_empty_page else min(int(asked["limit"]), 100, site.page_cap)
        end, following = start + size, None
        if end < len(found):
            offset = to_cursor([end, site.now.isoformat()])
            path = f"{request.url.path.removeprefix('/asana/api/1.0')}?limit={asked['limit']}&offset={offset}"
            following = {"offset": offset, "path": path, "uri": str(request.url.include_query_params(offset=offset))}
        return JSONResponse({"data": [_shown(one, asked) for one in found[start:end]], "next_page": following})

    return handler


def _start(offset: str | None, now: datetime) -> int:
    if offset is None:
        return 0
    try:
        position, issued_at = position_of(offset)
        if now - datetime.fromisoformat(issued_at) <= _OFFSET_LIFE:
            return int(position)
    except (ValueError, TypeError):
        pass
    raise _Refused(400, "offset: Your pagination token has expired.")


def _shown(record: Record, asked: Any) -> Record:
    """The compact record and what opt_fields names; of a nested field its first part."""
    wanted = {name.partition(".")[0] for name in asked.get("opt_fields", "").split(",")}
    return {name: told for name, told in record.items() if name in _COMPACT or name in wanted}


def _living(site: Site, stream: str) -> list[Record]:
    found = [one.record for one in history(site.world).living(site.now, stream) if one.record is not None]
    return sorted(found, key=lambda one: one["gid"])


def _of_workspace(request: Request, site: Site) -> None:
    if request.query_params.get("workspace") != workspace(site.world)["gid"]:
        raise _Refused(400, "workspace: Missing input")


async def _workspaces(request: Request, site: Site) -> Response:
    return JSONResponse({"data": [_shown(workspace(site.world), request.query_params)], "next_page": None})


def _users(request: Request, site: Site) -> list[Record]:
    _of_workspace(request, site)
    return list(people(site.world).values())


def _projects(request: Request, site: Site) -> list[Record]:
    _of_workspace(request, site)
    return _living(site, "project")


def _sections(request: Request, site: Site) -> list[Record]:
    gid = _known(site, "project", request.path_params["gid"])
    return [one for one in _living(site, "section") if one["project"]["gid"] == gid]


def _tasks(request: Request, site: Site) -> list[Record]:
    """Of one project, in no particular order, subtasks not among them."""
    asked = request.query_params
    if "project" not in asked:
        raise _Refused(400, "You should specify one of project, tag, section, user_task_list, or assignee + workspace")
    gid = _known(site, "project", asked["project"])
    since = datetime.fromisoformat(asked["modified_since"]) if "modified_since" in asked else None
    return [
        one
        for one in _living(site, "task")
        if any(project["gid"] == gid for project in one["projects"])
        and (since is None or datetime.fromisoformat(one["modified_at"]) >= since)
    ]


def _subtasks(request: Request, site: Site) -> list[Record]:
    gid = _known(site, "task", request.path_params["gid"])
    return [one for one in _living(site, "task") if one["parent"] and one["parent"]["gid"] == gid]


def _stories(request: Request, site: Site) -> list[Record]:
    gid = _known(site, "task", request.path_params["gid"])
    return [one for one in _living(site, "story") if one["target"]["gid"] == gid]


def _known(site: Site, stream: str, gid: str) -> str:
    if history(site.world).find(site.now, stream, gid) is None:
        raise _Refused(404, f"{stream}: Unknown object: {gid}")
    return gid


def _one(stream: str) -> Callable[[Request, Site], Awaitable[Response]]:
    async def handler(request: Request, site: Site) -> Response:
        gid = request.path_params["gid"]
        found = history(site.world).find(site.now, stream, gid)
        record = people(site.world).get(gid) if stream == "user" else found.record if found else None
        if record is None:
            return _error(404, f"{stream}: Unknown object: {gid}")
        return JSONResponse({"data": _shown(record, request.query_params)})

    return handler


async def _events(request: Request, site: Site) -> Response:
    """What happened in a project since a sync token; a 412 with the first token, and when the token is too old."""
    asked = request.query_params
    resource = asked.get("resource", "")
    if history(site.world).find(site.now, "project", resource) is None:
        return _error(404, f"resource: Unknown object: {resource}")
    happened = [event for one, event in hooks.happenings(site.world, resource) if one.at <= site.now]

    def token(position: int) -> str:
        return to_cursor([resource, position, site.now.isoformat()])

    try:
        of, start, issued_at = position_of(asked.get("sync", ""))
        is_old = of != resource or site.now - datetime.fromisoformat(issued_at) > _SYNC_LIFE
    except (ValueError, TypeError):
        start, is_old = 0, True
    if is_old:
        return _error(412, _OLD_SYNC, sync=token(len(happened)))
    end = start if request.state.is_empty_page else min(start + _EVENTS, len(happened))
    return JSONResponse({"data": happened[start:end], "sync": token(end), "has_more": end < len(happened)})


_TELLING = {
    "project": ("name", "archived"),
    "section": ("name",),
    "task": ("name", "completed", "due_on"),
    "story": ("text",),
}


def _entities(world: World, at: datetime) -> Iterator[tuple[str, str, Last]]:
    for gid, user in people(world).items():
        yield "user", gid, Last(state={"name": user["name"], "email": user["email"]})
    yield from history(world).entities(at, _TELLING, world.hooks_since)


vendor = Vendor(
    name="asana",
    routes=routes,
    new_credentials=hooks.new_credentials,
    sign=hooks.sign,
    deliveries=hooks.deliveries,
    entities=_entities,
    api="asana/api/1.0/",
)
