"""Measure against companies and series whose truth is known, print it, and write docs/accuracy.md.

python -m tests.accuracy [--seeds 1,2,3]. Exit code 1: a target was missed or a comparison failed; the page says which.
"""

import argparse
import random
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from infra import show

from . import comparisons, measures, page

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "accuracy.md"
REPORTED = (101, 102, 103, 104, 105)
"""No threshold was chosen on these."""
DRAWN = 5


def main(arguments: Sequence[str]) -> int:
    """The exit code."""
    options = _options(arguments)
    others = options.seeds or tuple(random.SystemRandom().randrange(1_000_000) for _ in range(DRAWN))
    seeds = tuple(dict.fromkeys((*REPORTED, *others)))
    show.out.print(f"Measured on seeds {page.listed(REPORTED)}; compared on these and on {page.listed(others)}.")
    steps = show.Steps()
    with steps.step("customer health against who left"):
        back_test = measures.health_back_test(REPORTED)
    with steps.step("forecasts against days held back"):
        forecasts = measures.forecasts(REPORTED)
    with TemporaryDirectory() as folder, steps.step(f"{len(seeds)} companies against their truth") as report:
        try:
            outcome = comparisons.run(seeds, REPORTED, Path(folder), report)
        except comparisons.TestsDidNotRun as error:
            show.problem(f"The tests of the truth did not run to their end, and no page was written:\n{error}")
            return 1
    found = outcome.values(REPORTED)
    told = [measures.row(name, found[name]) for name in measures.MEASURES if name in found]
    told += [*back_test.rows, *forecasts]
    measured = page.Measured(told, outcome, back_test.sentence, REPORTED, others, are_drawn=not options.seeds)
    PAGE.write_text(page.page(measured, datetime.now(UTC)))
    _print(told, outcome)
    absent = [name for name in measures.MEASURES if name not in found and not name.startswith(("health_", "forecast_"))]
    if absent:
        show.problem(f"Nothing was measured of {', '.join(absent)}: the tests that measure it failed before.")
    failed = [one for compared in outcome.compared.values() for one in compared.failed]
    missed = [row for row in told if row.is_met is False]
    return int(bool(absent or failed or missed or outcome.failed_elsewhere))


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.accuracy", description=__doc__)
    parser.add_argument("--seeds", type=_seeds, default=(), help=f"instead of {DRAWN} drawn ones: 1,2,3")
    return parser.parse_args(arguments)


def _seeds(told: str) -> tuple[int, ...]:
    try:
        return tuple(int(one) for one in told.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{told!r} is no list of whole numbers such as 1,2,3") from error


def _print(rows: Sequence[measures.Row], outcome: comparisons.Outcome) -> None:
    show.rows([page.cells(row) for row in rows], title="Measured")
    show.rows(
        [
            {"seed": str(seed), "comparisons": one.passed + len(one.failed), "passed": one.passed}
            for seed, one in sorted(outcome.compared.items())
        ],
        title="Compared exactly",
    )
    failed = dict(outcome.failed_elsewhere)
    for one in outcome.compared.values():
        failed |= one.failed
    for name, said in failed.items():
        show.problem(f"{name}\n{said}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
