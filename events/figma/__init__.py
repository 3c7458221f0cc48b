"""Figma's records as far as staging reads them, and samples of what Figma sends.

A sample named `webhook__*.json` is the body of one delivery; the passcode in it is empty, and filled in by whoever
sends it. `pull__*.json` is one answer of the API. Nothing of a delivery's meaning lies in its headers. Projects and
files are landed as {team_id, project_id, project | file}, for a listing does not say where it was found.
"""

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class User(_Record):
    id: str
    handle: str | None = None


class Project(_Record):
    id: str
    name: str


class File(_Record):
    key: str
    name: str
    last_modified: datetime | None = None


class Version(_Record):
    """As listed. Those that nobody named have no label."""

    id: str
    created_at: datetime
    label: str | None = None
    description: str | None = None
    user: User | None = None


class VersionNews(_Record):
    """As a webhook tells it."""

    version_id: str
    file_key: str
    created_at: datetime
    label: str | None = None
    description: str | None = None
    triggered_by: User | None = None


class Comment(_Record):
    """As listed: the whole text as one, resolved_at null until the thread is settled, parent_id empty for its first."""

    id: str
    parent_id: str | None = None
    user: User | None = None
    message: str | None = None
    created_at: datetime
    resolved_at: datetime | None = None


class Fragment(_Record):
    """A piece of a comment: text, or the id of whom it mentions."""

    text: str | None = None
    mention: str | None = None


class CommentNews(_Record):
    """As a webhook tells it."""

    comment_id: str
    file_key: str
    parent_id: str | None = None
    comment: tuple[Fragment, ...]
    triggered_by: User | None = None
    created_at: datetime
