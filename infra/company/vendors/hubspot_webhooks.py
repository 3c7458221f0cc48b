"""The webhook settings and subscriptions of HubSpot's app, as its developer account manages them.

Source: developers.hubspot.com, reference of webhooks/v3/{appId}: settings and subscriptions, asked with `hapikey`. One
address for all; property changes need a subscription for each property.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..render import hubspot
from .guard import json_body
from .site import Site

ADDRESS = "https://hooks.payready.example/hooks/hubspot"
"""Where the company's app delivers to since it was set up."""
_MADE_AT = "2026-01-05T09:00:00.000Z"


def authorise(request: Request, site: Site) -> Response | None:
    if request.query_params.get("hapikey") != site.credentials["hubspot"].get("developer_api_key"):
        return _refused("This hapikey doesn't exist.", 401)
    if request.path_params["app_id"] != str(hubspot.APP_ID):
        return _refused("No app of that id in this developer account", 404)
    return None


async def _settings(request: Request, site: Site) -> Response:
    kept = _kept(site)
    if request.method == "PUT":
        asked = await json_body(request)
        if not str(asked.get("targetUrl", "")).startswith("https://"):
            return _refused("targetUrl must use https", 400)
        kept["settings"] = {**asked, "createdAt": _MADE_AT, "updatedAt": _MADE_AT}
    return JSONResponse(kept["settings"]) if kept["settings"] else _refused("No webhook settings", 404)


async def _listed(request: Request, site: Site) -> Response:
    return JSONResponse({"results": list(_kept(site)["subscriptions"].values())})


async def _create(request: Request, site: Site) -> Response:
    asked, kept = await json_body(request), _kept(site)
    about = asked.get("eventType"), asked.get("propertyName")
    if not kept["settings"]:
        return _refused("Set a target URL before subscribing", 400)
    if str(about[0]).endswith(".propertyChange") != (about[1] is not None):
        return _refused("propertyName belongs to propertyChange", 400)
    if any((one["eventType"], one.get("propertyName")) == about for one in kept["subscriptions"].values()):
        return _refused("Subscription already exists", 409)
    kept["last"] += 1
    made = _subscription(kept["last"], *about) | {"active": bool(asked.get("active"))}
    kept["subscriptions"][made["id"]] = made
    return JSONResponse(made, 201)


async def _remove(request: Request, site: Site) -> Response:
    if _kept(site)["subscriptions"].pop(request.path_params["id"], None) is None:
        return _refused("No such subscription", 404)
    return Response(status_code=204)


def _kept(site: Site) -> dict[str, Any]:
    """At first what the company subscribed to when it set up the app."""
    if "webhooks" not in site.kept.setdefault("hubspot", {}):
        known: list[tuple[str, str | None]] = [
            (kind, None) for kind in hubspot.SUBSCRIPTIONS if not kind.endswith("propertyChange")
        ]
        known += [(f"{kind}.propertyChange", name) for kind, names in hubspot.SUBSCRIBED.items() for name in names]
        made = [_subscription(number, *one) for number, one in enumerate(known, start=1_900_001)]
        site.kept["hubspot"]["webhooks"] = {
            "settings": {"targetUrl": ADDRESS, "throttling": {"maxConcurrentRequests": 10, "period": "SECONDLY"}},
            "subscriptions": {one["id"]: one for one in made},
            "last": 1_900_000 + len(made),
        }
    found: dict[str, Any] = site.kept["hubspot"]["webhooks"]
    return found


def _subscription(number: int, event_type: str | None, property_name: str | None) -> dict[str, Any]:
    told = {"id": str(number), "eventType": event_type, "active": True, "createdAt": _MADE_AT, "updatedAt": _MADE_AT}
    return told | ({"propertyName": property_name} if property_name else {})


def _refused(message: str, status: int) -> Response:
    return JSONResponse({"status": "error", "message": message, "correlationId": "0"}, status)


ENDPOINTS = (
    ("/settings", ["GET", "PUT"], _settings),
    ("/subscriptions", ["GET"], _listed),
    ("/subscriptions", ["POST"], _create),
    ("/subscriptions/{id}", ["DELETE"], _remove),
)
