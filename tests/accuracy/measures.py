"""What is measured, in which unit and against which target: the rows of docs/accuracy.md.

A test gives its measures by pytest's record_property, under the names here, once for each seed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import fmean

from infra.company.chance import company_date
from infra.company.truth import calibration
from infra.company.world import build

from .forecasts import held_out, together

CALIBRATION_SCALE = 4.0
"""A company of this size loses enough customers in its year to be ranked."""
CALIBRATION_DAYS = (120, 150, 185)
"""Of the history, so that half a year is left to see who leaves."""


@dataclass(frozen=True)
class Measure:
    """A number with its target: at least `least`, at most `most`; neither, where nothing is promised."""

    what: str
    least: float | None = None
    most: float | None = None
    digits: int = 3

    @property
    def target(self) -> str:
        bounds = [f"{sign} {one:g}" for sign, one in (("≥", self.least), ("≤", self.most)) if one is not None]
        return ", ".join(bounds)

    def is_met(self, value: float) -> bool | None:
        if self.least is None and self.most is None:
            return None
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)

    def text(self, value: float) -> str:
        """With more digits where rounding would let a missed target read as a met one."""
        shown = f"{value:.{self.digits}f}"
        return shown if self.is_met(float(shown)) == self.is_met(value) else f"{value:.{self.digits + 3}f}"


MEASURES: Mapping[str, Measure] = {
    "accounts_precision": Measure("Identity of accounts, pairwise precision", least=0.999, digits=4),
    "accounts_recall": Measure("Identity of accounts, pairwise recall", least=0.98, digits=4),
    "people_precision": Measure("Identity of people, pairwise precision", least=0.999, digits=4),
    "people_recall": Measure("Identity of people, pairwise recall", least=0.98, digits=4),
    "mention_precision": Measure("Mentions of competitors in calls, chat and tickets, precision", least=0.98),
    "mention_recall": Measure("Mentions of competitors in calls, chat and tickets, recall", least=0.95),
    "spoken_mention_precision": Measure("Mentions in the written lines, precision", least=0.98),
    "spoken_mention_recall": Measure("Mentions in the written lines, recall", least=0.95),
    "chosen_on_mention_precision": Measure("Mentions in the lines the rules were chosen on, precision"),
    "chosen_on_mention_recall": Measure("Mentions in the lines the rules were chosen on, recall"),
    "threat_level_agreement": Measure("Threat level of a found mention is the true one", least=0.9),
    "threat_words_understood": Measure("Words around a found mention understood", least=0.9),
    "sentiment_spearman": Measure("Sentiment of a call, rank correlation with the truth", least=0.85),
    "spoken_sentiment_agreement": Measure("Sentiment of the written lines, same of three labels"),
    "spoken_sentiment_macro_f1": Measure("Sentiment of the written lines, macro F1", least=0.5),
    "spoken_sentiment_turned_round": Measure("Sentiment of the written lines, good told as bad or bad as good"),
    "spoken_sentiment_spearman": Measure("Sentiment of the written lines, rank correlation"),
    "anomaly_recall": Measure("Planted changes of 25 % and more, caught on their day", least=0.95),
    "anomaly_recall_15": Measure("Planted changes of 15 %, caught on their day"),
    "drift_recall": Measure("Planted drifts of 30 % in 40 days, noticed", least=0.33),
    "false_alarms": Measure("False alarms per metric-year", most=1.0),
    "broken_silence": Measure("Alarms on holidays, in campaigns and in outages", most=0.0, digits=0),
    "health_auc": Measure("Customer health against who left within 180 days, AUC"),
    "health_ceiling": Measure("The same of the hidden health, the ceiling of any score, AUC"),
    "forecast_published": Measure("Forecasts better than the week before in their back-test, and published", least=0.6),
    "forecast_coverage": Measure("Days held back that lie between p10 and p90 (0.80 is meant)", least=0.65, most=0.9),
    "forecast_error": Measure("Error of published forecasts over that of the week before", most=1.0),
}


@dataclass(frozen=True)
class Row:
    """A measure's value over all seeds, and of each of them; one value alone where no seed is concerned."""

    measure: Measure
    value: float
    of_seeds: tuple[float, ...]

    @property
    def spread(self) -> str:
        if len(self.of_seeds) < 2:
            return ""
        return f"{self.measure.text(min(self.of_seeds))} to {self.measure.text(max(self.of_seeds))}"

    @property
    def is_met(self) -> bool | None:
        return self.measure.is_met(self.value)


def row(name: str, of_seeds: Sequence[float], value: float | None = None) -> Row:
    """The mean of the seeds, unless another value stands for all of them."""
    return Row(MEASURES[name], fmean(of_seeds) if value is None else value, tuple(of_seeds))


@dataclass(frozen=True)
class BackTest:
    """The health of customers against who left: its rows, and the sentence a table has no room for."""

    rows: tuple[Row, ...]
    sentence: str


def health_back_test(seeds: Iterable[int]) -> BackTest:
    """By the truth's score, which the marts' is compared with account by account."""
    by_seed = []
    for seed in seeds:
        world = build(seed, scale=CALIBRATION_SCALE)
        first = company_date(world.started_at)
        by_seed.append(calibration.cases(world, [first + timedelta(days=days) for days in CALIBRATION_DAYS]))
    every = [case for cases in by_seed for case in cases]
    rows = tuple(
        row(name, [calibration.auc(cases, of) for cases in by_seed], calibration.auc(every, of))
        for name, of in (("health_auc", "score"), ("health_ceiling", "latent"))
    )
    left = sum(case.has_left for case in every)
    deciles = ", ".join(f"{share:.2f}" for share in calibration.deciles(every))
    return BackTest(
        rows,
        f"The health back-test ranks {len(every)} scores of customers; after {left} of them the customer left. Share "
        f"that left in each tenth by score, the worst first: {deciles}.",
    )


def forecasts(seeds: Iterable[int]) -> list[Row]:
    by_seed = [held_out(seed) for seed in seeds]
    every = together(by_seed)
    return [
        row("forecast_published", [one.published for one in by_seed], every.published),
        row("forecast_coverage", [one.coverage for one in by_seed], every.coverage),
        row("forecast_error", [one.error_to_naive for one in by_seed], every.error_to_naive),
    ]
