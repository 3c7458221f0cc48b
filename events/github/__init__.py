"""What staging reads of GitHub: one record per stream, and samples/ with payloads of every kind.

A sample is one payload. The kind of an event stands in a header, so the file's name carries it:
`webhook__<X-GitHub-Event>__<what>.json` (`.form` for a form-encoded body), where __<what> may be missing and is mostly
the action. `pull__<what>.json` is an answer of the REST API. Shapes: docs.github.com/webhooks and /rest.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePath
from typing import Any

from pydantic import BaseModel, JsonValue


def event_type_of(filename: str) -> str | None:
    """The X-GitHub-Event of a sample, or of any payload named that way; None where the name carries none."""
    lane, _, rest = PurePath(filename).name.partition("__")
    return rest.partition(".")[0].partition("__")[0] or None if lane == "webhook" else None


class User(BaseModel):
    """type tells a Bot."""

    id: int
    login: str
    type: str | None = None


class Repository(BaseModel):
    """Its id stays when it is renamed or transferred. In a push both times are epoch seconds."""

    id: int
    full_name: str
    default_branch: str | None = None
    language: str | None = None
    private: bool
    archived: bool = False
    created_at: datetime
    pushed_at: datetime | None = None


class Branch(BaseModel):
    """repo is null once the fork it was in is deleted."""

    ref: str
    sha: str
    repo: Repository | None = None


class PullRequest(BaseModel):
    """additions and deletions come with webhooks, not with the listing."""

    id: int
    number: int
    state: str
    title: str
    user: User | None = None
    draft: bool = False
    additions: int | None = None
    deletions: int | None = None
    head: Branch
    base: Branch
    merge_commit_sha: str | None = None
    created_at: datetime
    updated_at: datetime
    merged_at: datetime | None = None
    closed_at: datetime | None = None


class Review(BaseModel):
    """state is lower case in webhooks and upper case in listings; submitted_at is missing while it is pending."""

    id: int
    user: User | None = None
    state: str
    pull_request_url: str
    submitted_at: datetime | None = None


class Issue(BaseModel):
    id: int
    number: int
    state: str
    state_reason: str | None = None
    title: str
    user: User | None = None
    repository_url: str
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None = None


class Comment(BaseModel):
    id: int
    user: User | None = None
    body: str | None = None
    issue_url: str
    created_at: datetime
    updated_at: datetime


class DeploymentStatus(BaseModel):
    """deployment_url ends with the id of the deployment."""

    id: int
    state: str
    environment: str | None = None
    deployment_url: str
    created_at: datetime


class Release(BaseModel):
    id: int
    url: str
    tag_name: str
    name: str | None = None
    draft: bool = False
    prerelease: bool = False
    created_at: datetime
    published_at: datetime | None = None


class Commit(BaseModel):
    timestamp: datetime


class Pusher(BaseModel):
    name: str


class Push(BaseModel):
    """head_commit is null when a branch or tag is deleted."""

    ref: str
    before: str
    after: str
    forced: bool = False
    deleted: bool = False
    pusher: Pusher
    repository: Repository
    commits: list[Commit]
    head_commit: Commit | None = None


class CodeFile(BaseModel):
    """As we put it together of a branch, a tree and a blob. content is null for what is no UTF-8 text."""

    repository: str
    path: str
    sha: str
    size: int
    commit_sha: str
    committed_at: datetime
    content: str | None


_RECORDS: dict[str, tuple[str, type[BaseModel]]] = {
    "pull_request": ("pull_request", PullRequest),
    "pull_request_review": ("review", Review),
    "issue": ("issue", Issue),
    "issue_comment": ("comment", Comment),
    "deployment_status": ("deployment_status", DeploymentStatus),
    "release": ("release", Release),
    "repository": ("repository", Repository),
    "code_file": ("code_file", CodeFile),
}


def record_of(stream: str, payload: Mapping[str, Any]) -> BaseModel | JsonValue:
    """What staging reads of a payload, from either lane; for a stream that it does not read, the payload.

    Raises pydantic.ValidationError when a field that staging needs is missing or of another type.
    """
    if stream == "push":
        return Push.model_validate(payload)
    if stream not in _RECORDS:
        return dict(payload)
    key, model = _RECORDS[stream]
    # A webhook wraps the record and says sender; a listed record may hold a key of the same name, such as an issue its
    # pull_request.
    return model.model_validate(payload[key] if "sender" in payload else payload)
