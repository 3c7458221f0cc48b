"""Outlook's records as far as staging reads them, and samples of what Microsoft Graph sends.

A sample named `webhook__*.json` is one batch of notifications: each names what changed and carries nothing of it; the
clientState in it is filled in when it is sent. `pull__*.json` is one answer of the API. Nothing of a delivery's meaning
lies in its headers.
"""

from datetime import datetime

from pydantic import AliasGenerator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=AliasGenerator(validation_alias=to_camel))


class EmailAddress(_Record):
    name: str | None = None
    address: str | None = None


class Person(_Record):
    email_address: EmailAddress


class Message(_Record):
    """A message while it lies where it lies: moved, it has another id and the same internet_message_id."""

    id: str
    internet_message_id: str | None = None
    conversation_id: str | None = None
    parent_folder_id: str | None = None
    received_date_time: datetime | None = None
    sent_date_time: datetime | None = None
    last_modified_date_time: datetime | None = None
    sender: Person | None = Field(None, validation_alias="from")
    """None for a draft."""
    to_recipients: tuple[Person, ...] = ()
    cc_recipients: tuple[Person, ...] = ()
    subject: str | None = None
    body_preview: str | None = None
    """The first 255 characters."""
    has_attachments: bool | None = None
    is_read: bool | None = None
    categories: tuple[str, ...] = ()


class MailFolder(_Record):
    id: str
    display_name: str | None = None
    """In the language of the mailbox."""
    parent_folder_id: str | None = None
    is_hidden: bool | None = None
