"""How each customer truly fares, week by week: hidden from every vendor, and what support work and churn follow from.

A random walk that returns to the customer's own mean. Some customers leave: most of them after a decline of 60 to 120
days, some all of a sudden, a few more because they fared badly for long.
"""

import functools
from dataclasses import dataclass
from datetime import datetime, timedelta

from .chance import Chance
from .world import World

_PULL, _STEP = 0.1, 0.06
_FIRST_CHURN = timedelta(days=150)
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Course:
    """Health from 0 to 1, one value a week since the history began; churned_at is when the customer left, if so."""

    began_at: datetime
    weekly: tuple[float, ...]
    churned_at: datetime | None = None

    def at(self, instant: datetime) -> float:
        week = (instant - self.began_at) // _WEEK
        return self.weekly[min(max(week, 0), len(self.weekly) - 1)]


@functools.lru_cache(maxsize=4)
def courses(world: World) -> dict[str, Course]:
    """By company id, of every company that was not merged into another."""
    chance = Chance(world.seed, "health")
    companies = [one for one in world.market.companies if not one.merged_into]
    return {one.id: _course(chance, world, number) for number, one in enumerate(companies)}


def _course(chance: Chance, world: World, number: int) -> Course:
    """Of each twelve companies one declines and leaves, of each 36 one leaves suddenly: always subscribers."""
    weeks = (world.now - world.started_at) // _WEEK + 2
    # Who will leave fared worse than others all along.
    mean = min(max(chance.gauss(0.45 if number % 12 == 9 else 0.68, 0.18), 0.12), 0.92)
    level, weekly = mean, list[float]()
    for _ in range(weeks):
        level += _PULL * (mean - level) + chance.gauss(0.0, _STEP)
        level = min(max(level, 0.03), 0.98)
        weekly.append(level)
    left_at = chance.office_instant(world.started_at + _FIRST_CHURN, world.now - timedelta(days=10))
    decline = timedelta(days=chance.randint(60, 120))
    if number % 12 == 9:
        declined = [_declining(value, world.started_at + n * _WEEK, left_at, decline) for n, value in enumerate(weekly)]
        return Course(world.started_at, tuple(declined), left_at)
    if number % 36 == 24:
        return Course(world.started_at, tuple(weekly), left_at)
    for week, value in enumerate(weekly):
        at = world.started_at + week * _WEEK
        if at - world.started_at >= _FIRST_CHURN and at < world.now and chance.happens(max(0.3 - value, 0.0) * 0.15):
            return Course(world.started_at, tuple(weekly), at)
    return Course(world.started_at, tuple(weekly))


def _declining(value: float, at: datetime, left_at: datetime, decline: timedelta) -> float:
    left_share = min(max((left_at - at) / decline, 0.0), 1.0)
    return max(value * left_share, 0.03)
