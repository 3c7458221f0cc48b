"""The vocabulary in which a source is told: Source, Webhook, Pull, Stream, and what passes between them.

A file in sources/ holds one `source = Source(...)`. It says how deliveries are verified and read, and what to pull; it
does no I/O of its own. Where a vendor is odd, `Webhook.read` and `Stream.read` are plain functions: the escape hatch.
Nothing here may import httpx, boto3 or pydantic: the receiver loads it on every cold start.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, Protocol

import msgspec

from events.envelope import VERSION, Envelope, Lane, Operation, event_id, one_line

if TYPE_CHECKING:
    from .vendor_http import Response, VendorHttp

QUARANTINE = "quarantine"
"""The stream of what was authentic but unreadable; its payload is {reason, detail, headers, body_base64}."""


class Quarantined(msgspec.Struct, frozen=True):
    """The payload of a quarantine envelope."""

    reason: str
    detail: str
    headers: dict[str, str]
    body_base64: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One HTTP request of a vendor, exactly as received. Header names are lower case; url is the public one."""

    source: str
    connection_id: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """One business event as its source tells it, before it wears an envelope.

    payload is JSON as the vendor wrote it. dedupe is what makes a repetition recognisable: the vendor's delivery id,
    or nothing, and then stream, entity and content decide.
    """

    stream: str
    entity_id: str
    operation: Operation
    payload: bytes
    dedupe: tuple[str, ...] = ()
    delivery_id: str | None = None
    occurred_at: datetime | None = None
    source_updated_at: datetime | None = None
    source_version: str | None = None
    batch_complete: bool | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a delivery is authentic. reason is a code: ok, missing_signature, malformed_signature,
    signature_mismatch, stale, future, expired, body_hash_mismatch, uri_mismatch, alg_not_allowed, no_secret."""

    is_authentic: bool
    reason: str


class Scheme(Protocol):
    """How a vendor proves that a delivery is its own."""

    def verify(self, delivery: Delivery, secrets: Sequence[str], now: datetime) -> Verdict:
        """Never raises, whatever a stranger sends. Any one of the active secrets may fit (rotation)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the vendor asks to hear back, where a plain 200 is not enough."""

    body: str
    content_type: str = "text/plain"


@dataclass(frozen=True)
class Webhook:
    """The fast lane. read turns an authentic delivery into events, or raises Unreadable: it is then quarantined.

    handshake answers a vendor's challenge and gets authentic deliveries only. answer_within_s is the vendor's limit.
    """

    scheme: Scheme
    read: Callable[[Delivery], Sequence[Event]]
    answer_within_s: float
    handshake: Callable[[Delivery], Answer | None] = lambda delivery: None


@dataclass(frozen=True, slots=True)
class Rate:
    """A token bucket: so many requests within per_s, refilled evenly; burst is how many may go at once."""

    requests: int
    per_s: float
    burst: int = 1


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a vendor's answer means: `ok`, `empty` (nothing there, not an error), `skip` (this item alone is closed to
    us), `retry` (after_s where the vendor says how long), `refused` (for good)."""

    kind: Literal["ok", "empty", "skip", "retry", "refused"]
    reason: str = ""
    after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Connection:
    """One account of one vendor. credentials and options are the operator's; options are not secret."""

    source: str
    connection_id: str
    base_url: str
    credentials: Mapping[str, Any]
    options: Mapping[str, Any] = field(default_factory=dict)
    start_at: datetime | None = None
    """How far back the first pull reads."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some events and the cursor to save once they are durable. A run that stops here resumes from that cursor."""

    events: Sequence[Event]
    cursor: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a stream reads with: the vendor, which account, where the last run stopped ({} at first), the time."""

    http: "VendorHttp"
    connection: Connection
    cursor: Mapping[str, Any]
    now: datetime


@dataclass(frozen=True)
class Stream:
    """One kind of record to pull. read yields pages in an order in which every page's cursor is a safe place to stop;
    the last cursor is where the next run begins. every is the pause between runs."""

    name: str
    read: Callable[[Reading], Iterator[Page]]
    every: timedelta = timedelta(minutes=5)


@dataclass(frozen=True)
class Pull:
    """The complete lane. headers makes the authorisation of a request; rates are token buckets by name, "" being every
    request's; judge reads a vendor's answer, where 200 may be a failure and 404 an empty one."""

    base_url: str
    headers: Callable[[Connection], Mapping[str, str]]
    judge: Callable[["Response"], Ruling]
    rates: Mapping[str, Rate]
    streams: tuple[Stream, ...]


@dataclass(frozen=True)
class Source:
    """One vendor, both lanes."""

    name: str
    title: str
    webhook: Webhook | None
    pull: Pull | None


def envelop(
    event: Event,
    *,
    source: str,
    connection_id: str,
    lane: Lane,
    received_at: datetime,
    trace_id: str,
    body_sha256: str | None = None,
    raw_body: str | None = None,
    batch_id: str | None = None,
) -> Envelope:
    """The envelope of an event. body_sha256 is the delivery's; a pulled record without one gets its payload's.

    Raises msgspec.DecodeError when the payload breaks lines and is no JSON.
    """
    dedupe = event.dedupe or (event.stream, event.entity_id, hashlib.sha256(event.payload).hexdigest())
    return Envelope(
        event_id=event_id(source, connection_id, *dedupe),
        source=source,
        stream=event.stream,
        entity_id=event.entity_id,
        operation=event.operation,
        lane=lane,
        connection_id=connection_id,
        received_at=received_at,
        payload=msgspec.Raw(one_line(event.payload)),
        body_sha256=body_sha256 or hashlib.sha256(event.payload).hexdigest(),
        trace_id=trace_id,
        envelope_version=VERSION,
        delivery_id=event.delivery_id,
        occurred_at=event.occurred_at,
        source_updated_at=event.source_updated_at,
        source_version=event.source_version,
        batch_id=batch_id,
        batch_complete=event.batch_complete,
        raw_body=raw_body,
    )
