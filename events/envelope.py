"""The envelope: the one shape in which everything crosses a border, from a webhook to a row of RAW_DATA.EVENTS.

On the wire and in the lake an envelope is one line of JSON. Its payload stays the bytes the vendor sent: nothing here
parses or rewrites them. msgspec rather than pydantic, because the receiver builds one per delivery: decoding checks
the same types at a tenth of the import time (docs/decisions/envelope.md).
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

VERSION = 1

Operation = Literal["upsert", "partial", "delete", "snapshot", "event"]
Lane = Literal["webhook", "pull", "file", "backfill", "api"]


class Envelope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One business event. The fields are the columns of RAW_DATA.EVENTS; all instants are UTC.

    stream and entity_id say what the event is about, in the vendor's word (singular) and the vendor's id. operation:
    `upsert` carries the whole record, `partial` some of its fields, `delete` says it is gone, `snapshot` is one record
    of a complete listing, `event` is a fact that never changes. source_updated_at is the vendor's own version clock,
    which decides what is newest; source_version breaks its ties. batch_complete is true when the batch listed
    everything there is.
    """

    event_id: str
    source: str
    stream: str
    entity_id: str
    operation: Operation
    lane: Lane
    connection_id: str
    received_at: datetime
    payload: msgspec.Raw
    body_sha256: str
    trace_id: str
    envelope_version: int
    delivery_id: str | None = None
    occurred_at: datetime | None = None
    source_updated_at: datetime | None = None
    source_version: str | None = None
    batch_id: str | None = None
    batch_complete: bool | None = None
    raw_body: str | None = None
    """The exact body, kept with the first envelope of a delivery whose payloads do not reproduce it byte for byte:
    text, or `base64:` and base64 where the body is not UTF-8. Stays in the lake, is no column."""

    def __post_init__(self) -> None:
        if self.received_at.tzinfo is None:
            raise ValueError("received_at needs a time zone: instants are UTC")


class Address(msgspec.Struct, frozen=True):
    """The fields of a line that say where it lies; decoding skips the rest."""

    event_id: str
    source: str
    stream: str
    received_at: datetime


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Envelope)
_address_decoder = msgspec.json.Decoder(Address)


def event_id(source: str, connection_id: str, *parts: str) -> str:
    """32 hex digits, the same for the same parts: the vendor's delivery id where it gives one, else the content."""
    text = "\x1f".join((source, connection_id, *parts))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def one_line(payload: bytes) -> bytes:
    """The same JSON without line breaks between tokens; numbers and strings keep their spelling.

    Raises msgspec.DecodeError when the bytes are no JSON.
    """
    if b"\n" in payload or b"\r" in payload:
        return msgspec.json.format(payload, indent=-1)
    return payload


def encode(envelope: Envelope) -> bytes:
    """One line, without its line break."""
    return _encoder.encode(envelope)


def encode_lines(envelopes: Iterable[Envelope]) -> bytes:
    """NDJSON, each line ended."""
    return b"".join(encode(envelope) + b"\n" for envelope in envelopes)


def decode(line: bytes) -> Envelope:
    """Raises msgspec.ValidationError, a DecodeError, for a line that is no envelope."""
    return _decoder.decode(line)


def decode_address(line: bytes) -> Address:
    return _address_decoder.decode(line)
