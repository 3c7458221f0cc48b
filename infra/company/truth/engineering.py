"""What engineering's numbers must be, computed without SQL: lead times, deployments, what broke and who mended it.

Everything is as known at the world's now, unless time was advanced. Hours are plain floats.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from typing import TypeVar

from ..chance import COMPANY_TZ, company_date
from ..render.linear import history as linear_history
from ..workshop import TEAMS, Bot, PullRequest
from ..world import World

BLAMED_FOR = timedelta(hours=72)
T = TypeVar("T")
TEAM_OF = {f"payready-labs/{name}": team for team, names in TEAMS.items() for name in names}
TEAM_OF_KEY = {"PAY": "payments", "RES": "residents"}


@dataclass(frozen=True, slots=True)
class Work:
    """One pull request. Hours are None where they do not apply."""

    pull: PullRequest
    team: str
    is_by_bot: bool
    first_commit_at: datetime
    merged_at: datetime | None
    first_reviewed_at: datetime | None
    review_count: int
    cycle_hours: float | None

    @property
    def first_review_hours(self) -> float | None:
        return hours(self.pull.opened_at, self.first_reviewed_at) if self.first_reviewed_at else None

    @property
    def is_rework(self) -> bool:
        return self.pull.branch.startswith(("revert-", "hotfix/"))


@dataclass(slots=True)
class Shipped:
    """One deployment to production, with the work it brought there first and the signs that it broke something."""

    team: str
    repository: str
    number: str | None
    at: datetime
    brought: list[Work]
    blamed: list[datetime] = field(default_factory=list)

    @property
    def lead_hours(self) -> list[float]:
        return [hours(one.first_commit_at, self.at) for one in self.brought if not one.is_by_bot]

    @property
    def lead_time_hours(self) -> float | None:
        return median(self.lead_hours) if self.lead_hours else None

    @property
    def is_rework(self) -> bool:
        return any(one.is_rework for one in self.brought)


@dataclass(frozen=True, slots=True)
class Incident:
    """Told on GitHub or in Linear. repository is None for the latter."""

    team: str
    repository: str | None
    at: datetime
    resolved_at: datetime | None


def works(world: World, known_at: datetime | None = None) -> list[Work]:
    """Every pull request there was by then."""
    at = known_at or world.now
    checked = {run.pull_request.id for run in world.workshop.runs if run.started_at <= at}
    return [_work(pull, at, pull.id in checked) for pull in world.workshop.pull_requests if pull.opened_at <= at]


def _work(pull: PullRequest, at: datetime, is_checked: bool) -> Work:
    by_others = sorted(
        one.at
        for one in pull.reviews
        if one.at <= at and not isinstance(one.reviewer, Bot) and one.reviewer != pull.author
    )
    merged_at = pull.merged_at if pull.merged_at and pull.merged_at <= at else None
    return Work(
        pull,
        TEAM_OF[pull.repository.full_name],
        isinstance(pull.author, Bot),
        pull.first_commit_at if is_checked else pull.opened_at,
        merged_at,
        by_others[0] if by_others else None,
        len(by_others),
        weekday_hours(pull.opened_at, merged_at) if merged_at else None,
    )


def shipped(world: World, known_at: datetime | None = None) -> list[Shipped]:
    """Deployments to production that succeeded, and merges where nobody records any; what broke is blamed on them."""
    at = known_at or world.now
    every = works(world, at)
    found: list[Shipped] = []
    for repository in world.workshop.repositories:
        waiting = [
            one
            for one in every
            if one.pull.repository == repository and one.merged_at is not None and one.pull.base == "main"
        ]
        found += _shipped_of(world, repository.full_name, waiting, at)
    for when, team, repository_name, reverted in _signs(world, every, at):
        suspects = [
            one
            for one in found
            if timedelta(0) <= when - one.at <= BLAMED_FOR
            and (one.repository == repository_name if repository_name else one.team == team)
            and (reverted is None or any(work.pull.number == reverted for work in one.brought))
        ]
        if suspects:
            max(suspects, key=lambda one: one.at).blamed.append(when)
    return found


def _shipped_of(world: World, name: str, waiting: list[Work], at: datetime) -> Iterator[Shipped]:
    gone_out = []
    for one in world.workshop.deployments:
        ended = [when for _, when, state in one.statuses if state == "success" and when <= at]
        if one.pull_request.repository.full_name == name and one.environment == "production" and ended:
            gone_out.append((min(ended), one))
    if not gone_out:
        for work in waiting:
            assert work.merged_at
            yield Shipped(work.team, name, None, work.merged_at, [work])
        return
    for number, (when, one) in enumerate(sorted(gone_out, key=lambda pair: pair[0])):
        merged_at = one.pull_request.merged_at
        assert merged_at
        due = [work for work in waiting if work.merged_at and work.merged_at <= merged_at]
        waiting = [work for work in waiting if work not in due]
        # What else went out with the first one had waited for we do not know how long.
        brought = due if number else [work for work in due if work.pull == one.pull_request]
        yield Shipped(TEAM_OF[name], name, str(one.id), when, brought)


def _signs(world: World, every: list[Work], at: datetime) -> Iterator[tuple[datetime, str, str | None, int | None]]:
    """When each was noticed, whose it is, its repository where known, the number of what a revert takes back."""
    for one in incidents(world, at):
        yield one.at, one.team, one.repository, None
    for work in every:
        if work.is_rework and work.merged_at:
            yield work.pull.opened_at, work.team, work.pull.repository.full_name, work.pull.reverts


def incidents(world: World, known_at: datetime | None = None) -> list[Incident]:
    at = known_at or world.now
    found = [
        Incident(TEAM_OF[name], name, one.opened_at, one.closed_at if one.closed_at and one.closed_at <= at else None)
        for one in world.workshop.issues
        if "incident" in one.labels and one.opened_at <= at and (name := one.repository.full_name)
    ]
    for told in world.workshop.outages:
        if told.at <= at:
            found.append(Incident(told.team, None, told.at, told.resolved_at if told.resolved_at <= at else None))
    return found


@dataclass(frozen=True, slots=True)
class Cycle:
    """A Linear cycle that is over."""

    id: str
    team: str
    ended_at: datetime
    committed: int
    completed: int


def cycles(world: World, known_at: datetime | None = None) -> list[Cycle]:
    """What each began with and what of it was done at its end, by the state of every issue at either instant."""
    at = known_at or world.now
    past = linear_history(world)
    found = []
    for one in past.living(at, "cycle"):
        record = one.record or {}
        starts_at, ended_at = (datetime.fromisoformat(record[name]) for name in ("startsAt", "endsAt"))
        if ended_at > at:
            continue
        begun_with = {
            issue.id
            for issue in past.living(starts_at, "issue")
            if issue.record and (issue.record["cycle"] or {}).get("id") == one.id
        }
        done = {
            issue.id
            for issue in past.living(ended_at, "issue")
            if issue.record and issue.record["state"]["type"] == "completed"
        }
        team = TEAM_OF_KEY[record["team"]["key"]]
        found.append(Cycle(one.id, team, ended_at, len(begun_with), len(begun_with & done)))
    return found


def hours(first: datetime, last: datetime) -> float:
    return (last - first).total_seconds() / 3600


def weekday_hours(first: datetime, last: datetime) -> float:
    """Hours in between that lie on no Saturday or Sunday of the company's."""
    total, day = 0.0, company_date(first)
    while day <= company_date(last):
        if day.weekday() < 5:
            begins, ends = max(first, midnight(day)), min(last, midnight(day + timedelta(days=1)))
            total += hours(begins, ends)
        day += timedelta(days=1)
    return total


def midnight(day: date) -> datetime:
    """The first instant of a business day."""
    return datetime.combine(day, time(0), COMPANY_TZ).astimezone(UTC)


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def by_week(found: list[tuple[str, datetime | date, T]]) -> dict[tuple[str, date], list[T]]:
    """Grouped by team and by the Monday of the business day."""
    weeks: dict[tuple[str, date], list[T]] = defaultdict(list)
    for team, when, told in found:
        weeks[team, monday(company_date(when) if isinstance(when, datetime) else when)].append(told)
    return weeks
