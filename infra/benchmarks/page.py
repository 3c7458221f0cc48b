"""docs/benchmarks.md: one section for each part that was measured, with its own date and machine.

Measuring one part writes its section anew and leaves the others as they are.
"""

import os
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median

INTRODUCTION = """\
# Benchmarks

Written by `make bench`: medians, with the least and the most of the rounds. `make bench BENCH="--parts models"`
measures one part and leaves the others as they are; `make bench BENCH="--parts models --size large"` takes the
company's 5,000,000 events, which is too long for every day.
"""


@dataclass(frozen=True)
class Row:
    """One number: median and spread over rounds, and the target where there is one."""

    what: str
    unit: str
    values: tuple[float, ...]
    target: str = ""
    is_met: bool | None = None

    def line(self) -> str:
        spread = f"{_text(min(self.values))} to {_text(max(self.values))}" if len(self.values) > 1 else ""
        verdict = "" if self.is_met is None else "met" if self.is_met else "**missed**"
        return f"| {self.what} | {_text(median(self.values))} {self.unit} | {spread} | {self.target} | {verdict} |"


def _text(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.2f}" if value < 10 else f"{value:,.1f}"


def section(title: str, about: str, rows: Sequence[Row], at: datetime) -> str:
    """A part's section: where and when it was measured, what the figures mean, and the figures."""
    model = next(
        (line.split(":", 1)[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor(),
    )
    machine = f"{os.cpu_count()} cores, {model}, {platform.system()}, Python {platform.python_version()}"
    table = ["| what | median | spread | target | |", "|---|---|---|---|---|", *(row.line() for row in rows)]
    return "\n".join([f"## {title}", "", f"Measured on {at:%Y-%m-%d}: {machine}. {about}", "", *table, ""])


def page(earlier: str, measured: Mapping[str, str], order: Sequence[str]) -> str:
    """The page with the sections measured, by title, in the place of their earlier ones."""
    kept = {part.split("\n", 1)[0]: f"## {part}" for part in re.split(r"^## ", earlier, flags=re.MULTILINE)[1:]}
    sections = {**kept, **measured}
    return "\n".join([INTRODUCTION, *(sections[title].rstrip() + "\n" for title in order if title in sections)])


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []
