"""Outlook's mail in Microsoft Graph: folders and messages of three mailboxes, by delta and by id."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..history import Last, Version
from ..hooks import graph as hooks
from ..hooks import outlook as mail
from ..vendor import Vendor
from ..world import World
from .graph import Graph, delta, error, select
from .limits import Limit
from .site import Site


def _limits(request: Request) -> list[Limit]:
    """10,000 requests in 10 minutes for an app and a mailbox."""
    return [Limit(f"outlook {request.path_params.get('user', 'app')}", 10_000, 600)]


def routes(site: Site) -> list[Route]:
    graph = Graph("outlook", timedelta(minutes=10_080), _limits)
    handlers = (
        ("users/{user}/mailFolders/delta", _folders),
        ("users/{user}/mailFolders/{folder}/messages/delta", _messages),
        ("users/{user}/mailFolders/{id}", _folder),
        ("users/{user}/messages/{id}", _message),
    )
    return graph.routes(site, handlers)


async def _folders(request: Request, site: Site) -> Response:
    if refused := _no_such_user(request, site):
        return refused
    return delta(request, site, lambda at, since: _rows(request, site, "mail_folder", None, at, since), _FORGOTTEN)


async def _messages(request: Request, site: Site) -> Response:
    if refused := _no_such_user(request, site):
        return refused
    folder = request.path_params["folder"]
    if mail.history(site.world).find(site.now, "mail_folder", folder) is None:
        return error(404, "ErrorItemNotFound", "The specified object was not found in the store.")
    return delta(request, site, lambda at, since: _rows(request, site, "message", folder, at, since), _FORGOTTEN)


async def _folder(request: Request, site: Site) -> Response:
    return _one(request, site, "mail_folder")


async def _message(request: Request, site: Site) -> Response:
    return _one(request, site, "message")


def _one(request: Request, site: Site, stream: str) -> Response:
    found = mail.history(site.world).find(site.now, stream, request.path_params["id"])
    if found is None or found.event_type != request.path_params["user"] or found.record is None:
        return error(404, "ErrorItemNotFound", "The specified object was not found in the store.")
    return JSONResponse(select(request, found.record))


_FORGOTTEN = "SyncStateNotFound"


def _no_such_user(request: Request, site: Site) -> Response | None:
    if request.path_params["user"] in {one.email for one in mail.mailboxes(site.world)}:
        return None
    return error(404, "ErrorInvalidUser", f"The requested user '{request.path_params['user']}' is invalid.")


def _rows(
    request: Request, site: Site, stream: str, folder: str | None, at: datetime, since: datetime | None
) -> list[dict[str, Any]]:
    """What lives, or what changed since; the deleted are told by their id and why."""
    homes = _homes(site.world)
    found = []
    for one in mail.history(site.world).as_of(at, stream):
        if one.event_type != request.path_params["user"] or (folder and homes[one.id] != folder):
            continue
        if since is not None and one.at <= since:
            continue
        if one.record is not None:
            found.append(one.record)
        elif since is not None:
            found.append({"id": one.id, "@removed": {"reason": "deleted"}})
    return found


def _homes(world: World) -> dict[str, str]:
    """The folder of every message there ever was."""
    told: list[Version] = mail.history(world).versions
    return {one.id: one.record["parentFolderId"] for one in told if one.record is not None}


def _entities(world: World, at: datetime) -> Iterator[tuple[str, str, Last]]:
    """A message's deletion is told by a notification, a folder's by the delta after the first reading alone."""
    history = mail.history(world)
    yield from history.entities(at, {"message": ("subject", "isRead")}, since=world.hooks_since)
    yield from history.entities(at, {"mail_folder": ("displayName",)}, since=world.now)


vendor = Vendor(
    name="outlook",
    routes=routes,
    new_credentials=hooks.new_credentials,
    sign=hooks.sign,
    deliveries=mail.deliveries,
    entities=_entities,
    api="outlook/v1.0/",
    options=lambda world: {
        "login_url": "oauth2/v2.0/token",
        "mailboxes": [one.email for one in mail.mailboxes(world)],
    },
    tries=5,
    stamp=hooks.stamp,
)
