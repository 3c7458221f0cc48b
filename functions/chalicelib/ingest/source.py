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
    from .drop import Drop
    from .pages import Request
    from .subscription import Subscriptions
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
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What the operator wrote under "webhook" in the connection's secret; {} for nearly every source."""


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

    @property
    def covers_body(self) -> bool:
        """Whether the proof binds the bytes of the body, or only tells who sent them."""

    def verify(self, delivery: Delivery, secrets: Sequence[str], now: datetime) -> Verdict:
        """Never raises, whatever a stranger sends. Any one of the active secrets may fit (rotation)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the vendor asks to hear back, where a plain 200 is not enough."""

    body: str
    content_type: str = "text/plain"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Greeting:
    """What to answer a vendor that introduces itself before it signs anything, and the signing secret it brings."""

    answer: Answer
    secret: str | None = None


@dataclass(frozen=True)
class Webhook:
    """The fast lane. read turns an authentic delivery into events, or raises Unreadable: it is then quarantined.

    handshake answers a vendor's challenge and gets authentic deliveries only. greet answers one that comes before any
    secret is shared; it is asked only where the URL bears the key that `sophia subscribe` put into it, so a stranger
    cannot introduce himself. answer_within_s is the vendor's limit. acknowledgement is what the vendor reads as taken,
    where the status alone will not do. redact takes secrets that travel inside the body out of it once it is verified:
    nothing later sees them; body_sha256 stays that of the bytes received.
    """

    scheme: Scheme
    read: Callable[[Delivery], Sequence[Event]]
    answer_within_s: float
    handshake: Callable[[Delivery], Answer | None] = lambda delivery: None
    greet: Callable[[Delivery], Greeting | None] | None = None
    acknowledgement: Answer | None = None
    redact: Callable[[bytes], bytes] | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """A token bucket: so many requests within per_s, refilled evenly; burst is how many may go at once."""

    requests: int
    per_s: float
    burst: int = 1


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a vendor's answer means: `ok`, `empty` (nothing there, not an error), `skip` (this item alone is closed to
    us), `retry` (after_s where the vendor says how long), `expired` (the short-lived token: log in again), `forgotten`
    (the page or delta token: read from the start), `refused` (for good)."""

    kind: Literal["ok", "empty", "skip", "retry", "expired", "forgotten", "refused"]
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


@dataclass(frozen=True, slots=True)
class Window:
    """A closed span of the vendor's clock, start inclusive, end exclusive."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Census:
    """What the vendor itself says it has of a stream, apart from any cursor: the third witness of reconciliation.

    records lists what changed in the window, batch by batch, whole records or (payload b"") only their ids and clocks;
    None lists by the stream's own reading, begun at the window's start (is_whole: without a start). is_whole: it lists
    all that lives, so what it leaves out is gone. fetch is one record as it is now, None where the vendor no longer has
    it: it brings what came as an id only and decides about what we have and the vendor did not list. total is the
    vendor's own count of a window. lag is how long after a change the vendor, or a lane, may not tell of it yet: what
    changed later than that before a check, or during it, is the next check's.
    """

    records: Callable[[Reading, Window], Iterator[Sequence[Event]]] | None = None
    fetch: Callable[[Reading, str], Event | None] | None = None
    total: Callable[[Reading, Window], int | None] | None = None
    is_whole: bool = False
    lag: timedelta = timedelta(minutes=5)


@dataclass(frozen=True)
class Stream:
    """One kind of record to pull. read yields pages in an order in which every page's cursor is a safe place to stop;
    the last cursor is where the next run begins. every is the pause between runs. census None: not reconciled, because
    the vendor says nothing of it but what read already asks. hinted_by names the streams of deliveries that say only
    that something of this one has changed: the next run then does not wait for its time."""

    name: str
    read: Callable[[Reading], Iterator[Page]]
    every: timedelta = timedelta(minutes=5)
    census: Census | None = Census()
    hinted_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Login:
    """Tokens that live for minutes or hours: request asks for one (its path may be absolute), token is where it lies in
    the answer. A run logs in before its first question and again after an `expired` ruling; headers then finds it in
    connection.credentials under access_token."""

    request: "Callable[[Connection, datetime], Request]"
    token: tuple[str, ...] = ("access_token",)


@dataclass(frozen=True)
class Pull:
    """The complete lane. headers makes the authorisation of a request; rates are token buckets by name, "" being every
    request's; judge reads a vendor's answer, where 200 may be a failure and 404 an empty one."""

    base_url: str
    headers: Callable[[Connection], Mapping[str, str]]
    judge: Callable[["Response"], Ruling]
    rates: Mapping[str, Rate]
    streams: tuple[Stream, ...]
    login: Login | None = None


@dataclass(frozen=True)
class Source:
    """One vendor, all its lanes; drop is that of files people get from it. by_hand are the steps in the vendor's own
    screens where no API registers a webhook; {url} in them stands for the address to enter, {secret} for a secret to
    agree on."""

    name: str
    title: str
    webhook: Webhook | None
    pull: Pull | None
    subscriptions: "Subscriptions | None" = None
    by_hand: tuple[str, ...] = ()
    drop: "Drop | None" = None


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
