"""Pulling and reconciling without a vendor's limits: records a second, and peak memory of the process that does it.

    python -m infra.benchmarks.vendor_lanes

A process of its own for each figure, because a peak never falls. The lake is a folder, so its memory is not ours; the
state table and the token buckets are in memory, for they are measured with AWS's own round trips or not at all.
"""

import json
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from chalicelib.ingest.known_records import KnownRecords
from chalicelib.ingest.land import land
from chalicelib.ingest.reconcile import Check
from chalicelib.ingest.source import Connection, Event, Reading, Window, envelop
from chalicelib.ingest.vendor_http import VendorHttp
from events.envelope import Envelope

from .flat_vendor import SOURCE, STARTED, running

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 20, tzinfo=UTC)


@dataclass(frozen=True)
class Lane:
    """One process: how many records, in how long, and the process's peak. index_s is making the index from the lake."""

    records: int
    seconds: float
    peak_mb: float
    index_s: float = 0.0

    @property
    def records_per_s(self) -> float:
        return self.records / self.seconds


def measured(what: str, records: int) -> Lane:
    """`pull` or `reconcile` so many records in a process of its own."""
    with running(records) as url:
        command = [sys.executable, "-m", "infra.benchmarks.vendor_lanes", what, str(records), url]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    return Lane(**json.loads(done.stdout))


class _Folder:
    """A lake of files."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, key: str, body: bytes) -> None:
        path = self._root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    def get(self, key: str) -> bytes | None:
        path = self._root / key
        return path.read_bytes() if path.exists() else None

    def keys(self, prefix: str, after: str = "") -> Iterator[str]:
        found = sorted(str(path.relative_to(self._root)) for path in (self._root / prefix).rglob("*.gz"))
        return (key for key in found if key > prefix + after)


class Free:
    """Neither bucket nor breaker."""

    def take(self, name: str, most_s: float) -> None: ...
    def pause(self, name: str, seconds: float) -> None: ...
    def admit(self) -> None: ...
    def succeeded(self) -> None: ...
    def failed(self) -> None: ...


def _reading(url: str, client: httpx.Client) -> Reading:
    assert SOURCE.pull
    connection, free = Connection("flat", "default", url, {}, start_at=STARTED), Free()
    http = VendorHttp(connection, SOURCE.pull, client=client, buckets=free, breaker=free, remaining_s=lambda: 3600.0)
    return Reading(http, connection, {}, NOW)


def _envelopes(events: Sequence[Event]) -> list[Envelope]:
    about: Mapping[str, Any] = {"source": "flat", "connection_id": "default", "lane": "pull", "trace_id": "t"}
    return [envelop(event, received_at=NOW, **about) for event in events]


def _pull(reading: Reading, lake: Any) -> int:
    assert SOURCE.pull
    count = 0
    for page in SOURCE.pull.streams[0].read(reading):
        land(_envelopes(page.events), lake)
        count += len(page.events)
    return count


def _pulling(url: str, lake: Any, client: httpx.Client) -> Lane:
    began = time.perf_counter()
    count = _pull(_reading(url, client), lake)
    return Lane(count, time.perf_counter() - began, _peak_mb())


def _reconciling(url: str, lake: Any, client: httpx.Client) -> Lane:
    """Everything is here already; the index is made from the lake first, as after a loss, and timed apart."""
    assert SOURCE.pull
    stream = SOURCE.pull.streams[0]
    _pull(_reading(url, client), lake)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        known = KnownRecords(lake, "flat", "default", Path(folder))
        known.refresh(stream.name, NOW.date())
        known.save()
        indexed = time.perf_counter()
        known.refresh(stream.name, NOW.date())
        assert stream.census
        check = Check(stream, stream.census, _reading(url, client), Window(STARTED, NOW), known, lambda events: None)
        finding = check.run()
        known.save()
        done = time.perf_counter()
        known.close()
    if not finding.is_complete:
        raise SystemExit(f"nothing was missing, and yet: {finding}")
    return Lane(finding.listed, done - indexed, _peak_mb(), indexed - began)


def _peak_mb() -> float:
    """From the kernel's own high-water mark."""
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


_LANES: dict[str, Callable[[str, Any, httpx.Client], Lane]] = {"pull": _pulling, "reconcile": _reconciling}


def main() -> None:
    if len(sys.argv) > 1:
        logging.disable(logging.CRITICAL)
        with tempfile.TemporaryDirectory() as folder, httpx.Client(timeout=30) as client:
            json.dump(asdict(_LANES[sys.argv[1]](sys.argv[3], _Folder(Path(folder)), client)), sys.stdout)
        return
    for records in (10_000, 100_000):
        one = measured("pull", records)
        print(f"pull {records:,}: {one.records_per_s:,.0f} records/s, peak {one.peak_mb:.0f} MB")
    one = measured("reconcile", 1_000_000)
    print(f"reconcile {one.records:,}: {one.seconds:.1f} s, index {one.index_s:.1f} s, peak {one.peak_mb:.0f} MB")


if __name__ == "__main__":
    main()
