"""What engineering's truth looks like: repositories, pull requests, issues, runs, deployments, releases."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from .staff import DOMAIN, Employee

ORGANIZATION = "payready-labs"
TEAMS = {
    "payments": ("payments-api", "ledger"),
    "residents": ("resident-portal",),
    "collections": ("collections",),
    "platform": ("platform",),
}
"""Each team's repositories."""
HOLIDAYS = tuple(
    date.fromisoformat(day)
    for day in (
        *("2025-11-27", "2025-11-28", "2025-12-24", "2025-12-25", "2025-12-26", "2026-01-01", "2026-01-19"),
        *("2026-05-25", "2026-07-03", "2026-09-07", "2026-11-26", "2026-11-27"),
    )
)
"""Days on which hardly anybody works."""


@dataclass(frozen=True, slots=True)
class Bot:
    """An application that works on GitHub under a login of its own."""

    github_login: str
    github_id: int

    @property
    def name(self) -> str:
        return self.github_login

    @property
    def email(self) -> str:
        return f"{self.github_login.removesuffix('[bot]')}@bots.{DOMAIN}"


DEPENDENCIES = Bot("dependabot[bot]", 49_699_333)
REVIEWER = Bot("review-helper[bot]", 88_100_777)
Person = Employee | Bot


@dataclass(frozen=True, slots=True)
class Repository:
    number: int
    name: str
    language: str
    created_at: datetime
    hook_id: int

    @property
    def full_name(self) -> str:
        return f"{ORGANIZATION}/{self.name}"


@dataclass(frozen=True, slots=True)
class Review:
    id: int
    at: datetime
    reviewer: Person
    state: str


@dataclass(frozen=True, slots=True)
class Comment:
    id: int
    at: datetime
    author: Employee
    body: str
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PullRequest:
    id: int
    number: int
    repository: Repository
    author: Person
    title: str
    opened_at: datetime
    reviews: tuple[Review, ...]
    merged_at: datetime | None
    closed_at: datetime | None
    merged_by: Employee | None
    additions: int
    deletions: int
    first_commit_at: datetime
    branch: str
    base: str = "main"
    labels: tuple[str, ...] = ()
    reverts: int | None = None
    """The number of the pull request that it takes back."""

    @property
    def head_sha(self) -> str:
        return hashlib.sha1(f"{self.id}".encode(), usedforsecurity=False).hexdigest()

    @property
    def merge_sha(self) -> str:
        return hashlib.sha1(f"{self.id}/merge".encode(), usedforsecurity=False).hexdigest()

    def updated_at(self, at: datetime) -> datetime:
        touched = [self.closed_at, *(review.at for review in self.reviews)]
        return max([self.opened_at, *(when for when in touched if when and when <= at)])


@dataclass(frozen=True, slots=True)
class Issue:
    id: int
    number: int
    repository: Repository
    author: Employee
    title: str
    opened_at: datetime
    closed_at: datetime | None
    deleted_at: datetime | None
    comments: tuple[Comment, ...]
    labels: tuple[str, ...] = ("bug",)

    def updated_at(self, at: datetime) -> datetime:
        touched = [self.closed_at]
        for comment in self.comments:
            touched += [comment.at, comment.deleted_at]
        return max([self.opened_at, *(when for when in touched if when and when <= at)])


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the checks, on what was the head of a pull request's branch then: a commit made at commit_at."""

    id: int
    pull_request: PullRequest
    started_at: datetime
    ended_at: datetime
    conclusion: str
    commit_at: datetime
    event: str = "pull_request"


@dataclass(frozen=True, slots=True)
class Deployment:
    """The default branch goes out as it was once the pull request was merged; statuses are (id, instant, state)."""

    id: int
    pull_request: PullRequest
    at: datetime
    statuses: tuple[tuple[int, datetime, str], ...]
    environment: str = "production"


@dataclass(frozen=True, slots=True)
class Release:
    id: int
    repository: Repository
    tag: str
    author: Person
    at: datetime


@dataclass(frozen=True, slots=True)
class Outage:
    """Something broke after a deployment; the team's board in Linear tells of it."""

    team: str
    at: datetime
    resolved_at: datetime


@dataclass(frozen=True, slots=True)
class Workshop:
    """All of it. Issue and pull request numbers share one sequence per repository, as GitHub's do."""

    organization_id: int
    repositories: tuple[Repository, ...]
    pull_requests: tuple[PullRequest, ...]
    issues: tuple[Issue, ...]
    runs: tuple[Run, ...]
    deployments: tuple[Deployment, ...]
    releases: tuple[Release, ...]
    outages: tuple[Outage, ...]
