"""Salesforce's records as far as staging reads them, and samples of what Salesforce sends.

A record comes typed from REST, and as text where it came by a Bulk job or an outbound message: both fit. A sample named
`webhook__*.xml` is the body of one outbound message, with the Content-Type of headers_of; `pull__*` is one answer.
"""

from datetime import date, datetime

from pydantic import AliasGenerator, BaseModel, ConfigDict
from pydantic.alias_generators import to_pascal


def headers_of(filename: str) -> dict[str, str]:
    """The headers that say what the sample of that name is."""
    return {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'} if filename.endswith(".xml") else {}


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=AliasGenerator(validation_alias=to_pascal))

    id: str
    """18 characters; 15 in older exports, of which the others only check the case."""
    created_date: datetime | None = None
    system_modstamp: datetime | None = None
    is_deleted: bool = False
    owner_id: str | None = None


class Account(_Record):
    name: str
    parent_id: str | None = None
    type: str | None = None
    industry: str | None = None
    website: str | None = None
    number_of_employees: int | None = None
    master_record_id: str | None = None
    """The winner, once it has lost a merge and is deleted; so in contacts and leads."""


class Contact(_Record):
    account_id: str | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str
    title: str | None = None
    master_record_id: str | None = None


class Lead(_Record):
    email: str | None = None
    first_name: str | None = None
    last_name: str
    company: str | None = None
    status: str | None = None
    is_converted: bool = False
    converted_date: date | None = None
    converted_contact_id: str | None = None
    converted_account_id: str | None = None
    converted_opportunity_id: str | None = None
    master_record_id: str | None = None


class Opportunity(_Record):
    name: str
    account_id: str | None = None
    stage_name: str
    amount: float | None = None
    currency_iso_code: str | None = None
    """Only where an organisation uses several currencies."""
    probability: float | None = None
    """Percent."""
    close_date: date
    is_closed: bool
    is_won: bool
    type: str | None = None
    lead_source: str | None = None


class OpportunityHistory(_Record):
    opportunity_id: str
    stage_name: str | None = None
    amount: float | None = None
    probability: float | None = None
    close_date: date | None = None
    created_by_id: str | None = None


class OpportunityFieldHistory(_Record):
    """Values are of the field's own type."""

    opportunity_id: str
    field: str
    old_value: str | float | bool | None = None
    new_value: str | float | bool | None = None
    created_by_id: str | None = None


class _Activity(_Record):
    who_id: str | None = None
    """A lead or a contact."""
    what_id: str | None = None
    """Anything else."""
    account_id: str | None = None
    subject: str | None = None
    description: str | None = None


class Task(_Activity):
    status: str | None = None
    is_closed: bool = False
    activity_date: date | None = None
    task_subtype: str | None = None
    call_duration_in_seconds: int | None = None


class CalendarEvent(_Activity):
    """Salesforce calls it Event."""

    start_date_time: datetime | None = None
    end_date_time: datetime | None = None


class User(_Record):
    email: str
    name: str
    is_active: bool
    manager_id: str | None = None
