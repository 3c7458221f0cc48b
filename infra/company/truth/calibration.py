"""Does the health score foresee who leaves? The score as known on a day, against what became of the customer later."""

import itertools
from dataclasses import dataclass
from datetime import date, timedelta

from ..chance import company_date
from ..health import courses
from ..world import World
from . import health

HORIZON = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Case:
    """A customer on a day: the score told then, the hidden health, and whether it left within the horizon."""

    score: float
    latent: float
    has_left: bool


def cases(world: World, days: list[date]) -> list[Case]:
    """Of everyone who had a score and had not left by then."""
    found = []
    for day in days:
        for account, score in health.adjusted(health.health(world, day)).items():
            course = courses(world)[account]
            left_on = company_date(course.churned_at) if course.churned_at else None
            if left_on is None or left_on > day:
                has_left = left_on is not None and left_on <= day + HORIZON
                found.append(Case(score, course.at(health.end_of(world, day)), has_left))
    return found


def auc(cases: list[Case], of: str = "score") -> float:
    """How often someone who left stood below someone who stayed: 1 always, 0.5 by chance; ties count half."""
    left = [getattr(one, of) for one in cases if one.has_left]
    stayed = [getattr(one, of) for one in cases if not one.has_left]
    wins = sum((one < other) + 0.5 * (one == other) for one in left for other in stayed)
    return wins / (len(left) * len(stayed))


def deciles(cases: list[Case], parts: int = 10) -> list[float]:
    """Share that left in each tenth by score, the worst first."""
    ranked = sorted(cases, key=lambda one: one.score)
    cuts = [round(len(ranked) * n / parts) for n in range(parts + 1)]
    tenths = [ranked[first:last] for first, last in itertools.pairwise(cuts)]
    return [sum(one.has_left for one in tenth) / len(tenth) for tenth in tenths]
