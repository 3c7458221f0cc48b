"""Linear's records as far as staging reads them, and samples of what Linear sends.

A webhook wraps its record under `data` and names what it refers to by id too (`state` and `stateId`); the API lists it
bare, under data.<plural>.nodes. A sample named `webhook__<type>__<action>.json` is the body of one delivery,
`pull__*.json` one answer of the API. Nothing of a delivery's meaning lies in its headers.
"""

from datetime import date, datetime

from pydantic import AliasGenerator, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=AliasGenerator(validation_alias=to_camel))

    id: str


class Referred(_Record):
    """Another record, by its id and what makes it readable."""

    name: str | None = None
    key: str | None = None
    type: str | None = None
    number: float | None = None


class Lived(_Record):
    """Every record has these clocks, to the millisecond."""

    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = None


class User(Lived):
    name: str
    email: str
    active: bool
    admin: bool
    guest: bool
    app: bool


class Issue(Lived):
    identifier: str
    """Changes when the issue moves to another team: previous_identifiers then holds the old one."""
    previous_identifiers: tuple[str, ...] = ()
    title: str
    priority: float
    """0 none, 1 urgent … 4 low."""
    estimate: float | None = None
    due_date: date | None = None
    label_ids: tuple[str, ...] = ()
    state: Referred
    """type: triage, backlog, unstarted, started, completed, canceled."""
    team: Referred | None = None
    cycle: Referred | None = None
    project: Referred | None = None
    assignee: Referred | None = None
    creator: Referred | None = None
    parent: Referred | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    canceled_at: datetime | None = None
    customer_ticket_count: int | None = None
    """Only in what was pulled."""
    trashed: bool | None = None
    url: str


class Project(Lived):
    name: str
    status: Referred | None = None
    health: str | None = None
    lead: Referred | None = None
    start_date: date | None = None
    target_date: date | None = None
    progress: float | None = None
    """From 0 to 1; only in what was pulled."""
    started_at: datetime | None = None
    completed_at: datetime | None = None
    canceled_at: datetime | None = None
    trashed: bool | None = None
    url: str


class Cycle(Lived):
    number: float
    name: str | None = None
    starts_at: datetime
    ends_at: datetime
    completed_at: datetime | None = None
    progress: float | None = None
    team: Referred | None = None


class Customer(Lived):
    name: str
    domains: tuple[str, ...] = ()
    external_ids: tuple[str, ...] = ()
    """The ids of the account in the CRM."""
    revenue: float | None = None
    size: float | None = None
    status: Referred | None = None
    tier: Referred | None = None
    owner: Referred | None = None


class CustomerNeed(Lived):
    """What a customer asked for, at an issue or a project."""

    body: str | None = None
    priority: float
    """1: important to them."""
    customer: Referred | None = None
    issue: Referred | None = None
    project: Referred | None = None
    creator: Referred | None = None
