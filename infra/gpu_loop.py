"""The GPU loop on this machine: documents that wait to a worker here, what it makes of them into the warehouse.

The procedure that orders, dispatch, leases and reaping are what runs in production; only the place is this machine, and
only here one process plays every part.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from chalicelib.ingest.breaker import Breaker
from chalicelib.ingest.lake import Lake
from chalicelib.ingest.land import land
from chalicelib.intelligence.budget import Budget
from chalicelib.intelligence.dispatch import Fleet, dispatch
from chalicelib.intelligence.leases import Leases
from chalicelib.intelligence.orders import manifest
from chalicelib.intelligence.reap import reap
from events import keys
from events.gpu_job import Heartbeat, Kind, Manifest, Order
from gpu_jobs.places.on_local import OnLocal

from .local.cloud import CREDENTIALS
from .local.connections import state_table
from .local.stack import Stack, Steps
from .local.unloading import Session
from .local.warehouse.running import connect
from .pull import wait_until_loaded
from .snowflake.procedures import order_gpu_jobs
from .warehouse import query

_POLL_S = 0.5


@dataclass(frozen=True)
class Work:
    """What is to be made of what waits, and by whom: the slug of a registry's entry."""

    kind: Kind
    slug: str
    find: str
    make: str


def through(work: Work, stack: Stack, steps: Steps) -> dict[str, Any]:
    """How many documents waited, how their jobs ended (`finished`, or as the first that did not, with its reason), how
    many of them nothing could be made of by reason, and how many wait now. May be repeated: a second run finds
    nothing to do. What was made before and is not in the warehouse is loaded, not made again.

    Raises TimeoutError; ValueError where dbt is set to another model.
    """
    wait_until_loaded(stack, steps)  # or what a run before made would be taken for lost
    with steps.step(work.find) as report:
        waiting = _waiting(work, stack)
        report(f"{waiting} documents")
    if not waiting:
        return {"documents": 0, "job": None, "outcome": "nothing to do", "refused": {}, "left": 0}
    lake = Lake(stack.client("s3"), stack.lake_bucket)
    fleet, jobs, outcome = _fleet(stack, lake), [], "finished"
    for order in _orders(work, stack, lake):
        job = manifest(order, lake, now=_clock(), max_usd=0.0)
        jobs.append(job.job_id)
        outcome = _carried_out(job, work.make, fleet, lake, steps) if job.shards else "finished"
        if outcome != "finished":
            break
    wait_until_loaded(stack, steps)
    return {
        "documents": waiting,
        "job": " ".join(jobs),
        "outcome": outcome,
        "refused": dict(sum((_refused(job_id, stack) for job_id in jobs), Counter())),
        "left": _waiting(work, stack),
    }


def _refused(job_id: str, stack: Stack) -> Counter[str]:
    """Documents by reason."""
    found = query(
        stack.warehouse_port,
        "select reason, count(distinct document_id) as count from AI_MEMORY.REFUSALS where job_id = %s group by reason",
        [job_id],
    )
    return Counter({row["REASON"]: int(row["COUNT"]) for row in found})


def _waiting(work: Work, stack: Stack) -> int:
    view = order_gpu_jobs.WAITING[work.kind]
    [told] = query(stack.warehouse_port, f"select count(*) as count from {view}")  # noqa: S608
    return int(told["COUNT"])


def _orders(work: Work, stack: Stack, lake: Lake) -> Iterator[Order]:
    """As the procedure writes them. Nobody else works here, so what a stopped run ordered is ordered again."""
    with connect(stack.warehouse_port) as connection:
        session, now = Session(connection, lake.put), _clock()
        session.sql(f"delete from {order_gpu_jobs.ORDERS} where kind = ?", [work.kind]).collect()  # noqa: S608
        for job_id in order_gpu_jobs.order(session, work.kind, now):
            body = lake.get(f"{keys.gpu_orders(now.date())}{job_id}.json") or b""
            order = msgspec.json.decode(body, type=Order)
            if order.model_slug != work.slug:
                raise ValueError(f"dbt asks for {order.model_slug!r} and not {work.slug!r}: see dbt_project.yml, vars")
            yield order


def _carried_out(job: Manifest, make: str, fleet: Fleet, lake: Lake, steps: Steps) -> str:
    """How it ended. Where this process is stopped, its workers end with it, and the lease runs out."""
    with steps.step(make, total=len(job.shards)) as report:
        dispatched, done = dispatch(job, fleet), 0
        if dispatched.outcome != "started":
            return f"{dispatched.outcome}: {dispatched.reason}"
        while True:
            beat = lake.get(keys.gpu_heartbeat(job.job_id))
            if beat and (told := msgspec.json.decode(beat, type=Heartbeat).shards_done) > done:
                report(told - done)
                done = told
            reaped = reap(fleet)
            if job.job_id in reaped.finished:
                report(len(job.shards) - done)
                return "finished"
            if reason := reaped.dead.get(job.job_id):
                return f"dead: {reason}"
            time.sleep(_POLL_S)


def _fleet(stack: Stack, lake: Lake) -> Fleet:
    table, now = state_table(stack.cloud), _clock
    environment = {"AWS_ENDPOINT_URL": stack.cloud.url, **CREDENTIALS}
    command = ("env", *(f"{name}={value}" for name, value in environment.items()), sys.executable, "-m", "gpu_jobs.run")
    place = OnLocal(f"s3://{stack.lake_bucket}", "laptop", command=command, logs=stack.folder / "log" / "gpu")
    breaker: Callable[[str], Breaker] = lambda name: Breaker(table, f"gpu/{name}", now)  # noqa: E731
    return Fleet(
        places={place.name: place},
        leases=Leases(table),
        budget=Budget(table, usd_per_day=0.0),
        lake=lake,
        breaker=breaker,
        land=lambda envelopes: land(envelopes, lake),
        now=now,
    )


def _clock() -> datetime:
    return datetime.now(UTC)
