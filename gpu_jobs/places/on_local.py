"""Jobs on this machine: the worker as a subprocess. It costs nothing and is slow."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from events import keys
from events.gpu_job import Kind, Manifest

from .place import (
    EXITS,
    Failed,
    Finished,
    Lease,
    NoCapacity,
    Offer,
    Owned,
    Running,
    Started,
    State,
    parse_run_name,
    run_name,
)

_CHARACTERS_PER_S: Mapping[Kind, float] = {"embed": 20_000, "enrich": 5_000}
"""Of one core; measured for embedding: 21 chunks of 150 to 190 words a second."""
_LONGEST = timedelta(hours=6)
_STOPS_WITHIN_S = 10.0
_PR_SET_PDEATHSIG = 1  # prctl(2)


class OnLocal:
    """The workers of this process: they end with it, however it ends (Linux only), so none is ever without an owner.

    lake is as the worker takes it, a folder or s3://bucket. At most `most` run at once. What they print goes to
    logs/<run>.log.
    """

    name = "local"
    is_billed_until_stopped = False

    def __init__(
        self,
        lake: str,
        fleet: str,
        *,
        most: int = 1,
        command: Sequence[str] = (sys.executable, "-m", "gpu_jobs.run"),
        logs: Path | None = None,
    ) -> None:
        self._lake, self._fleet, self._most, self._command, self._logs = lake, fleet, most, command, logs
        self._workers: dict[str, subprocess.Popen[bytes]] = {}

    def offer(self, kind: Kind) -> Offer:
        if len(self._living()) >= self._most:
            raise NoCapacity(f"{self._most} workers run on this machine already")
        return Offer(0.0, boot_s=5, characters_per_s=_CHARACTERS_PER_S[kind], longest=_LONGEST)

    def start(self, manifest: Manifest, lease: Lease) -> Started:
        if len(self._living()) >= self._most:
            raise NoCapacity(f"{self._most} workers run on this machine already")
        name = run_name(self._fleet, lease)
        told = [*self._command, "--manifest", keys.gpu_manifest(manifest.job_id), "--lake", self._lake]
        if self._logs:
            self._logs.mkdir(parents=True, exist_ok=True)
        with open(self._logs / f"{name}.log" if self._logs else os.devnull, "ab") as log:
            self._workers[name] = subprocess.Popen(
                told,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,
            )
        return Started(name, 0.0)

    def poll(self, handle: str) -> State:
        worker = self._workers.get(handle)
        if worker is None:
            return Failed("gone", True, "this process started no such worker")
        code = worker.poll()
        if code is None:
            return Running()
        return Finished() if code == 0 else Failed(EXITS.get(code, "worker_exited"), True, f"exit code {code}")

    def stop(self, handle: str) -> None:
        worker = self._workers.get(handle)
        if worker is None or worker.poll() is not None:
            return
        worker.terminate()
        try:
            worker.wait(_STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()

    def owned(self) -> list[Owned]:
        told = ((name, parse_run_name(self._fleet, name)) for name in self._living())
        return [Owned(name, *run, 0.0) for name, run in told if run]

    def _living(self) -> list[str]:
        return [name for name, worker in self._workers.items() if worker.poll() is None]


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
