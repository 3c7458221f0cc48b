"""What vendors hinted at: when the newest word came that something of a pulled stream has changed.

Some webhooks say no more than that, and the record itself comes by the pull lane. The consumer notes such a delivery
once it is durable, and the tick then lets the pull begin before its time. One item per stream: however many hints come,
the newest counts.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

import msgspec

from ..log import log
from .land import Line
from .source import Source
from .state_table import StateTable, Value

_TELLS = frozenset(("partial", "event"))
"""The operations of a hint. A whole record, or a deletion, asks for nothing more."""

Hinted = tuple[str, str, str]
"""Source, connection and pulled stream."""


class Hints:
    """The hints of every connection."""

    def __init__(self, table: StateTable) -> None:
        self._table = table

    def of(self, source: str, connection_id: str) -> dict[str, datetime]:
        """When the newest hint came, by pulled stream; those nobody hinted at are missing."""
        items = self._table.listed(_pk(source, connection_id))
        return {stream: at for stream, item in items.items() if (at := _instant(item.attributes))}

    def at(self, source: str, connection_id: str, stream: str) -> datetime | None:
        """When the newest hint of one stream came."""
        return _instant(self._table.read(_pk(source, connection_id), stream).attributes)

    def note(self, source: str, connection_id: str, stream: str, at: datetime) -> None:
        """Of two hints the newer stays, whichever is noted last. Raises StateContended, and what the table raises."""

        def decide(held: Mapping[str, Value]) -> Mapping[str, Value | None] | None:
            known = _instant(held)
            return None if known and known >= at else {"hinted_at": at.isoformat()}

        self._table.change(_pk(source, connection_id), stream, decide)


def open_hints(state_table: str) -> Hints:
    """The hints in a state table. A table that does not answer holds the consumer up for seconds only: what waits is
    durable already."""
    import boto3  # noqa: PLC0415  needed here alone
    from botocore.config import Config  # noqa: PLC0415

    brief = Config(retries={"mode": "standard", "total_max_attempts": 2}, connect_timeout=1, read_timeout=3)
    return Hints(StateTable(boto3.client("dynamodb", config=brief), state_table))


def note_landed(
    lines: Iterable[Line], hints: Callable[[], Hints], source_named: Callable[[str], Source | None]
) -> None:
    """Note what lines that have landed hint at, each stream once.

    Never raises: the lines are durable, and what could not be noted is read at its scheduled time.
    """
    try:
        found = hinted(lines, source_named)
        for (source, connection_id, stream), at in found.items():
            hints().note(source, connection_id, stream, at)
    except Exception as error:
        log.error("hints_not_noted", reason=repr(error))
        return
    if found:
        log.info("hints_noted", streams=len(found))


def hinted(lines: Iterable[Line], source_named: Callable[[str], Source | None]) -> dict[Hinted, datetime]:
    """The pulled streams that lines hint at, and when the newest of them was received."""
    waiting: dict[tuple[str, str], tuple[str, ...]] = {}
    found: dict[Hinted, datetime] = {}
    for line in lines:
        came = line.address.source, line.address.stream
        if came not in waiting:
            waiting[came] = _waiting_for(source_named(came[0]), came[1])
        if not waiting[came]:
            continue
        told = _told.decode(line.text)
        for stream in waiting[came] if told.operation in _TELLS else ():
            key = came[0], told.connection_id, stream
            found[key] = max(found.get(key, line.address.received_at), line.address.received_at)
    return found


class _Told(msgspec.Struct, frozen=True):
    connection_id: str
    operation: str


_told = msgspec.json.Decoder(_Told)


def _waiting_for(source: Source | None, stream: str) -> tuple[str, ...]:
    """The pulled streams that a stream of deliveries hints at."""
    streams = source.pull.streams if source and source.pull else ()
    return tuple(one.name for one in streams if stream in one.hinted_by)


def _instant(held: Mapping[str, Value]) -> datetime | None:
    told = held.get("hinted_at")
    return datetime.fromisoformat(told) if isinstance(told, str) else None


def _pk(source: str, connection_id: str) -> str:
    return f"hint#{source}/{connection_id}"
