"""HubSpot: CRM webhooks, which tell what happened and little of the record, and the CRM API, which tells the rest.

Facts: developers.hubspot.com, "Webhooks", "Search the CRM", "Associations v4", "API usage guidelines". Odd here:
- a delivery is an array of notices about up to 100 objects, in no order, and eventId is not promised to be unique;
- what of it the API tells is in _hubspot_crm.py.
"""

import functools
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from ..ingest.bodies import instant, stream_name, typed, utf8
from ..ingest.pages import told
from ..ingest.signatures import HubSpotSignature
from ..ingest.source import Delivery, Event, Pull, Rate, Ruling, Source, Webhook
from ._hubspot_crm import STREAMS
from ._hubspot_subscriptions import SUBSCRIPTIONS

if TYPE_CHECKING:
    from ..ingest.vendor_http import Response

_TYPES = {"0-1": "contact", "0-2": "company", "0-3": "deal", "0-5": "ticket", "0-7": "product", "0-8": "line_item"}
_RECORDS = frozenset(_TYPES.values())
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
    kind, action = _kind_and_action(notice.subscription_type, notice.object_type_id)
    stream, entity_id, operation = _about(notice, kind, action)
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
    if kind in _RECORDS and action in _OPERATIONS and object_id is not None:
        return kind, str(object_id), _OPERATIONS[action]
    about = next((one for one in (object_id, notice.event_id) if one is not None), "-")
    return stream_name(kind), str(about), "event"


def _dedupe(notice: _Notice, stream: str, entity_id: str) -> tuple[str, ...]:
    """What stays the same when HubSpot tries again, which attemptNumber does not. Nothing told: content decides."""
    if notice.event_id is None or notice.occurred_at is None:
        return ()
    ids = (notice.portal_id, notice.subscription_id, notice.event_id, notice.subscription_type, notice.occurred_at)
    return (*map(str, ids), str(notice.property_name), str(notice.property_value), stream, entity_id)


@functools.lru_cache(1000)
def _kind_and_action(subscription_type: str, object_type_id: str | None) -> tuple[str, str]:
    kind, _, action = subscription_type.partition(".")
    return _snake(_TYPES.get(object_type_id or "", kind) if kind == "object" else kind), action


@functools.lru_cache(1000)
def _snake(name: str) -> str:
    return re.sub(r"\W+", "_", name.strip()).lower()


def _judge(response: "Response") -> Ruling:
    status = response.status
    if 200 <= status < 300:  # 207: a batch in which some objects have no associations
        return Ruling("ok")
    if status == 404 and b"OBJECT_NOT_FOUND" in response.body:
        return Ruling("empty")
    if status == 429:
        # The daily limit falls at midnight of the account's time zone, which we do not know: look again in an hour.
        after, otherwise = response.headers.get("retry-after", ""), 3600.0 if b"DAILY" in response.body else None
        return Ruling("retry", "rate_limit", float(after) if after.isdigit() else otherwise)
    if status in (408, 423) or 500 <= status <= 504 or 520 <= status <= 524:
        return Ruling("retry", f"status_{status}")
    return Ruling("refused", f"status_{status}")  # 530 is a malformed token


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
        streams=STREAMS,
    ),
    subscriptions=SUBSCRIPTIONS,
)
