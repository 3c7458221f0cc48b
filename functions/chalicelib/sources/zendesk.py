"""Zendesk Support: webhooks of events and triggers; the incremental exports of tickets, users and organizations.

Facts: developer.zendesk.com, "Webhook event types", "Ticket events", "Incremental exports"; estuary/connectors,
source-zendesk-support-native. Odd here:
- the signing key looks like base64 and is used as it stands;
- an event tells some fields of a record, so it says that the record changed; the export brings the record;
- a webhook that a trigger calls may carry any JSON an administrator wrote;
- deleted tickets and users stay in the exports, marked as such.
"""

import base64
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from ..errors import Unreadable
from ..ingest.bodies import digest, instant, seconds, stream_name, typed, utf8
from ..ingest.signatures import Hmac, SignedTime
from ..ingest.source import Connection, Delivery, Event, Pull, Rate, Ruling, Source, Webhook
from ._zendesk_exports import STREAMS
from ._zendesk_hooks import SUBSCRIPTIONS

if TYPE_CHECKING:
    from ..ingest.vendor_http import Response


class _Detail(msgspec.Struct):
    id: str | int | None = None
    updated_at: str | None = None


class _Body(msgspec.Struct):
    """Of an event. What a trigger sends need have none of these, or others under the same names."""

    type: msgspec.Raw = msgspec.Raw(b"null")
    id: msgspec.Raw = msgspec.Raw(b"null")
    time: msgspec.Raw = msgspec.Raw(b"null")
    detail: msgspec.Raw = msgspec.Raw(b"null")


_body = msgspec.json.Decoder(_Body)
_detail = msgspec.json.Decoder(_Detail | None)
_text = msgspec.json.Decoder(str | None)

_TYPE = re.compile(r"zen:event-type:([a-z_]+)\.([a-z_]+)")
_RECORDS = frozenset(("ticket", "user", "organization"))
_ENDS = frozenset(("deleted", "soft_deleted", "permanently_deleted"))


def _read(delivery: Delivery) -> Sequence[Event]:
    payload = utf8(delivery.body)
    body = typed(_body, payload)
    # The header's name is known from third parties alone (unverified); it matters only where the body has no id.
    invocation_id = delivery.headers.get("x-zendesk-webhook-invocation-id") or None
    kind = _TYPE.fullmatch(_told(body.type) or "")
    if kind is None:
        dedupe = (invocation_id,) if invocation_id else ()
        return [Event("trigger", invocation_id or digest(payload), "event", payload, dedupe, invocation_id)]
    noun, verb = kind.groups()
    delivery_id = _told(body.id) or invocation_id
    dedupe = (delivery_id,) if delivery_id else ()
    at = instant(_told(body.time))
    if noun not in _RECORDS:
        return [Event(stream_name(noun), delivery_id or digest(payload), "event", payload, dedupe, delivery_id, at)]
    detail = typed(_detail, body.detail) or _Detail()
    if detail.id in (None, ""):
        raise Unreadable("missing_entity", f"{noun}.{verb} does not say which {noun}")
    is_gone = verb in _ENDS
    changed_at = instant(detail.updated_at)
    return [
        Event(
            stream=noun,
            entity_id=str(detail.id),
            operation="delete" if is_gone else "partial",
            payload=payload,
            dedupe=dedupe,
            delivery_id=delivery_id,
            occurred_at=at,
            source_updated_at=max(filter(None, (changed_at, at if is_gone or not changed_at else None)), default=None),
        )
    ]


def _told(raw: msgspec.Raw) -> str | None:
    """The text, None where there is none or something else."""
    try:
        return _text.decode(raw)
    except msgspec.ValidationError:
        return None


def _judge(response: "Response") -> Ruling:
    status = response.status
    if status < 300:
        # An error may come as 200; it then stands where the records would.
        return Ruling("retry", "error_inside") if response.body[:20].startswith(b'{"error"') else Ruling("ok")
    if status == 429:
        return Ruling("retry", "rate_limited", seconds(response.headers.get("retry-after")))
    if status in (408, 500, 502, 503, 504):
        return Ruling("retry", f"http_{status}", seconds(response.headers.get("retry-after")))
    if status in (404, 410):
        return Ruling("skip", f"http_{status}")
    return Ruling("refused", f"http_{status}")


def _headers(connection: Connection) -> Mapping[str, str]:
    """An API token, written behind the address of the agent it acts for; developer.zendesk.com, "API token"."""
    pair = f"{connection.credentials['email']}/token:{connection.credentials['api_token']}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


source = Source(
    name="zendesk",
    title="Zendesk",
    webhook=Webhook(
        # Zendesk publishes no tolerance: five minutes, as others do.
        scheme=Hmac(
            "x-zendesk-webhook-signature",
            "{timestamp}{body}",
            encoding="base64",
            time=SignedTime("x-zendesk-webhook-signature-timestamp", unit="rfc3339"),
        ),
        read=_read,
        answer_within_s=5,  # not documented
    ),
    pull=Pull(
        base_url="https://company.zendesk.com/api/v2/",  # each company has its own host, named in the connection
        headers=_headers,
        judge=_judge,
        # Ten exports a minute, burst and refill together. Of the plans' limits on all requests, the least is 200 a
        # minute (unverified).
        rates={"": Rate(160, per_s=60, burst=20), "export": Rate(7, per_s=60, burst=3)},
        streams=STREAMS,
    ),
    subscriptions=SUBSCRIPTIONS,
)
