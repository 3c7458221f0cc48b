"""A delivery's way in: verify, read into envelopes, store, answer. It knows signatures and nothing of business.

    404  no such source, no webhook, no such connection    401  not authentic, or no secret to tell by
    413  too large                                         503  not stored, or not to be judged now: try again
    200  stored. Nothing else is ever answered 2xx, but a verified handshake, or a greeting at an address we gave out.

An authentic delivery that cannot be read is stored too, in quarantine.
"""

import dataclasses
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Protocol

import msgspec

from events.envelope import Envelope, encode_lines

from ..errors import AwsCallFailed, CannotStore, ConfigurationMissing
from ..log import log
from .quarantine import envelopes
from .shared_secret import one_of, query_value
from .source import QUARANTINE, Answer, Delivery, Greeting, Source, Verdict, Webhook

if TYPE_CHECKING:
    from .secrets import Credentials

_RETRY_AFTER_S = 5
_LISTED_IDS = 100


class Secrets(Protocol):
    """Which secrets a delivery may be signed with; see secrets.SigningSecrets."""

    def active(self, source: str, connection_id: str) -> "Credentials | None": ...

    def renewed(self, source: str, connection_id: str, tried: "Credentials") -> "Credentials | None": ...

    def learn(self, source: str, connection_id: str, secret: str) -> None: ...


class Store(Protocol):
    """What makes a delivery durable; see queue.Queue."""

    def send(self, lines: bytes, *, source: str, day: date) -> None: ...


@dataclass(frozen=True)
class Reply:
    """What goes back over HTTP, and for our own log how it came about."""

    status: int
    reason: str
    body: str
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    stored: Sequence[Envelope] = ()


@dataclass(frozen=True)
class Receiver:
    """find gives a source by its name, or None."""

    find: Callable[[str], Source | None]
    secrets: Secrets
    store: Store
    max_body_bytes: int

    def receive(self, delivery: Delivery, trace_id: str) -> Reply:
        """What to answer. When it says 200, the delivery is durable. Never raises."""
        began = time.perf_counter()
        try:
            reply = self._reply(delivery, trace_id)
        except (CannotStore, AwsCallFailed, ConfigurationMissing) as error:
            log.error("delivery_not_stored", source=delivery.source, trace_id=trace_id, reason=str(error))
            reply = _later(trace_id)
        except Exception:
            # A fault of ours must cost the vendor nothing but another try.
            log.exception("delivery_failed", source=delivery.source, trace_id=trace_id)
            reply = _later(trace_id)
        _tell(delivery, trace_id, reply, (time.perf_counter() - began) * 1000)
        return reply

    def _reply(self, delivery: Delivery, trace_id: str) -> Reply:
        source = self.find(delivery.source)
        if source is None or source.webhook is None:
            return refused(404, "unknown_source", trace_id)
        if len(delivery.body) > self.max_body_bytes:
            return refused(413, "too_large", trace_id)
        known = self.secrets.active(delivery.source, delivery.connection_id)
        if known is None:
            return refused(404, "unknown_connection", trace_id)
        delivery = dataclasses.replace(delivery, settings=known.webhook) if known.webhook else delivery
        if greeting := self._greeting(source.webhook, delivery, known):
            return _answered("greeting", greeting.answer)
        verdict = self._verdict(source.webhook, delivery, known)
        if not verdict.is_authentic:
            return refused(401, verdict.reason, trace_id)
        if answer := _handshake(source.webhook, delivery, trace_id):
            return _answered("handshake", answer)
        return self._stored(source.webhook, delivery, trace_id)

    def _greeting(self, webhook: Webhook, delivery: Delivery, known: "Credentials") -> Greeting | None:
        """The secret it brings is stored before it is answered."""
        if webhook.greet is None or (greeting := webhook.greet(delivery)) is None:
            return None
        key = query_value(delivery.url, "key")
        if not key:
            return None
        if not one_of(key, known.url_keys).is_authentic:
            # It may have been made a moment ago: vendors knock while they are being asked to subscribe.
            renewed = self.secrets.renewed(delivery.source, delivery.connection_id, known)
            if renewed is None or not one_of(key, renewed.url_keys).is_authentic:
                return None
        if greeting.secret:
            self.secrets.learn(delivery.source, delivery.connection_id, greeting.secret)
        return greeting

    def _verdict(self, webhook: Webhook, delivery: Delivery, known: "Credentials") -> Verdict:
        verdict = webhook.scheme.verify(delivery, known.signing_secrets, delivery.received_at)
        if verdict.reason in ("signature_mismatch", "no_secret"):
            renewed = self.secrets.renewed(delivery.source, delivery.connection_id, known)
            if renewed is not None:
                return webhook.scheme.verify(delivery, renewed.signing_secrets, delivery.received_at)
        return verdict

    def _stored(self, webhook: Webhook, delivery: Delivery, trace_id: str) -> Reply:
        body_sha256 = hashlib.sha256(delivery.body).hexdigest()
        if webhook.redact:
            delivery = dataclasses.replace(delivery, body=webhook.redact(delivery.body))
        found = envelopes(webhook, delivery, body_sha256, trace_id)
        self.store.send(encode_lines(found), source=delivery.source, day=delivery.received_at.date())
        answer = {
            "events": len(found),
            "event_ids": [envelope.event_id for envelope in found[:_LISTED_IDS]],
            "trace_id": trace_id,
        }
        reason = QUARANTINE if found[0].stream == QUARANTINE else "stored"
        if webhook.acknowledgement:
            return _answered(reason, webhook.acknowledgement, found)
        return Reply(200, reason, _json(answer), stored=found)


def _answered(reason: str, answer: Answer, stored: Sequence[Envelope] = ()) -> Reply:
    return Reply(200, reason, answer.body, answer.content_type, answer.headers, stored)


def _handshake(webhook: Webhook, delivery: Delivery, trace_id: str) -> Answer | None:
    try:
        return webhook.handshake(delivery)
    except Exception:
        # Whatever it is, it is no challenge; reading it will put it into quarantine.
        log.exception("handshake_failed", source=delivery.source, trace_id=trace_id)
        return None


def refused(status: int, reason: str, trace_id: str) -> Reply:
    """The answer to a delivery that is not taken."""
    return Reply(status, reason, _json({"refused": reason, "trace_id": trace_id}))


def _later(trace_id: str) -> Reply:
    """The reason stays in our log: a stranger learns only that trying again helps."""
    body = _json({"refused": "not_stored", "trace_id": trace_id})
    return Reply(503, "not_stored", body, headers={"Retry-After": str(_RETRY_AFTER_S)})


def _json(answer: Mapping[str, object]) -> str:
    return msgspec.json.encode(answer).decode()


def _tell(delivery: Delivery, trace_id: str, reply: Reply, took_ms: float) -> None:
    """The line and the metrics of one delivery. Names of unknown sources are a stranger's words: no dimension."""
    log.measured(
        "delivery_answered",
        {
            "received": 1,
            "stored_events": len(reply.stored),
            "refused": int(400 <= reply.status < 500),
            "not_stored": int(reply.status >= 500),
            "quarantined": int(reply.reason == QUARANTINE),
            "receive_ms": round(took_ms, 3),
        },
        {"source": delivery.source if reply.reason != "unknown_source" else "unknown"},
        connection_id=delivery.connection_id,
        trace_id=trace_id,
        status=reply.status,
        reason=reply.reason,
        size_bytes=len(delivery.body),
        event_id=reply.stored[0].event_id if reply.stored else None,
    )
