"""Apollo's API: searches of 500 pages and no more, three fixed windows of requests for each endpoint.

docs.apollo.io: "Search for Contacts", "Search for Accounts", "View a Contact", "Rate Limits", "Poll Webhook Result".
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from ..history import Last
from ..hooks import apollo as hooks
from ..vendor import Vendor
from ..world import World
from .guard import Manners, guarded, json_body
from .limits import Limit
from .site import Site

API = "/apollo/api/v1"
_WINDOWS = (("minute", 200, 60), ("hour", 400, 3_600), ("day", 6_000, 86_400))
_SORTS = {"created_at", "updated_at"}
_MOST_ROWS, _MOST_PAGES = 100, 500


def routes(site: Site) -> list[Route]:
    manners = Manners("apollo", _authorise, _limits, _busy, lambda: JSONResponse({"error": "unprocessable"}, 422))
    asked = (
        (f"{API}/contacts/search", "POST", _search),
        (f"{API}/accounts/search", "POST", _search),
        (f"{API}/contacts/{{record_id}}", "GET", _view),
        (f"{API}/contact_stages", "GET", _stages),
        (f"{API}/account_stages", "GET", _stages),
    )
    return [Route(path, guarded(site, manners, handler), methods=[method]) for path, method, handler in asked]


def _authorise(request: Request, site: Site) -> Response | None:
    if request.headers.get("x-api-key") == site.credentials["apollo"]["api_key"]:
        return None
    return PlainTextResponse("Invalid access credentials.", 401)


def _limits(request: Request) -> list[Limit]:
    endpoint = request.url.path.removeprefix(API)
    return [Limit(f"apollo {endpoint} {name}", count, per_s) for name, count, per_s in _WINDOWS]


def _busy(limit: Limit | None, after_s: int) -> Response:
    """In prose."""
    endpoint, window = (limit.name.split()[1], limit.name.split()[2]) if limit else ("/contacts/search", "minute")
    count = limit.requests if limit else 200
    message = f"The maximum number of api calls allowed for api/v1{endpoint} is {count} times per {window}."
    return JSONResponse({"message": message}, 429, {"retry-after": str(after_s)})


async def _search(request: Request, site: Site) -> Response:
    asked, plural = await json_body(request), request.url.path.split("/")[-2]
    kind = plural.removesuffix("s")
    page, rows = int(asked.get("page", 1)), int(asked.get("per_page", 25))
    sort = str(asked.get("sort_by_field", f"{kind}_updated_at")).removeprefix(f"{kind}_")
    if not 1 <= page <= _MOST_PAGES or not 1 <= rows <= _MOST_ROWS or sort not in _SORTS:
        return JSONResponse({"error": "page, per_page or sort_by_field is out of range"}, 422)
    found = [one.record or {} for one in hooks.history(site.world).living(site.now, kind)]
    if stages := asked.get(f"{kind}_stage_ids"):
        found = [one for one in found if one[f"{kind}_stage_id"] in stages]
    found.sort(key=lambda one: (one[sort], one["id"]), reverse=not asked.get("sort_ascending", False))
    rows = min(rows, site.page_cap)
    shown = [] if request.state.is_empty_page else found[(page - 1) * rows : page * rows]
    total_pages = -(-len(found) // rows)
    pagination = {"page": page, "per_page": rows, "total_entries": len(found), "total_pages": total_pages}
    partial = {"partial_results_only": False, "partial_results_limit": _MOST_PAGES * _MOST_ROWS}
    return JSONResponse({plural: shown, "breadcrumbs": [], "pagination": pagination, **partial})


async def _view(request: Request, site: Site) -> Response:
    found = hooks.history(site.world).find(site.now, "contact", request.path_params["record_id"])
    if found is None:
        return JSONResponse({"error": "Contact not found"}, 404)
    return JSONResponse({"contact": found.record})


async def _stages(request: Request, site: Site) -> Response:
    plural = request.url.path.rsplit("/", 1)[1]
    kind = plural.removesuffix("_stages")
    told: list[Any] = [
        {"id": hooks.stage_id(kind, number), "display_name": name} for number, name in enumerate(hooks.STAGES[kind])
    ]
    return JSONResponse({plural: told})


_TELLING: dict[str, tuple[str, ...]] = {"contact": ("email", "title"), "account": ("name", "account_stage_id")}


def _entities(world: World, at: datetime) -> Iterator[tuple[str, str, Last]]:
    """What was removed before now nobody could tell us: only a listing that lacks it tells."""
    return hooks.history(world).entities(at, _TELLING, since=world.now)


vendor = Vendor(
    name="apollo",
    routes=routes,
    new_credentials=hooks.new_credentials,
    sign=hooks.sign,
    deliveries=hooks.deliveries,
    entities=_entities,
    api="apollo/api/v1/",
    # That it retries is documented, how often is not.
    tries=3,
    address=hooks.address,
)
