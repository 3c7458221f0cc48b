"""Envelopes into the lake: gzip NDJSON objects of one source, stream and day each, every line as it came."""

import gzip
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date

from events import keys
from events.envelope import Address, Envelope, decode_address, encode

from ..log import log
from .lake import Lake

__all__ = ["Lake", "Landed", "Line", "Object", "land", "objects"]

MAX_OBJECT_BYTES = 5_000_000
"""Before compression. docs.snowflake.com advises 100 to 250 MB for bulk loads; a stream wants its events in minutes."""
_LEVEL = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One envelope as a line, without its line break; where it belongs, and the message it came in."""

    address: Address
    text: bytes
    message_id: str = ""

    @classmethod
    def of(cls, text: bytes, message_id: str) -> "Line":
        """Raises msgspec.DecodeError, or UnicodeDecodeError, for what is no envelope."""
        return cls(decode_address(text), text, message_id)


@dataclass(frozen=True, slots=True)
class Object:
    """What one object of the lake is to hold."""

    source: str
    stream: str
    key: str
    lines: Sequence[Line]

    def write(self, lake: Lake) -> None:
        """Raises LakeUnavailable."""
        text = b"".join([line.text + b"\n" for line in self.lines])
        body = gzip.compress(text, _LEVEL, mtime=0)  # without the time: the same lines make the same bytes
        lake.put(self.key, body)
        log.measured(
            "object_landed",
            {"landed_events": len(self.lines), "object_bytes": len(body)},
            {"source": self.source},
            stream=self.stream,
            object_key=self.key,
            size_bytes=len(text),
        )


@dataclass(frozen=True, slots=True)
class Landed:
    """The keys written, and how many envelopes lie in them."""

    keys: tuple[str, ...]
    envelopes: int


def land(envelopes: Iterable[Envelope], lake: Lake) -> Landed:
    """Write envelopes to the lake.

    Order does not matter. Objects hold at most 5 MB before compression, one source, stream and day each. Writing the
    same envelopes again replaces the same objects, so a retry is safe.

    Raises LakeUnavailable; then assume nothing of this call was written.
    """
    lines = []
    for envelope in envelopes:
        address = Address(envelope.event_id, envelope.source, envelope.stream, envelope.received_at)
        lines.append(Line(address, encode(envelope)))
    made = objects(lines)
    for one in made:
        one.write(lake)
    return Landed(tuple(one.key for one in made), len(lines))


def objects(lines: Iterable[Line]) -> list[Object]:
    """The objects that hold these lines; the same ones for the same lines in whatever order."""
    groups: dict[tuple[str, str, date], list[Line]] = {}
    for line in lines:
        address = line.address
        day = address.received_at.astimezone(UTC).date()
        groups.setdefault((address.source, address.stream, day), []).append(line)
    made = []
    for (source, stream, day), members in groups.items():
        members.sort(key=lambda line: (line.address.event_id, line.text))
        for part in _parts(members):
            key = keys.events_object(source, stream, day, [line.address.event_id for line in part])
            made.append(Object(source, stream, key, part))
    return made


def _parts(lines: Sequence[Line]) -> Iterator[Sequence[Line]]:
    start = size = 0
    for number, line in enumerate(lines):
        if size and size + len(line.text) >= MAX_OBJECT_BYTES:
            yield lines[start:number]
            start, size = number, 0
        size += len(line.text) + 1
    yield lines[start:]
