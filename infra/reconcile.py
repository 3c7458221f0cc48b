"""Check completeness now, and the ledger of what checks have found: ours against what each vendor says it has."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from chalicelib import sources
from chalicelib.ingest.cursors import RECORD
from chalicelib.ingest.reconciler import EVERY, cadence
from events.sophia import Completeness

from .local.connections import connections, pull_records
from .local.stack import Stack, Steps
from .pull import until_ended
from .warehouse import query

_PATIENCE = timedelta(hours=2)
"""How much later than due a check may be before its finding says nothing of today."""

_SUMMED = ("listed", "webhook", "pull", "before", "held", "repaired", "open", "requests")


def reconcile_now(
    stack: Stack, steps: Steps, *, source: str = "", believes_listing: bool = False
) -> list[dict[str, Any]]:
    """Order a check of every connection, of one source or of all, and wait; one row per connection. believes_listing:
    what whole listings leave out is gone, however much it is."""
    wanted = [
        (known.source, known.connection_id, RECORD)
        for known in connections(stack.cloud).all()
        if known.is_enabled and source in ("", known.source) and _is_checked(known.source)
    ]
    url = stack.cloud.outputs()["BackgroundQueueUrl"]

    def order() -> None:
        for name, connection_id, _ in wanted:
            body = {"job": "check", "source": name, "connection_id": connection_id, "is_forced": True}
            body |= {"believes_listing": True} if believes_listing else {}
            stack.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(body))

    def records() -> Mapping[Any, Any]:
        return pull_records(stack.cloud, "check")

    done = until_ended(steps, "compare with what the vendors have", wanted, order, records)
    return [
        {
            "source": key[0],
            "connection": key[1],
            "seconds": round(done[key], 1) if key in done else None,
            "error": None if key in done else "not finished yet: it goes on by itself",
        }
        for key in wanted
    ]


def ledger(stack: Stack, *, source: str = "", now: datetime | None = None) -> list[dict[str, Any]]:
    """One row per source, connection and stream: the sum over the windows checked, each as it was last found."""
    rows = query(
        stack.warehouse_port,
        "select payload from RAW_DATA.EVENTS where source = 'sophia' and stream = 'completeness'",
    )
    findings = [msgspec.json.decode(row["PAYLOAD"], type=Completeness) for row in rows]
    streams: dict[tuple[str, str, str], list[Completeness]] = {}
    for one in _newest(findings):
        if source in ("", one.source):
            streams.setdefault((one.source, one.connection_id, one.stream), []).append(one)
    return [_row(key, held, now or datetime.now(UTC)) for key, held in sorted(streams.items())]


def by_source(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The ledger's streams summed up, one row per source."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        name = row["stream"].split(" ")[0]
        held = found.setdefault(name, {"source": name, "streams": 0} | dict.fromkeys(_SUMMED, 0) | {"complete": True})
        held["streams"] += 1
        for column in _SUMMED:
            held[column] += row[column]
        held["complete"] = held["complete"] and row["complete"]
    return list(found.values())


def _newest(findings: Iterable[Completeness]) -> list[Completeness]:
    """Of each window the last finding."""
    by_window = {one.entity_id: one for one in sorted(findings, key=lambda one: one.checked_at)}
    return list(by_window.values())


def _row(key: tuple[str, str, str], findings: list[Completeness], now: datetime) -> dict[str, Any]:
    last = max(findings, key=lambda one: one.checked_at)
    listed, held = sum(one.listed for one in findings), sum(one.held for one in findings)
    is_old = now - last.checked_at > _every(key[0], key[2]) + _PATIENCE
    return {
        "stream": " ".join((key[0], key[2]) if key[1] == "default" else key),
        "listed": listed,
        "webhook": sum(one.by_webhook for one in findings),
        "pull": sum(one.by_pull for one in findings),
        "before": sum(one.held_before for one in findings),
        "held": held,
        "repaired": sum(one.repaired for one in findings),
        "open": sum(one.unrepaired for one in findings),
        "requests": sum(one.requests for one in findings),
        "percent": 100.0 if not listed else round(100 * held / listed, 2),
        "checked_at": last.checked_at,
        "complete": all(one.is_complete for one in findings) and not is_old,
        "error": last.error or ("overdue" if is_old else None),
    }


def _every(name: str, stream: str) -> timedelta:
    source = sources.load(name)
    streams = source.pull.streams if source and source.pull else ()
    return next((cadence(one) for one in streams if one.name == stream), EVERY)


def _is_checked(name: str) -> bool:
    source = sources.load(name)
    return bool(source and source.pull and any(stream.census for stream in source.pull.streams))
