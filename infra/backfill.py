"""A span of the past pulled again: ordered once, followed until it ends, and found again by the same command."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from chalicelib import sources
from chalicelib.ingest.cursors import Cursors, Record
from chalicelib.ingest.due import PullOrder

from .local.connections import connections, pull_records, state_table
from .local.stack import Stack, Steps

_POLL_S = 1.0

Records = Mapping[tuple[str, str, str], Record]


def span(told_from: str, told_to: str, now: datetime) -> tuple[datetime, datetime]:
    """The span two dates mean, UTC: days or instants, the end not included. Left out it is the last midnight, so that
    the same command means the same span all day long; what came since is new, and pulled anyway.

    Raises ValueError with what is wrong, for the person who wrote them.
    """
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    start, end = _instant(told_from, "--from"), _instant(told_to, "--to") if told_to else midnight
    if start >= end:
        raise ValueError(f"--from {told_from!r} is not before --to {told_to or end.date().isoformat()!r}")
    if end > midnight + timedelta(days=1):
        raise ValueError(f"--to {told_to!r} lies in the future: leave it out to mean the last midnight, UTC")
    return start, end


def _instant(told: str, option: str) -> datetime:
    try:
        found = datetime.fromisoformat(told)
    except ValueError:
        today = date.today().isoformat()
        raise ValueError(f"{option} {told!r} is no date: write it as {today} or {today}T09:00:00+00:00") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def orders(stack: Stack, source: str, stream: str, connection: str, start: datetime, end: datetime) -> list[PullOrder]:
    """One per connection and stream; of one connection and one stream where they are named."""
    known = sources.load(source)
    return [
        PullOrder(source, one.connection_id, each.name, start.isoformat(), end.isoformat())
        for one in connections(stack.cloud).all()
        if one.source == source and one.is_enabled and connection in ("", one.connection_id)
        for each in (known.pull.streams if known and known.pull else ())
        if stream in ("", each.name)
    ]


def run(stack: Stack, steps: Steps, wanted: Sequence[PullOrder], *, again: bool = False) -> list[dict[str, Any]]:
    """Order what was not ordered before, and wait until all have ended; one row each. Interrupted, they go on alone."""
    sqs, url = stack.client("sqs"), stack.cloud.outputs()["BackgroundQueueUrl"]
    cursors = Cursors(state_table(stack.cloud), lambda: datetime.now(UTC), "backfill")

    def order(one: PullOrder) -> None:
        if again:
            cursors.overwrite(one.source, one.connection_id, one.record, {})
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"job": "backfill", "is_forced": True, **one.told()}))

    return follow(steps, wanted, lambda: pull_records(stack.cloud, "backfill"), order, again=again)


def follow(
    steps: Steps,
    wanted: Sequence[PullOrder],
    records: Callable[[], Records],
    order: Callable[[PullOrder], None],
    *,
    again: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> list[dict[str, Any]]:
    """One row per order: stream, state, records, seconds since it began, error."""
    before, known = records(), set[PullOrder]()
    for one in wanted:
        if again or state_of(before.get(_key(one))) in ("not started", "failed"):
            order(one)
            known.add(one)
    with steps.step("pull the past again", total=len(wanted)) as report:
        done = set[PullOrder]()
        while True:
            now = records()
            for one in wanted:
                record = now.get(_key(one))
                is_old = one in known and record == before.get(_key(one))
                if one not in done and not is_old and state_of(record) in ("done", "failed"):
                    done.add(one)
                    report(1)
            if len(done) == len(wanted):
                break
            report(f"{sum(record.records for one in wanted if (record := now.get(_key(one)))):,} records")
            sleep(_POLL_S)
    return rows(wanted, now)


def rows(wanted: Sequence[PullOrder], known: Records) -> list[dict[str, Any]]:
    return [_row(one, known.get(_key(one))) for one in wanted]


def state_of(record: Record | None) -> str:
    """done, failed, running, waiting (for its vendor or its turn) or not started."""
    if record is None or record.last_started_at is None:
        return "not started"
    if record.owner is not None:
        return "running"
    if record.failures:
        return "failed"
    return "done" if record.batch_id is None and record.last_finished_at else "waiting"


def _row(order: PullOrder, record: Record | None) -> dict[str, Any]:
    return {
        "source": order.source,
        "connection": order.connection_id,
        "stream": order.stream,
        "state": state_of(record),
        "records": record.records if record else 0,
        "finished_at": record.last_finished_at if record else None,
        "error": record.last_error if record else None,
    }


def _key(order: PullOrder) -> tuple[str, str, str]:
    return order.source, order.connection_id, order.record
