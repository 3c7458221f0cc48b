"""Apollo's records as far as staging reads them, and samples of what Apollo sends.

`webhook__*.json` is the callback of one enrichment request; `pull__*.json` is one answer of the API. Nothing of a
callback's meaning lies in its headers.
"""

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class _Saved(_Record):
    id: str
    organization_id: str | None = None
    owner_id: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class Account(_Saved):
    name: str | None = None
    domain: str | None = None
    account_stage_id: str | None = None
    salesforce_id: str | None = None
    hubspot_id: str | None = None


class Contact(_Saved):
    """The CRM ids are what joins it to other sources."""

    person_id: str | None = None
    account_id: str | None = None
    contact_stage_id: str | None = None
    salesforce_contact_id: str | None = None
    salesforce_lead_id: str | None = None
    hubspot_vid: str | None = None
    email: str | None = None
    email_status: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    title: str | None = None
    organization_name: str | None = None
    last_activity_date: datetime | None = None


class Phone(_Record):
    raw_number: str | None = None
    sanitized_number: str | None = None
    type_cd: str | None = None
    status_cd: str | None = None
    confidence_cd: str | None = None


class EnrichedPerson(_Record):
    """As a callback tells of it. The fields of a phone are unverified."""

    id: str | None = None
    phone_numbers: tuple[Phone, ...] = ()
