"""What HubSpot's CRM API tells: records modified, archived, listed, and what they are associated with.

Facts: developers.hubspot.com, "Search the CRM", "Associations v4", "Owners", "Pipelines", "Notes". Odd here:
- search stops at 10,000 rows and indexes late: ingest/search_windows.py;
- it shows neither what was archived nor the history of a property, which other endpoints do;
- an edited association may leave its deal's modification time as it was, so all of them are swept now and then;
- notes have webhooks of the generic kind alone, a beta ("Create generic webhook subscriptions"): they are only pulled.
"""

import contextlib
import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ..errors import Unreadable
from ..ingest.bodies import instant, typed
from ..ingest.pages import Request, Token, items, listing, told, value, walk
from ..ingest.search_windows import SearchWindows, Walk
from ..ingest.source import QUARANTINE, Census, Event, Page, Reading, Stream, Window

_Read = Callable[[Reading], Iterator[Page]]
_Tell = Callable[[Reading, list[bytes]], list[Event]]

_SEARCH = SearchWindows(
    shown_rows=10_000,  # an offset past this is answered 400
    page_rows=200,
    settled_after=timedelta(hours=1),
    overlap=timedelta(minutes=1),
    first=1000,  # a bound of epoch 0 is answered 500
)
_PATHS = {"contact": "contacts", "company": "companies", "deal": "deals", "note": "notes"}
PROPERTIES = {
    "contact": "email hs_additional_emails firstname lastname jobtitle phone company associatedcompanyid createdate "
    "lifecyclestage hs_lead_status hubspot_owner_id lastmodifieddate hs_calculated_merged_vids hs_merged_object_ids "
    "salesforcecontactid salesforceleadid",
    "company": "name domain industry city state country annualrevenue numberofemployees lifecyclestage createdate "
    "hubspot_owner_id hs_lastmodifieddate hs_merged_object_ids salesforceaccountid hs_parent_company_id",
    "deal": "dealname amount deal_currency_code dealstage pipeline dealtype closedate createdate closed_lost_reason "
    "hubspot_owner_id hs_is_closed hs_is_closed_won hs_deal_stage_probability hs_lastmodifieddate hs_merged_object_ids "
    "hs_salesforceopportunityid",
    "note": "hs_note_body hs_timestamp hubspot_owner_id hs_createdate hs_lastmodifieddate",
}
_TARGETS = {"deal": ("company", "contact"), "contact": ("company",), "note": ("company", "contact", "deal")}
_HISTORY = "dealstage amount closedate"
_NEXT = Token(("paging", "next", "after"), "after")


class _Record(msgspec.Struct, rename="camel"):
    """What we read of a CRM record, an owner or a pipeline."""

    id: str = ""
    updated_at: str | None = None
    archived_at: str | None = None
    properties: dict[str, Any] = {}
    stages: list["_Record"] = []


_record = msgspec.json.Decoder(_Record)


def _properties(kind: str, reading: Reading) -> list[str]:
    """What to ask for. Options may name more: {"properties": {"deal": ["..."]}}."""
    return [*PROPERTIES[kind].split(), *reading.connection.options.get("properties", {}).get(kind, ())]


def _modified(kind: str, tell: _Tell | None = None) -> _Read:
    """What was modified since the last run, as search shows it or as tell makes of the ids it shows."""
    modified = "lastmodifieddate" if kind == "contact" else "hs_lastmodifieddate"

    def row(raw: bytes) -> tuple[int, int | None]:
        record = typed(_record, raw)
        at = instant(record.properties.get(modified) or record.updated_at)
        return int(record.id) if record.id.isdigit() else 0, None if at is None else int(at.timestamp() * 1000)

    def question(reading: Reading, walk: Walk) -> Request:
        (start, end), sort = map(str, walk.windows[0]), modified
        filters = [{"propertyName": modified, "operator": "BETWEEN", "value": start, "highValue": end}]
        if walk.tie is not None:
            sort = "hs_object_id"
            above = {"propertyName": sort, "operator": "GT", "value": walk.tie}
            filters = [{"propertyName": modified, "operator": "EQ", "value": start}, above]
        asked = {
            "filterGroups": [{"filters": filters}],
            "sorts": [{"propertyName": sort, "direction": "ASCENDING"}],
            "properties": _properties(kind, reading) if tell is None else [modified],
            "limit": _SEARCH.page_rows,
        } | ({"after": walk.after} if walk.after else {})
        return Request(f"crm/v3/objects/{_PATHS[kind]}/search", "POST", json=asked, bucket="search")

    def read(reading: Reading) -> Iterator[Page]:
        for records, cursor in _SEARCH.changed(reading, question, row, ("results",), _NEXT):
            yield Page(tell(reading, records) if tell else _upserts(kind, records, reading), cursor)

    return read


def _identified(kind: str, raw: bytes) -> _Record:
    record = typed(_record, raw)
    if not record.id:
        raise Unreadable("missing_entity", f"a {kind} without an id")
    return record


def _upsert(kind: str, raw: bytes) -> Event:
    record = _identified(kind, raw)
    # A stage can be edited without its pipeline's time moving.
    times = [instant(one.updated_at) for one in (record, *record.stages)]
    at = max((time for time in times if time), default=None)
    return Event(kind, record.id, "upsert", raw, occurred_at=at, source_updated_at=at)


def _upserts(kind: str, records: Iterable[bytes], reading: Reading) -> list[Event]:
    return [told(raw, reading, lambda raw, reading: _upsert(kind, raw)) for raw in records]


def _deals_with_history(reading: Reading, records: list[bytes]) -> list[Event]:
    """Search shows no history, and without it a stage whose webhook was lost would never be known."""
    asked: dict[str, Any] = {"properties": _properties("deal", reading), "propertiesWithHistory": _HISTORY.split()}
    listed = _upserts("deal", records, reading)
    events = [event for event in listed if event.stream == QUARANTINE]
    ids = [event.entity_id for event in listed if event.stream != QUARANTINE]
    for start in range(0, len(ids), 50):  # the most inputs with history; 100 without
        inputs = [{"id": deal_id} for deal_id in ids[start : start + 50]]
        answer = reading.http.ask(Request("crm/v3/objects/deals/batch/read", "POST", json=asked | {"inputs": inputs}))
        events += _upserts("deal", items(answer.body, "results"), reading)
    return events


def _archived(kind: str) -> _Read:
    """What went to the recycle bin since the last run: search never shows it, and the listing has no bound."""

    def deleted(raw: bytes, reading: Reading) -> Event | None:
        record = _identified(kind, raw)
        at, since = instant(record.archived_at), instant(reading.cursor.get("since"))
        if at and since and at < since - _SEARCH.settled_after:
            return None
        return Event(kind, record.id, "delete", raw, occurred_at=at, source_updated_at=at)

    return _every(f"crm/v3/objects/{_PATHS[kind]}", deleted, limit=100, archived="true")


def _all(kind: str, path: str, **params: str | int) -> _Read:
    return _every(path, lambda raw, reading: _upsert(kind, raw), **params)


def _every(path: str, event: Callable[[bytes, Reading], Event | None], **params: str | int) -> _Read:
    request = Request(path, params=params)
    return listing(request=lambda reading, since: request, event=event, records=("results",), paginator=_NEXT)


def _sweep(kind: str) -> _Read:
    """The associations of every record of a kind."""

    def read(reading: Reading) -> Iterator[Page]:
        first = Request(f"crm/v3/objects/{_PATHS[kind]}", params={"limit": 100, **reading.cursor})
        for answer, following in walk(reading.http, first, _NEXT):
            cursor = {"after": following.params["after"]} if following else {}
            yield Page(_associations(kind)(reading, items(answer.body, "results")), cursor)

    return read


class _To(msgspec.Struct, rename="camel"):
    to_object_id: int | str
    association_types: list[dict[str, Any]] = []


class _Associated(msgspec.Struct, rename={"of": "from"}):
    of: _Record
    to: list[_To] = []
    paging: dict[str, Any] | None = None


_associated = msgspec.json.Decoder(_Associated)


def _associations(kind: str) -> Callable[[Reading, Iterable[bytes]], list[Event]]:
    """What records of a kind are associated with, seen to hold when the record was last modified or later."""

    def tell(reading: Reading, records: Iterable[bytes]) -> list[Event]:
        seen_at = {}
        for raw in records:
            with contextlib.suppress(Unreadable):  # the stream of the records themselves quarantines it
                record = _identified(kind, raw)
                seen_at[record.id] = instant(record.updated_at)
        return _associated_with(reading, kind, seen_at)

    return tell


def _associated_with(reading: Reading, kind: str, seen_at: Mapping[str, datetime | None]) -> list[Event]:
    events = []
    for to_type in _TARGETS[kind]:
        inputs = [{"id": deal_id} for deal_id in seen_at]
        while inputs:
            question = {"inputs": inputs[:100]}
            answer = reading.http.ask(
                Request(f"crm/v4/associations/{_PATHS[kind]}/{_PATHS[to_type]}/batch/read", "POST", json=question)
            )
            inputs = inputs[100:]
            for found in (typed(_associated, raw) for raw in items(answer.body, "results")):
                if after := ((found.paging or {}).get("next") or {}).get("after"):
                    inputs.append({"id": found.of.id, "after": after})
                events += [_association(kind, found.of.id, to_type, to, seen_at.get(found.of.id)) for to in found.to]
    return events


def _association(kind: str, from_id: str, to_type: str, to: _To, seen_at: datetime | None) -> Event:
    """One event a pair, the primary type's label first: webhooks name a pair without its types (DEAL_TO_COMPANY)."""
    ends = {"from_type": kind, "from_id": from_id, "to_type": to_type, "to_id": str(to.to_object_id)}
    type_ = min(to.association_types, key=lambda one: one.get("label") != "Primary", default={})
    labels = {"type_id": type_.get("typeId"), "label": type_.get("label"), "association_types": to.association_types}
    payload, entity_id = msgspec.json.encode(ends | labels), ":".join((*ends.values(), f"{kind}_to_{to_type}"))
    return Event("association", entity_id, "upsert", payload, source_updated_at=seen_at)


def _census(kind: str) -> Census:
    """Search may name late what has changed; one record and the number of those modified can be asked for."""
    modified = "lastmodifieddate" if kind == "contact" else "hs_lastmodifieddate"

    def fetch(reading: Reading, record_id: str) -> Event | None:
        asked = {"properties": ",".join(_properties(kind, reading))}
        if kind == "deal":
            asked["propertiesWithHistory"] = ",".join(_HISTORY.split())
        answer = reading.http.ask(Request(f"crm/v3/objects/{_PATHS[kind]}/{record_id}", params=asked))
        return _upsert(kind, answer.body) if answer.ruling.kind == "ok" else None

    def total(reading: Reading, window: Window) -> int | None:
        start, end = (str(int(one.timestamp() * 1000)) for one in (window.start, window.end))
        among = {"propertyName": modified, "operator": "BETWEEN", "value": start, "highValue": end}
        asked = {"filterGroups": [{"filters": [among]}], "limit": 1}
        answer = reading.http.ask(Request(f"crm/v3/objects/{_PATHS[kind]}/search", "POST", json=asked, bucket="search"))
        return value(answer.body, "total")

    return Census(fetch=fetch, total=total, lag=_SEARCH.settled_after)


def _every_association(reading: Reading, window: Window) -> Iterator[list[Event]]:
    fresh = dataclasses.replace(
        reading, cursor={}, connection=dataclasses.replace(reading.connection, start_at=window.start)
    )
    for kind in _TARGETS:
        yield from (list(page.events) for page in _modified(kind, _associations(kind))(fresh))


def _all_owners(reading: Reading, window: Window) -> Iterator[list[Event]]:
    for archived in ("false", "true"):
        read = _all("owner", "crm/v3/owners", limit=500, archived=archived)
        yield from (list(page.events) for page in read(dataclasses.replace(reading, cursor={})))


_HOUR = timedelta(hours=1)

STREAMS = (
    Stream("company", _modified("company"), census=_census("company")),
    Stream("contact", _modified("contact"), census=_census("contact")),
    Stream("deal", _modified("deal", _deals_with_history), census=_census("deal")),
    Stream("note", _modified("note"), census=_census("note")),
    *(Stream(f"archived_{kind}", _archived(kind), every=_HOUR, census=None) for kind in _PATHS),
    Stream(
        "owner",
        _all("owner", "crm/v3/owners", limit=500),
        every=_HOUR,
        census=Census(records=_all_owners, is_whole=True),
    ),
    Stream("archived_owner", _all("owner", "crm/v3/owners", limit=500, archived="true"), every=_HOUR, census=None),
    Stream("deal_pipeline", _all("deal_pipeline", "crm/v3/pipelines/deals"), every=_HOUR, census=Census(is_whole=True)),
    Stream("association", _modified("deal", _associations("deal")), census=Census(records=_every_association)),
    *(Stream(f"{kind}_association", _modified(kind, _associations(kind)), census=None) for kind in ("contact", "note")),
    *(Stream(f"{kind}_association_sweep", _sweep(kind), every=timedelta(days=1), census=None) for kind in _TARGETS),
)
