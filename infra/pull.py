"""Pull now: order every stream through the queue the functions read, and wait until each has finished or failed."""

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chalicelib import sources
from chalicelib.ingest.cursors import Record

from .local.connections import connections, pull_records
from .local.stack import Stack, Steps
from .warehouse import query

PATIENCE_S = 600
_POLL_S = 1.0

Key = tuple[str, str, str]
"""source, connection_id, stream"""


def pull_now(stack: Stack, steps: Steps, *, source: str = "", stream: str = "") -> list[dict[str, Any]]:
    """One row per stream: source, connection, stream, pages read so far into the cursor, seconds, error.

    A stream that waits for its vendor longer than we do is reported as such; the tick goes on with it.
    """
    wanted = [key for key in _streams(stack) if source in ("", key[0]) and stream in ("", key[2])]
    url = stack.cloud.outputs()["PullsQueueUrl"]

    def order() -> None:
        for key in wanted:
            body = dict(zip(("source", "connection_id", "stream"), key, strict=True)) | {"is_forced": True}
            stack.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(body))

    done = until_ended(steps, "pull from the vendors", wanted, order, lambda: pull_records(stack.cloud))
    records = pull_records(stack.cloud)
    return [
        {
            "source": key[0],
            "connection": key[1],
            "stream": key[2],
            "seconds": round(done[key], 1) if key in done else None,
            "error": records[key].last_error if key in records else "not started",
        }
        for key in wanted
    ]


def until_ended(
    steps: Steps,
    title: str,
    wanted: Sequence[Key],
    order: Callable[[], None],
    records: Callable[[], Mapping[Key, Record]],
) -> dict[Key, float]:
    """Seconds from the order to the end of each run, good or bad; those that did not end in time are missing."""
    before, started, done = records(), time.monotonic(), dict[Key, float]()
    with steps.step(title, total=len(wanted)) as report:
        order()
        while len(done) < len(wanted) and time.monotonic() < started + PATIENCE_S:
            time.sleep(_POLL_S)
            now = records()
            for key in wanted:
                if key not in done and _has_ended(before.get(key), now.get(key)):
                    done[key] = time.monotonic() - started
                    report(1)
    return done


def _streams(stack: Stack) -> list[Key]:
    found = []
    for known in connections(stack.cloud).all():
        source = sources.load(known.source)
        if known.is_enabled and source and source.pull:
            found += [(known.source, known.connection_id, stream.name) for stream in source.pull.streams]
    return found


def _has_ended(before: Any, now: Any) -> bool:
    """Finished since, or failed since; a run in between, or one that waits to go on, has not."""
    if now is None or now.owner is not None:
        return False
    has_finished = now.last_finished_at is not None and (
        before is None or now.last_finished_at != before.last_finished_at
    )
    has_failed = now.failures > (before.failures if before else 0)
    return has_finished or has_failed


def wait_until_loaded(stack: Stack, steps: Steps, within_s: float = 180) -> None:
    """Return when nothing is under way between the receiver and RAW_DATA.EVENTS. Raises TimeoutError."""
    queues = tuple(f"sophia-{name}" for name in ("drops", "ingest", "pulls", "snowpipe"))
    with steps.step("load what has landed (Snowpipe)") as report:
        deadline, quiet = time.monotonic() + within_s, 0
        while quiet < 2:
            waiting = Counter({queue: sum(stack.waiting(queue)) for queue in queues})
            quiet = quiet + 1 if not any(waiting.values()) else 0
            report(", ".join(f"{count} in {queue}" for queue, count in waiting.items() if count) or "settling")
            if time.monotonic() > deadline:
                raise TimeoutError(f"still under way after {within_s:.0f} s: {dict(waiting)}; see .sophia/log")
            time.sleep(0.5)
        rows = query(stack.warehouse_port, "select count(*) as count from RAW_DATA.EVENTS")
        report(f"{rows[0]['COUNT']} rows")
