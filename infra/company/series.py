"""Daily series with a planted history: what an anomaly detector and a forecast must find, and what they must not.

Standard library only; the same seed gives the same series. The first WARM_UP days are there to learn from: nothing is
planted in them. The world of world.py is too small and too short for this: a metric-year needs a year.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from .chance import Chance

WARM_UP = 145
DAYS = WARM_UP + 365
SIZES = (0.15, 0.25, 0.30, 0.60)
SHIFT_SIZE = 0.30
DRIFT_SIZE = 0.30
DRIFT_DAYS = 40
ADAPTS_WITHIN = 28 + 14
"""Days until a shift of level is what is expected, and two weeks on one side of it are past."""
_CLEAR_OF = 40
"""Two changes of a series lie at least so far apart: each is judged by itself."""
_WEEKS = (
    (1.00, 1.05, 1.02, 0.98, 0.95, 1.0, 1.0),
    (1.10, 1.15, 1.10, 1.05, 0.95, 0.70, 0.65),
    (1.20, 1.25, 1.20, 1.15, 1.00, 0.15, 0.10),
    (1.30, 1.30, 1.25, 1.25, 1.10, 0.0, 0.0),
)


@dataclass(frozen=True, slots=True)
class Change:
    """Something done to a series from first to last, both included; size is the share, negative for less."""

    kind: str
    first: date
    last: date
    size: float

    def explains(self, day: date) -> bool:
        """Whether an alarm on the day would be right: a detector may still be adapting for a while."""
        after = ADAPTS_WITHIN if self.kind in ("shift", "drift") else 0
        return self.first <= day <= self.last + timedelta(days=after)


@dataclass
class Series:
    """One metric's values, day by day from first_day on."""

    metric: str
    source: str
    kind: str
    is_count: bool
    first_day: date
    values: list[float] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    def on(self, day: date) -> float:
        return self.values[(day - self.first_day).days]


@dataclass(frozen=True)
class Planted:
    """The series of one seed; as_of is the day after the last one."""

    series: list[Series]
    as_of: date
    holiday: date
    campaign: tuple[str, date, date]
    """A metric, and the days in which it was pushed."""
    outage: tuple[str, frozenset[date]]
    """A source, and the days that 36 hours of silence took a part of."""

    @property
    def first_judged(self) -> date:
        return self.as_of - timedelta(days=DAYS - WARM_UP)

    def changes(self, kind: str, size: float | None = None) -> Iterator[tuple[Series, Change]]:
        for one in self.series:
            yield from ((one, it) for it in one.changes if it.kind == kind and size in (None, abs(it.size)))


def plant(seed: int, as_of: date) -> Planted:
    """12 large series with scatter of 2.5 to 4 %, 4 low counts and 4 stocks, over DAYS days before as_of."""
    chance = Chance(seed, "series")
    first_day = as_of - timedelta(days=DAYS)
    large = [_large(chance, number, first_day) for number in range(12)]
    low = [_low(chance, number, mean, first_day) for number, mean in enumerate((0.5, 3, 8, 15))]
    stocks = [_stock(chance, number, first_day) for number in range(4)]
    holiday = first_day + timedelta(days=WARM_UP + chance.randrange(60, 300))
    taken: dict[str, list[int]] = {one.metric: [(holiday - first_day).days] for one in large}
    out = large[-2:]
    for one in out:  # the outage ends the history
        taken[one.metric].append(DAYS - 2)
    _, campaign_at = _free(chance, taken, large[:1], 3)
    for kind, sizes, days in (
        ("spike", [size for size in SIZES for _ in range(6)], 1),
        ("shift", [SHIFT_SIZE] * 4, 1),
        ("drift", [DRIFT_SIZE] * 3, DRIFT_DAYS),
    ):
        for size in sizes:
            one, place = _free(chance, taken, large, days)
            _change(one, kind, place, days, size * chance.choice((-1, 1)))
    for one in large + low:
        _holiday(one, holiday)
    _campaign(large[0], campaign_at)
    silent = _outage(out)
    pushed = first_day + timedelta(days=campaign_at)
    campaign = (large[0].metric, pushed, pushed + timedelta(days=2))
    return Planted(large + low + stocks, as_of, holiday, campaign, (out[0].source, silent))


def _large(chance: Chance, number: int, first_day: date) -> Series:
    base, trend = 10 ** chance.uniform(2.3, 4), chance.uniform(-0.0003, 0.0008)
    week, scatter = chance.choice(_WEEKS), chance.uniform(0.025, 0.04)
    source = "outage_source" if number >= 10 else "source"
    one = Series(f"large_{number}", source, "flow", base < 1000, first_day)
    for place in range(DAYS):
        weekday = week[(first_day + timedelta(days=place)).weekday()]
        expected = base * weekday * (1 + trend * place) * (1 + 0.03 * math.sin(2 * math.pi * place / 182))
        value = max(expected * (1 + chance.gauss(0, scatter)), 0)
        one.values.append(round(value) if one.is_count else round(value, 2))
    return one


def _low(chance: Chance, number: int, mean: float, first_day: date) -> Series:
    one = Series(f"low_{number}", "source", "flow", True, first_day)
    week = chance.choice(_WEEKS)
    for place in range(DAYS):
        one.values.append(_poisson(chance, mean * week[(first_day + timedelta(days=place)).weekday()]))
    return one


def _stock(chance: Chance, number: int, first_day: date) -> Series:
    """It moves on working days only, by 1 % or so; two planted steps of 30 %."""
    one = Series(f"stock_{number}", "source", "stock", False, first_day)
    value, steps = 10 ** chance.uniform(4, 6), sorted(chance.sample(range(WARM_UP, DAYS, 50), 2))
    for place in range(DAYS):
        day = first_day + timedelta(days=place)
        if place in steps:
            size = 0.30 * chance.choice((-1, 1))
            value *= 1 + size
            one.changes.append(Change("step", day, day, size))
        elif day.weekday() < 5:
            value *= 1 + chance.gauss(0, 0.01)
        one.values.append(round(value, 2))
    return one


def _poisson(chance: Chance, mean: float) -> int:
    limit, count, product = math.exp(-mean), 0, chance.random()
    while product > limit:
        count, product = count + 1, product * chance.random()
    return count


def _free(chance: Chance, taken: dict[str, list[int]], series: list[Series], days: int) -> tuple[Series, int]:
    """One of the series and a place for a change, on a day on which it is not all but 0, clear of its other changes."""
    while True:
        one = chance.choice(series)
        place = chance.randrange(WARM_UP, DAYS - days - 1)
        span = range(place, place + days)
        is_clear = all(abs(other - each) > _CLEAR_OF for each in span for other in taken[one.metric])
        if is_clear and one.values[place] > 0.3 * sorted(one.values)[len(one.values) // 2]:
            taken[one.metric] += span
            return one, place


def _change(one: Series, kind: str, place: int, days: int, size: float) -> None:
    first = one.first_day + timedelta(days=place)
    one.changes.append(Change(kind, first, first + timedelta(days=days - 1), size))
    last = place + 1 if kind == "spike" else len(one.values)
    for each in range(place, last):
        grown = min((each - place + 1) / days, 1)
        _scale(one, each, 1 + size * grown)


def _holiday(one: Series, day: date) -> None:
    one.changes.append(Change("holiday", day, day, -0.6))
    _scale(one, (day - one.first_day).days, 0.4)


def _campaign(one: Series, place: int) -> None:
    first = one.first_day + timedelta(days=place)
    one.changes.append(Change("campaign", first, first + timedelta(days=2), 0.8))
    for each in range(place, place + 3):
        _scale(one, each, 1.8)


def _outage(series: list[Series]) -> frozenset[date]:
    """From noon of the day before last: 36 hours nothing is heard, and what is not heard is not counted."""
    for one in series:
        last = len(one.values) - 1
        _scale(one, last - 1, 0.5)
        _scale(one, last, 0)
    first = series[0].first_day
    return frozenset(first + timedelta(days=DAYS - back) for back in (2, 1))


def _scale(one: Series, place: int, factor: float) -> None:
    value = one.values[place] * factor
    one.values[place] = round(value) if one.is_count else round(value, 2)
