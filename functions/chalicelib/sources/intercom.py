"""Intercom: notifications about conversations, contacts, companies and tickets; search and scroll for the listings.

Facts: developers.intercom.com, "Webhook notifications", "Rate limiting"; intercom/Intercom-OpenAPI, 2.15. Odd here:
- deliveries are signed with SHA-1, and the key is the app's client secret;
- one app serves one URL, set in a screen: there is no API for webhooks;
- a notification holds the object as it was when sent; of a conversation's parts it holds the newest alone;
- all clocks are epoch seconds, so of one second the pulled record counts, not the notification.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from ..errors import Unreadable
from ..ingest.bodies import digest, instant, seconds, stream_name, typed, utf8
from ..ingest.pages import told
from ..ingest.rulings import until_s
from ..ingest.signatures import Hmac
from ..ingest.source import Connection, Delivery, Event, Pull, Rate, Ruling, Source, Webhook
from ._intercom_listings import STREAMS, part

if TYPE_CHECKING:
    from ..ingest.vendor_http import Response


class _Parts(msgspec.Struct):
    conversation_parts: list[msgspec.Raw] | None = None


class _Item(msgspec.Struct):
    type: str | None = None
    id: str | int | None = None
    updated_at: float | None = None
    conversation_parts: _Parts | None = None


class _Data(msgspec.Struct):
    item: _Item | None = None


class _Body(msgspec.Struct):
    topic: str
    id: str | None = None
    created_at: float | None = None
    data: _Data | None = None


_body = msgspec.json.Decoder(_Body)

_STREAMS = {
    "conversation": "conversation",
    "contact": "contact",
    "user": "contact",  # API versions before 2.0 call a contact by its role
    "lead": "contact",
    "company": "company",
    "ticket": "ticket",
}
_ENDS = frozenset(("conversation.deleted", "contact.deleted", "contact.archive", "contact.archived", "company.deleted"))
"""An archived contact is no longer listed. developers.intercom.com, "Webhook models"."""


def _read(delivery: Delivery) -> Sequence[Event]:
    payload = utf8(delivery.body)
    body = typed(_body, payload)
    item = (body.data and body.data.item) or _Item()
    stream = _STREAMS.get(item.type or "")
    dedupe = (body.id,) if body.id else ()
    at = instant(body.created_at)
    if stream is None:
        # A ping, an admin's coming and going, a tag on a contact: facts, and what Intercom may yet invent.
        name = stream_name(body.topic.replace(".", "_"))
        return [Event(name, body.id or digest(payload), "event", payload, dedupe, body.id, occurred_at=at)]
    if item.id in (None, ""):
        raise Unreadable("missing_entity", f"{body.topic!r} does not say which {stream}")
    is_gone = body.topic in _ENDS
    changed_at = instant(item.updated_at)
    about = Event(
        stream=stream,
        entity_id=str(item.id),
        operation="delete" if is_gone else "upsert",
        payload=payload,
        dedupe=dedupe,
        delivery_id=body.id,
        occurred_at=at,
        source_updated_at=max(filter(None, (changed_at, at if is_gone or not changed_at else None)), default=None),
    )
    parts = (item.conversation_parts and item.conversation_parts.conversation_parts) or ()
    if is_gone or stream != "conversation":
        return [about]
    return [about, *(told(bytes(raw), str(item.id), part) for raw in parts)]


def _judge(response: "Response") -> Ruling:
    """404 is a record deleted since it was listed; 400 may be another reader's scroll."""
    status = response.status
    # An error may come as 200; it says so in its first line.
    if status < 300:
        return Ruling("retry", "error_inside") if b'"error.list"' in response.body[:300] else Ruling("ok")
    if status == 429:
        return Ruling("retry", "rate_limited", _wait_s(response.headers))
    if status in (408, 500, 502, 503, 504):
        return Ruling("retry", f"http_{status}")
    if status == 400 and b"scroll" in response.body[:1000] and b"exists" in response.body[:1000]:
        # One scroll per workspace; it is given up after a minute without a question.
        return Ruling("retry", "scroll_exists", 60.0)
    if status == 404:
        return Ruling("skip", "http_404")
    if status == 403 and b"api_plan_restricted" in response.body[:1000]:
        return Ruling("skip", "api_plan_restricted")  # tickets are not in every plan (unverified)
    return Ruling("refused", f"http_{status}")


def _wait_s(headers: Mapping[str, str]) -> float | None:
    """Until the reset Intercom names in epoch seconds, by its own clock: it documents no Retry-After."""
    if (reset_s := seconds(headers.get("x-ratelimit-reset"))) is None:
        return None
    return until_s(reset_s, headers) or 10.0  # the length of the slices in which the limit is counted


def _headers(connection: Connection) -> Mapping[str, str]:
    # Without a version the app's own setting decides, which anyone may change.
    return {"Authorization": f"Bearer {connection.credentials['access_token']}", "Intercom-Version": "2.11"}


source = Source(
    name="intercom",
    title="Intercom",
    webhook=Webhook(
        scheme=Hmac("x-hub-signature", prefix="sha1=", digest="sha1"),
        read=_read,
        answer_within_s=0.5,  # 5 s, but after half a second Intercom serves others first
    ),
    pull=Pull(
        base_url="https://api.intercom.io/",  # api.eu.intercom.io and api.au.intercom.io for workspaces hosted there
        headers=_headers,
        judge=_judge,
        # Of 10,000 a minute, counted in slices of ten seconds: 1,666 each, burst and refill together.
        rates={"": Rate(1_300, per_s=10, burst=300)},
        streams=STREAMS,
    ),
    by_hand=(
        "In Intercom open Settings, Integrations, Developer Hub, and your app there",
        "Basic information: copy the client secret; it is the signing secret to store",
        "Configure, Webhooks: enter {url} as the endpoint URL",
        "Choose the topics conversation.*, conversation_part.tag.created, contact.*, company.* and ticket.*",
        "Save: Intercom sends a ping, which is answered",
    ),
)
