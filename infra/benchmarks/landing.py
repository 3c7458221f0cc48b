"""Landing: envelopes a second and peak memory of the queue's consumer, with a lake that takes everything at once.

    python -m infra.benchmarks.landing

A process of its own for each memory, because a peak never falls. Memory must not grow with the number of batches.
"""

import json
import logging
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from chalicelib.ingest.lake import Lake
from chalicelib.ingest.landing import land_messages
from events.envelope import encode_lines

from .payloads import envelopes, origin

ROOT = Path(__file__).parents[2]
BATCH = 100


@dataclass(frozen=True)
class Landing:
    """One process: what it landed and what it took. peak_mb is the process's, baseline_mb before the first batch."""

    events: int
    batches: int
    seconds: float
    baseline_mb: float
    peak_mb: float

    @property
    def events_per_s(self) -> float:
        return self.events / self.seconds


class _ForgetfulS3:
    """Takes everything and keeps nothing, or memory would be its own."""

    def put_object(self, **arguments: object) -> None:
        pass


class _NoDeadLetters:
    def send(self, body: str, reason: str) -> None:
        raise SystemExit(f"the benchmark's own message was refused: {reason}")


def measured(batches: int) -> Landing:
    """One process that lands so many batches."""
    command = [sys.executable, "-m", __spec__.name if __spec__ else "infra.benchmarks.landing", str(batches)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    return Landing(**json.loads(done.stdout))


def _land(batches: int) -> Landing:
    bodies = _messages()
    lake, dead_letters = Lake(_ForgetfulS3(), "benchmark"), _NoDeadLetters()
    baseline_mb, began = _peak_mb(), time.perf_counter()
    for _ in range(batches):
        if failures := land_messages(bodies, lake, dead_letters):
            raise SystemExit(f"not landed: {failures}")
    return Landing(BATCH * batches, batches, time.perf_counter() - began, baseline_mb, _peak_mb())


def _messages() -> dict[str, str]:
    """A batch as SQS hands it over: one delivery a message."""
    return {str(number): encode_lines([envelope]).decode() for number, envelope in enumerate(envelopes(BATCH))}


def _peak_mb() -> float:
    """From the kernel's own high-water mark: getrusage's starts with that of the process we were forked from."""
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def main() -> None:
    if len(sys.argv) > 1:
        logging.disable(logging.CRITICAL)
        json.dump(asdict(_land(int(sys.argv[1]))), sys.stdout)
        return
    print(f"landing {origin()}, {BATCH} events a batch")
    for batches in (1, 10, 50):
        one = measured(batches)
        print(f"  {batches:3} batches: {one.events_per_s:,.0f} events/s, peak {one.peak_mb:.0f} MB")


if __name__ == "__main__":
    main()
