"""Intercom's records as far as staging reads them, and samples of what Intercom sends.

A notification wraps its object as data.item; the API lists it bare. All clocks are epoch seconds; ids are text, an
admin's now and then a number. A sample named `webhook__<topic>.json` is the body of one delivery, `pull__*.json` one
answer of the API. Nothing of a delivery's meaning lies in its headers.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True)


class Author(_Record):
    type: str
    """user, lead, admin, bot, team."""
    id: str | None = None
    name: str | None = None
    email: str | None = None


class Source(_Record):
    """The first message of a conversation."""

    type: str
    delivered_as: str | None = None
    subject: str | None = None
    body: str | None = None
    """HTML."""
    author: Author | None = None


class Referred(_Record):
    id: str
    external_id: str | None = None
    """The id our own product or CRM gave the contact."""


class Contacts(_Record):
    contacts: tuple[Referred, ...] = ()


class Statistics(_Record):
    first_close_at: int | None = None
    last_close_at: int | None = None
    time_to_admin_reply: int | None = None
    """Seconds."""
    count_reopens: int | None = None
    count_conversation_parts: int | None = None


class Rating(_Record):
    rating: int | None = None
    remark: str | None = None


class Conversation(_Record):
    id: str
    created_at: int
    updated_at: int
    waiting_since: int | None = None
    snoozed_until: int | None = None
    title: str | None = None
    open: bool
    state: str
    read: bool
    priority: str | None = None
    admin_assignee_id: str | None = None
    team_assignee_id: str | None = None
    source: Source
    contacts: Contacts | None = None
    statistics: Statistics | None = None
    conversation_rating: Rating | None = None
    ai_agent_participated: bool | None = None


class ConversationPart(_Record):
    """It does not say of which conversation: our entity_id is <conversation>/<part>."""

    id: str
    part_type: str
    body: str | None = None
    created_at: int
    updated_at: int | None = None
    author: Author
    assigned_to: Author | None = None
    redacted: bool | None = None


class Contact(_Record):
    id: str
    external_id: str | None = None
    role: str
    email: str | None = None
    name: str | None = None
    phone: str | None = None
    owner_id: str | None = None
    created_at: int
    updated_at: int
    signed_up_at: int | None = None
    last_seen_at: int | None = None
    unsubscribed_from_emails: bool | None = None


class Plan(_Record):
    name: str | None = None


class Company(_Record):
    id: str
    company_id: str | None = None
    """The id our own product or CRM gave it."""
    name: str | None = None
    plan: Plan | None = None
    monthly_spend: float | None = None
    user_count: int | None = None
    session_count: int | None = None
    industry: str | None = None
    website: str | None = None
    created_at: int
    updated_at: int
    last_request_at: int | None = None


class Ticket(_Record):
    id: str
    ticket_id: str
    """The number people see."""
    ticket_attributes: dict[str, Any]
    open: bool | None = None
    created_at: int
    updated_at: int
