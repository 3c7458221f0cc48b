"""What happens to every request before its handler: a switched fault, the credentials, the rate limits."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from .limits import Limit
from .site import Site

Handler = Callable[[Request, Site], Awaitable[Response]]

_HTML = "<!DOCTYPE html><html><head><title>Just a moment</title></head><body>Maintenance</body></html>"


@dataclass(frozen=True)
class Manners:
    """How one vendor refuses. authorise gives the refusal or None; not_ok is its 2xx or 4xx with an error inside."""

    vendor: str
    authorise: Callable[[Request, Site], Response | None]
    limits: Callable[[Request], Sequence[Limit]]
    busy: Callable[[Limit | None, int], Response]
    not_ok: Callable[[], Response]
    headers: Callable[[Site], Mapping[str, str]] = lambda site: {}


def guarded(site: Site, manners: Manners, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint. request.state.is_empty_page tells the handler to list nothing and still name a next page."""

    async def endpoint(request: Request) -> Response:
        refusal = _refusal(request, site, manners)
        outcome, response = refusal or ("ok", await handler(request, site))
        site.requests[f"{manners.vendor} {outcome}"] += 1
        response.headers.update(manners.headers(site))
        return response

    return endpoint


def _refusal(request: Request, site: Site, manners: Manners) -> tuple[str, Response] | None:
    fault = site.take_fault(manners.vendor, request.url.path)
    request.state.is_empty_page = fault is not None and fault.kind == "empty_page"
    if fault and fault.kind == "html":
        return "html", HTMLResponse(_HTML)
    if fault and fault.kind == "error":
        return "error", JSONResponse({"message": "Internal Server Error"}, 500)
    if fault and fault.kind == "busy":
        return "busy", manners.busy(None, fault.retry_after_s)
    if fault and fault.kind == "not_ok":
        return "not_ok", manners.not_ok()
    if refused := manners.authorise(request, site):
        return "refused", refused
    if exceeded := site.limiter.exceeded(manners.limits(request)):
        return "busy", manners.busy(*exceeded)
    return None


def bearer(request: Request) -> str:
    """The token of an Authorization header, whatever its scheme is called."""
    return request.headers.get("authorization", "").partition(" ")[2]


async def json_body(request: Request) -> dict[str, Any]:
    """The body as an object, {} where it is none."""
    try:
        found = await request.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
