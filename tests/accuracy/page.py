"""The page docs/accuracy.md, as text."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from .comparisons import Outcome
from .measures import Row

_VERDICTS = {None: "", True: "met", False: "missed"}

_HOW = """\
- *Seeds*: the thresholds for odd days were chosen on seeds 1 to 5; the reported ones had been looked at once before
  the last choice ([forecasts](decisions/forecasts.md)). No seed is on record for any other threshold. `make test`
  compares seed 7.
- *Companies* reach the warehouse through faults: in no order, a tenth twice, a twentieth days late, some records
  merged or deleted. Each is built in two runs.
- *Planted* changes, drifts and forecasts are of series over 17 months. The health back-test takes companies four
  times as large, and the truth's own score, with which the mart's is compared account by account.
- *Written lines* are 300 sentences in customers' words, not the company's grammar, held out: labelled by an author who
  had seen no rule, and only their totals were looked at. On 523 others the rules for mentions were chosen; what they
  come to there is no measure and has rows of its own. Neither has a seed."""

_NOT_SHOWN = """\
## What these numbers do not show

The companies are made up, and the hands that made them also made the rules: where both misunderstand the world in the
same way, everything here agrees and is wrong. Precision and recall near 1 say that the rules undo the confusion which
was planted (mirrored CRMs, doubles, shared domains, residents, lookalikes of names), not that a real company holds no
other; expect less on the first day with real records, and look at `int_identity__conflicts` and
`int_identity__suggestions`. The written lines are the better measure of what is said in calls; they are one author's
idea of it, in one language and one line of business, of four names. Sentiment is weak on them: it is worth a trend
over many calls, never a judgement of one. The threat levels and their truth share one definition; whether a 4 feels
like a 4 to a seller was asked of nobody. Planted changes begin on a day and have round sizes; real ones seldom do.
Customers leave here because a hidden health declines, which is kinder to a score than life is, and some leave
suddenly, which no score foresees. Forecasts were held back on series with one season, the week's. An exact comparison
says that the marts and an independent reckoning from the company's own story agree; it cannot say that the
definitions are those of your company."""


@dataclass(frozen=True)
class Measured:
    """Everything the page tells: rows of the reported seeds, comparisons of these and others, a sentence on health."""

    rows: list[Row]
    outcome: Outcome
    back_test: str
    reported: Collection[int]
    others: Collection[int]
    are_drawn: bool


def page(measured: Measured, at: datetime) -> str:
    """Markdown."""
    drawn = ", drawn at random for this run" if measured.are_drawn else ""
    return "\n".join(
        [
            "# Accuracy",
            "",
            f"Written by `make accuracy` on {at:%Y-%m-%d}. Measured on seeds {listed(measured.reported)}; compared "
            f"exactly on these and on seeds {listed(measured.others)}{drawn}. `make accuracy SEEDS=1,2,3` takes the "
            "seeds it is told instead of drawing some.",
            "",
            _HOW,
            "",
            "## Measured",
            "",
            "The mean of the seeds (of health and forecasts: all seeds taken together) is held against the target; "
            "beside it the least and the most of any seed.",
            "",
            "| what | number | of any seed | target | |",
            "|---|---|---|---|---|",
            *("| " + " | ".join(_marked(cells(row))) + " |" for row in measured.rows),
            "",
            measured.back_test,
            "",
            "## Compared exactly",
            "",
            "A comparison is one test of `tests/dbt_project/test_truth_*.py`: a table of the warehouse against the "
            "truth of the company, row by row: counts, money, links and status, to the cent and as of several days.",
            "",
            "| seed | comparisons | passed | failed |",
            "|---|---|---|---|",
            *_compared(measured.outcome),
            "",
            *_elsewhere(measured.outcome),
            _NOT_SHOWN,
            "",
        ]
    )


def cells(row: Row) -> dict[str, str]:
    """Of a table, by the name of the column."""
    return {
        "what": row.measure.what,
        "number": row.measure.text(row.value),
        "of any seed": row.spread,
        "target": row.measure.target,
        "verdict": _VERDICTS[row.is_met],
    }


def listed(seeds: Collection[int]) -> str:
    """1, 2 and 3."""
    *others, last = map(str, seeds)
    return f"{', '.join(others)} and {last}" if others else last


def _marked(cells: dict[str, str]) -> list[str]:
    return ["**missed**" if text == "missed" else text for text in cells.values()]


def _compared(outcome: Outcome) -> list[str]:
    return [
        f"| {seed} | {one.passed + len(one.failed)} | {one.passed} | {', '.join(f'`{name}`' for name in one.failed)} |"
        for seed, one in sorted(outcome.compared.items())
    ]


def _elsewhere(outcome: Outcome) -> list[str]:
    if not outcome.failed_elsewhere:
        return []
    return ["Failed beside them: " + ", ".join(f"`{name}`" for name in outcome.failed_elsewhere) + ".", ""]
