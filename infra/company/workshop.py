"""What engineering's truth looks like: repositories, pull requests, issues, runs, deployments, releases."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from .staff import Employee

ORGANIZATION = "payready-labs"


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
    reviewer: Employee
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
    author: Employee
    title: str
    opened_at: datetime
    reviews: tuple[Review, ...]
    merged_at: datetime | None
    closed_at: datetime | None
    merged_by: Employee | None
    additions: int
    deletions: int

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

    def updated_at(self, at: datetime) -> datetime:
        touched = [self.closed_at]
        for comment in self.comments:
            touched += [comment.at, comment.deleted_at]
        return max([self.opened_at, *(when for when in touched if when and when <= at)])


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the checks, on a pull request's head."""

    id: int
    pull_request: PullRequest
    started_at: datetime
    ended_at: datetime
    conclusion: str


@dataclass(frozen=True, slots=True)
class Deployment:
    """A merged pull request goes to production; statuses are (id, instant, state) in order."""

    id: int
    pull_request: PullRequest
    at: datetime
    statuses: tuple[tuple[int, datetime, str], ...]


@dataclass(frozen=True, slots=True)
class Release:
    id: int
    repository: Repository
    tag: str
    author: Employee
    at: datetime


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
