"""What is planned in Linear: issues committed to a cycle or added to it later, done in it, after it or never.

Before the webhook was made nobody saw an issue change cycles, and its first pull shows where it ended: so only issues
of the last weeks roll over, leave a cycle or are opened again. Incidents are told here too.
"""

from datetime import datetime, timedelta
from typing import Any

from ..engineering import working_instant
from ..lives import Change
from .linear_workspace import Workspace, changing, into, new_issue, short

_BOARDS = {"payments": 0, "residents": 1}
_MOMENT = timedelta(seconds=1)


def plan(space: Workspace) -> None:
    number = 100
    for place, team in enumerate(space.teams):
        cycles = [cycle for cycle in space.cycles if cycle["team"]["id"] == team["id"]]
        for cycle, following in zip(cycles, [*cycles[1:], None], strict=True):
            for _ in range(2 - place * space.chance.randint(0, 1)):
                number += 1
                _planned(space, team, number, cycle, following)
    for number, outage in enumerate(space.world.workshop.outages, start=901):
        _incident(space, space.teams[_BOARDS[outage.team]], number, outage.at, outage.resolved_at)


def _planned(
    space: Workspace, team: dict[str, Any], number: int, cycle: dict[str, Any], following: dict[str, Any] | None
) -> None:
    chance, world = space.chance, space.world
    starts_at, ends_at = (datetime.fromisoformat(cycle[name]) for name in ("startsAt", "endsAt"))
    _, _, doing, done, canceled = space.states[team["id"]]
    if chance.happens(0.2):
        born = working_instant(chance, starts_at + timedelta(days=1), ends_at - timedelta(days=4))
    else:
        born = working_instant(chance, starts_at - timedelta(days=10), starts_at - timedelta(hours=1))
    begun = working_instant(chance, max(born, starts_at) + _MOMENT, ends_at - timedelta(days=2))
    is_recent = ends_at > world.hooks_since + timedelta(days=1)
    fate = chance.choices(("in time", "late", "never", "canceled", "left"), (65, 18, 7, 5, 5 if is_recent else 0))[0]
    someone = space.someone()
    steps: list[tuple[datetime, Change]] = [(begun, into(doing, someone))]
    if fate == "in time":
        steps.append((working_instant(chance, begun + _MOMENT, ends_at - _MOMENT), into(done, someone)))
    elif fate == "canceled":
        steps.append((working_instant(chance, begun + _MOMENT, ends_at - _MOMENT), into(canceled, someone)))
    elif fate == "left":
        steps.append((max(begun, world.hooks_since) + timedelta(hours=3), changing(cycle=None)))
    elif is_recent and following:
        steps.append((ends_at + _MOMENT, changing(cycle=short(following, "number", "name"))))
    if fate == "late":
        steps.append((ends_at + timedelta(hours=chance.randint(5, 130)), into(done, someone)))
    last = steps[-1][0]
    if is_recent and fate in ("in time", "late") and last > world.hooks_since and chance.happens(0.3):
        steps.append((last + timedelta(minutes=chance.randint(30, 900)), into(doing, someone, completedAt=None)))
    about = {**new_issue(space, team, number), "cycle": short(cycle, "number", "name")}
    at = [born, *(when for when, _ in steps)]
    assert at == sorted(set(at)), at
    space.add("issue", about, at, *(("update", change) for _, change in steps))


def _incident(space: Workspace, team: dict[str, Any], number: int, at: datetime, resolved_at: datetime) -> None:
    """Somebody is at work on it from the first moment."""
    _, _, doing, done, _ = space.states[team["id"]]
    someone = space.someone()
    about = {
        **new_issue(space, team, number),
        **into(doing, someone)({"startedAt": None}, at),
        "labelIds": [space.incident_label["id"]],
        "title": "Payments time out",
    }
    space.add("issue", about, [at, resolved_at], ("update", into(done, someone)))
