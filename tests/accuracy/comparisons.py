"""The tests of the truth, run on companies of given seeds: which passed, and what they measured."""

import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests" / "dbt_project"
_SEED = re.compile(r"\bseed(\d+)\b")
_ENDED = re.compile(r"\b(PASSED|FAILED|ERROR|SKIPPED) tests/")
_TIME_LIMIT_S = 1800
"""Of one test with its company, which the first test of a seed has to wait for."""


@dataclass
class Compared:
    """One company: how many exact comparisons passed, and those that did not with what they said."""

    passed: int = 0
    failed: dict[str, str] = field(default_factory=dict)


@dataclass
class Outcome:
    """By seed what was compared; by seed and name what was measured, seed None where no company is concerned."""

    compared: dict[int, Compared] = field(default_factory=lambda: defaultdict(Compared))
    measured: dict[tuple[int | None, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    failed_elsewhere: dict[str, str] = field(default_factory=dict)

    def values(self, seeds: Collection[int]) -> dict[str, list[float]]:
        """By name what was measured of the companies of these seeds, and of none."""
        found: dict[str, list[float]] = defaultdict(list)
        for (seed, name), values in self.measured.items():
            if seed is None or seed in seeds:
                found[name] += values
        return found


class TestsDidNotRun(Exception):
    """pytest ended before its tests did; the message holds the end of what it said."""


def run(companies: Sequence[int], series: Sequence[int], folder: Path, report: Callable[[str], None]) -> Outcome:
    """Companies and planted series of these seeds, two companies at a time; report is told about each finished test.

    Raises TestsDidNotRun. Failed comparisons are no exception: they are in the outcome.
    """
    found = folder / "outcome.xml"
    files = [*sorted(TESTS.glob("test_truth_*.py")), TESTS / "test_spoken_lines.py"]
    command = [sys.executable, "-m", "pytest", "-o", "addopts=--strict-markers", "-v", "-p", "no:cacheprovider"]
    command += ["--numprocesses", "2", "--dist", "loadfile", "--timeout", str(_TIME_LIMIT_S)]
    command += ["-o", "junit_family=xunit1", "--junitxml", str(found)]  # the other family has no properties
    command += [str(file.relative_to(ROOT)) for file in files]
    environment = os.environ | {
        "SOPHIA_TRUTH_SEEDS": ",".join(map(str, companies)),
        "SOPHIA_SERIES_SEEDS": ",".join(map(str, series)),
    }
    told, done, failed = [], 0, 0
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as tests:
        assert tests.stdout
        for line in tests.stdout:
            told.append(line)
            if ended := _ENDED.search(line):
                done += 1
                failed += ended[1] in ("FAILED", "ERROR")
                report(f"{done} tests, {failed} failed")
    if tests.returncode not in (0, 1):
        raise TestsDidNotRun("".join(told[-40:]))
    return read(ElementTree.parse(found).getroot())


def read(suites: ElementTree.Element) -> Outcome:
    """A test that measured something is no exact comparison; one that was skipped is none either."""
    outcome = Outcome()
    for case in suites.iter("testcase"):
        name = f"{(case.get('classname') or '').rpartition('.')[2]}::{case.get('name')}"
        told_seed = _SEED.search(name)
        seed = int(told_seed[1]) if told_seed else None
        measured = list(case.iter("property"))
        for one in measured:
            outcome.measured[seed, one.get("name") or ""].append(float(one.get("value") or "nan"))
        failure = next((one for kind in ("failure", "error") for one in case.iter(kind)), None)
        if failure is not None:
            failed = outcome.failed_elsewhere if seed is None or measured else outcome.compared[seed].failed
            failed[name] = failure.text or failure.get("message") or ""
        elif seed is not None and not measured and case.find("skipped") is None:
            outcome.compared[seed].passed += 1
    return outcome
