"""Does the health score foresee who leaves? The score as known on a day, against what became of the contracts later."""

import itertools
from dataclasses import dataclass
from datetime import date, timedelta

from ..calls import Call
from ..health import courses
from ..world import World
from . import arr, calls, deals, health

HORIZON = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Case:
    """A customer under contract on a day: the score told then, the hidden health, and whether within the horizon it was
    left without a contract, as its ARR shows. parts are the components of the score, None where nothing was known."""

    score: float
    latent: float
    has_left: bool
    parts: dict[str, float | None]


def cases(world: World, days: list[date]) -> list[Case]:
    """Of everyone who had a score and a contract in force. Calls are heard and threats judged as people would."""
    moods = {one.call_id: feeling for one in calls.told(world) if (feeling := _mood(one)) is not None}
    threats = [
        (threat.account_id, when, threat.level)
        for (_, _, when), threat in calls.threats(world).items()
        if threat.account_id
    ]
    leavings, found = arr.leavings(world), []
    for day in days:
        at = deals.end_of(world, day)
        known = health.health(world, day, threats, moods)
        under_contract = arr.under_contract(world, at)
        left = {account for account, when in leavings if at < when <= at + HORIZON}
        for account, score in health.adjusted(known).items():
            if account in under_contract:
                latent = courses(world)[account].at(at)
                found.append(Case(score, latent, account in left, known[account].components))
    return found


def _mood(call: Call) -> float | None:
    return calls.mood(call) if calls.is_scored(call) else None


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
