"""Vercel's records as far as staging reads them, and samples of what Vercel sends.

A sample named `webhook__*.json` is the body of one delivery; `pull__*.json` is one answer of the API. Nothing of a
delivery's meaning lies in its headers. All times are milliseconds since 1970.
"""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_camel)


class Creator(_Record):
    uid: str | None = None
    email: str | None = None
    username: str | None = None


class Meta(_Record):
    """What was deployed; empty where it was not deployed from GitHub."""

    github_commit_sha: str | None = None
    github_commit_ref: str | None = None
    github_commit_message: str | None = None
    github_commit_repo: str | None = None
    github_pr_id: str | None = None
    """A number as text; text that is no number is possible."""


class Deployment(_Record):
    """A listing calls the id uid, the answer about one deployment id."""

    uid: str | None = None
    id: str | None = None
    name: str | None = None
    project_id: str | None = None
    url: str | None = None
    created: int | None = None
    created_at: int | None = None
    building_at: int | None = None
    ready: int | None = None
    state: str | None = None
    ready_state: str | None = None
    target: str | None = None
    """Null for a preview."""
    creator: Creator | None = None
    meta: Meta | None = None


class Project(_Record):
    id: str
    name: str | None = None
    account_id: str | None = None
    framework: str | None = None
    created_at: int | None = None


class Promoted(_Record):
    """One event deployment.promoted, or deployment.rollback."""

    class Payload(_Record):
        class Named(_Record):
            id: str | None = None

        deployment: Named | None = None
        project: Named | None = None
        user: Named | None = None
        target: str | None = None

    id: str
    type: str
    created_at: int
    payload: Payload
