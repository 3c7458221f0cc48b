"""HubSpot: CRM webhooks, which tell what happened and little of the record, and the CRM API, which tells the rest.

Facts: developers.hubspot.com, "Webhooks", "Search the CRM", "Associations v4", "API usage guidelines". Odd here:
- a delivery is an array of notices about up to 100 objects, in no order, and eventId is not promised to be unique;
- search stops at 10,000 rows and indexes late: ingest/search_windows.py;
- an edited association may leave its deal's modification time as it was, so all of them are swept once a day.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from ..ingest.bodies import instant, stream_name, typed, utf8
from ..ingest.pages import Request, Token, items, listing, told, walk
from ..ingest.search_windows import SearchWindows, Walk
from ..ingest.signatures import HubSpotSignature
from ..ingest.source import (
    Delivery,
    Event,
    Page,
    Pull,
    Rate,
    Reading,
    Ruling,
    Source,
    Stream,
    Webhook,
)

if TYPE_CHECKING:
    from ..ingest.vendor_http import Response

_Read = Callable[[Reading], Iterator[Page]]
_Tell = Callable[[Reading, list[bytes]], list[Event]]

_TYPES = {"0-1": "contact", "0-2": "company", "0-3": "deal", "0-5": "ticket", "0-7": "product", "0-8": "line_item"}
_OPERATIONS: Mapping[str, Any] = {
    **dict.fromkeys(("creation", "propertyChange", "restore", "merge"), "partial"),
    **dict.fromkeys(("deletion", "privacyDeletion"), "delete"),
}


class _Notice(msgspec.Struct, rename="camel"):
    """What routing needs of one element; everything is optional, ids are numbers or text."""

    subscription_type: str = ""
    object_type_id: str | None = None
    from_object_type_id: str | None = None
    to_object_type_id: str | None = None
    object_id: int | str | None = None
    primary_object_id: int | str | None = None
    from_object_id: int | str | None = None
    to_object_id: int | str | None = None
    association_type: str | None = None
    association_removed: bool | None = None
    occurred_at: int | float | None = None
    event_id: Any = None
    subscription_id: Any = None
    portal_id: Any = None
    property_name: Any = None
    property_value: Any = None


_batch = msgspec.json.Decoder(list[msgspec.Raw])
_notice = msgspec.json.Decoder(_Notice)


def _read(delivery: Delivery) -> Sequence[Event]:
    body = utf8(delivery.body)
    if body.lstrip()[:1] == b"{":  # a workflow's "Send a webhook" action sends one object, without the array
        return [_event(body, delivery)]
    notices = [bytes(notice) for notice in typed(_batch, body)]
    return (
        [told(raw, delivery, _event) for raw in notices]
        if len(notices) > 1
        else [_event(raw, delivery) for raw in notices]
    )


def _event(raw: bytes, delivery: Delivery) -> Event:
    notice = typed(_notice, raw)
    kind, _, action = notice.subscription_type.partition(".")
    kind = _TYPES.get(notice.object_type_id or "", kind) if kind == "object" else kind
    stream, entity_id, operation = _about(notice, _snake(kind), action)
    at = instant(notice.occurred_at / 1000) if notice.occurred_at is not None else None
    return Event(
        stream=stream,
        entity_id=entity_id,
        operation=operation,
        payload=raw,
        dedupe=_dedupe(notice, stream, entity_id),
        delivery_id=None if notice.event_id is None else str(notice.event_id),
        occurred_at=at,
        source_updated_at=None if operation == "event" else at,
    )


def _about(notice: _Notice, kind: str, action: str) -> tuple[str, str, Any]:
    if action == "associationChange" and None not in (notice.from_object_id, notice.to_object_id):
        from_type = _TYPES.get(notice.from_object_type_id or "", kind)
        to_type = _TYPES.get(notice.to_object_type_id or "", "unknown")
        name = _snake(notice.association_type or f"{from_type}_to_{to_type}")
        if "_to_" in name:
            from_type, _, to_type = name.partition("_to_")
        entity_id = f"{from_type}:{notice.from_object_id}:{to_type}:{notice.to_object_id}:{name}"
        return "association", entity_id, "delete" if notice.association_removed else "upsert"
    object_id = notice.primary_object_id if action == "merge" and notice.primary_object_id else notice.object_id
    if kind in _TYPES.values() and action in _OPERATIONS and object_id is not None:
        return kind, str(object_id), _OPERATIONS[action]
    about = next((one for one in (object_id, notice.event_id) if one is not None), "-")
    return stream_name(kind), str(about), "event"


def _dedupe(notice: _Notice, stream: str, entity_id: str) -> tuple[str, ...]:
    """What stays the same when HubSpot tries again, which attemptNumber does not. Nothing told: content decides."""
    if notice.event_id is None or notice.occurred_at is None:
        return ()
    ids = (notice.portal_id, notice.subscription_id, notice.event_id, notice.subscription_type, notice.occurred_at)
    return (*map(str, ids), str(notice.property_name), str(notice.property_value), stream, entity_id)


def _snake(name: str) -> str:
    return re.sub(r"\W+", "_", name.strip()).lower()


_SEARCH = SearchWindows(
    shown_rows=10_000,  # an offset past this is answered 400
    page_rows=200,
    settled_after=timedelta(hours=1),
    overlap=timedelta(minutes=1),
    first=1000,  # a bound of epoch 0 is answered 500
)
_PATHS = {"contact": "contacts", "company": "companies", "deal": "deals"}
_PROPERTIES = {
    "contact": "email hs_additional_emails firstname lastname jobtitle phone company associatedcompanyid createdate "
    "lifecyclestage hs_lead_status hubspot_owner_id lastmodifieddate hs_calculated_merged_vids hs_merged_object_ids",
    "company": "name domain industry city state country annualrevenue numberofemployees lifecyclestage createdate "
    "hubspot_owner_id hs_lastmodifieddate hs_merged_object_ids",
    "deal": "dealname amount deal_currency_code dealstage pipeline dealtype closedate createdate closed_lost_reason "
    "hubspot_owner_id hs_is_closed hs_is_closed_won hs_deal_stage_probability hs_lastmodifieddate hs_merged_object_ids",
}
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
    return [*_PROPERTIES[kind].split(), *reading.connection.options.get("properties", {}).get(kind, ())]


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


def _upsert(kind: str, raw: bytes) -> Event:
    record = typed(_record, raw)
    # A stage can be edited without its pipeline's time moving.
    times = [instant(one.updated_at) for one in (record, *record.stages)]
    at = max((time for time in times if time), default=None)
    return Event(kind, record.id, "upsert", raw, occurred_at=at, source_updated_at=at)


def _upserts(kind: str, records: Iterable[bytes], reading: Reading) -> list[Event]:
    return [told(raw, reading, lambda raw, reading: _upsert(kind, raw)) for raw in records]


def _deals_with_history(reading: Reading, records: list[bytes]) -> list[Event]:
    """Search shows no history, and without it a stage whose webhook was lost would never be known."""
    asked: dict[str, Any] = {"properties": _properties("deal", reading), "propertiesWithHistory": _HISTORY.split()}
    events: list[Event] = []
    for start in range(0, len(records), 50):  # the most inputs with history; 100 without
        inputs = [{"id": typed(_record, raw).id} for raw in records[start : start + 50]]
        answer = reading.http.ask(Request("crm/v3/objects/deals/batch/read", "POST", json=asked | {"inputs": inputs}))
        events += _upserts("deal", items(answer.body, "results"), reading)
    return events


def _archived(kind: str) -> _Read:
    """What went to the recycle bin since the last run: search never shows it, and the listing has no bound."""

    def deleted(raw: bytes, reading: Reading) -> Event | None:
        record = typed(_record, raw)
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


def _all_deals(reading: Reading) -> Iterator[Page]:
    first = Request("crm/v3/objects/deals", params={"limit": 100, **reading.cursor})
    for answer, following in walk(reading.http, first, _NEXT):
        cursor = {"after": following.params["after"]} if following else {}
        yield Page(_associations(reading, items(answer.body, "results")), cursor)


class _To(msgspec.Struct, rename="camel"):
    to_object_id: int | str
    association_types: list[dict[str, Any]] = []


class _Associated(msgspec.Struct, rename={"of": "from"}):
    of: _Record
    to: list[_To] = []
    paging: dict[str, Any] | None = None


_associated = msgspec.json.Decoder(_Associated)


def _associations(reading: Reading, deals: Iterable[bytes]) -> list[Event]:
    """What these deals are associated with, seen to hold when the deal was last modified or later."""
    seen_at = {deal.id: instant(deal.updated_at) for deal in (typed(_record, raw) for raw in deals)}
    events = []
    for to_type, path in (("company", "companies"), ("contact", "contacts")):
        inputs = [{"id": deal_id} for deal_id in seen_at]
        while inputs:
            question = {"inputs": inputs[:100]}
            answer = reading.http.ask(Request(f"crm/v4/associations/deals/{path}/batch/read", "POST", json=question))
            inputs = inputs[100:]
            for found in (typed(_associated, raw) for raw in items(answer.body, "results")):
                if after := ((found.paging or {}).get("next") or {}).get("after"):
                    inputs.append({"id": found.of.id, "after": after})
                events += [_association(found.of.id, to_type, to, seen_at.get(found.of.id)) for to in found.to]
    return events


def _association(deal_id: str, to_type: str, to: _To, seen_at: datetime | None) -> Event:
    """One event a pair, the primary type's label first: webhooks name a pair without its types (DEAL_TO_COMPANY)."""
    ends = {"from_type": "deal", "from_id": deal_id, "to_type": to_type, "to_id": str(to.to_object_id)}
    kind = min(to.association_types, key=lambda one: one.get("label") != "Primary", default={})
    type_ = {"type_id": kind.get("typeId"), "label": kind.get("label"), "association_types": to.association_types}
    payload, entity_id = msgspec.json.encode(ends | type_), ":".join((*ends.values(), f"deal_to_{to_type}"))
    return Event("association", entity_id, "upsert", payload, source_updated_at=seen_at)


def _judge(response: "Response") -> Ruling:
    status = response.status
    if 200 <= status < 300:  # 207: a batch in which some objects have no associations
        return Ruling("ok")
    if status == 429:
        # The daily limit falls at midnight of the account's time zone, which we do not know: look again in an hour.
        told, otherwise = response.headers.get("retry-after", ""), 3600.0 if b"DAILY" in response.body else None
        return Ruling("retry", "rate_limit", float(told) if told.isdigit() else otherwise)
    if status in (408, 423) or 500 <= status <= 504 or 520 <= status <= 524:
        return Ruling("retry", f"status_{status}")
    return Ruling("refused", f"status_{status}")  # 530 is a malformed token


_HOUR = timedelta(hours=1)

source = Source(
    name="hubspot",
    title="HubSpot",
    webhook=Webhook(scheme=HubSpotSignature(), read=_read, answer_within_s=1.0),  # documents say 1, 2, 5 and 10
    pull=Pull(
        base_url="https://api.hubapi.com/",
        headers=lambda connection: {"Authorization": f"Bearer {connection.credentials['access_token']}"},
        judge=_judge,
        # Of 190 in 10 s for an account and of 5 searches a second; what a burst takes is left out of the refill.
        rates={"": Rate(180, 10.0, burst=10), "search": Rate(4, 1.0)},
        streams=(
            Stream("company", _modified("company")),
            Stream("contact", _modified("contact")),
            Stream("deal", _modified("deal", _deals_with_history)),
            *(Stream(f"archived_{kind}", _archived(kind), every=_HOUR) for kind in _PATHS),
            Stream("owner", _all("owner", "crm/v3/owners", limit=500), every=_HOUR),
            Stream("archived_owner", _all("owner", "crm/v3/owners", limit=500, archived="true"), every=_HOUR),
            Stream("deal_pipeline", _all("deal_pipeline", "crm/v3/pipelines/deals"), every=_HOUR),
            Stream("association", _modified("deal", _associations)),
            Stream("association_sweep", _all_deals, every=timedelta(days=1)),
        ),
    ),
)
