"""Gong's records as far as staging reads them, and samples of what Gong sends.

Ids are decimal text beyond 2^53: never numbers. A sample named `webhook__*.json` is the body of one delivery, a call in
a wrapper {callData, isTest} or bare; `pull__*.json` is one answer of the API. Nothing of a delivery's meaning lies in
its headers.
"""

from datetime import datetime
from typing import Any

from pydantic import AliasGenerator, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=AliasGenerator(validation_alias=to_camel))


class MetaData(_Record):
    id: str
    title: str | None = None
    started: datetime | None = None
    """With an offset and up to six digits of a second."""
    scheduled: datetime | None = None
    duration: int | None = None
    """Seconds."""
    primary_user_id: str | None = None
    direction: str | None = None
    scope: str | None = None
    system: str | None = None
    language: str | None = None
    workspace_id: str | None = None
    is_private: bool | None = None
    url: str | None = None


class CrmField(_Record):
    name: str
    value: Any = None
    """Of mixed types; flags may be text."""


class CrmObject(_Record):
    object_type: str
    object_id: str
    fields: tuple[CrmField, ...] = ()


class CrmContext(_Record):
    system: str
    objects: tuple[CrmObject, ...] = ()


class Party(_Record):
    """user_id is null for people outside the company; speaker_id for who never spoke."""

    id: str
    email_address: str | None = None
    name: str | None = None
    title: str | None = None
    user_id: str | None = None
    speaker_id: str | None = None
    affiliation: str | None = None
    context: tuple[CrmContext, ...] | None = None


class Occurrence(_Record):
    start_time: float | None = None
    """Seconds."""
    speaker_id: str | None = None


class Tracker(_Record):
    id: str
    name: str
    count: int
    occurrences: tuple[Occurrence, ...] = ()


class CallOutcome(_Record):
    category: str | None = None
    name: str | None = None


class Content(_Record):
    """Empty until Gong has digested the call."""

    trackers: tuple[Tracker, ...] = ()
    brief: str | None = None
    call_outcome: CallOutcome | None = None


class Call(_Record):
    """A call as the extensive listing shows it and webhooks carry it."""

    meta_data: MetaData
    parties: tuple[Party, ...] = ()
    context: tuple[CrmContext, ...] = ()
    content: Content | None = None


class Sentence(_Record):
    start: int
    """Milliseconds from the start of the call, as is end."""
    end: int
    text: str


class Monologue(_Record):
    speaker_id: str | None = None
    topic: str | None = None
    sentences: tuple[Sentence, ...]


class Transcript(_Record):
    """Empty while Gong is still writing it."""

    call_id: str
    transcript: tuple[Monologue, ...] = ()


class User(_Record):
    id: str
    email_address: str | None = None
    email_aliases: tuple[str, ...] = ()
    first_name: str | None = None
    last_name: str | None = None
    title: str | None = None
    manager_id: str | None = None
    active: bool
