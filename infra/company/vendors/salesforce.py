"""Salesforce's REST API: OAuth, SOQL pages behind a query locator, describe, getDeleted; and its outbound messages.

developer.salesforce.com: REST API, "Query", "sObject Get Deleted", "Status Codes and Error Responses"; "API Request
Limits and Allocations". Bulk 2.0 is in salesforce_bulk.py.
"""

import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..history import Last, Version
from ..hooks import salesforce as hooks
from ..render.salesforce import MERGED_INTO, OBJECTS, history
from ..vendor import Vendor
from ..world import World
from .guard import Manners, bearer, guarded
from .limits import Limit
from .salesforce_soql import Row, SoqlRefused, parse
from .site import Site

API = "/salesforce/services/data/v62.0"
SESSION = timedelta(hours=2)
CURSOR = timedelta(days=2)
BIN = timedelta(days=15)
MOST_ROWS = 2000
_DAILY = Limit("salesforce daily", 100_000, 86_400)
_COMPOUND = {"BillingAddress": "address"}


def routes(site: Site) -> list[Route]:
    from .salesforce_bulk import endpoints  # noqa: PLC0415  it answers in the words of this module

    manners = Manners("salesforce", _authorise, lambda request: [_DAILY], _busy, _not_ok, _used)
    asked = (
        (f"{API}/query", "GET", _query),
        (f"{API}/queryAll", "GET", _query),
        (f"{API}/query/{{locator}}", "GET", _more),
        (f"{API}/limits", "GET", _limits),
        (f"{API}/sobjects/{{name}}/describe", "GET", _describe),
        (f"{API}/sobjects/{{name}}/deleted/", "GET", _deleted),
        (f"{API}/sobjects/{{name}}/{{record_id}}", "GET", _retrieve),
        *endpoints(API),
    )

    async def token(request: Request) -> Response:
        return await _token(request, site)

    made = [Route(path, guarded(site, manners, handler), methods=[method]) for path, method, handler in asked]
    return [Route("/salesforce/services/oauth2/token", token, methods=["POST"]), *made]


def kept(site: Site, what: str) -> dict[str, Any]:
    """What clients made it remember: tokens, locators, jobs."""
    found: dict[str, Any] = site.kept.setdefault("salesforce", {}).setdefault(what, {})
    return found


async def _token(request: Request, site: Site) -> Response:
    asked, held = dict(parse_qsl((await request.body()).decode())), site.credentials["salesforce"]
    if asked.get("grant_type") != "client_credentials":
        return JSONResponse({"error": "unsupported_grant_type", "error_description": "grant type not supported"}, 400)
    if asked.get("client_id") != held["client_id"] or asked.get("client_secret") != held["client_secret"]:
        return JSONResponse({"error": "invalid_client", "error_description": "invalid client credentials"}, 401)
    token = f"00D5e000004TyQL!AQ{secrets.token_urlsafe(32)}"
    kept(site, "tokens")[token] = site.now
    where = str(request.base_url).rstrip("/") + "/salesforce"
    told = {"access_token": token, "instance_url": where, "id": f"{where}/id", "token_type": "Bearer"}
    issued_at = str(int(site.now.timestamp() * 1000))
    return JSONResponse({**told, "issued_at": issued_at, "signature": secrets.token_urlsafe(16)})


def _authorise(request: Request, site: Site) -> Response | None:
    issued_at = kept(site, "tokens").get(bearer(request))
    if issued_at and site.now - issued_at < SESSION:
        return None
    return refuse("INVALID_SESSION_ID", "Session expired or invalid", 401)


def _busy(limit: Limit | None, after_s: int) -> Response:
    """There is no Retry-After. What passes soon is too many long-running calls at once."""
    if limit is None:
        message = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
        return refuse("REQUEST_LIMIT_EXCEEDED", message, 403)
    return refuse("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", 403)


def _not_ok() -> Response:
    return refuse("QUERY_TIMEOUT", "Your query request was running for too long.", 400)


def _used(site: Site) -> dict[str, str]:
    used = site.limiter.allowed(_DAILY) - site.limiter.remaining(_DAILY)
    return {"Sforce-Limit-Info": f"api-usage={used}/{site.limiter.allowed(_DAILY)}"}


def refuse(code: str, message: str, status: int) -> Response:
    return JSONResponse([{"message": message, "errorCode": code}], status)


def rows(site: Site, name: str, is_all: bool) -> list[Row]:
    """An object's records as of now; is_all: with those in the recycle bin."""
    living = {one.id: one for one in history(site.world).as_of(site.now, OBJECTS[name])}
    found: list[Row] = []
    for one in living.values():
        if one.record is not None:
            found.append(one.record)
        elif is_all and site.now - one.at < BIN:
            found.append(_in_the_bin(site, one))
    return found


def _in_the_bin(site: Site, gone: Version) -> Row:
    before = [one for one in history(site.world).versions if one.id == gone.id and one.record and one.at < gone.at][-1]
    winner = gone.event_type.removeprefix(MERGED_INTO) or None
    merged = {"MasterRecordId": winner} if "MasterRecordId" in (before.record or {}) else {}
    return {
        **(before.record or {}),
        **merged,
        "IsDeleted": True,
        "SystemModstamp": gone.at,
        "LastModifiedDate": gone.at,
    }


def known_fields(site: Site, name: str) -> dict[str, str]:
    """The object's fields and their types."""
    record = next(one.record for one in history(site.world).versions if one.stream == OBJECTS[name] and one.record)
    return {field: _type(field, told) for field, told in record.items()} | (_COMPOUND if name == "Account" else {})


def _type(field: str, told: Any) -> str:
    if field == "Id" or field.endswith("Id"):
        return "id" if field == "Id" else "reference"
    if isinstance(told, bool | int | float | datetime):
        return "boolean" if isinstance(told, bool) else "datetime" if isinstance(told, datetime) else "double"
    return "string"


def selected(site: Site, soql: str, is_all: bool) -> tuple[str, list[str], list[Row]]:
    """Object, fields and rows of a query. Raises SoqlRefused."""
    query = parse(soql)
    if query.object not in OBJECTS:
        raise SoqlRefused("INVALID_TYPE", f"sObject type '{query.object}' is not supported.")
    known = frozenset(known_fields(site, query.object))
    found = query.answer([{**dict.fromkeys(known), **row} for row in rows(site, query.object, is_all)], known)
    return query.object, list(query.fields), found


async def _query(request: Request, site: Site) -> Response:
    try:
        name, fields, found = selected(site, request.query_params.get("q", ""), request.url.path.endswith("queryAll"))
    except SoqlRefused as refused:
        return refuse(refused.code, str(refused), 400)
    if not fields:
        return JSONResponse({"totalSize": len(found), "done": True, "records": []})
    records = [_told(name, {field: row[field] for field in fields}) for row in found]
    return _page(request, site, records, 0, None)


async def _more(request: Request, site: Site) -> Response:
    """The next page. The locator names the query and the place in it."""
    cursor, _, place = request.path_params["locator"].rpartition("-")
    made_at, records = kept(site, "cursors").get(cursor, (None, []))
    if made_at is None or site.now - made_at > CURSOR:
        return refuse("INVALID_QUERY_LOCATOR", "invalid query locator", 400)
    return _page(request, site, records, int(place), cursor)


def _page(request: Request, site: Site, records: list[Any], start: int, cursor: str | None) -> Response:
    end = start if request.state.is_empty_page else start + min(MOST_ROWS, site.page_cap)
    told: dict[str, Any] = {"totalSize": len(records), "done": end >= len(records)}
    if not told["done"]:
        if cursor is None:
            cursor = f"01g5e{len(kept(site, 'cursors')):010d}AAQ"
            kept(site, "cursors")[cursor] = (site.now, records)
        told["nextRecordsUrl"] = f"/services/data/v62.0/query/{cursor}-{end}"
    return JSONResponse({**told, "records": records[start:end]})


async def _limits(request: Request, site: Site) -> Response:
    daily = {"Max": site.limiter.allowed(_DAILY), "Remaining": site.limiter.remaining(_DAILY)}
    return JSONResponse({"DailyApiRequests": daily})


async def _describe(request: Request, site: Site) -> Response:
    name = request.path_params["name"]
    if name not in OBJECTS:
        return refuse("NOT_FOUND", "The requested resource does not exist", 404)
    fields = [{"name": field, "type": kind} for field, kind in known_fields(site, name).items()]
    return JSONResponse({"name": name, "queryable": True, "replicateable": True, "fields": fields})


async def _retrieve(request: Request, site: Site) -> Response:
    name, record_id = request.path_params["name"], request.path_params["record_id"]
    found = (
        [row for row in rows(site, name, True) if record_id in (row["Id"], row["Id"][:15])] if name in OBJECTS else []
    )
    if not found:
        return refuse("NOT_FOUND", "Provided external ID field does not exist or is not accessible", 404)
    if found[0].get("IsDeleted"):
        return refuse("ENTITY_IS_DELETED", "entity is deleted", 404)
    return JSONResponse(_told(name, found[0]))


async def _deleted(request: Request, site: Site) -> Response:
    """Seconds of start and end are ignored, and so is what was restored."""
    name = request.path_params["name"]
    bounds = [datetime.fromisoformat(request.query_params[one]).replace(second=0) for one in ("start", "end")]
    start, end = bounds
    if start >= end or site.now - start > timedelta(days=30):
        return refuse("INVALID_REPLICATION_DATE", "startDate must be before endDate, at most 30 days ago", 400)
    gone = [one for one in history(site.world).as_of(site.now, OBJECTS[name]) if one.record is None]
    told = [{"id": one.id, "deletedDate": _rest(one.at)} for one in gone if start <= one.at < min(end, site.now)]
    covered = {"earliestDateAvailable": _rest(site.now - BIN), "latestDateCovered": _rest(min(end, site.now))}
    return JSONResponse({"deletedRecords": told, **covered})


def _told(name: str, row: Row) -> dict[str, Any]:
    attributes = {"type": name, "url": f"/services/data/v62.0/sobjects/{name}/{row.get('Id')}"}
    fields = {field: _rest(told) if isinstance(told, datetime) else told for field, told in row.items()}
    return {"attributes": attributes, **fields}


def _rest(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.000+0000"


_TELLING = {
    "account": ("Name", "Type"),
    "contact": ("Email", "Title"),
    "lead": ("Status",),
    "opportunity": ("StageName", "Amount"),
    "opportunity_history": ("StageName",),
    "opportunity_field_history": ("Field", "NewValue"),
    "task": ("Subject", "Status"),
    "event": ("Subject",),
    "user": ("Email", "IsActive"),
}


def _entities(world: World, at: datetime) -> Iterator[tuple[str, str, Last]]:
    told = history(world)
    yield from told.entities(at, _TELLING, since=at - BIN)
    for one in told.versions:
        if one.event_type.startswith(MERGED_INTO) and at - BIN < one.at <= at:
            yield "merge", one.id, Last(state={"MasterRecordId": one.event_type.removeprefix(MERGED_INTO)})


vendor = Vendor(
    name="salesforce",
    routes=routes,
    new_credentials=hooks.new_credentials,
    sign=hooks.sign,
    deliveries=hooks.deliveries,
    entities=_entities,
    api="salesforce/",
    # After 30 s, doubling up to two hours, for 24 hours in all.
    tries=19,
    address=hooks.address,
)
