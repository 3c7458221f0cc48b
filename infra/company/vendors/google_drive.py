"""Google Drive's API: files, the change feed, and channels upon it.

Sources: developers.google.com/workspace/drive/api, reference of files and changes, "Notifications for resource
changes", "Usage limits". The feed's tokens are numbers and do not expire; tokens of a listing do.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..drive_texts import DOC, KINDS
from ..history import Last, Version
from ..hooks import google_drive as drive
from ..vendor import Vendor
from ..world import World
from .cursors import position_of, to_cursor
from .guard import Handler, Manners, bearer, guarded, json_body
from .limits import Limit
from .site import Site

_TOKEN_LIFE = timedelta(seconds=3599)
_PAGE_LIFE = timedelta(hours=3)
"""Of a listing's page token; Google says only that it does not last."""
_LONGEST_CHANNEL = timedelta(seconds=604_800)
_DEFAULT_CHANNEL = timedelta(seconds=3_600)
_MOST_EXPORTED = 10 * 1024 * 1024
_QUERIES = Limit("google_drive queries", 12_000, 60)


def routes(site: Site) -> list[Route]:
    def route(path: str, method: str, handler: Handler, is_open: bool = False) -> Route:
        authorise = (lambda request, site: None) if is_open else _authorise
        manners = Manners("google_drive", authorise, lambda request: [_QUERIES], _busy, _not_ok, _headers)
        return Route(f"/google_drive/{path}", guarded(site, manners, handler), methods=[method])

    return [
        route("token", "POST", _token, is_open=True),
        route("drive/v3/changes/startPageToken", "GET", _start),
        route("drive/v3/changes/watch", "POST", _watch),
        route("drive/v3/changes", "GET", _changes),
        route("drive/v3/channels/stop", "POST", _stop),
        route("drive/v3/files", "GET", _files),
        route("drive/v3/files/{id}", "GET", _file),
        route("drive/v3/files/{id}/export", "GET", _export),
    ]


def _error(status: int, reason: str, message: str) -> Response:
    errors = [{"domain": "global", "reason": reason, "message": message}]
    return JSONResponse({"error": {"code": status, "message": message, "errors": errors}}, status)


def _busy(limit: Limit | None, after_s: int) -> Response:
    return _error(403, "userRateLimitExceeded", "User Rate Limit Exceeded")


def _not_ok() -> Response:
    return _error(400, "badRequest", "Bad Request")


def _headers(site: Site) -> dict[str, str]:
    """Its clock is the site's."""
    return {"Date": format_datetime(site.now, usegmt=True)}


async def _token(request: Request, site: Site) -> Response:
    asked = {name: told[-1] for name, told in parse_qs((await request.body()).decode()).items()}
    held, names = site.credentials["google_drive"], ("client_id", "client_secret", "refresh_token")
    if asked.get("grant_type") != "refresh_token" or any(asked.get(name) != held[name] for name in names):
        return JSONResponse({"error": "invalid_grant", "error_description": "Bad Request"}, 400)
    token = f"ya29.{to_cursor('google_drive')}"
    site.kept.setdefault("google_drive", {}).setdefault("tokens", {})[token] = site.now + _TOKEN_LIFE
    return JSONResponse({"access_token": token, "expires_in": 3599, "token_type": "Bearer"})


def _authorise(request: Request, site: Site) -> Response | None:
    until = site.kept.get("google_drive", {}).get("tokens", {}).get(bearer(request))
    if until and until > site.now:
        return None
    return _error(401, "authError", "Invalid Credentials")


async def _start(request: Request, site: Site) -> Response:
    """Where the feed ends now."""
    count = len(drive.feed(site.world, site.now))
    return JSONResponse({"kind": "drive#startPageToken", "startPageToken": str(count + 1)})


async def _changes(request: Request, site: Site) -> Response:
    """From the token on, each file as it is now."""
    asked = request.query_params
    if not asked.get("pageToken", "").isdigit():
        return _error(400, "invalid", f"Invalid Value: {asked.get('pageToken')!r}")
    start = int(asked["pageToken"]) - 1
    past = drive.feed(site.world, site.now)
    end = start if request.state.is_empty_page else start + min(site.page_cap, int(asked.get("pageSize", "100")))
    told = [_change(one, site) for one in past[start:end]]
    more = {"nextPageToken": str(end + 1)} if end < len(past) else {"newStartPageToken": str(len(past) + 1)}
    return JSONResponse({"kind": "drive#changeList", "changes": told, **more})


def _change(one: Version, site: Site) -> dict[str, Any]:
    found = drive.history(site.world).find(site.now, "file", one.id)
    told = {"kind": "drive#change", "changeType": "file", "type": "file", "time": _iso(one.at), "fileId": one.id}
    if found is None or one.record is None:
        return {**told, "removed": True}
    return {**told, "removed": False, "file": found.record}


async def _files(request: Request, site: Site) -> Response:
    """By name, as of now. Only the question after the trash is understood."""
    asked = request.query_params
    start, living = 0, drive.history(site.world).living(site.now, "file")
    if token := asked.get("pageToken"):
        try:
            start, given_at = position_of(token)
        except ValueError:
            return _error(400, "invalid", "Invalid Value")
        if site.now - datetime.fromisoformat(given_at) > _PAGE_LIFE:
            return _error(400, "invalid", "Invalid Value")
    found = [
        one.record for one in living if one.record and not ("trashed" in asked.get("q", "") and one.record["trashed"])
    ]
    found = sorted(found, key=lambda record: record["name"])
    end = start if request.state.is_empty_page else start + min(site.page_cap, int(asked.get("pageSize", "100")))
    more = {"nextPageToken": to_cursor([end, site.now.isoformat()])} if end < len(found) else {}
    return JSONResponse({"kind": "drive#fileList", "files": found[start:end], **more})


async def _file(request: Request, site: Site) -> Response:
    found = drive.history(site.world).find(site.now, "file", request.path_params["id"])
    if found is None:
        return _error(404, "notFound", f"File not found: {request.path_params['id']}.")
    if request.query_params.get("alt") != "media":
        return JSONResponse(found.record)
    kind = (found.record or {})["mimeType"]
    if kind.startswith("application/vnd.google-apps."):
        message = "Only files with binary content can be downloaded. Use Export with Docs Editors files."
        return _error(403, "fileNotDownloadable", message)
    return Response(_said(found, site)["text"], media_type=kind)


async def _export(request: Request, site: Site) -> Response:
    """Of a Doc alone, as Markdown or plain text; a long one is too much for Google itself."""
    found = drive.history(site.world).find(site.now, "file", request.path_params["id"])
    if found is None:
        return _error(404, "notFound", f"File not found: {request.path_params['id']}.")
    if (found.record or {})["mimeType"] != DOC:
        return _error(403, "fileNotExportable", "Export only supports Docs Editors files.")
    if request.query_params.get("mimeType") not in ("text/markdown", "text/plain"):
        return _error(400, "badRequest", "The requested conversion is not supported.")
    said = _said(found, site)
    if said["size_bytes"] > _MOST_EXPORTED:
        return _error(403, "exportSizeLimitExceeded", "This file is too large to be exported.")
    return Response(said["text"], media_type=request.query_params["mimeType"])


def _said(file: Version, site: Site) -> dict[str, Any]:
    """What the file says now; {"text", "size_bytes"}."""
    found = drive.history(site.world).find(site.now, "text", file.id)
    return (found and found.record) or {"text": "", "size_bytes": 0}


async def _watch(request: Request, site: Site) -> Response:
    asked = await json_body(request)
    held = site.kept.setdefault("google_drive", {}).setdefault("channels", {})
    if asked.get("type") != "web_hook" or not str(asked.get("address", "")).startswith("https://"):
        return _error(400, "badRequest", "WebHook callback must be HTTPS")
    if not asked.get("id") or len(asked["id"]) > 64 or len(asked.get("token", "")) > 256:
        return _error(400, "badRequest", "Invalid channel")
    if asked["id"] in held:
        return _error(400, "channelIdNotUnique", f"Channel id {asked['id']} not unique")
    latest = site.now + _LONGEST_CHANNEL
    wanted = int(asked.get("expiration") or (site.now + _DEFAULT_CHANNEL).timestamp() * 1000)
    ends_ms = min(wanted, int(latest.timestamp() * 1000))
    held[asked["id"]] = {**asked, "resourceId": "ret08u3rv24htgh289g", "expiration": ends_ms}
    told = {name: held[asked["id"]][name] for name in ("id", "resourceId", "token") if name in held[asked["id"]]}
    uri = "https://www.googleapis.com/drive/v3/changes?alt=json"
    return JSONResponse({"kind": "api#channel", **told, "resourceUri": uri, "expiration": str(ends_ms)})


async def _stop(request: Request, site: Site) -> Response:
    asked, held = await json_body(request), site.kept.get("google_drive", {}).get("channels", {})
    if asked.get("id") not in held or held[asked["id"]]["resourceId"] != asked.get("resourceId"):
        return _error(404, "notFound", f"Channel '{asked.get('id')}' not found for project")
    del held[asked["id"]]
    return Response(status_code=204)


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _entities(world: World, at: datetime) -> Iterator[tuple[str, str, Last]]:
    """What was gone or in the trash before the feed was first read nobody told us."""
    for one in drive.history(world).as_of(at, "file"):
        has_text = one.record is None or one.record["mimeType"] in KINDS
        streams = ("file", "file_text") if has_text else ("file",)  # of what is removed nobody tells the kind
        for stream in streams:
            if one.record is not None and not one.record["trashed"]:
                yield stream, one.id, Last(state={"name": one.record["name"], "version": one.record["version"]})
            elif one.at > world.now:
                yield stream, one.id, Last(is_deleted=True)


vendor = Vendor(
    name="google_drive",
    routes=routes,
    new_credentials=drive.new_credentials,
    sign=drive.sign,
    deliveries=drive.deliveries,
    entities=_entities,
    api="google_drive/",
    options=lambda world: {"login_url": "token", "contents": True},
    tries=5,
)
