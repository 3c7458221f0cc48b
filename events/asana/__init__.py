"""Asana's records as far as staging reads them, and samples of what Asana sends.

Ids are text of digits, beyond 2^53: never numbers. A sample named `webhook__*.json` is the body of one delivery, a list
of compact events under `events`, empty for the heartbeat; `pull__*.json` is one answer of the API, records in `data`.
Nothing of a delivery's meaning lies in its headers, but for the handshake, whose body is empty.
"""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)

    gid: str


class Reference(_Record):
    """Another record, by its id. name comes along where Asana thinks it useful."""

    resource_type: str | None = None
    name: str | None = None


class Membership(BaseModel):
    """A task's place in one project; the section belongs to the membership, not to the task."""

    project: Reference
    section: Reference | None = None


class Task(_Record):
    name: str = ""
    resource_subtype: str | None = None
    notes: str | None = None
    assignee: Reference | None = None
    created_by: Reference | None = None
    completed_by: Reference | None = None
    workspace: Reference | None = None
    parent: Reference | None = None
    memberships: tuple[Membership, ...] = ()
    custom_fields: tuple[dict[str, Any], ...] = ()
    num_subtasks: int | None = None
    actual_time_minutes: float | None = None
    approval_status: str | None = None
    completed: bool = False
    start_on: date | None = None
    due_on: date | None = None
    due_at: datetime | None = None
    created_at: datetime | None = None
    completed_at: datetime | None = None
    modified_at: datetime | None = None
    permalink_url: str | None = None


class StatusUpdate(_Record):
    title: str | None = None


class Project(_Record):
    name: str = ""
    owner: Reference | None = None
    team: Reference | None = None
    workspace: Reference | None = None
    notes: str | None = None
    current_status_update: StatusUpdate | None = None
    archived: bool = False
    completed: bool | None = None
    start_on: date | None = None
    due_on: date | None = None
    created_at: datetime | None = None
    completed_at: datetime | None = None
    modified_at: datetime | None = None
    permalink_url: str | None = None


class Story(_Record):
    """A comment, or a change that Asana wrote down itself. It has no clock of its changes."""

    type: str | None = None
    resource_subtype: str | None = None
    text: str | None = None
    target: Reference | None = None
    created_by: Reference | None = None
    is_edited: bool | None = None
    created_at: datetime | None = None


class Section(_Record):
    name: str = ""
    project: Reference | None = None
    created_at: datetime | None = None


class User(_Record):
    name: str | None = None
    email: str | None = None
