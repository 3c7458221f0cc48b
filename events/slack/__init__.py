"""What staging reads of Slack: one record per stream, and samples/ with payloads of every kind.

A sample is one payload: `webhook__<what>.json` a delivery's body, `webhook__<what>.form` one that is form-encoded,
`pull__<what>.json` an answer of the Web API. Shapes: docs.slack.dev/reference/events and /reference/methods.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, JsonValue


class Edit(BaseModel):
    ts: str


class Message(BaseModel):
    """ts stays text: it is the message's id, and a float would round its microseconds. user is null for a bot's."""

    ts: str
    thread_ts: str | None = None
    user: str | None = None
    bot_id: str | None = None
    subtype: str | None = None
    text: str | None = None
    reply_count: int | None = None
    edited: Edit | None = None


class Deletion(BaseModel):
    channel: str
    deleted_ts: str


class Said(BaseModel):
    value: str


class Channel(BaseModel):
    """A webhook tells of a change and names little more than the id; created is in seconds, updated in milliseconds."""

    id: str
    name: str | None = None
    creator: str | None = None
    created: int | None = None
    updated: int | None = None
    is_archived: bool | None = None
    is_private: bool | None = None
    is_ext_shared: bool | None = None
    num_members: int | None = None
    topic: Said | None = None
    purpose: Said | None = None


class Profile(BaseModel):
    """email is missing for bots and for people of other workspaces."""

    real_name: str | None = None
    email: str | None = None
    title: str | None = None


class User(BaseModel):
    id: str
    team_id: str | None = None
    name: str | None = None
    real_name: str | None = None
    tz: str | None = None
    deleted: bool = False
    is_bot: bool = False
    updated: int | None = None
    profile: Profile


class ReactedTo(BaseModel):
    channel: str | None = None
    ts: str | None = None


class Reaction(BaseModel):
    type: str
    user: str
    reaction: str
    item: ReactedTo
    event_ts: str


def record_of(stream: str, payload: Mapping[str, Any]) -> BaseModel | JsonValue:
    """What staging reads of a payload, from either lane; for a stream that it does not read, the payload.

    Raises pydantic.ValidationError when a field that staging needs is missing or of another type.
    """
    event = payload.get("event", payload)
    match stream:
        case "message" if event.get("subtype") == "message_deleted":
            return Deletion.model_validate(event)
        case "message":
            return Message.model_validate(event.get("message", event))
        case "channel":
            channel = event.get("channel", event)
            return Channel.model_validate({"id": channel} if isinstance(channel, str) else channel)
        case "user":
            return User.model_validate(event.get("user", event))
        case "reaction":
            return Reaction.model_validate(event)
    return dict(payload)
