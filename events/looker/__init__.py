"""Looker's records as far as staging reads them, and samples of what Looker sends.

A sample named `webhook__*.json` is one delivery of a scheduled plan; `pull__*.json` is an answer of the API. Nothing of
a delivery's meaning lies in its headers. Ids are text, and were numbers in older versions of the API.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True)


class Content(_Record):
    """A dashboard or a look; query_id is a look's."""

    id: str
    title: str | None = None
    folder_id: str | None = None
    user_id: str | None = None
    query_id: str | None = None
    view_count: int | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    last_viewed_at: datetime | None = None
    deleted: bool | None = None
    deleted_at: datetime | None = None


class User(_Record):
    id: str
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    is_disabled: bool | None = None
    created_at: datetime | None = None


class ScheduledPlan(_Record):
    id: str
    title: str | None = None
    name: str | None = None
    user_id: str | None = None
    look_id: str | None = None
    dashboard_id: str | None = None
    crontab: str | None = None
    enabled: bool | None = None
    last_run_at: datetime | None = None
    next_run_at: datetime | None = None


class Result(_Record):
    """The newest rows of one look or query, in our own wrapper: Looker's answer is a bare list of rows."""

    kind: Literal["look", "query"]
    id: str
    limit: int
    is_truncated: bool
    rows: tuple[dict[str, Any], ...]


class Attachment(_Record):
    mimetype: str | None = None
    extension: str | None = None
    data: str | None = None
    """JSON as text, or base64."""


class Plan(_Record):
    scheduled_plan_id: str | None = None
    title: str | None = None
    type: str | None = None
    url: str | None = None


class ScheduledPlanRun(_Record):
    """One delivery."""

    scheduled_plan: Plan
    attachment: Attachment | None = None
