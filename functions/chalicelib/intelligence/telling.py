"""What is told of a GPU job at its end: an event of our own, like the findings of reconciliation."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from events.envelope import Envelope
from events.gpu_job import Done, Manifest
from events.gpu_job_ended import GpuJobEnded

from ..ingest.source import Event, envelop
from ..log import log
from .budget import Budget
from .leases import JobRecord

OURSELVES, STREAM = "sophia", "gpu_job"


def tell(
    record: JobRecord,
    manifest: Manifest,
    done: Iterable[Done],
    budget: Budget,
    land: Callable[[Sequence[Envelope]], Any],
    now: datetime,
) -> GpuJobEnded:
    """Land how a job ended, with the cost of all its runs as the budget knows it by now."""
    made = list(done)
    cost = budget.cost_of(record.job_id, (record.first_started_at or now).date(), now.date())
    ended = GpuJobEnded(
        job_id=record.job_id,
        kind=manifest.kind,
        model_version=manifest.model_version,
        outcome="finished" if record.state == "finished" else "dead_lettered",
        attempts=record.attempt,
        documents=sum(one.documents for one in made),
        chunks=sum(one.chunks for one in made),
        tokens=sum(one.tokens for one in made),
        cost_usd=round(cost, 4),
        created_at=manifest.created_at,
        ended_at=now,
        place=record.place,
        reason=record.reason,
    )
    event = Event(STREAM, ended.entity_id, "upsert", msgspec.json.encode(ended), source_updated_at=now)
    land(
        [
            envelop(
                event,
                source=OURSELVES,
                connection_id="default",
                lane="api",
                received_at=now,
                trace_id=record.job_id,
            )
        ]
    )
    log.measured(
        "gpu_job_ended",
        {"gpu_chunks": ended.chunks, "gpu_cost_cents": ended.cost_usd * 100},
        {"kind": ended.kind},
        job_id=ended.job_id,
        outcome=ended.outcome,
        place=ended.place,
        attempts=ended.attempts,
        cost_usd_per_1000_chunks=ended.cost_usd_per_1000_chunks,
        reason=ended.reason,
    )
    return ended
