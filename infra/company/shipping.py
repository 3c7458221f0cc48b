"""How what was merged goes to production, what breaks there, and how it is mended."""

from datetime import datetime, timedelta
from itertools import pairwise

from .chance import Chance
from .staff import Employee
from .workshop import TEAMS, Deployment, Issue, Outage, PullRequest, Repository

_NEVER_TOLD = "collections"
"""The repository whose deployments nobody records: merging deploys it."""
_FAILS, _BREAKS = 0.07, 0.16


class Shipping:
    """Fills its lists repository by repository. A merge is deployed at once or with the next one."""

    def __init__(self, chance: Chance, numbers: dict[str, int], engineers: list[Employee]) -> None:
        self.chance, self.numbers, self.engineers = chance, numbers, engineers
        self.deployments: list[Deployment] = []
        self.mending: list[PullRequest] = []
        self.incidents: list[Issue] = []
        self.outages: list[Outage] = []

    def ship(self, repository: Repository, pulls: list[PullRequest], until: datetime) -> None:
        chance = self.chance
        merged = sorted(
            (one for one in pulls if one.merged_at and one.base == "main"), key=lambda one: (one.merged_at, one.id)
        )
        for pull in merged:
            assert pull.merged_at is not None
            is_told = repository.name != _NEVER_TOLD
            if is_told and chance.happens(0.3):
                continue
            at = pull.merged_at + timedelta(seconds=chance.randint(60, 900))
            if is_told and chance.happens(0.06):
                self._deploy(pull, at - timedelta(seconds=30), "success", "staging")
            has_failed = chance.happens(_FAILS)
            state = "failure" if has_failed else "success"
            deployed_at = self._deploy(pull, at, state) if is_told else pull.merged_at
            if not has_failed and chance.happens(_BREAKS) and deployed_at < until - timedelta(days=6):
                self._break(pull, deployed_at)

    def _deploy(self, pull: PullRequest, at: datetime, state: str, environment: str = "production") -> datetime:
        """When it ended. In a tenth it is told twice that it did."""
        chance = self.chance
        ended_at = at + timedelta(seconds=chance.randint(90, 600))
        states = [(at + timedelta(seconds=5), "in_progress")] if chance.happens(0.3) else []
        states.append((ended_at, state))
        if chance.happens(0.1):
            states.append((ended_at + timedelta(minutes=30), state))
        statuses = tuple((chance.number(10), when, told) for when, told in states)
        assert all(one[1] < other[1] for one, other in pairwise(statuses))
        self.deployments.append(Deployment(chance.number(9), pull, at, statuses, environment))
        return ended_at

    def _break(self, pull: PullRequest, deployed_at: datetime) -> None:
        """An incident on GitHub or in Linear, or a revert or hotfix without one. One comes too late to be blamed."""
        chance, repository = self.chance, pull.repository
        noticed_at = deployed_at + timedelta(minutes=chance.randint(20, 40 * 60))
        kind = chance.choice(("incident", "incident", "revert", "hotfix", "outage", "late"))
        solved_at = noticed_at + timedelta(minutes=chance.randint(30, 30 * 60))
        if kind == "outage":
            team = next(name for name, repositories in TEAMS.items() if repository.name in repositories)
            if team in ("payments", "residents"):
                self.outages.append(Outage(team, noticed_at, solved_at))
                return
            kind = "incident"
        if kind == "late":
            noticed_at, solved_at = deployed_at + timedelta(hours=80), deployed_at + timedelta(hours=83)
        if kind in ("incident", "late"):
            self.incidents.append(self._incident(repository, noticed_at, solved_at))
        else:
            self._mend(pull, noticed_at, kind)

    def _incident(self, repository: Repository, at: datetime, solved_at: datetime) -> Issue:
        chance = self.chance
        author, title = chance.choice(self.engineers), f"Payments are slow in {repository.name}"
        labels = ("incident", "bug")
        return Issue(
            chance.number(10), self._number(repository), repository, author, title, at, solved_at, None, (), labels
        )

    def _mend(self, pull: PullRequest, at: datetime, kind: str) -> None:
        """It is deployed as soon as it is merged."""
        chance, repository = self.chance, pull.repository
        author, colleague = chance.sample(self.engineers, 2)
        number = self._number(repository)
        merged_at = at + timedelta(minutes=chance.randint(10, 90))
        mending = PullRequest(
            id=chance.number(10),
            number=number,
            repository=repository,
            author=author,
            title=f'Revert "{pull.title}"' if kind == "revert" else "Stop the double booking",
            opened_at=at,
            reviews=(),
            merged_at=merged_at,
            closed_at=merged_at,
            merged_by=colleague,
            additions=chance.randint(1, 40),
            deletions=chance.randint(1, 40),
            first_commit_at=at - timedelta(minutes=chance.randint(1, 9)),
            branch=f"revert-{pull.number}-{pull.branch}" if kind == "revert" else f"hotfix/{number}",
            reverts=pull.number if kind == "revert" else None,
        )
        self.mending.append(mending)
        if repository.name != _NEVER_TOLD:
            self._deploy(mending, merged_at + timedelta(seconds=45), "success")

    def _number(self, repository: Repository) -> int:
        self.numbers[repository.name] += 1
        return self.numbers[repository.name]
