"""What team_productivity_weekly must say, computed without SQL: work items, the measures of each week, the score."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import mean, median
from typing import Any

from ..chance import company_date
from ..engineering import working_days
from ..render.asana import history as asana_history
from ..render.linear import history as linear_history
from ..workshop import TEAMS, Bot
from ..world import World
from . import engineering
from .engineering import TEAM_OF_KEY, by_week, midnight, monday

TEAM_OF_PROJECT = {
    "Rent Payments Launch": "payments",
    "Bank Migration": "payments",
    "Resident Portal": "residents",
    "Resident Portal 2": "residents",
    "Collections Playbook": "collections",
}
_CATEGORIES = {"started": "started", "completed": "done", "canceled": "canceled"}
_PARTS = {
    "dora": {
        "deployments_per_day": 1,
        "lead_time_hours": -1,
        "change_failure_rate": -1,
        "recovery_hours": -1,
        "rework_rate": -1,
    },
    "flow": {"first_review_hours": -1, "cycle_hours": -1, "merged_per_engineer": 1},
    "delivery": {"cycle_completion_rate": 1, "on_time_rate": 1},
}
_WEIGHTS = {"dora": 0.4, "flow": 0.3, "delivery": 0.3}
LEAST_PEOPLE, BASELINE_WEEKS, LEAST_BASELINE = 3, 26, 6


@dataclass(frozen=True, slots=True)
class Item:
    """A living issue or task: since when it was in which state, and its record as it is now."""

    id: str
    source: str
    team: str | None
    states: tuple[tuple[datetime, str], ...]
    record: dict[str, Any]

    @property
    def done_at(self) -> datetime | None:
        since, state = self.states[-1]
        return since if state == "done" else None


@dataclass(frozen=True, slots=True)
class Week:
    """A team's week. score is None below three people and without a past to compare with."""

    team: str
    monday: date
    people: int
    measures: dict[str, float]
    score: float | None


def items(world: World, known_at: datetime | None = None) -> list[Item]:
    at = known_at or world.now
    return [*_issues(world, at), *_tasks(world, at)]


def _issues(world: World, at: datetime) -> Iterator[Item]:
    past = linear_history(world)
    for one in past.living(at, "issue"):
        told = [each for each in past.versions if each.id == one.id and each.at <= at and each.record]
        states = [(each.at, _CATEGORIES.get(each.record["state"]["type"], "todo")) for each in told if each.record]
        record = one.record or {}
        yield Item(one.id, "linear", TEAM_OF_KEY[record["team"]["key"]], _changes(states), record)


def _tasks(world: World, at: datetime) -> Iterator[Item]:
    past = asana_history(world)
    living = {one.id: one.record or {} for one in past.living(at, "task")}
    projects = {one.id: (one.record or {})["name"] for one in past.living(at, "project")}

    def team(record: dict[str, Any]) -> str | None:
        above = record["parent"]
        if above:
            return team(living[above["gid"]])
        named = [TEAM_OF_PROJECT.get(projects[one["gid"]]) for one in record["projects"] if one["gid"] in projects]
        return min(filter(None, named), default=None)

    for id_, record in living.items():
        told = [each for each in past.versions if each.id == id_ and each.at <= at and each.record]
        states = [(each.at, "done" if (each.record or {})["completed"] else "todo") for each in told]
        yield Item(id_, "asana", team(record), _changes(states), record)


def _changes(states: list[tuple[datetime, str]]) -> tuple[tuple[datetime, str], ...]:
    return tuple(states[:1] + [after for before, after in pairwise(states) if before[1] != after[1]])


def weeks(world: World, known_at: datetime | None = None) -> list[Week]:
    """Every week of every team that can be told: it has been over for 72 hours."""
    at = known_at or world.now
    measured = _measured(world, at)
    return [
        Week(team, first, people, measures, _score(measured, team, first))
        for (team, first), (people, measures) in measured.items()
    ]


def told_at(first: date) -> datetime:
    """When the week that begins on that Monday can be told: until then its last deployment may turn out to have
    failed."""
    return midnight(first + timedelta(days=7)) + engineering.BLAMED_FOR


_Measured = dict[tuple[str, date], tuple[int, dict[str, float]]]


def _measured(world: World, at: datetime) -> _Measured:
    works = [one for one in engineering.works(world, at) if not one.is_by_bot]
    shipped = by_week([(one.team, one.at, one) for one in engineering.shipped(world, at)])
    merged = by_week([(one.team, one.merged_at, one) for one in works if one.merged_at])
    reviewed = by_week([(one.team, one.first_reviewed_at, one) for one in works if one.first_reviewed_at])
    solved = by_week([(one.team, one.resolved_at, one) for one in engineering.incidents(world, at) if one.resolved_at])
    ended = by_week([(one.team, one.ended_at, one) for one in engineering.cycles(world, at)])
    everything = items(world, at)
    due = by_week(
        [
            (one.team, date.fromisoformat(one.record["due_on"]), _is_on_time(one))
            for one in everything
            if one.source == "asana" and one.team and one.record["due_on"]
        ]
    )
    people = _people(world, everything, at)
    found: _Measured = {}
    first = monday(company_date(min(one.pull.opened_at for one in works)))
    while told_at(first) <= at:
        days = working_days(first, first + timedelta(days=6))
        for team in TEAMS:
            key = team, first
            out, cycles, tasks = shipped.get(key, []), ended.get(key, []), due.get(key, [])
            lead = [hours for one in out for hours in one.lead_hours]
            committed = sum(one.committed for one in cycles)
            engineers = len(people.get(("github", *key), ()))
            measures: dict[str, float | None] = {
                "deployments_per_day": len(out) / days if days else None,
                "lead_time_hours": _median(lead),
                "change_failure_rate": _share(sum(bool(one.blamed) for one in out), len(out)),
                "recovery_hours": _median([engineering.hours(one.at, one.resolved_at) for one in solved.get(key, [])]),  # type: ignore[arg-type]
                "rework_rate": _share(sum(one.is_rework for one in out), len(out)),
                "first_review_hours": _median([one.first_review_hours or 0 for one in reviewed.get(key, [])]),
                "cycle_hours": _median([one.cycle_hours or 0 for one in merged.get(key, [])]),
                "merged_per_engineer": _share(len(merged.get(key, [])), engineers),
                "cycle_completion_rate": _share(sum(one.completed for one in cycles), committed),
                "on_time_rate": _share(sum(tasks), len(tasks)),
            }
            most = max(len(people.get((source, *key), ())) for source in ("github", "linear", "asana"))
            found[key] = most, {name: told for name, told in measures.items() if told is not None}
        first += timedelta(days=7)
    return found


def _people(world: World, everything: list[Item], at: datetime) -> dict[tuple[str, str, date], set[str]]:
    """Who did something, by tool, team and week: opened, merged or reviewed; started or finished."""
    acts: list[tuple[str, str, datetime | None, str]] = []
    for work in engineering.works(world, at):
        if not work.is_by_bot:
            acts.append(("github", work.team, work.pull.opened_at, work.pull.author.email))
            acts.append(("github", work.team, work.merged_at, work.pull.author.email))
        for review in work.pull.reviews:
            if review.at <= at and not isinstance(review.reviewer, Bot):
                acts.append(("github", work.team, review.at, review.reviewer.email))
    for item in everything:
        person = item.record.get("completed_by") or item.record["assignee"]
        for since, state in item.states:
            if item.team and person and state in ("started", "done"):
                acts.append((item.source, item.team, since, str(person.get("id") or person.get("gid"))))
    found: dict[tuple[str, str, date], set[str]] = {}
    for source, team, when, person in acts:
        if when:
            found.setdefault((source, team, monday(company_date(when))), set()).add(person)
    return found


def _is_on_time(item: Item) -> bool:
    done_at = item.done_at
    return done_at is not None and company_date(done_at) <= date.fromisoformat(item.record["due_on"])


def _median(values: list[float]) -> float | None:
    return median(values) if values else None


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _score(measured: _Measured, team: str, first: date) -> float | None:
    people, measures = measured[team, first]
    if people < LEAST_PEOPLE:
        return None
    past = [measured.get((team, first - timedelta(weeks=n))) for n in range(1, BASELINE_WEEKS + 1)]
    normal = [told for one in past if one and one[0] >= LEAST_PEOPLE for told in [one[1]]]
    total = weight = 0.0
    for part, signs in _PARTS.items():
        known = [
            _z(sign, measures[name], [one[name] for one in normal if name in one])
            for name, sign in signs.items()
            if name in measures
        ]
        z = [one for one in known if one is not None]
        if z:
            total, weight = total + _WEIGHTS[part] * mean(z), weight + _WEIGHTS[part]
    return min(max(50 + 10 * total / weight, 0), 100) if weight else None


def _z(sign: int, value: float, normal: list[float]) -> float | None:
    """In robust standard deviations, at most 3; None where the past is too short or never moved."""
    if len(normal) < LEAST_BASELINE:
        return None
    middle = median(normal)
    away = [abs(one - middle) for one in normal]
    scale = 1.4826 * median(away) if median(away) > 1e-9 else 1.2533 * mean(away)
    return min(max(sign * (value - middle) / scale, -3.0), 3.0) if scale > 1e-9 else None
