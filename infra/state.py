"""What is remembered of every stream: cursors, leases, how runs ended; and an operator's hand on it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, get_args

from chalicelib.ingest.connections import Connections
from chalicelib.ingest.cursors import Cursors, Kind, Record, woken_at
from chalicelib.ingest.hints import Hints
from chalicelib.ingest.state_table import StateTable

KINDS: tuple[Kind, ...] = get_args(Kind)
_SHOWN = 60


def listed(table: StateTable, connections: Connections, now: datetime, source: str = "") -> list[dict[str, Any]]:
    """One row per record of every kind, of one source or of all; cursors in full."""
    found = []
    for known in connections.all():
        if source not in ("", known.source):
            continue
        key = known.source, known.connection_id
        for kind in KINDS:
            hinted = Hints(table).of(*key) if kind == "cursor" else {}
            for name, record in Cursors(table, lambda: now, kind).of(*key).items():
                found.append(_row(*key, kind, name, record, hinted.get(name), now))
    return found


def shortened(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For people, who have 120 columns: the error, else the beginning of the cursor."""
    return [
        {
            "source": row["source"] if row["connection"] == "default" else f"{row['source']}/{row['connection']}",
            "kind": row["kind"],
            "stream": row["stream"],
            "state": row["state"],
            "records": row["records"],
            "finished_at": row["finished_at"],
            "about": _short(row["error"] or json.dumps(row["cursor"])),
        }
        for row in rows
    ]


def overwrite(
    table: StateTable, kind: Kind, key: tuple[str, str, str], cursor: Mapping[str, Any], *, is_forced: bool
) -> bool:
    """Whether a cursor, {} for none, stands in place of what was known of source, connection and stream. Not where a
    run holds it, unless forced."""
    cursors = Cursors(table, lambda: datetime.now(UTC), kind)
    return cursors.overwrite(*key, cursor, is_forced=is_forced)


def cursor_of(text: str) -> dict[str, Any]:
    """Raises ValueError, for the person who wrote it."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ValueError(f"the cursor is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise ValueError('the cursor is a JSON object, such as {"since": "2026-11-01T00:00:00+00:00"}')
    return found


def _row(
    source: str, connection_id: str, kind: str, name: str, record: Record, hinted_at: datetime | None, now: datetime
) -> dict[str, Any]:
    return {
        "source": source,
        "connection": connection_id,
        "kind": kind,
        "stream": name,
        "state": _state(record, hinted_at, now),
        "records": record.records,
        "finished_at": record.last_finished_at,
        "next_at": record.next_at,
        "hinted_at": hinted_at,
        "failures": record.failures,
        "error": record.cursor.get("error") or record.last_error,
        "cursor": record.cursor,
    }


def _state(record: Record, hinted_at: datetime | None, now: datetime) -> str:
    if record.lease_until is not None:
        return "running" if record.lease_until > now else "killed"
    if record.failures:
        return "failed"
    if (woken := woken_at(record, hinted_at)) and woken <= now:
        return "due"
    return "waits" if record.not_before and record.not_before > now else "due"


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
