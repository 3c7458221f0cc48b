"""Which pulls are due now. Pure: specs, connections, cursors, hints and a clock in, a list out."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from .connections import Registered
from .cursors import Record, woken_at
from .source import Source

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class PullOrder:
    """One stream of one connection, to be read now: what is new, or in a backfill a span of the past (ISO 8601)."""

    source: str
    connection_id: str
    stream: str
    span_from: str | None = None
    span_to: str | None = None

    def told(self) -> dict[str, str]:
        """The message that orders it."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @property
    def record(self) -> str:
        """Under which name its progress is kept: every span of the past has its own."""
        return f"{self.stream}@{self.span_from}/{self.span_to}" if self.span_from else self.stream


def due(
    sources: Mapping[str, Source],
    connections: Iterable[Registered],
    records: Mapping[PullOrder, Record],
    hinted: Mapping[PullOrder, datetime],
    now: datetime,
) -> list[PullOrder]:
    """The streams nobody holds whose time has come, the longest waiting first; those that never ran before all. hinted
    is when the newest hint of a stream came, which may bring its time forward."""
    orders = [
        PullOrder(connection.source, connection.connection_id, stream.name)
        for connection in connections
        if connection.is_enabled and (source := sources.get(connection.source)) and source.pull
        for stream in source.pull.streams
    ]
    waiting = [order for order in orders if _is_due(records.get(order), now, hinted.get(order))]
    return sorted(waiting, key=lambda order: _due_at(records.get(order), hinted.get(order)))


def is_check_due(check: Record | None, pulls: Mapping[str, Record], source: Source, now: datetime) -> bool:
    """Whether a connection is to be reconciled. Not before every stream was pulled to its end once: until then all that
    a check could find is what the pull is about to bring."""
    if check is None:
        streams = [stream.name for stream in source.pull.streams] if source.pull else []
        return bool(streams) and all(name in pulls and pulls[name].last_finished_at for name in streams)
    return _is_due(check, now)


def due_backfills(source: str, connection_id: str, records: Mapping[str, Record], now: datetime) -> list[PullOrder]:
    """Those that began, did not end, and whose time has come: after a failure, or a vendor's long pause."""
    found = []
    for name, record in records.items():
        stream, _, span = name.partition("@")
        span_from, _, span_to = span.partition("/")
        if record.batch_id is not None and _is_due(record, now):
            found.append(PullOrder(source, connection_id, stream, span_from, span_to))
    return found


def is_care_due(record: Record | None, is_subscribed: bool, now: datetime) -> bool:
    """Whether a connection's subscriptions are to be looked after. Only where the operator asked for them, in the
    connection's options or once by the command, and did not remove them."""
    if record and record.cursor.get("is_removed"):
        return False
    if record is None or not record.cursor:
        return is_subscribed and _is_due(record, now)
    return _is_due(record, now)


def _is_due(record: Record | None, now: datetime, hinted_at: datetime | None = None) -> bool:
    if record is None:
        return True
    is_held = record.lease_until is not None and record.lease_until > now
    return not is_held and _due_at(record, hinted_at) <= now


def _due_at(record: Record | None, hinted_at: datetime | None = None) -> datetime:
    if record is None or record.next_at is None:
        return _NEVER
    return min(record.next_at, woken_at(record, hinted_at) or record.next_at)
