"""ElevenLabs' records as far as staging reads them, and samples of what ElevenLabs sends.

A sample named `webhook__*.json` is the body of one delivery, `{type, event_timestamp, data}`; `pull__*.json` is one
answer of the API. Nothing of a delivery's meaning lies in its headers. All times are seconds since 1970.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class Turn(_Record):
    role: str
    message: str | None = None
    """Null where the agent used a tool and said nothing."""
    time_in_call_secs: int | None = None


class MetaData(_Record):
    start_time_unix_secs: int | None = None
    call_duration_secs: int | None = None
    cost: int | None = None
    """Credits, not money."""
    termination_reason: str | None = None
    phone_call: dict[str, Any] | None = None


class Analysis(_Record):
    """Null until the conversation is done."""

    call_successful: str | None = None
    transcript_summary: str | None = None


class ClientData(_Record):
    dynamic_variables: dict[str, Any] | None = None
    """What our own caller put in, such as the id of a CRM contact."""


class Conversation(_Record):
    conversation_id: str
    agent_id: str | None = None
    user_id: str | None = None
    status: str | None = None
    """initiated, in-progress, processing, done or failed."""
    transcript: tuple[Turn, ...] = ()
    metadata: MetaData | None = None
    analysis: Analysis | None = None
    conversation_initiation_client_data: ClientData | None = None


class Transcription(_Record):
    """The delivery about a conversation that has ended."""

    type: str
    event_timestamp: int | str
    data: Conversation


class HistoryItem(_Record):
    """One piece of generated speech."""

    history_item_id: str
    request_id: str | None = None
    voice_id: str | None = None
    model_id: str | None = None
    source: str | None = None
    text: str | None = None
    date_unix: int
    character_count_change_from: int | None = None
    character_count_change_to: int | None = None
