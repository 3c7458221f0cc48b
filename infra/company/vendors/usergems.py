"""UserGems' API, which only takes: contacts and accounts to watch. Nothing can be read back, so nothing is listed.

app.usergems.com/api/documentation: 20 requests a second, one record each, "added to queue".
"""

from collections.abc import Iterator
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..history import Last
from ..hooks import usergems as hooks
from ..vendor import Vendor
from ..world import World
from .guard import Manners, guarded, json_body
from .limits import Limit
from .site import Site

_PER_SECOND = Limit("usergems second", 20, 1)


def routes(site: Site) -> list[Route]:
    manners = Manners(
        "usergems",
        _authorise,
        lambda request: [_PER_SECOND],
        lambda limit, after_s: JSONResponse({"message": "Too Many Attempts."}, 429),
        lambda: JSONResponse({"message": "The given data was invalid."}, 422),
    )
    paths = {"/usergems/v1/contact": "Contact", "/usergems/v1/account": "Account"}
    return [Route(path, guarded(site, manners, _queue), methods=["POST", "DELETE"]) for path in paths]


def _authorise(request: Request, site: Site) -> Response | None:
    """One key per company; ours is the one its webhooks show."""
    if request.headers.get("x-api-key") in site.credentials["usergems"]["signing_secrets"]:
        return None
    return JSONResponse({"message": "Unauthenticated."}, 401)


async def _queue(request: Request, site: Site) -> Response:
    asked, what = await json_body(request), request.url.path.rsplit("/", 1)[1]
    if what == "account" and "reportId" not in asked:
        return JSONResponse({"message": "The report id field is required."}, 422)
    done = "added" if request.method == "POST" else "removed"
    return JSONResponse({"message": f"{what.title()} {done} to queue" if done == "added" else f"{what.title()} {done}"})


def _entities(world: World, at: datetime) -> Iterator[tuple[str, str, Last]]:
    """Signals are facts that never change: the sender's ledger counts them."""
    return iter(())


vendor = Vendor(
    name="usergems",
    routes=routes,
    new_credentials=hooks.new_credentials,
    sign=hooks.sign,
    deliveries=hooks.deliveries,
    entities=_entities,
    api="usergems/v1/",
)
