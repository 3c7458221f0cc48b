"""What the stand-ins of Outlook and SharePoint share of Microsoft Graph: tokens, errors, delta rounds, subscriptions.

Sources: learn.microsoft.com, Microsoft Graph: "Get access without a user", "Use delta query", "Throttling guidance",
"subscription resource type", "message: delta", "driveItem: delta".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..chance import Chance
from ..signing import guid
from .cursors import position_of, to_cursor
from .guard import Handler, Manners, bearer, guarded, json_body
from .limits import Limit
from .site import Site

TOKEN_LIFE = timedelta(seconds=3599)
LINK_LIFE = timedelta(days=30)
"""How long these stand-ins know a link; Microsoft promises nothing for mail and drives."""
_LEAST_LIFE = timedelta(minutes=45)
_REPLAYED = timedelta(minutes=1)
"""Replays happen: what changed shortly before a link was given is told once more."""


def error(status: int, code: str, message: str, **headers: str) -> Response:
    inner = {"date": "2026-01-01T00:00:00", "request-id": "00000000-0000-0000-0000-000000000000"}
    lines = {name.replace("_", "-"): told for name, told in headers.items()}
    return JSONResponse({"error": {"code": code, "message": message, "innerError": inner}}, status, lines)


@dataclass(frozen=True)
class Graph:
    """One stand-in's Graph. longest is the life of its subscriptions, limits what a request costs it."""

    vendor: str
    longest: timedelta
    limits: Callable[[Request], Sequence[Limit]]

    def routes(self, site: Site, handlers: Sequence[tuple[str, Handler]]) -> list[Route]:
        """Paths are below /v1.0/."""

        def route(path: str, method: str, handler: Handler, is_open: bool = False) -> Route:
            authorise = (lambda request, site: None) if is_open else self._authorise
            manners = Manners(self.vendor, authorise, self.limits, _busy, _not_ok, headers_of_answers)
            return Route(f"/{self.vendor}/v1.0/{path}", guarded(site, manners, handler), methods=[method])

        return [
            route("oauth2/v2.0/token", "POST", self._token, is_open=True),
            route("subscriptions", "GET", self._subscriptions),
            route("subscriptions", "POST", self._subscribe),
            route("subscriptions/{id}", "PATCH", self._renew),
            route("subscriptions/{id}", "DELETE", self._unsubscribe),
            *(route(path, "GET", handler) for path, handler in handlers),
        ]

    def _kept(self, site: Site, what: str) -> dict[str, Any]:
        kept: dict[str, Any] = site.kept.setdefault(self.vendor, {}).setdefault(what, {})
        return kept

    async def _token(self, request: Request, site: Site) -> Response:
        asked = {name: told[-1] for name, told in parse_qs((await request.body()).decode()).items()}
        held = site.credentials[self.vendor]
        if asked.get("grant_type") != "client_credentials" or not asked.get("scope", "").endswith("/.default"):
            return JSONResponse({"error": "invalid_request", "error_description": "AADSTS900144"}, 400)
        if (asked.get("client_id"), asked.get("client_secret")) != (held["client_id"], held["client_secret"]):
            told = "AADSTS7000215: Invalid client secret provided."
            return JSONResponse({"error": "invalid_client", "error_description": told}, 401)
        tokens = self._kept(site, "tokens")
        token = f"eyJ0eXAi.{to_cursor(self.vendor)}"
        tokens[token] = site.now + TOKEN_LIFE
        seconds = int(TOKEN_LIFE.total_seconds())
        return JSONResponse({"token_type": "Bearer", "expires_in": seconds, "access_token": token})

    def _authorise(self, request: Request, site: Site) -> Response | None:
        if (until := self._kept(site, "tokens").get(bearer(request))) and until > site.now:
            return None
        told = "Lifetime validation failed, the token is expired." if until else "CompactToken parsing failed."
        return error(401, "InvalidAuthenticationToken", told)

    async def _subscriptions(self, request: Request, site: Site) -> Response:
        held = [one for one in self._kept(site, "subscriptions").values() if _until(one) > site.now]
        return JSONResponse({"value": held})

    async def _subscribe(self, request: Request, site: Site) -> Response:
        """201. The address's validation is not played here: who answers for it is not reachable from a test."""
        asked, held = await json_body(request), self._kept(site, "subscriptions")
        if missing := {"changeType", "notificationUrl", "resource", "expirationDateTime"} - asked.keys():
            return error(400, "InvalidRequest", f"{sorted(missing)[0]} is missing")
        if len(asked.get("clientState") or "") > 128:
            return error(400, "InvalidRequest", "clientState is limited to 128 characters")
        if any(
            (one["resource"], one["changeType"]) == (asked["resource"], asked["changeType"]) for one in held.values()
        ):
            return error(409, "Conflict", "Subscription already exists for the requested combination")
        if (until := self._granted(site, asked["expirationDateTime"])) is None:
            return error(400, "InvalidRequest", "Subscription expiration is out of range")
        number = guid(Chance(site.world.seed, f"{self.vendor}/subscription/{len(held)}/{asked['resource']}"))
        # clientState is told to nobody who asks later.
        told = {name: value for name, value in asked.items() if name != "clientState"}
        held[number] = {"id": number, **told, "expirationDateTime": until}
        return JSONResponse({**held[number], "clientState": asked.get("clientState")}, 201)

    async def _renew(self, request: Request, site: Site) -> Response:
        one = self._kept(site, "subscriptions").get(request.path_params["id"])
        if one is None or _until(one) <= site.now:
            return error(404, "ResourceNotFound", "The object was not found.")
        if (until := self._granted(site, (await json_body(request)).get("expirationDateTime", ""))) is None:
            return error(400, "InvalidRequest", "Subscription expiration is out of range")
        one["expirationDateTime"] = until
        return JSONResponse(one)

    async def _unsubscribe(self, request: Request, site: Site) -> Response:
        if self._kept(site, "subscriptions").pop(request.path_params["id"], None) is None:
            return error(404, "ResourceNotFound", "The object was not found.")
        return Response(status_code=204)

    def _granted(self, site: Site, asked: str) -> str | None:
        """At least 45 minutes; None where it is no instant, or one too far."""
        try:
            life = datetime.fromisoformat(asked) - site.now
        except (ValueError, TypeError):
            return None
        if life > self.longest:
            return None
        return (site.now + max(life, _LEAST_LIFE)).strftime("%Y-%m-%dT%H:%M:%SZ")


Rows = Callable[[datetime, datetime | None], list[dict[str, Any]]]


def delta(request: Request, site: Site, rows: Rows, forgotten: str) -> Response:
    """A page of a round. rows gives what lives at an instant, or what changed since another, deletions among it.

    $select and the page size are kept in the links. A link too old is 410 with where to begin again.
    """
    asked = request.query_params
    token = asked.get("$skiptoken") or asked.get("$deltatoken") or asked.get("token")
    place: dict[str, Any] = {"since": None, "at": site.now.isoformat(), "start": 0, "select": asked.get("$select")}
    fresh = str(request.url.replace(query=""))
    if token == "latest":  # noqa: S105  the word for "from now on"
        return _answer([], "@odata.deltaLink", fresh, "token", {**place, "since": place["at"]})
    if token:
        try:
            place = position_of(token)
        except ValueError:
            return error(400, "syncStateInvalid", "The sync state is invalid.")
        since = place["since"] or place["at"]
        if site.now - datetime.fromisoformat(since) > LINK_LIFE:
            return error(410, forgotten, "The sync state generation is not found.", Location=fresh)
        if "at" not in place:
            place = {**place, "at": site.now.isoformat(), "start": 0}
    since_at = datetime.fromisoformat(place["since"]) - _REPLAYED if place["since"] else None
    found = [_selected(row, place["select"]) for row in rows(datetime.fromisoformat(place["at"]), since_at)]
    start = place["start"]
    end = start if request.state.is_empty_page else start + min(site.page_cap, _page_size(request))
    if end < len(found):
        return _answer(found[start:end], "@odata.nextLink", fresh, "$skiptoken", {**place, "start": end})
    left = {"since": place["at"], "select": place["select"]}
    return _answer(found[start:end], "@odata.deltaLink", fresh, "$deltatoken", left)


def _answer(shown: list[dict[str, Any]], link: str, url: str, name: str, place: dict[str, Any]) -> Response:
    told = {"@odata.context": "https://graph.microsoft.com/v1.0/$metadata", "value": shown}
    return JSONResponse({**told, link: f"{url}?{urlencode({name: to_cursor(place)})}"})


def _selected(row: dict[str, Any], select: str | None) -> dict[str, Any]:
    """Annotations come whatever is selected, and so does the id."""
    if not select:
        return row
    wanted = {*select.split(","), "id"}
    return {
        name: told for name, told in row.items() if name in wanted or name.startswith("@odata.") or name == "@removed"
    }


def select(request: Request, row: dict[str, Any]) -> dict[str, Any]:
    return _selected(row, request.query_params.get("$select"))


def _page_size(request: Request) -> int:
    preferred = request.headers.get("prefer", "").partition("odata.maxpagesize=")[2]
    return int(preferred) if preferred.isdigit() and int(preferred) else 1000


def headers_of_answers(site: Site) -> dict[str, str]:
    """Its clock is the site's."""
    return {"Date": format_datetime(site.now, usegmt=True)}


def _until(subscription: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(subscription["expirationDateTime"])


def _busy(limit: Limit | None, after_s: int) -> Response:
    return error(429, "TooManyRequests", "Please retry after", Retry_After=str(after_s))


def _not_ok() -> Response:
    return error(400, "generalException", "General exception while processing")
