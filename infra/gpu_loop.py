"""The GPU loop on this machine: documents that wait to a worker here, what it makes of them into the warehouse.

Dispatch, leases and reaping are the functions that run in the cloud; only the place is this machine, and only here one
process plays every part.
"""

import hashlib
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from chalicelib.ingest.breaker import Breaker
from chalicelib.ingest.lake import Lake
from chalicelib.ingest.land import land
from chalicelib.intelligence.budget import Budget
from chalicelib.intelligence.dispatch import Fleet, dispatch
from chalicelib.intelligence.leases import Leases
from chalicelib.intelligence.reap import reap
from events import keys
from events.gpu_job import Heartbeat, Kind, Manifest, Shard, Vocabulary, shard_id
from gpu_jobs import data
from gpu_jobs.places.on_local import OnLocal

from .local.cloud import CREDENTIALS
from .local.connections import state_table
from .local.stack import Stack, Steps
from .pull import wait_until_loaded
from .warehouse import query

DOCUMENTS_A_SHARD = 250
LONGEST = timedelta(hours=2)
_POLL_S = 0.5


@dataclass(frozen=True)
class Order:
    """What is to be made of what waits. waiting is a model of AI_MEMORY with the columns of DOCUMENTS_TO_EMBED."""

    kind: Kind
    model_id: str
    model_version: str
    waiting: str
    find: str
    make: str
    vocabulary: Vocabulary | None = None


def through(order: Order, stack: Stack, steps: Steps) -> dict[str, Any]:
    """How many documents waited, how the job ended (`finished`, or `dead` with its reason), how many of them nothing
    could be made of by reason, and how many wait now. May be repeated: a second run finds nothing to do.

    Raises TimeoutError.
    """
    with steps.step(order.find) as report:
        waiting = query(stack.warehouse_port, f"select * from AI_MEMORY.{order.waiting} order by document_id")  # noqa: S608
        report(f"{len(waiting)} documents")
    if not waiting:
        return {"documents": 0, "job": None, "outcome": "nothing to do", "refused": {}, "left": 0}
    lake, now = Lake(stack.client("s3"), stack.lake_bucket), datetime.now(UTC)
    shards = list(_shards(waiting, order, lake))
    job_id = hashlib.sha256("\n".join([now.isoformat(), *(one.shard_id for one in shards)]).encode()).hexdigest()[:32]
    job = Manifest(
        job_id=job_id,
        kind=order.kind,
        model_id=order.model_id,
        model_version=order.model_version,
        shards=tuple(shards),
        created_at=now,
        ends_at=now + LONGEST,
        max_usd=0.0,
        vocabulary=order.vocabulary,
    )
    outcome = _carried_out(job, order.make, _fleet(stack, lake), lake, steps)
    wait_until_loaded(stack, steps)
    [left] = query(stack.warehouse_port, f"select count(*) as count from AI_MEMORY.{order.waiting}")  # noqa: S608
    refused = query(
        stack.warehouse_port,
        "select reason, count(distinct document_id) as count from AI_MEMORY.REFUSALS where job_id = %s group by reason",
        [job_id],
    )
    return {
        "documents": len(waiting),
        "job": job_id,
        "outcome": outcome,
        "refused": {row["REASON"]: row["COUNT"] for row in refused},
        "left": left["COUNT"],
    }


def _shards(waiting: Sequence[Mapping[str, Any]], order: Order, lake: Lake) -> Iterator[Shard]:
    """Written to the lake, each once it is yielded."""
    for first in range(0, len(waiting), DOCUMENTS_A_SHARD):
        some = waiting[first : first + DOCUMENTS_A_SHARD]
        rows = [
            {
                "document_id": one["DOCUMENT_ID"],
                "document_type": one["DOCUMENT_TYPE"],
                "content_hash": one["CONTENT_HASH"],
                "title": one["TITLE"],
                "text": one["DOCUMENT_TEXT"],
                "structure": one["STRUCTURE"],
            }
            for one in some
        ]
        name = shard_id(order.model_version, (row["content_hash"] for row in rows), order.vocabulary)
        lake.put(keys.gpu_shard(name), data.encode(data.DOCUMENTS, rows))
        characters = sum(len(row["text"]) for row in rows)
        yield Shard(shard_id=name, key=keys.gpu_shard(name), documents=len(rows), characters=characters)


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
