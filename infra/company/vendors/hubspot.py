"""HubSpot's CRM API: lists, search with its cap, batch reads, associations, owners, pipelines.

Sources: developers.hubspot.com, "CRM search" (10,000 results, 200 a page, 5 requests a second), "API usage guidelines"
(190 requests in 10 seconds), "Associations v4".
"""

from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .. import entities
from ..crm import Record
from ..hooks import hubspot as hooks
from ..notes import notes
from ..render import hubspot
from ..vendor import Vendor
from . import hubspot_webhooks
from .cursors import position_of, to_cursor
from .guard import Manners, bearer, guarded, json_body
from .hubspot_associations import associations
from .hubspot_search import Refused, search
from .limits import Limit
from .site import Site

_BURST = Limit("hubspot burst", 190, 10)
_DAILY = Limit("hubspot daily", 650_000, 86_400)
_SEARCH = Limit("hubspot search", 5, 1)
_POLICIES = {_BURST: "TEN_SECONDLY_ROLLING", _DAILY: "DAILY", _SEARCH: "SECONDLY"}


def routes(site: Site) -> list[Route]:
    manners = Manners("hubspot", _authorise, _limits, _busy, lambda: refused("Invalid input JSON"))
    objects = "/hubspot/crm/v3/objects/{plural}"
    endpoints = (
        (objects, "GET", _list),
        (objects + "/search", "POST", _search),
        (objects + "/batch/read", "POST", _batch_read),
        (objects + "/{record_id}", "GET", _one),
        ("/hubspot/crm/v3/owners", "GET", _owners),
        ("/hubspot/crm/v3/pipelines/{plural}", "GET", _pipelines),
        ("/hubspot/crm/v4/associations/{from_type}/{to_type}/batch/read", "POST", associations),
    )
    made = [Route(path, guarded(site, manners, handler), methods=[method]) for path, method, handler in endpoints]
    of_the_app = replace(manners, authorise=hubspot_webhooks.authorise)
    for path, methods, handler in hubspot_webhooks.ENDPOINTS:
        made.append(Route("/hubspot/webhooks/v3/{app_id}" + path, guarded(site, of_the_app, handler), methods=methods))
    return made


def _authorise(request: Request, site: Site) -> Response | None:
    if bearer(request) == site.credentials["hubspot"]["access_token"]:
        return None
    return refused("Authentication credentials not found", "INVALID_AUTHENTICATION", 401)


def _limits(request: Request) -> list[Limit]:
    return [_BURST, _DAILY, *([_SEARCH] if request.url.path.endswith("/search") else [])]


def _busy(limit: Limit | None, after_s: int) -> Response:
    """Retry-After is not promised: the daily and the ten-secondly policy come without it."""
    policy = _POLICIES[limit] if limit else "SECONDLY"
    body = {
        "status": "error",
        "message": f"You have reached your {policy.lower()} limit.",
        "errorType": "RATE_LIMIT",
        "policyName": policy,
    }
    return JSONResponse(body, 429, headers={"Retry-After": str(after_s)} if policy == "SECONDLY" else {})


def refused(message: str, category: str = "VALIDATION_ERROR", status: int = 400) -> Response:
    return JSONResponse({"status": "error", "message": message, "correlationId": "0", "category": category}, status)


def records(site: Site, kind: str) -> list[Record]:
    """Those HubSpot knows of now, archived ones included, in the order of their ids."""
    found = {
        "company": list(site.world.market.companies),
        "contact": list(site.world.market.contacts),
        "deal": [pursuit.record for pursuit in site.world.pursuits],
        "note": list(notes(site.world)),
    }.get(kind, [])
    return sorted((one for one in found if one.is_known(site.now)), key=lambda one: int(one.id))


def _kind(request: Request) -> str | None:
    plural = request.path_params["plural"]
    return hubspot.PLURALS.get(hubspot.TYPE_IDS.get(plural, plural))


def _unknown(request: Request) -> Response:
    return refused(f"Unable to infer object type from: {request.path_params['plural']}")


async def _list(request: Request, site: Site) -> Response:
    kind, asked = _kind(request), request.query_params
    if kind is None:
        return _unknown(request)
    history, most = _names(asked.get("propertiesWithHistory")), 50 if asked.get("propertiesWithHistory") else 100
    is_archived = asked.get("archived", "false") == "true"
    listed = [one for one in records(site, kind) if (one.archived_at(site.now) is not None) == is_archived]
    properties = _names(asked.get("properties"))
    return _page(request, [hubspot.record(one, site.now, properties, history) for one in listed], most)


async def _one(request: Request, site: Site) -> Response:
    kind, asked = _kind(request), request.query_params
    for one in records(site, kind or ""):
        if one.id == request.path_params["record_id"] and one.is_live(site.now):
            names = _names(asked.get("properties")), _names(asked.get("propertiesWithHistory"))
            return JSONResponse(hubspot.record(one, site.now, *names))
    return refused("resource not found", "OBJECT_NOT_FOUND", 404)


async def _search(request: Request, site: Site) -> Response:
    kind, asked = _kind(request), await json_body(request)
    if kind is None:
        return _unknown(request)
    live = [one for one in records(site, kind) if one.is_live(site.now)]
    try:
        return JSONResponse(search(live, asked, site.now, site.search_cap, request.state.is_empty_page))
    except Refused as refusal:
        return refused(str(refusal), status=refusal.status)


async def _batch_read(request: Request, site: Site) -> Response:
    kind, asked = _kind(request), await json_body(request)
    history = asked.get("propertiesWithHistory") or []
    ids = [str(one.get("id")) for one in asked.get("inputs", [])]
    if kind is None or len(ids) > (50 if history else 100):
        return refused("The maximum number of inputs supported in a batch request is 100 (50 with history)")
    found = [one for one in records(site, kind) if one.id in ids and one.is_live(site.now)]
    told = [hubspot.record(one, site.now, asked.get("properties") or [], history) for one in found]
    return JSONResponse({"status": "COMPLETE", "results": told}, 200 if len(found) == len(set(ids)) else 207)


async def _owners(request: Request, site: Site) -> Response:
    is_archived = request.query_params.get("archived", "false") == "true"
    told = [hubspot.owner(one) for one in site.world.staff if one.team == "sales"]
    return _page(request, [one for one in told if one["archived"] == is_archived], most=500, default=100)


async def _pipelines(request: Request, site: Site) -> Response:
    is_deals = hubspot.TYPE_IDS.get(request.path_params["plural"], request.path_params["plural"]) == "deals"
    return JSONResponse({"results": hubspot.pipelines(site.world.started_at, site.now) if is_deals else []})


def _names(text: str | None) -> list[str]:
    return [name for name in (text or "").split(",") if name]


def _page(request: Request, listed: list[dict[str, Any]], most: int, default: int = 10) -> Response:
    asked = request.query_params
    try:
        size = int(asked.get("limit", default))
        start = position_of(asked["after"]) if asked.get("after") else 0
    except ValueError:
        return refused("Invalid limit or after")
    if not 0 < size <= most:
        return refused(f"limit must be between 1 and {most}")
    end = start if request.state.is_empty_page else start + size
    told: dict[str, Any] = {"results": listed[start:end]}
    if end < len(listed):
        after = to_cursor(end)
        told["paging"] = {"next": {"after": after, "link": str(request.url.include_query_params(after=after))}}
    return JSONResponse(told)


vendor = Vendor(
    name="hubspot",
    routes=routes,
    new_credentials=hooks.new_credentials,
    sign=hooks.sign,
    deliveries=hooks.deliveries,
    entities=entities.hubspot,
    api="hubspot/",
    options=lambda world: {"app_id": hubspot.APP_ID},
    tries=11,  # developers.hubspot.com, "Webhooks API": up to ten retries
    retold=hooks.retold,
)
