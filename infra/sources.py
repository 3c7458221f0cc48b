"""What `sophia sources` shows: the sources found, what each lane carries, and how it fares where the stack runs."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib import sources
from chalicelib.ingest.cursors import Record

from .doctor_source import lanes_of
from .local.connections import pull_records
from .local.stack import Stack
from .warehouse import query

Keyed = Mapping[tuple[str, str, str], Record]


def describe(stack: Stack) -> list[dict[str, Any]]:
    """One row per source, in alphabetical order. What only a running stack knows is empty without one."""
    if not stack.is_up():
        return rows({}, {}, {}, {})
    port = stack.warehouse_port
    newest = query(port, "select source, max(received_at) as newest from RAW_DATA.EVENTS group by source")
    return rows(
        {row["SOURCE"]: row["NEWEST"] for row in newest},
        pull_records(stack.cloud),
        _least_complete(port),
        pull_records(stack.cloud, "subscription"),
    )


def rows(
    last_events: Mapping[str, datetime],
    pulls: Keyed,
    complete: Mapping[str, float],
    subscriptions: Keyed,
) -> list[dict[str, Any]]:
    """last_events and complete (percent, of the least complete stream) by source; records by source, connection,
    stream."""
    found = []
    for name in sources.names():
        source = sources.load(name)
        assert source is not None
        finished = [one.last_finished_at for key, one in pulls.items() if key[0] == name and one.last_finished_at]
        cared = [one for key, one in subscriptions.items() if key[0] == name]
        found.append(
            {
                "source": name,
                "lanes": ", ".join(lanes_of(source)),
                "streams": len(source.pull.streams) if source.pull else None,
                "last_event": last_events.get(name),
                "last_pull": max(finished, default=None),
                "complete": complete.get(name),
                "subscription": _state(cared) if source.subscriptions else "by hand" if source.webhook else None,
            }
        )
    return found


def _state(cared: list[Record]) -> str | None:
    """The worst of its connections'."""
    if not cared:
        return "none"
    if any(one.cursor.get("error") for one in cared):
        return "fails"
    if all(one.cursor.get("is_removed") for one in cared):
        return "removed"
    return f"{sum(len(one.cursor.get('subscriptions', ())) for one in cared)} active"


def _least_complete(port: int) -> dict[str, float]:
    """Empty before the first build of the models."""
    from snowflake.connector.errors import ProgrammingError  # noqa: PLC0415  --help answers at once

    asked = "select source, min(completeness_percent) as percent from ANALYTICS.COMPLETENESS_LEDGER group by source"
    try:
        return {row["SOURCE"]: float(row["PERCENT"]) for row in query(port, asked)}
    except ProgrammingError:
        return {}


def with_webhooks() -> list[str]:
    """The names of the sources that deliver."""
    return [name for name in sources.names() if (source := sources.load(name)) and source.webhook]


def pulled_streams() -> dict[str, list[str]]:
    """By source, the names of the streams that are pulled."""
    loaded = {name: sources.load(name) for name in sources.names()}
    return {
        name: [stream.name for stream in source.pull.streams]
        for name, source in loaded.items()
        if source and source.pull
    }
