"""Whether a run goes on: told from what its place, its heartbeat and the lake say of it. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from events.gpu_job import Heartbeat
from gpu_jobs.dispatch import Failed, Finished, State

from .leases import JobRecord

SILENT_AFTER = timedelta(minutes=3)
"""A worker writes its heartbeat every 30 seconds."""
UP_WITHIN = timedelta(minutes=15)
"""Machines of Lambda Labs took 4 to 6 minutes to boot in a field report of 2026-08-31; then the worker is installed."""
FOUND_WITHIN = timedelta(minutes=5)
"""A start whose answer was lost shows up at its place by then, or never will."""


@dataclass(frozen=True)
class Verdict:
    """`ended` otherwise than well means another attempt, unless is_hopeless. is_place_at_fault counts against the
    place's breaker."""

    ended: Literal["no", "well", "badly"]
    reason: str | None = None
    is_place_at_fault: bool = False
    is_hopeless: bool = False


GOES_ON = Verdict("no")


def judge(
    record: JobRecord, state: State | None, beat: Heartbeat | None, *, is_done: bool, spent_usd: float, now: datetime
) -> Verdict:
    """What becomes of a leased job. state is None where the place did not answer, or has not told a handle yet; is_done
    says that every shard's marker lies in the lake; a heartbeat of an earlier attempt counts for nothing."""
    started_at, ends_at = record.started_at or now, record.ends_at or now
    if is_done:
        return Verdict("well")
    if beat is not None and beat.at < started_at:
        beat = None
    if beat is not None and beat.verdict == "bad_host":
        return Verdict("badly", f"bad_host: {beat.reason}", is_place_at_fault=True)
    if beat is not None and beat.verdict == "failed":
        return Verdict("badly", f"worker_failed: {beat.reason}")
    if isinstance(state, Failed):
        at_fault = state.kind in ("bad_host", "unhealthy")
        return Verdict("badly", f"{state.kind}: {state.reason}", at_fault, is_hopeless=not state.is_retryable)
    if isinstance(state, Finished) or (beat is not None and beat.verdict == "finished"):
        return Verdict("badly", "finished_without_results")
    if now >= ends_at:
        return Verdict("badly", "lease_ended")
    if spent_usd > record.reserved_usd:
        return Verdict("badly", "over_its_budget")
    if record.handle is None and now - started_at > FOUND_WITHIN:
        return Verdict("badly", "start_unknown")
    if beat is None and now - started_at > UP_WITHIN:
        return Verdict("badly", "never_came_up", is_place_at_fault=True)
    if beat is not None and now - beat.at > SILENT_AFTER:
        return Verdict("badly", "silent")
    return GOES_ON
