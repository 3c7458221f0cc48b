"""Workers as subprocesses of this one."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from place_fakes import FLEET, NOON, job, lease

from gpu_jobs.places.on_local import OnLocal
from gpu_jobs.places.place import EXITS, Failed, Finished, NoCapacity, Owned, Running, State

WRITES_WHAT_IT_IS_TOLD = "import sys; print(*sys.argv[1:])"
LASTS = "import time; time.sleep(60)"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Callable[..., OnLocal]]:
    made: list[OnLocal] = []

    def make(program: str, **more: int) -> OnLocal:
        made.append(OnLocal("lake", FLEET, command=(sys.executable, "-c", program), logs=tmp_path, **more))
        return made[-1]

    yield make
    for one in made:
        for run in one.owned():
            one.stop(run.handle)


def outcome(place: OnLocal, handle: str) -> State:
    for _ in range(500):
        if not isinstance(state := place.poll(handle), Running):
            return state
        time.sleep(0.02)
    raise AssertionError("still running")


def test_a_worker_is_told_its_manifest_and_the_lake(place: Callable[..., OnLocal], tmp_path: Path) -> None:
    local = place(WRITES_WHAT_IT_IS_TOLD)
    started = local.start(job(), lease())
    assert outcome(local, started.handle) == Finished() and started.price_usd_per_hour == 0
    (log,) = tmp_path.glob("*.log")
    assert log.read_text().split() == ["--manifest", "gpu/jobs/job1/manifest.json", "--lake", "lake"]


def test_a_worker_that_fails_says_how(place: Callable[..., OnLocal]) -> None:
    local = place("raise SystemExit(5)")
    assert outcome(local, local.start(job(), lease()).handle) == Failed("bad_host", True, "exit code 5")


def test_a_running_worker_is_listed_and_gone_once_it_is_stopped(place: Callable[..., OnLocal]) -> None:
    local = place(LASTS)
    handle = local.start(job(), lease(attempt=2)).handle
    assert local.poll(handle) == Running()
    assert local.owned() == [Owned(handle, "job1", 2, NOON, 0.0)]
    local.stop(handle)
    local.stop(handle)
    assert local.owned() == [] and isinstance(local.poll(handle), Failed)


def test_there_are_never_more_workers_than_the_machine_has_room_for(place: Callable[..., OnLocal]) -> None:
    local = place(LASTS, most=1)
    local.start(job(), lease())
    with pytest.raises(NoCapacity):
        local.offer("embed")
    with pytest.raises(NoCapacity):
        local.start(job("job2"), lease("job2"))
    assert len(local.owned()) == 1


def test_a_worker_of_another_process_is_gone(place: Callable[..., OnLocal]) -> None:
    assert isinstance(place(LASTS).poll("sophia-test-job9-a1-t1795000000"), Failed)


def test_the_exit_codes_are_the_workers_own() -> None:
    worker = pytest.importorskip("gpu_jobs.run")
    told = {worker.FAILED: "failed", worker.STOPPED: "stopped", worker.REFUSED: "refused", worker.BAD_HOST: "bad_host"}
    assert told == EXITS and worker.FINISHED == 0
