"""A world for the loop: Lambda Labs' cloud on loopback and a Modal in memory, workers that work when time passes, a
lake, a state table, and a bill that the providers keep, not we."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

import msgspec

from chalicelib.ingest.breaker import Breaker
from chalicelib.intelligence.budget import Budget
from chalicelib.intelligence.dispatch import Dispatched, Fleet, dispatch
from chalicelib.intelligence.leases import JobRecord, Leases
from chalicelib.intelligence.reap import Reaped, reap
from events import keys
from events.envelope import Envelope
from events.gpu_job import Done, Heartbeat, Kind, Manifest
from events.gpu_job_ended import GpuJobEnded
from gpu_jobs.dispatch import (
    Failed,
    Finished,
    Lease,
    NoCapacity,
    Offer,
    Owned,
    Place,
    PlaceUnavailable,
    Running,
    Started,
    State,
    model_slug,
)
from gpu_jobs.places.place import parse_run_name, run_name
from infra.local.gpu_places.lambda_labs_cloud import LambdaLabsCloud
from tests.faults.in_memory import Table
from tests.gpu_jobs.places.place_fakes import FLEET, Clock

SHARD_TAKES = timedelta(minutes=4)
Mood = Literal["works", "dies", "bad_host", "fails", "lies"]


class Lake(dict[str, bytes]):
    def put(self, key: str, body: bytes) -> None:
        self[key] = body

    def keys(self, prefix: str = "") -> Any:
        return sorted(key for key in self if key.startswith(prefix))


@dataclass
class Call:
    name: str
    job_id: str
    began_at: float
    ended_at: float | None = None
    code: int | None = None


@dataclass
class Serverless:
    """A place like Modal: billed by the second of a call, which ends by itself."""

    clock: Clock
    name: str = "modal"
    is_billed_until_stopped: bool = False
    price: float = 2.0
    calls: dict[str, Call] = field(default_factory=dict)
    is_down: bool = False
    loses_replies: int = 0
    capacity: int = 100

    def offer(self, kind: Kind) -> Offer:
        self._answering()
        return Offer(self.price, boot_s=90, characters_per_s=460_000, longest=timedelta(hours=6))

    def start(self, manifest: Manifest, lease: Lease) -> Started:
        self._answering()
        if len(self.living()) >= self.capacity:
            raise NoCapacity("full")
        handle = f"fc-{len(self.calls) + 1}"
        self.calls[handle] = Call(run_name(FLEET, lease), lease.job_id, self.clock.seconds())
        if self.loses_replies:
            self.loses_replies -= 1
            raise PlaceUnavailable("the answer got lost", may_have_started=True)
        return Started(handle, self.price)

    def poll(self, handle: str) -> State:
        self._answering()
        call = self.calls[handle]
        if call.ended_at is None:
            return Running()
        return Finished() if call.code == 0 else Failed("worker_exited", True)

    def stop(self, handle: str) -> None:
        self._answering()
        self.end(handle, 143)

    def owned(self) -> list[Owned]:
        self._answering()
        told = ((handle, parse_run_name(FLEET, call.name)) for handle, call in self.calls.items())
        return [Owned(handle, *run, self.price) for handle, run in told if run and self.calls[handle].ended_at is None]

    def living(self) -> list[str]:
        return [handle for handle, call in self.calls.items() if call.ended_at is None]

    def end(self, handle: str, code: int) -> None:
        if self.calls[handle].ended_at is None:
            self.calls[handle].ended_at, self.calls[handle].code = self.clock.seconds(), code

    def bill_usd(self) -> float:
        now = self.clock.seconds()
        return sum(self.price * ((one.ended_at or now) - one.began_at) / 3600 for one in self.calls.values())

    def _answering(self) -> None:
        if self.is_down:
            raise PlaceUnavailable("modal is down")


class World:
    """reap runs every three minutes; workers work in between. moods are taken by the next workers that come up."""

    def __init__(self, clock: Clock, cloud: LambdaLabsCloud, places: Sequence[Place], usd_per_day: float) -> None:
        self.clock, self.cloud, self.table, self.lake = clock, cloud, Table(), Lake()
        self.modal = next((one for one in places if isinstance(one, Serverless)), Serverless(clock))
        self.told: list[GpuJobEnded] = []
        self.moods: list[Mood] = []
        self.may_land = True
        self._mood: dict[str, Mood] = {}
        self._worked: dict[str, timedelta] = {}
        self.fleet = Fleet(
            places={one.name: one for one in places},
            leases=Leases(self.table),
            budget=Budget(self.table, usd_per_day),
            lake=self.lake,  # type: ignore[arg-type]
            breaker=lambda name: Breaker(self.table, f"gpu/{name}", clock.now),
            land=self._land,
            now=clock.now,
        )
        self.usd_in_all = usd_per_day

    def order(self, job: Manifest) -> Dispatched:
        return dispatch(job, self.fleet)

    def reap(self) -> Reaped:
        return reap(self.fleet)

    def record(self, job_id: str = "job1") -> JobRecord:
        return self.fleet.leases.of(job_id).record

    def pass_time(self, minutes: float, *, is_reaped: bool = True) -> list[Reaped]:
        """Rounds of three minutes; the providers' bill is within the budget of the day all along."""
        rounds, until = [], self.clock.at + timedelta(minutes=minutes)
        while self.clock.at < until:
            before = self.clock.at
            self.clock.forward(minutes=min(3.0, (until - self.clock.at).total_seconds() / 60))
            self._work(self.clock.at - before)
            if is_reaped:
                rounds.append(self.reap())
            assert self.bill_usd() <= self.usd_in_all + 1e-6
        return rounds

    def bill_usd(self) -> float:
        return self.cloud.bill_usd() + self.modal.bill_usd()

    def unowned(self) -> list[str]:
        """Handles of ours that run and that no lease owns."""
        leased = {one.record.handle for one in self.fleet.leases.all() if one.record.state == "leased"}
        machines = [one.id for one in self.cloud.living() if parse_run_name(FLEET, one.name)]
        return [handle for handle in [*machines, *self.modal.living()] if handle not in leased]

    def shards_done(self, job: Manifest) -> int:
        return sum(keys.gpu_done(model_slug(job), shard.shard_id) in self.lake for shard in job.shards)

    def _land(self, envelopes: Sequence[Envelope]) -> Any:
        if not self.may_land:
            raise RuntimeError("the lake is away")
        for one in envelopes:
            assert (one.source, one.stream) == ("sophia", "gpu_job")
            self.told.append(msgspec.json.decode(one.payload, type=GpuJobEnded))

    def _work(self, passed: timedelta) -> None:
        now = self.clock.seconds()
        for machine in self.cloud.living():
            run = parse_run_name(FLEET, machine.name)
            if run and machine.user_data and machine.status(now) == "active":
                self._work_at(machine.name, run[0], passed)
        for handle in self.modal.living():
            call = self.modal.calls[handle]
            if (code := self._work_at(call.name, call.job_id, passed)) is not None:
                self.modal.end(handle, code)

    def _work_at(self, name: str, job_id: str, passed: timedelta) -> int | None:
        """The worker's exit code when it has ended."""
        if name not in self._mood:
            self._mood[name] = self.moods.pop(0) if self.moods else "works"
        mood = self._mood[name]
        manifest = msgspec.json.decode(self.lake[keys.gpu_manifest(job_id)], type=Manifest)
        open_shards = [s for s in manifest.shards if keys.gpu_done(model_slug(manifest), s.shard_id) not in self.lake]
        if mood == "dies":
            if self._worked.setdefault(name, timedelta(0)) == timedelta(0):
                self._beat(manifest, name, "working")
            self._worked[name] += passed
            return 137 if self._worked[name] > timedelta(minutes=5) else None
        if mood in ("bad_host", "fails", "lies"):
            verdict = {"bad_host": "bad_host", "fails": "failed", "lies": "finished"}[mood]
            self._beat(manifest, name, verdict)
            return 0 if mood == "lies" else 75
        if self.clock.now() >= manifest.ends_at:
            return 0
        self._worked[name] = self._worked.get(name, timedelta(0)) + passed
        for shard in itertools.islice(open_shards, int(self._worked[name] / SHARD_TAKES)):
            self._worked[name] -= SHARD_TAKES
            open_shards = open_shards[1:]
            done = Done(
                job_id=job_id,
                shard_id=shard.shard_id,
                engine="fake",
                documents=shard.documents,
                chunks=shard.documents * 5,
                tokens=1000,
                dropped_claims=0,
                seconds=SHARD_TAKES.total_seconds(),
            )
            self.lake[keys.gpu_done(model_slug(manifest), shard.shard_id)] = msgspec.json.encode(done)
        self._beat(manifest, name, "working" if open_shards else "finished")
        return None if open_shards else 0

    def _beat(self, manifest: Manifest, name: str, verdict: Any) -> None:
        beat = Heartbeat(
            job_id=manifest.job_id, worker=name, at=self.clock.now(), shards_done=0, verdict=verdict, reason="told so"
        )
        self.lake[keys.gpu_heartbeat(manifest.job_id)] = msgspec.json.encode(beat)


def is_over(world: World) -> bool:
    """Nothing of ours runs or costs anywhere."""
    machines = [one for one in world.cloud.living() if parse_run_name(FLEET, one.name)]
    return not machines and not world.modal.living() and not world.unowned()
