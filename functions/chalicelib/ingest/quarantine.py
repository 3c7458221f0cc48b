"""Authentic deliveries as envelopes; those that cannot be read as one envelope of the stream `quarantine`.

Its payload, {reason, detail, headers, body_base64}, is enough to read the delivery again once its source knows how.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import msgspec

from events.envelope import Envelope, encode_lines

from ..errors import Unreadable
from ..log import log
from .source import QUARANTINE, Delivery, Event, Quarantined, Webhook, envelop

# What would let a reader of the warehouse act as the vendor, or as us.
_NOT_KEPT = frozenset({"authorization", "cookie", "proxy-authorization"})
_SECRET_WORDS = ("token", "secret", "api-key", "password", "passcode")
"""Of vendors that send the very secret in a header: X-Goog-Channel-Token, X-Looker-Webhook-Token, X-Api-Key."""
_DETAIL_CHARACTERS = 500
_JSON_SPACE = b" \t\r\n"


def envelopes(webhook: Webhook, delivery: Delivery, body_sha256: str, trace_id: str) -> list[Envelope]:
    """What the delivery says, at least one envelope, each of them JSON in UTF-8. Never raises."""
    try:
        return _read(webhook, delivery, body_sha256, trace_id)
    except Unreadable as error:
        event = _event(delivery, body_sha256, error.reason, str(error))
    except UnicodeError as error:
        event = _event(delivery, body_sha256, "not_utf8", type(error).__name__)
    except (msgspec.DecodeError, RecursionError) as error:
        event = _event(delivery, body_sha256, "not_json", str(error))
    except Exception as error:
        # A vendor's new shape found a hole in our reading: keep the delivery, and tell us.
        log.exception("read_failed", source=delivery.source, trace_id=trace_id)
        event = _event(delivery, body_sha256, "read_failed", type(error).__name__)
    return [_envelop(event, delivery, body_sha256, trace_id)]


def reread(webhook: Webhook, envelope: Envelope, settings: Mapping[str, Any] | None = None) -> list[Envelope]:
    """A quarantined delivery read again, under its first trace and time of arrival. settings are those of its
    connection as they are now (Delivery.settings).

    Raises Unreadable when it still cannot be read.
    """
    kept = msgspec.json.decode(envelope.payload, type=Quarantined)
    try:
        body = base64.b64decode(kept.body_base64, validate=True)
    except binascii.Error as error:
        raise Unreadable("not_base64", str(error)) from None
    delivery = Delivery(
        envelope.source, envelope.connection_id, "POST", "", kept.headers, body, envelope.received_at, settings or {}
    )
    again = envelopes(webhook, delivery, envelope.body_sha256, envelope.trace_id)
    if again[0].stream == QUARANTINE:
        raise Unreadable(kept.reason, "it still cannot be read")
    return again


def _read(webhook: Webhook, delivery: Delivery, body_sha256: str, trace_id: str) -> list[Envelope]:
    events = webhook.read(delivery)
    if not events:
        raise Unreadable("no_events", "the delivery holds none")
    is_kept_whole = any(event.payload == delivery.body for event in events) and not _is_padded(delivery.body)
    found = [
        _envelop(event, delivery, body_sha256, trace_id, None if is_kept_whole or number else _text(delivery.body))
        for number, event in enumerate(events)
    ]
    for envelope in found:
        msgspec.json.decode(envelope.payload, type=msgspec.Raw)  # a source may hand on what nobody parsed yet
    encode_lines(found).decode()  # msgspec passes over strings it skips without looking at their UTF-8
    return found


def _envelop(
    event: Event, delivery: Delivery, body_sha256: str, trace_id: str, raw_body: str | None = None
) -> Envelope:
    return envelop(
        event,
        source=delivery.source,
        connection_id=delivery.connection_id,
        lane="webhook",
        received_at=delivery.received_at,
        trace_id=trace_id,
        body_sha256=body_sha256,
        raw_body=raw_body,
    )


def _is_secret(header: str) -> bool:
    return header in _NOT_KEPT or any(word in header for word in _SECRET_WORDS)


def _is_padded(body: bytes) -> bool:
    """Whether putting the body on a line of its own changes it: line breaks go, and so does space around it."""
    return b"\n" in body or b"\r" in body or body != body.strip(_JSON_SPACE)


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return f"base64:{base64.b64encode(body).decode()}"


def _event(delivery: Delivery, body_sha256: str, reason: str, detail: str) -> Event:
    payload = Quarantined(
        reason=reason,
        detail=detail[:_DETAIL_CHARACTERS],
        headers={name: value for name, value in delivery.headers.items() if not _is_secret(name)},
        body_base64=base64.b64encode(delivery.body).decode(),
    )
    return Event(
        stream=QUARANTINE,
        entity_id=body_sha256,
        operation="event",
        payload=msgspec.json.encode(payload),
        dedupe=(QUARANTINE, body_sha256),
    )
