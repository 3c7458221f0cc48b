"""Zendesk's API: exports by cursor and by time, ten a minute for them all; other lists by pages; webhooks.

Source: developer.zendesk.com, "Incremental exports", "Pagination", "Webhooks". An export by time ends with the time of
its last record, which the next page repeats; none may begin within the last minute.
"""

import base64
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..history import Last
from ..hooks import zendesk as hooks
from ..render import zendesk as render
from ..render.zendesk import epoch, history
from ..vendor import Vendor
from ..world import World
from .cursors import position_of, to_cursor
from .guard import Handler, Manners, bearer, guarded, json_body
from .limits import Limit
from .site import Site

_ALL = Limit("zendesk minute", 200, 60)
_EXPORTS = Limit("zendesk exports", 10, 60)
_PLURALS = {"ticket": "tickets", "user": "users", "organization": "organizations"}
_STREAMS = {plural: stream for stream, plural in _PLURALS.items()}


def routes(site: Site) -> list[Route]:
    def limits(request: Request) -> list[Limit]:
        return [_ALL, _EXPORTS] if "/incremental/" in request.url.path else [_ALL]

    def not_ok() -> Response:
        return JSONResponse({"error": "InternalError", "description": "Please try again"})

    api, manners = "/zendesk/api/v2", Manners("zendesk", _authorise, limits, _busy, not_ok)
    endpoints: list[tuple[str, str, Handler]] = [
        ("/incremental/{plural:str}/cursor.json", "GET", _by_cursor),
        ("/incremental/organizations.json", "GET", _by_time),
        ("/incremental/ticket_events.json", "GET", _by_time),
        ("/incremental/ticket_metric_events.json", "GET", _metric_events),
        ("/organizations.json", "GET", _organizations),
        ("/groups.json", "GET", _groups),
        ("/webhooks", "GET", _webhooks),
        ("/webhooks", "POST", _make_webhook),
        ("/webhooks/{id}", "DELETE", _remove_webhook),
        ("/webhooks/{id}/signing_secret", "GET", _signing_secret),
        ("/{plural}/{id}.json", "GET", _show),
    ]
    return [Route(api + path, guarded(site, manners, handler), methods=[method]) for path, method, handler in endpoints]


def _authorise(request: Request, site: Site) -> Response | None:
    held = site.credentials["zendesk"]
    pair = f"{held['email']}/token:{held['api_token']}"
    if bearer(request) == base64.b64encode(pair.encode()).decode():
        return None
    return JSONResponse({"error": "Couldn't authenticate you"}, 401)


def _busy(limit: Limit | None, after_s: int) -> Response:
    description = "Number of allowed incremental ticket export API requests per minute exceeded"
    return JSONResponse(
        {"error": "APIRateLimitExceeded", "description": description}, 429, {"Retry-After": str(after_s)}
    )


def _refused(error: str, status: int) -> Response:
    return JSONResponse({"error": error, "description": error}, status)


def _exported(site: Site, plural: str) -> list[tuple[int, dict[str, Any]]]:
    """Records by the time of their last change, deleted tickets and users among them."""
    if plural == "ticket_events":
        return [(one["timestamp"], one) for one in render.ticket_events(site.world, site.now)]
    living = history(site.world).living(site.now, _STREAMS[plural])
    return [(epoch(one.at), {**one.record, "generated_timestamp": epoch(one.at)}) for one in living if one.record]


def _start(request: Request, site: Site) -> int:
    """Raises ValueError for a start that is missing, no number, or too recent."""
    start = int(request.query_params["start_time"])
    if start > max(epoch(site.now), epoch(site.wall_clock())) - 60:
        raise ValueError("StartTimeTooRecent")
    return start


async def _by_cursor(request: Request, site: Site) -> Response:
    plural = request.path_params["plural"]
    if plural not in ("tickets", "users"):
        return _refused("RecordNotFound", 404)
    try:
        given = request.query_params.get("cursor")
        at = tuple(position_of(given)) if given else (_start(request, site), -1)
    except (LookupError, ValueError) as error:
        return _refused(str(error) if "Recent" in str(error) else "InvalidCursor", 422)
    found = sorted((at, record["id"], record) for at, record in _exported(site, plural))
    left = [(when, id_, record) for when, id_, record in found if (when, id_) > at]
    size = min(int(request.query_params.get("per_page", 1000)), 1000, site.page_cap)
    shown = [] if request.state.is_empty_page else left[:size]
    after = to_cursor(list(shown[-1][:2] if shown else at))
    url = f"{render.SUBDOMAIN}/incremental/{plural}/cursor.json?cursor={after}"
    ends = {"after_url": url, "after_cursor": after, "before_cursor": None, "end_of_stream": len(shown) == len(left)}
    return JSONResponse({plural: [record for _, _, record in shown], **ends})


async def _by_time(request: Request, site: Site) -> Response:
    plural = request.url.path.rsplit("/", 1)[1].removesuffix(".json")
    try:
        start = _start(request, site)
    except (LookupError, ValueError) as error:
        return _refused(str(error), 422)
    left = sorted(
        ((when, record["id"], record) for when, record in _exported(site, plural) if when >= start),
        key=lambda one: one[:2],
    )
    size = min(int(request.query_params.get("per_page", 1000)), 1000, site.page_cap)
    shown = [] if request.state.is_empty_page else left[:size]
    end = shown[-1][0] if shown else (start if left else None)
    told = {
        "count": len(shown),
        "end_time": end,
        "end_of_stream": len(shown) == len(left),
        "next_page": f"{render.SUBDOMAIN}/incremental/{plural}.json?start_time={end}",
    }
    return JSONResponse({plural: [record for _, _, record in shown], **told})


async def _metric_events(request: Request, site: Site) -> Response:
    try:
        start = _start(request, site)
    except (LookupError, ValueError) as error:
        return _refused(str(error), 422)
    told = [one for one in render.ticket_metric_events(site.world, site.now) if epoch(_instant(one["time"])) >= start]
    return _paged(request, site, "ticket_metric_events", told, most=1000)


async def _organizations(request: Request, site: Site) -> Response:
    told = [one.record or {} for one in history(site.world).living(site.now, "organization")]
    return _paged(request, site, "organizations", told)


async def _groups(request: Request, site: Site) -> Response:
    return _paged(request, site, "groups", render.groups(site.world))


def _instant(told: str) -> datetime:
    return datetime.fromisoformat(told)


def _paged(request: Request, site: Site, key: str, told: list[dict[str, Any]], most: int = 100) -> Response:
    """page[size] and page[after]; meta says whether there is more."""
    try:
        size = int(request.query_params.get("page[size]", 100))
        given = request.query_params.get("page[after]")
        after = position_of(given) if given else -1
    except ValueError:
        return _refused("InvalidPaginationParameter", 400)
    if size > most:
        return _refused("InvalidPaginationParameter", 400)
    left = [one for one in sorted(told, key=lambda one: one["id"]) if one["id"] > after]
    shown = [] if request.state.is_empty_page else left[: min(size, site.page_cap)]
    meta = {"has_more": len(shown) < len(left), "after_cursor": to_cursor(shown[-1]["id"] if shown else after)}
    return JSONResponse({key: shown, "meta": meta, "links": {"next": None, "prev": None}})


async def _show(request: Request, site: Site) -> Response:
    stream = _STREAMS.get(request.path_params["plural"])
    one = history(site.world).find(site.now, stream, request.path_params["id"]) if stream else None
    if one is None or one.record is None or one.record.get("status") == "deleted":
        return _refused("RecordNotFound", 404)
    return JSONResponse({stream: one.record})


async def _webhooks(request: Request, site: Site) -> Response:
    made = site.kept.setdefault("zendesk", {})
    return JSONResponse({"webhooks": list(made.values()), "meta": {"has_more": False}, "links": {}})


async def _make_webhook(request: Request, site: Site) -> Response:
    wanted = (await json_body(request)).get("webhook") or {}
    if not {"name", "endpoint", "http_method", "request_format", "status"} <= wanted.keys():
        return _refused("InvalidWebhook", 400)
    made = site.kept.setdefault("zendesk", {})
    webhook = {"id": f"01GK8E6BKWMJZD2T8Y5A{len(made):06d}", **wanted}
    made[webhook["id"]] = webhook
    return JSONResponse({"webhook": webhook}, 201)


async def _remove_webhook(request: Request, site: Site) -> Response:
    known = site.kept.setdefault("zendesk", {}).pop(request.path_params["id"], None)
    return Response(status_code=204) if known else _refused("RecordNotFound", 404)


async def _signing_secret(request: Request, site: Site) -> Response:
    if request.path_params["id"] not in site.kept.setdefault("zendesk", {}):
        return _refused("RecordNotFound", 404)
    secret = site.credentials["zendesk"]["signing_secrets"][0]
    return JSONResponse({"signing_secret": {"algorithm": "SHA256", "secret": secret}})


_TELLING: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "ticket": lambda record: {"status": record["status"], "priority": record["priority"]},
    "user": lambda record: {"email": record["email"], "name": record["name"]},
    "organization": lambda record: {"name": record["name"]},
}


def _entities(world: World, at: datetime) -> Iterator[tuple[str, str, Last]]:
    """Deleted tickets and users are told by the export too; deleted organizations by webhooks alone."""
    for stream, telling in _TELLING.items():
        for one in history(world).as_of(at, stream):
            is_marked = one.record is not None and (
                one.record.get("status") == "deleted" or not one.record.get("active", True)
            )
            if is_marked or (one.record is None and one.at >= world.hooks_since):
                yield stream, one.id, Last(is_deleted=True)
            elif one.record is not None:
                yield stream, one.id, Last(state=telling(one.record))
    for group in render.groups(world):
        yield "group", str(group["id"]), Last(state={"name": group["name"]})
    for event in render.ticket_events(world, at):
        yield "ticket_event", str(event["id"]), Last()
    for event in render.ticket_metric_events(world, at):
        yield "ticket_metric_event", str(event["id"]), Last()


vendor = Vendor(
    name="zendesk",
    routes=routes,
    new_credentials=hooks.new_credentials,
    sign=hooks.sign,
    deliveries=hooks.deliveries,
    entities=_entities,
    api="zendesk/api/v2/",
)
