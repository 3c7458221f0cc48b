"""Measure, print and write docs/benchmarks.md: python -m infra.benchmarks [--parts …] [--size …]."""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from infra.command import clean_up_when_killed
from infra.company.volume import SIZES
from infra.local.throwaway import running_stack
from infra.show import Steps, out

from . import (
    cold_start,
    embedding,
    landing,
    payloads,
    receive,
    source_pulls,
    through_the_stack,
    vendor_lanes,
    warehouse_models,
)
from .page import Row, page, section

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "benchmarks.md"
ROUNDS = 5
DLT_EVENTS = 20_000
DEFAULT_SIZE = "medium"

TITLES = {
    "receive": "Receive",
    "land": "Land",
    "pull": "Pull and reconcile",
    "stack": "Through the local stack",
    "models": "The warehouse models",
    "embed": "Embedding on a CPU",
}
"""What can be measured alone, and what its section is called."""
ABOUT = {
    "receive": "Verify, envelope and enqueue over HTTP, the real queue client against a loopback queue. Gateway, queue "
    "and load share the cores. CPU per event is the gateway's processes': the functions, and an HTTP server that "
    "stands in for API Gateway (about a sixth of it).",
    "land": f"*Landing* and *dlt* take {payloads.origin()}, by turns. dlt's figure includes its load into DuckDB; ours "
    "ends with the object written, and COPY is a line of its own.",
    "pull": "A loopback vendor without limits, with state and buckets in memory and the lake in a folder. *Pull* of a "
    "named source replays what its stand-in answered, so the client alone is measured: these vendors nest, split and "
    "enrich, and their stand-ins hold some hundred records.",
    "stack": "It says nothing about AWS or Snowflake: emulators set its pace.",
    "models": warehouse_models.ABOUT,
    "embed": embedding.ABOUT,
}


def _receive(steps: Steps, size: int) -> Iterable[Row]:
    with steps.step("import of the receiver"):
        shipped, bare = cold_start.imports(9)
    yield from _imported(shipped, bare)
    for connections in (1, 8):
        with steps.step(f"receive over HTTP, {connections} connections"):
            rounds = receive.rounds(connections, count=5000, times=ROUNDS)
        yield from _received(connections, rounds)


def _stack(steps: Steps, size: int) -> Iterable[Row]:
    with TemporaryDirectory() as folder, running_stack(Path(folder), steps) as stack:
        for connections in (1, 8):
            with steps.step(f"through the local stack, {connections} connections"):
                rate = tuple(through_the_stack.webhooks_per_s(stack, connections) for _ in range(3))
            yield Row(
                f"Through the whole local stack, {connections} connection{'s' * (connections > 1)}", "events/s", rate
            )
        with steps.step("COPY into the local warehouse"):
            copied = tuple(through_the_stack.copy_rows_per_s(stack, 20_000, number) for number in range(3))
        yield Row("COPY by column name, emulated warehouse", "rows/s", copied)
        with steps.step("webhook to staged"):
            os.environ["SOPHIA_WAREHOUSE_PORT"] = str(stack.warehouse_port)
            to_raw = tuple(through_the_stack.webhook_to_raw_s(stack, number) for number in range(7))
            staging = tuple(through_the_stack.staging_run_s(stack) for _ in range(3))
        yield Row("Webhook to row in RAW_DATA.EVENTS", "s", to_raw)
        yield Row("Incremental run of the newest records of all sources (dbt)", "s", staging)
        yield Row("Webhook to staged, the sum", "s", (median(to_raw) + median(staging),))


def _imported(shipped: Sequence[cold_start.Import], bare: Sequence[cold_start.Import]) -> Iterable[Row]:
    wall, what = tuple(one.wall_ms for one in shipped), "Import of the receiver"
    yield Row(f"{what}, from the zip that ships", "ms", wall, "≤ 200", median(wall) <= 200)
    yield Row(f"{what}, of it CPU", "ms", tuple(one.cpu_ms for one in shipped))
    yield Row(f"{what}, the zip without compiled modules", "ms", tuple(one.wall_ms for one in bare))


def _received(connections: int, rounds: list[receive.Round]) -> Iterable[Row]:
    rates = tuple(one.events_per_s for one in rounds)
    p99 = tuple(one.p99_ms for one in rounds)
    name = f"Receive, {connections} connection{'s' * (connections > 1)}"
    is_target = connections == 8
    yield Row(name, "events/s", rates, "≥ 2,500" if is_target else "", median(rates) >= 2500 if is_target else None)
    yield Row(f"{name}, p50", "ms", tuple(one.p50_ms for one in rounds))
    yield Row(f"{name}, p95", "ms", tuple(one.p95_ms for one in rounds))
    yield Row(f"{name}, p99", "ms", p99, "≤ 25" if is_target else "", median(p99) <= 25 if is_target else None)
    yield Row(f"{name}, CPU per event", "µs", tuple(one.cpu_us for one in rounds))


def _land(steps: Steps, size: int) -> Iterable[Row]:
    """Ours and dlt's by turns, so that a busy moment of the machine falls on both."""
    ours, theirs = [], []
    with steps.step("landing, and dlt landing the same", total=3) as report:
        for _ in range(3):
            ours.append(landing.measured(DLT_EVENTS // landing.BATCH).events_per_s)
            command = [sys.executable, "-m", "infra.benchmarks.dlt_landing", str(DLT_EVENTS)]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
            theirs.append(DLT_EVENTS / float(json.loads(done.stdout.splitlines()[-1])["seconds"]))
            report(1)
        peaks = [landing.measured(batches) for batches in (1, 10, 100)]
    times = median(ours) / median(theirs)
    yield Row("Landing, gzip objects written", "events/s", tuple(ours), "≥ 4 times dlt", times >= 4)
    yield Row("dlt 1.31 into DuckDB, one JSON column", "events/s", tuple(theirs))
    yield Row("Landing against dlt", "times", (times,))
    growth = peaks[-1].peak_mb - peaks[0].peak_mb
    yield Row("Landing, peak memory after 1 batch", "MB", (peaks[0].peak_mb,))
    yield Row("Landing, peak memory after 100 batches", "MB", (peaks[-1].peak_mb,), "flat", growth < 5)


def _pull(steps: Steps, size: int) -> Iterable[Row]:
    with steps.step("pull flat records"):
        short = vendor_lanes.measured("pull", 10_000)
        rounds = [vendor_lanes.measured("pull", 100_000) for _ in range(3)]
    rates, growth = tuple(one.records_per_s for one in rounds), rounds[0].peak_mb - short.peak_mb
    yield Row("Pull, flat records", "records/s", rates, "≥ 5,000", median(rates) >= 5000)
    yield Row("Pull, peak memory after 10 pages", "MB", (short.peak_mb,))
    yield Row("Pull, peak memory after 100 pages", "MB", (rounds[0].peak_mb,), "flat", growth < 5)
    with steps.step("reconcile a million ids"):
        checks = [vendor_lanes.measured("reconcile", 1_000_000)]
    seconds, peaks = tuple(one.seconds for one in checks), tuple(one.peak_mb for one in checks)
    yield Row("Reconcile 1,000,000 ids", "s", seconds, "≤ 60", median(seconds) <= 60)
    yield Row("Reconcile 1,000,000 ids, peak memory", "MB", peaks, "≤ 300", max(peaks) <= 300)
    yield Row("Reconcile, the index made anew from the lake", "s", tuple(one.index_s for one in checks))
    for name in source_pulls.NAMES:
        with steps.step(f"pull {name}"):
            yield Row(f"Pull, {name}", "records/s", tuple(source_pulls.rates(name, ROUNDS)))


PARTS: dict[str, Callable[[Steps, int], Iterable[Row]]] = {
    "receive": _receive,
    "land": _land,
    "pull": _pull,
    "stack": _stack,
    "models": warehouse_models.rows,
    "embed": embedding.rows,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.benchmarks", description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument(
        "--size",
        type=_events,
        default=DEFAULT_SIZE,
        help=f"events of the warehouse models: {', '.join(SIZES)} or a number (default {DEFAULT_SIZE})",
    )
    asked = parser.parse_args()
    clean_up_when_killed()
    for name in asked.parts:
        rows = list(PARTS[name](Steps(), asked.size))
        text = section(TITLES[name], ABOUT[name], rows, datetime.now(UTC))
        earlier = PAGE.read_text() if PAGE.exists() else ""
        PAGE.write_text(page(earlier, {TITLES[name]: text}, list(TITLES.values())))
        out.print(text, markup=False, highlight=False)


def _events(text: str) -> int:
    count = SIZES[text] if text in SIZES else int(text)
    if count < warehouse_models.LEAST_EVENTS:
        raise argparse.ArgumentTypeError(f"{text} is too few events: give at least {warehouse_models.LEAST_EVENTS}")
    return count


if __name__ == "__main__":
    main()
