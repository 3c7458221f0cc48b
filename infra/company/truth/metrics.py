"""What a detector of odd days must say of planted series, and what the daily metrics of the company are."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from ..chance import company_date
from ..series import Planted, Series
from ..world import World
from . import sales

MUST_CATCH = 0.25
"""Changes of at least this share are to be caught."""
_SAME_INCIDENT_DAYS = 3
_SILENT = ("holiday", "campaign")


@dataclass(frozen=True)
class Alarm:
    """A day a detector calls odd, and which way."""

    metric: str
    day: date
    is_up: bool


@dataclass
class Score:
    """caught and planted by kind and size; false alarms and metric-years by family of series; what went wrong."""

    caught: Counter[tuple[str, float]] = field(default_factory=Counter)
    planted: Counter[tuple[str, float]] = field(default_factory=Counter)
    false_alarms: Counter[str] = field(default_factory=Counter)
    metric_years: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    broken_silence: list[Alarm] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def add(self, other: "Score") -> None:
        """Score both as one planting."""
        self.caught += other.caught
        self.planted += other.planted
        self.false_alarms += other.false_alarms
        for family, years in other.metric_years.items():
            self.metric_years[family] += years
        self.broken_silence += other.broken_silence
        self.missed += other.missed

    def recall(
        self,
        kinds: Collection[str] = ("spike", "shift", "step"),
        at_least: float = MUST_CATCH,
        below: float = float("inf"),
    ) -> float:
        """The share that was caught of the changes of these kinds and sizes."""
        counted = [key for key in self.planted if key[0] in kinds and at_least <= key[1] < below]
        return sum(self.caught[key] for key in counted) / sum(self.planted[key] for key in counted)

    def false_alarms_per_year(self) -> float:
        return sum(self.false_alarms.values()) / sum(self.metric_years.values())

    def lines(self) -> Iterator[str]:
        for kind, size in sorted(self.planted):
            yield f"{kind} of {size:.0%}: {self.caught[kind, size]} of {self.planted[kind, size]} caught"
        for family, years in self.metric_years.items():
            yield f"{family}: {self.false_alarms[family] / years:.2f} false alarms per metric-year over {years:.0f}"


def judge(planted: Planted, alarms: Iterable[Alarm], score: Score) -> None:
    """Add what the alarms of one planting are worth.

    A change of a day must be called on that very day and in its direction; a drift while it lasts or soon after. Alarms
    that nothing explains are counted once per incident. In the outage, on the holiday and in the campaign there must be
    none.
    """
    raised: dict[str, list[Alarm]] = defaultdict(list)
    for alarm in alarms:
        raised[alarm.metric].append(alarm)
    for one in planted.series:
        mine = sorted(raised[one.metric], key=lambda alarm: alarm.day)
        _score_changes(one, mine, score)
        family = one.metric.split("_")[0]
        score.metric_years[family] += (planted.as_of - planted.first_judged).days / 365
        score.false_alarms[family] += _incidents(alarm.day for alarm in mine if not _explained(one, alarm))
        score.broken_silence += [alarm for alarm in mine if _must_be_silent(planted, one, alarm)]


def daily(world: World) -> dict[tuple[str, str], Mapping[date, int]]:
    """Some daily metrics of the company, by metric and dimension; a day that is missing has 0."""
    named: dict[str, Counter[date]] = defaultdict(Counter)
    for _, competitor, at in sales.every_mention(world):
        named[competitor][company_date(at)] += 1
    return {
        ("calls_held", "all"): sales.calls_per_day(world),
        **{("competitor_mentions", competitor): days for competitor, days in named.items()},
    }


def numbers_of(sentence: str) -> list[Decimal]:
    """The numbers a sentence states, dates and parts of words left out."""
    words = (word.strip(".,:;%()") for word in sentence.split())
    return [Decimal(word) for word in words if word.replace(".", "", 1).replace("-", "", 1).isdigit()]


def _score_changes(one: Series, alarms: list[Alarm], score: Score) -> None:
    for change in one.changes:
        if change.kind in _SILENT:
            continue
        key = change.kind, abs(change.size)
        score.planted[key] += 1
        first, last = change.first, change.first
        if change.kind == "drift":
            last = change.last + timedelta(days=14)
        if any(first <= alarm.day <= last and alarm.is_up == (change.size > 0) for alarm in alarms):
            score.caught[key] += 1
        else:
            score.missed.append(f"{one.metric} {change.kind} {change.size:+.0%} on {change.first}")


def _explained(one: Series, alarm: Alarm) -> bool:
    return any(change.explains(alarm.day) for change in one.changes)


def _must_be_silent(planted: Planted, one: Series, alarm: Alarm) -> bool:
    source, days = planted.outage
    silent = [change for change in one.changes if change.kind in _SILENT]
    return (one.source == source and alarm.day in days) or any(
        change.first <= alarm.day <= change.last for change in silent
    )


def _incidents(days: Iterable[date]) -> int:
    count, last = 0, None
    for day in days:
        if last is None or (day - last).days > _SAME_INCIDENT_DAYS:
            count += 1
        last = day
    return count
