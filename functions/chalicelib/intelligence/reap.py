"""What keeps the loop honest, every few minutes: runs are watched and ended, jobs tried again, strays terminated.

In this order: the places are listed, then the leases read (a lease lies in the table before its machine exists, so no
new machine can look like a stray), every run is judged, what nobody owns is stopped, what waits is ordered again, and
what has ended is told.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from events.gpu_job import Heartbeat
from gpu_jobs.dispatch import Owned, Place, PlaceError, PlaceUnavailable, State

from ..errors import CircuitOpen, LeaseLost
from ..log import log
from .dispatch import MOST_ATTEMPTS, Dispatched, Fleet, dispatch, machines
from .job_files import JobFiles
from .judge import Verdict, judge
from .leases import Held, JobRecord
from .telling import tell

_UNKNOWN = "?"
_WAITS_AT_MOST = timedelta(days=2)


@dataclass
class Reaped:
    """What one round did. unanswered are the places that could not be listed: what they run is unknown."""

    finished: list[str] = field(default_factory=list)
    retried: dict[str, str] = field(default_factory=dict)
    dead: dict[str, str] = field(default_factory=dict)
    strays: list[str] = field(default_factory=list)
    dispatched: dict[str, Dispatched] = field(default_factory=dict)
    unanswered: list[str] = field(default_factory=list)


def reap(fleet: Fleet) -> Reaped:
    """One round. Rounds may overlap: what one has written the other cannot."""
    return _Round(fleet).carry_out()


class _Round:
    def __init__(self, fleet: Fleet) -> None:
        self._fleet, self._now, self._told = fleet, fleet.now(), Reaped()
        self._files = JobFiles(fleet.lake)
        self._listed: dict[str, list[Owned]] = {}
        self._stopped: set[str] = set()

    def carry_out(self) -> Reaped:
        for place in self._fleet.places.values():
            self._list(place)
        jobs = {held.record.job_id: held for held in self._fleet.leases.all()}
        for held in jobs.values():
            if held.record.state == "leased":
                self._unless_lost(held, self._watch)
        self._stop_what_is_too_dear(jobs)
        for name, runs in self._listed.items():
            for run in runs:
                if run.handle not in self._stopped:
                    self._sweep(name, run)
        for held in jobs.values():
            if held.record.state == "waiting":
                self._unless_lost(held, self._again)
        for held in self._fleet.leases.all():
            if held.record.state in ("finished", "dead") and not held.record.is_told:
                self._unless_lost(held, self._tell)
        log.measured(
            "gpu_jobs_reaped",
            {"finished_gpu_jobs": len(self._told.finished), "dead_gpu_jobs": len(self._told.dead)},
            retried=self._told.retried,
            strays=self._told.strays,
            unanswered=self._told.unanswered,
        )
        return self._told

    def _list(self, place: Place) -> None:
        breaker = self._fleet.breaker(place.name)
        try:
            breaker.admit()
            self._listed[place.name] = place.owned()
            breaker.succeeded()
        except CircuitOpen:
            self._told.unanswered.append(place.name)
        except PlaceError as error:
            if isinstance(error, PlaceUnavailable):
                breaker.failed()
            self._told.unanswered.append(place.name)
            log.warning("gpu_place_not_listed", place=place.name, reason=str(error))

    def _unless_lost(self, held: Held, act: Callable[..., None], *more: object) -> None:
        try:
            act(held, *more)
        except LeaseLost as error:
            log.info("gpu_job_left", job_id=held.record.job_id, reason=str(error))

    def _watch(self, held: Held) -> None:
        self._adopt(held)
        record, manifest = held.record, self._files.manifest(held.record.job_id)
        beat = self._files.heartbeat(record.job_id)
        state = self._poll(held)
        is_done = manifest is not None and len(self._files.done(manifest)) == len(manifest.shards)
        spent_usd = _cost(record, self._now)
        verdict = judge(record, state, beat, is_done=is_done, spent_usd=spent_usd, now=self._now)
        if beat is not None and record.started_at and beat.at >= record.started_at and beat.verdict == "working":
            self._fleet.breaker(machines(str(record.place))).succeeded()
        if verdict.ended != "no":
            self._end(held, verdict, beat)

    def _adopt(self, held: Held) -> None:
        """A start whose answer was lost, found again by its name."""
        record = held.record
        if record.handle is not None:
            return
        for run in self._listed.get(str(record.place), ()):
            if (run.job_id, run.attempt) == (record.job_id, record.attempt):
                price = record.price_usd_per_hour if run.price_usd_per_hour is None else run.price_usd_per_hour
                held.write(replace(record, handle=run.handle, price_usd_per_hour=price))
                log.info("gpu_run_adopted", job_id=record.job_id, place=record.place)
                return

    def _poll(self, held: Held) -> State | None:
        record = held.record
        place = self._fleet.places.get(str(record.place))
        if place is None or record.handle is None or place.name in self._told.unanswered:
            return None
        try:
            return place.poll(record.handle)
        except PlaceError as error:
            log.warning("gpu_run_not_seen", job_id=record.job_id, place=place.name, reason=str(error))
            return None

    def _end(self, held: Held, verdict: Verdict, beat: Heartbeat | None = None) -> None:
        """In this order: whoever loses the write does nothing, and who dies behind it leaves a stray, with all that was
        held back for it still counted as spent."""
        record, reason = held.record, str(verdict.reason)
        if verdict.ended == "well":
            held.write(record.ended("finished", None, self._now))
            self._told.finished.append(record.job_id)
        elif verdict.is_hopeless or record.attempt >= MOST_ATTEMPTS:
            self._bury(held, reason)
        else:
            tried = " ".join(dict.fromkeys([*record.tried.split(), str(record.place)]))
            held.write(record.waiting(reason, self._now, tried=tried))
            self._told.retried[record.job_id] = reason
        cost = self._stop_and_settle(record, beat)
        if verdict.is_place_at_fault:
            self._fleet.breaker(machines(str(record.place))).failed()
        log.info(
            "gpu_run_ended", job_id=record.job_id, place=record.place, reason=verdict.reason, cost_usd=round(cost, 4)
        )

    def _stop_and_settle(self, record: JobRecord, beat: Heartbeat | None) -> float:
        """Stop a run; what it cost in USD, as far as can be told. One that could not be stopped counts with all that
        was held back for it, under its handle (or none), until the sweep finds it and knows better."""
        budget, day = self._fleet.budget, (record.started_at or self._now).date()
        run, handle, cost = f"{record.job_id}/{record.attempt}", record.handle, _cost(record, self._now)
        place = self._fleet.places.get(str(record.place))
        has_begun = beat is not None and beat.at >= (record.started_at or beat.at)
        if handle is not None and self._stop(str(record.place), handle):
            is_over = has_begun and beat and beat.verdict == "finished" and place and not place.is_billed_until_stopped
            cost = _cost(record, beat.at if beat and is_over else self._fleet.now())
        elif handle is not None or record.place not in self._listed:
            cost = max(record.reserved_usd, cost)
            budget.settle(day, f"{run}/{handle or _UNKNOWN}", cost)
            budget.settle(day, run, 0.0)
            return cost
        elif not has_begun:  # nor is it listed by its place, which answers: it never was
            cost = 0.0
        budget.settle(day, run, cost)
        return cost

    def _stop(self, place_name: str, handle: str) -> bool:
        """Whether nothing of it runs for certain."""
        place = self._fleet.places.get(place_name)
        try:
            if place is None:
                raise PlaceUnavailable("no such place is set up any more")
            place.stop(handle)
        except PlaceError as error:
            log.warning("gpu_run_not_stopped", place=place_name, handle=handle, reason=str(error))
            return False
        self._stopped.add(handle)
        return True

    def _stop_what_is_too_dear(self, jobs: Mapping[str, Held]) -> None:
        """Where the day's runs may cost more than it has left, since some cost more than was held back or the budget
        was lowered, the newest stop first."""
        today = self._now.date()
        runs = [held for held in jobs.values() if held.record.state == "leased" and held.record.reserved_usd]
        for held in sorted(runs, key=lambda one: one.record.started_at or self._now, reverse=True):
            if self._fleet.budget.left(today) >= -1e-9:
                return
            if held.record.started_at and held.record.started_at.date() == today:
                self._unless_lost(held, self._end, Verdict("badly", "budget_of_day"))

    def _sweep(self, place: str, run: Owned) -> None:
        """Stop what no lease owns, and settle what it cost."""
        held = self._fleet.leases.of(run.job_id)  # as of now: a dispatcher may have written since this round began
        record = held.record
        is_of_lease = (record.state, record.attempt, record.place) == ("leased", run.attempt, place)
        if is_of_lease and record.handle in (run.handle, None):
            return
        if not self._stop(place, run.handle):
            return
        self._told.strays.append(run.handle)
        price = record.price_usd_per_hour if run.price_usd_per_hour is None else run.price_usd_per_hour
        hours = (self._fleet.now() - run.started_at).total_seconds() / 3600
        day, name = run.started_at.date(), f"{run.job_id}/{run.attempt}"
        self._fleet.budget.settle(day, f"{name}/{run.handle}", price * hours)
        self._fleet.budget.forget(day, f"{name}/{_UNKNOWN}")
        log.warning("gpu_stray_stopped", place=place, handle=run.handle, job_id=run.job_id, attempt=run.attempt)
        if record.is_told:
            self._unless_lost(held, lambda held: held.write(replace(held.record, is_told=False)))

    def _again(self, held: Held) -> None:
        record, manifest = held.record, self._files.manifest(held.record.job_id)
        if record.not_before is not None and record.not_before > self._now:
            return
        if manifest is None:
            self._bury(held, "manifest_missing")
        elif record.attempt >= MOST_ATTEMPTS or manifest.created_at + _WAITS_AT_MOST < self._now:
            self._bury(held, f"given_up: {record.reason}")
        else:
            self._told.dispatched[record.job_id] = dispatch(manifest, self._fleet)

    def _bury(self, held: Held, reason: str) -> None:
        held.write(held.record.ended("dead", reason, self._now))
        self._told.dead[held.record.job_id] = reason
        log.error("gpu_job_dead_lettered", job_id=held.record.job_id, reason=reason)

    def _tell(self, held: Held) -> None:
        if manifest := self._files.manifest(held.record.job_id):
            tell(held.record, manifest, self._files.done(manifest), self._fleet.budget, self._fleet.land, self._now)
        held.write(replace(held.record, is_told=True))


def _cost(record: JobRecord, until: datetime) -> float:
    """In USD, from the beginning of the lease."""
    lasted = max(timedelta(0), until - (record.started_at or until))
    return record.price_usd_per_hour * lasted.total_seconds() / 3600
