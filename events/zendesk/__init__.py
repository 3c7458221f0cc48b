"""Zendesk's records as far as staging reads them, and samples of what Zendesk sends.

An event names some fields of a record in `detail`, its ids as text, and what happened in `event`; the exports bring the
records whole, ids as numbers. A sample named `webhook__<noun>__<verb>.json` is the body of one event,
`webhook__trigger.json` what an administrator wrote into a trigger; `pull__*.json` is one answer of the API. Nothing of
a delivery's meaning lies in its headers.
"""

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: int


class Via(BaseModel):
    channel: str | None = None


class Satisfaction(BaseModel):
    score: str | None = None
    """offered, unoffered, good, bad."""


class Ticket(_Record):
    external_id: str | None = None
    via: Via | None = None
    type: str | None = None
    subject: str | None = None
    description: str | None = None
    priority: str | None = None
    """low, normal, high, urgent."""
    status: str
    """new, open, pending, hold, solved, closed, and deleted where it was."""
    requester_id: int | None = None
    assignee_id: int | None = None
    organization_id: int | None = None
    group_id: int | None = None
    brand_id: int | None = None
    tags: tuple[str, ...] = ()
    satisfaction_rating: Satisfaction | None = None
    created_at: datetime
    updated_at: datetime


class User(_Record):
    name: str
    email: str | None = None
    phone: str | None = None
    role: str
    """end-user, agent, admin."""
    external_id: str | None = None
    organization_id: int | None = None
    active: bool
    """False: deleted."""
    suspended: bool | None = None
    last_login_at: datetime | None = None
    created_at: datetime
    updated_at: datetime


class Organization(_Record):
    name: str
    domain_names: tuple[str, ...] = ()
    external_id: str | None = None
    group_id: int | None = None
    tags: tuple[str, ...] = ()
    created_at: datetime
    updated_at: datetime


class TicketMetricEvent(_Record):
    """One tick of one of the clocks that run on a ticket."""

    ticket_id: int
    metric: str
    """agent_work_time, pausable_update_time, periodic_update_time, reply_time, requester_wait_time, resolution_time."""
    instance_id: int
    type: str
    """activate, pause, fulfill, apply_sla, breach, measure, update_status."""
    time: datetime
