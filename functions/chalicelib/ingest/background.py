"""Work that can wait, off one queue: checks of completeness, backfills, the care of subscriptions.

It has a queue and a function of its own, so that it never stands in the way of what is new. A message names its job.
"""

import functools
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from ..log import log
from ..settings import settings
from .aws_services import arguments, client
from .cursors import RECORD, Cursors
from .due import due_backfills, is_care_due, is_check_due
from .lake import Lake
from .puller import Puller
from .reconciler import Reconciler
from .subscriptions import Keeper


def run_background(body: str, remaining_ms: Callable[[], int]) -> Any:
    """Carry out one order: {"job": "check" | "backfill" | "subscriptions", "source", "connection_id", …}.

    Raises KeyError for a job nobody knows: the queue gives up on it in the end, and it can be seen and redriven.
    """
    return _JOBS[json.loads(body)["job"]](body, remaining_ms)


def order_background(now: datetime) -> int:
    """Order every check, every backfill that stands still, and the care of every connection's subscriptions, that is
    due; how many checks. Tells how long the longest is overdue, for the alarm that watches it."""
    services, ordered, overdue = _reconciler(), 0, timedelta(0)
    for one in services.connections.all():
        source = services.source_named(one.source)
        if not one.is_enabled or source is None:
            continue
        key = one.source, one.connection_id
        order = {"source": one.source, "connection_id": one.connection_id}
        if source.subscriptions and is_care_due(
            Cursors(services.table, services.now, "subscription").of(*key).get(RECORD), one.is_subscribed, now
        ):
            services.enqueue(json.dumps({**order, "job": "subscriptions"}), 0)
        backfills = Cursors(services.table, services.now, "backfill").of(*key)
        for stalled in due_backfills(*key, backfills, now):
            services.enqueue(json.dumps({**stalled.told(), "job": "backfill"}), 0)
        check = Cursors(services.table, services.now, "check").of(*key).get(RECORD)
        pulls = Cursors(services.table, services.now).of(*key) if check is None else {}
        if not is_check_due(check, pulls, source, now):
            continue
        services.enqueue(json.dumps(order), 0)
        ordered += 1
        if check and check.next_at:
            overdue = max(overdue, now - check.next_at)
    log.measured("checks_ordered", {"checks": ordered, "longest_overdue_s": round(overdue.total_seconds())})
    return ordered


@functools.cache
def _reconciler() -> Reconciler:
    where = settings()
    lake = Lake(client("s3"), where.lake_bucket)
    return Reconciler(**arguments(where, client, where.background_queue_url, job="check"), lake=lake)


@functools.cache
def _backfiller() -> Puller:
    where = settings()
    return Puller(**arguments(where, client, where.background_queue_url, job="backfill"))


@functools.cache
def _keeper() -> Keeper:
    where = settings()
    told = arguments(where, client, where.background_queue_url, job="subscriptions")
    return Keeper(**told, public_base_url=where.public_base_url)


_JOBS: dict[str, Callable[[str, Callable[[], int]], Any]] = {
    "check": lambda body, remaining_ms: _reconciler().run(body, remaining_ms),
    "backfill": lambda body, remaining_ms: _backfiller().run(body, remaining_ms),
    "subscriptions": lambda body, remaining_ms: _keeper().run(body, remaining_ms),
}
