"""A job to a place: the lease first, then the money, then the start; and what becomes of it where no place takes it.

A run may be begun by a dispatcher that dies the next moment: its lease lies in the table and its name at the place, and
the reaper joins the two.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any, Literal

import msgspec

from events import keys
from events.envelope import Envelope
from events.gpu_job import Manifest
from gpu_jobs.dispatch import (
    Lease,
    NoCapacity,
    Offer,
    Place,
    PlaceRefuses,
    PlaceUnavailable,
    Plan,
    plans,
)

from ..errors import CircuitOpen, LeaseLost
from ..ingest.breaker import Breaker
from ..ingest.lake import Lake
from ..log import log
from .budget import Budget
from .leases import Held, Leases

MOST_ATTEMPTS = 3
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=2), timedelta(minutes=30)


@dataclass(frozen=True)
class Fleet:
    """All that dispatching and reaping touch. breaker gives a run's view of the breaker of a place; land makes
    envelopes durable or raises; now is the time in UTC."""

    places: Mapping[str, Place]
    leases: Leases
    budget: Budget
    lake: Lake
    breaker: Callable[[str], Breaker]
    land: Callable[[Sequence[Envelope]], Any]
    now: Callable[[], datetime]


@dataclass(frozen=True)
class Dispatched:
    """What became of an order. `started`; `unknown`: it may have started, the reaper finds out; `waiting` until
    not_before, with the reason; `held`: somebody works on it, or it waits, or it has ended."""

    outcome: Literal["started", "unknown", "waiting", "held"]
    place: str | None = None
    reason: str | None = None
    not_before: datetime | None = None


def dispatch(job: Manifest, fleet: Fleet) -> Dispatched:
    """Give the job to the best place that takes it, unless it is given already. To order twice, or from two processes
    at once, does no harm. The job's max_usd holds for all its attempts; its ends_at is set here."""
    held = fleet.leases.of(job.job_id)
    record, now = held.record, fleet.now()
    if record.state != "waiting" or (record.not_before is not None and record.not_before > now):
        return Dispatched("held", record.place, record.reason, record.not_before)
    try:
        return _Dispatch(job, fleet, now, held).carry_out()
    except LeaseLost as error:
        return Dispatched("held", reason=str(error))


def machines(place: str) -> str:
    """What the breaker of a place's machines is called: a place that answers may hand out broken ones."""
    return f"{place}/machines"


class _Dispatch:
    def __init__(self, job: Manifest, fleet: Fleet, now: datetime, held: Held) -> None:
        self._job, self._fleet, self._now, self._held = job, fleet, now, held
        self._reasons: list[str] = []

    def carry_out(self) -> Dispatched:
        self._keep_manifest()
        for plan in self._plans():
            if told := self._try(plan):
                self._log(told)
                return told
        told = self._wait()
        self._log(told)
        return told

    def _keep_manifest(self) -> None:
        """Whatever happens from here on, the reaper can order the job again."""
        key, record = keys.gpu_manifest(self._job.job_id), self._held.record
        if not record.attempt and not record.refusals and self._fleet.lake.get(key) is None:
            self._fleet.lake.put(key, msgspec.json.encode(self._job))

    def _plans(self) -> list[Plan]:
        record, offers = self._held.record, dict(self._offers())
        day_left = self._fleet.budget.left(self._now.date())
        first = (record.first_started_at or self._now).date()
        job_left = self._job.max_usd - self._fleet.budget.cost_of(self._job.job_id, first, self._now.date())
        tried = record.tried.split()
        found = plans(self._job, offers, left_usd=min(day_left, job_left), tried=tried)
        if offers and not found:
            is_dear = bool(plans(self._job, offers, left_usd=math.inf))
            short = "budget_of_job" if job_left < day_left else "budget_of_day"
            self._reasons.append(short if is_dear else "too_large")
        return found

    def _offers(self) -> Iterator[tuple[str, Offer]]:
        """Of every place whose breaker is closed."""
        for name, place in self._fleet.places.items():
            breaker = self._fleet.breaker(name)
            try:
                breaker.admit()
                self._fleet.breaker(machines(name)).admit()
                offer = place.offer(self._job.kind)
                breaker.succeeded()
                yield name, offer
            except CircuitOpen:
                self._reasons.append(f"{name}: circuit_open")
            except NoCapacity:
                breaker.succeeded()
                self._reasons.append(f"{name}: no_capacity")
            except PlaceUnavailable as error:
                breaker.failed()
                self._refused(name, "unavailable", error)
            except PlaceRefuses as error:
                self._refused(name, "refused", error)

    def _try(self, plan: Plan) -> Dispatched | None:
        """None where nothing was started there."""
        fleet, now, before = self._fleet, self._now, self._held.record
        run = f"{self._job.job_id}/{before.attempt + 1}"
        lease = Lease(
            job_id=self._job.job_id,
            attempt=before.attempt + 1,
            place=plan.place,
            started_at=now,
            ends_at=now + plan.lasts,
            price_usd_per_hour=plan.offer.price_usd_per_hour,
            reserved_usd=plan.reserved_usd,
        )
        self._held.write(before.leased(lease))
        try:
            if fleet.budget.reserve(now.date(), run, lease.reserved_usd):
                return self._start(plan, lease)
            self._reasons.append("budget_of_day")  # another dispatcher was faster
        except NoCapacity:
            self._reasons.append(f"{plan.place}: no_capacity")
        except PlaceUnavailable as error:
            fleet.breaker(plan.place).failed()
            if error.may_have_started:
                log.warning("gpu_start_unknown", job_id=lease.job_id, place=plan.place, reason=str(error))
                return Dispatched("unknown", plan.place, "start_unknown")
            self._refused(plan.place, "unavailable", error)
        except PlaceRefuses as error:
            self._refused(plan.place, "refused", error)
        # Nothing was started: the attempt does not count.
        fleet.budget.settle(now.date(), run, 0.0)
        self._held.write(replace(before, first_started_at=before.first_started_at or now))
        return None

    def _start(self, plan: Plan, lease: Lease) -> Dispatched:
        fleet = self._fleet
        manifest = msgspec.structs.replace(self._job, ends_at=lease.ends_at)
        fleet.lake.put(keys.gpu_manifest(lease.job_id), msgspec.json.encode(manifest))
        place = fleet.places[plan.place]
        started = place.start(manifest, lease)
        record = replace(
            self._held.record, handle=started.handle, price_usd_per_hour=started.price_usd_per_hour, refusals=0
        )
        try:
            self._held.write(record)
        except LeaseLost:
            newest = fleet.leases.of(lease.job_id).record
            if (newest.state, newest.attempt, newest.handle) != ("leased", lease.attempt, started.handle):
                place.stop(started.handle)  # we took so long that the reaper gave the lease up
                raise
            # The reaper saw it at its place, and was faster.
        return Dispatched("started", plan.place)

    def _wait(self) -> Dispatched:
        record, now = self._held.record, self._now
        is_dear = set(self._reasons) == {"budget_of_day"}
        grown = min(_FIRST_WAIT * 2 ** min(record.refusals, 10), _LONGEST_WAIT)
        not_before = datetime.combine(now.date() + timedelta(days=1), time(), UTC) if is_dear else now + grown
        reason = ", ".join(self._reasons) or "no_place_fits"
        self._held.write(record.waiting(reason, not_before, refusals=record.refusals + 1))
        return Dispatched("waiting", None, reason, not_before)

    def _refused(self, place: str, kind: str, error: Exception) -> None:
        self._reasons.append(f"{place}: {kind}")
        log.warning("gpu_place_" + kind, place=place, job_id=self._job.job_id, reason=str(error))

    def _log(self, told: Dispatched) -> None:
        log.info(
            "gpu_job_dispatched",
            job_id=self._job.job_id,
            kind=self._job.kind,
            outcome=told.outcome,
            place=told.place,
            reason=told.reason,
            shards=len(self._job.shards),
        )
