"""Which pulls are due now. Pure: specs, connections, cursors and a clock in, a list out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from .connections import Registered
from .cursors import Record
from .source import Source

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class PullOrder:
    """One stream of one connection, to be read now."""

    source: str
    connection_id: str
    stream: str


def due(
    sources: Mapping[str, Source],
    connections: Iterable[Registered],
    records: Mapping[PullOrder, Record],
    now: datetime,
) -> list[PullOrder]:
    """The streams nobody holds whose time has come, the longest waiting first; those that never ran before all."""
    orders = [
        PullOrder(connection.source, connection.connection_id, stream.name)
        for connection in connections
        if connection.is_enabled and (source := sources.get(connection.source)) and source.pull
        for stream in source.pull.streams
    ]
    waiting = [order for order in orders if _is_due(records.get(order), now)]
    return sorted(waiting, key=lambda order: _due_at(records.get(order)))


def _is_due(record: Record | None, now: datetime) -> bool:
    if record is None:
        return True
    is_held = record.lease_until is not None and record.lease_until > now
    return not is_held and _due_at(record) <= now


def _due_at(record: Record | None) -> datetime:
    return (record.next_at if record else None) or _NEVER
