"""HubSpot's records as far as staging reads them, and samples of what HubSpot sends.

Property values are text or null: numbers, flags and instants too. A sample named `webhook__*.json` is the body of
one delivery, an array of notices; `pull__*.json` is one answer of the API. Nothing of a delivery's meaning lies in its
headers.
"""

from datetime import datetime
from typing import Any

from pydantic import AliasGenerator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=AliasGenerator(validation_alias=to_camel))


class Notice(_Record):
    """One element of a webhook's array. A merge names the survivor as primaryObjectId."""

    subscription_type: str
    occurred_at: int
    """Epoch milliseconds."""
    event_id: int
    portal_id: int
    object_id: int | None = None
    object_type_id: str | None = None
    property_name: str | None = None
    property_value: str | None = None
    """Empty or null once cleared. Dates are epoch milliseconds here and ISO 8601 in the API."""
    primary_object_id: int | None = None
    merged_object_ids: tuple[int, ...] = ()
    association_type: str | None = None
    from_object_id: int | None = None
    to_object_id: int | None = None
    association_removed: bool | None = None
    is_primary_association: bool | None = None


class ContactProperties(BaseModel):
    email: str | None = None
    hs_additional_emails: str | None = None
    firstname: str | None = None
    lastname: str | None = None
    jobtitle: str | None = None
    associatedcompanyid: str | None = None
    lifecyclestage: str | None = None
    hubspot_owner_id: str | None = None
    createdate: str | None = None
    hs_merged_object_ids: str | None = None
    """Ids of the losers of merges, separated by semicolons."""


class CompanyProperties(BaseModel):
    name: str | None = None
    domain: str | None = None
    industry: str | None = None
    lifecyclestage: str | None = None
    hubspot_owner_id: str | None = None
    createdate: str | None = None
    hs_merged_object_ids: str | None = None


class DealProperties(BaseModel):
    dealname: str | None = None
    amount: str | None = None
    deal_currency_code: str | None = None
    dealstage: str | None = None
    pipeline: str | None = None
    closedate: str | None = None
    closed_lost_reason: str | None = None
    hubspot_owner_id: str | None = None
    createdate: str | None = None
    hs_is_closed: str | None = None
    hs_is_closed_won: str | None = None
    hs_deal_stage_probability: str | None = None
    hs_merged_object_ids: str | None = None


class NoteProperties(BaseModel):
    hs_note_body: str | None = None
    """HTML, at most 65,536 characters; what was not written in the editor may be plain text."""
    hs_timestamp: str | None = None
    """Where it stands in the timeline: when it happened, as its writer says."""
    hubspot_owner_id: str | None = None


class CrmRecord(_Record):
    """A contact, company, deal or note as search and listings show it: only the properties that were asked for."""

    id: str
    created_at: datetime
    updated_at: datetime
    archived: bool
    archived_at: datetime | None = None


class Contact(CrmRecord):
    properties: ContactProperties


class Company(CrmRecord):
    properties: CompanyProperties


class Change(BaseModel):
    value: str | None = None
    timestamp: datetime


class Deal(CrmRecord):
    """properties_with_history lists the versions of stage, amount and close date, newest first."""

    properties: DealProperties
    properties_with_history: dict[str, tuple[Change, ...]] = Field(default_factory=dict)


class Note(CrmRecord):
    properties: NoteProperties


class Owner(_Record):
    """id is what hubspot_owner_id holds; user_id is another number."""

    id: str
    user_id: int | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    type: str | None = None
    archived: bool
    updated_at: datetime


class StageMetadata(_Record):
    is_closed: str | None = None
    probability: str | None = None


class Stage(_Record):
    id: str
    label: str
    display_order: int
    metadata: StageMetadata
    archived: bool
    updated_at: datetime | None = None


class DealPipeline(_Record):
    id: str
    label: str
    display_order: int
    stages: tuple[Stage, ...]
    archived: bool
    updated_at: datetime | None = None


class Association(BaseModel):
    """What our pull makes of one pair in an answer of the associations API: type_id and label are the primary type's
    where there is one. A webhook tells a pair as a Notice."""

    model_config = ConfigDict(frozen=True)

    from_type: str
    from_id: str
    to_type: str
    to_id: str
    type_id: int | None
    label: str | None
    association_types: list[dict[str, Any]] = Field(default_factory=list)
