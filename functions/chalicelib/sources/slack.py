"""Slack: the Events API, slash commands and interactions in; the Web API for the complete listing.

docs.slack.dev/apis/events-api and /apis/web-api. What is odd: a ts is a message's id and its time; one event type,
`message`, carries posts, edits and deletions; an answer of 200 may be a refusal (`ok`: false); the listing of a channel
shows neither replies nor what was deleted.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from events.envelope import Operation

from ..errors import Unreadable
from ..ingest.bodies import NOTHING, digest, form, instant, is_form, seconds, stream_name, typed, utf8
from ..ingest.newest_first import NewestFirst, Told, each
from ..ingest.pages import Request, Token, items, listing, told, value, walk
from ..ingest.signatures import Hmac, SignedTime
from ..ingest.source import Answer, Census, Delivery, Event, Page, Pull, Rate, Reading, Ruling, Source, Stream, Webhook

if TYPE_CHECKING:
    from ..ingest.vendor_http import Response


class _Message(msgspec.Struct):
    ts: str | None = None
    subtype: str | None = None
    edited: dict[str, Any] | None = None
    reply_count: int | None = None
    latest_reply: str | None = None


class _Named(msgspec.Struct):
    """A channel or a user."""

    id: str | None = None
    updated: int | None = None
    is_member: bool | None = None
    is_archived: bool | None = None


class _Event(_Message):
    channel: _Named | str | None = None
    user: _Named | str | None = None
    deleted_ts: str | None = None
    message: _Message | None = None


class _Head(msgspec.Struct):
    type: str | None = None
    event_ts: str | float | None = None


class _Body(msgspec.Struct):
    type: str | None = None
    challenge: str | None = None
    event_id: str | None = None
    event_time: int | None = None
    event: msgspec.Raw = NOTHING


_bodies = msgspec.json.Decoder(_Body)
_heads = msgspec.json.Decoder(_Head | None)
_events = msgspec.json.Decoder(_Event)
_messages = msgspec.json.Decoder(_Message)
_named = msgspec.json.Decoder(_Named)
_objects = msgspec.json.Decoder(dict[str, msgspec.Raw])

# In event types a private channel is a `group`.
_CHANNEL: dict[str, Operation] = {
    f"{kind}_{change}": "delete" if change == "deleted" else "partial"
    for kind in ("channel", "group")
    for change in ("created", "rename", "archive", "unarchive", "deleted")
}
_USER = frozenset(("team_join", "user_change", "user_profile_changed", "user_status_changed"))
_FACT = frozenset(("reaction_added", "reaction_removed", "member_joined_channel", "member_left_channel"))


def read(delivery: Delivery) -> Sequence[Event]:
    """The one event of a delivery: Slack does not batch."""
    if is_form(delivery.headers, delivery.body):
        return [_read_form(delivery.body)]
    body = typed(_bodies, utf8(delivery.body))
    head = typed(_heads, body.event) or _Head()
    kind, at = head.type or "", instant(head.event_ts) or instant(body.event_time)
    stream = kind.partition("_")[0] if kind in _FACT else stream_name(kind or body.type)
    operation: Operation = "event"
    entity_id: str | None = body.event_id or digest(delivery.body)
    updated_at = version = None
    if kind == "message":
        operation, entity_id, updated_at, version = _about_message(typed(_events, body.event), at)
    elif kind in _CHANNEL:
        channel = typed(_events, body.event).channel
        stream, operation, updated_at = "channel", _CHANNEL[kind], at
        entity_id = channel.id if isinstance(channel, _Named) else channel
    elif kind in _USER:
        user = typed(_events, body.event).user
        stream, operation = "user", "upsert"
        entity_id, updated_at = (user.id, instant(user.updated)) if isinstance(user, _Named) else (user, None)
    if entity_id is None:
        raise Unreadable("missing_entity", f"an event that does not say which {stream}")
    return [
        Event(
            stream=stream,
            entity_id=entity_id,
            operation=operation,
            payload=delivery.body,
            dedupe=(body.event_id,) if body.event_id else (),
            delivery_id=body.event_id or None,
            occurred_at=at,
            source_updated_at=updated_at,
            source_version=version,
        )
    ]


def _about_message(event: _Event, at: datetime | None) -> tuple[Operation, str | None, datetime | None, str | None]:
    """Operation, entity, clock and version. A wrapper's ts is the time of the edit; the message inside has its own."""
    message = event.message or event
    ts = event.deleted_ts if event.subtype == "message_deleted" else message.ts
    entity_id = f"{event.channel}/{ts}" if isinstance(event.channel, str) and ts is not None else None
    # A deleted parent whose replies remain is changed into a tombstone.
    if event.subtype == "message_deleted" or message.subtype == "tombstone":
        return "delete", entity_id, at, None
    edited_at = instant((message.edited or {}).get("ts"))
    written_at = at if event.subtype == "message_changed" else instant(message.ts)
    return "upsert", entity_id, edited_at or written_at, _version(message)


def _version(message: _Message) -> str | None:
    """Orders versions of a message that differ in their replies alone: as text, a count is below any ts."""
    if message.latest_reply:
        return message.latest_reply
    return None if message.reply_count is None else f"{message.reply_count:010d}"


def _read_form(body: bytes) -> Event:
    """An interaction carries JSON in `payload`; a slash command is its fields."""
    fields = form(body)
    if "payload" not in fields:
        return Event("slash_command", digest(body), "event", msgspec.json.encode(fields))
    payload = fields["payload"].encode()
    typed(_objects, payload)
    return Event("interaction", digest(body), "event", payload)


def handshake(delivery: Delivery) -> Answer | None:
    """The challenge, when Slack checks a new URL."""
    if b'"url_verification"' not in delivery.body:
        return None
    try:
        body = typed(_bodies, delivery.body)
    except Unreadable:
        return None
    return Answer(body.challenge) if body.type == "url_verification" and body.challenge else None


_LOOK_BACK = timedelta(days=7)
"""How old a thread may be and still be asked for new replies; a reply to an older one comes by webhook alone."""

_AGAIN = {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
_CLOSED = {"not_in_channel", "channel_not_found", "is_archived", "thread_not_found", "invalid_cursor"}
_cursor = Token(("response_metadata", "next_cursor"), "cursor")


def judge(response: "Response") -> Ruling:
    """200 is no success with Slack: `ok` is. An expired cursor ends the walk, which begins anew next time."""
    if response.status == 429 or response.status >= 500:
        return Ruling("retry", f"http_{response.status}", seconds(response.headers.get("retry-after")))
    if response.status != 200:
        return Ruling("refused", f"http_{response.status}")
    if value(response.body, "ok") is True:
        return Ruling("ok")
    error = str(value(response.body, "error"))
    if error in _AGAIN:
        return Ruling("retry", error)
    return Ruling("skip" if error in _CLOSED else "refused", error)


def _ask(method: str, **params: Any) -> Request:
    return Request(method, params=params, bucket=method)


def _list_channels() -> Request:
    # 999, not 1000, is the most: airbytehq/airbyte, source-slack 3.1.24.
    return _ask("conversations.list", types="public_channel,private_channel", limit=999)


def _listed(stream: str, per_second: int) -> Callable[[bytes, Reading], Event]:
    def event(raw: bytes, reading: Reading) -> Event:
        named = typed(_named, raw)
        if named.id is None:
            raise Unreadable("missing_entity", f"a {stream} without an id")
        updated_at = instant(named.updated / per_second) if named.updated else None
        return Event(stream, named.id, "upsert", raw, source_updated_at=updated_at)

    return event


def _readable_channels(reading: Reading) -> Iterable[str]:
    """The channels the bot is a member of. Joining others would write to the workspace: that is the operator's."""
    read_before = reading.cursor.get("newest", {})
    for response, _ in walk(reading.http, _list_channels(), _cursor):
        for raw in items(response.body, "channels"):
            channel = typed(_named, raw)
            # Nothing is added to an archived channel, so once is enough.
            is_done = channel.is_archived and channel.id in read_before
            if channel.id and channel.is_member is not False and not is_done:
                yield channel.id


def _since(floor: datetime | None) -> dict[str, Any]:
    if floor is None:
        return {}
    floor = floor.astimezone(UTC)
    return {"oldest": f"{int(floor.timestamp())}.{floor.microsecond:06d}", "inclusive": "true"}


def _history(reading: Reading, channel_id: str, floor: datetime | None) -> Request:
    return _ask("conversations.history", channel=channel_id, limit=200, **_since(floor and floor - _LOOK_BACK))


def _tell(raw: bytes, channel_id: str, reading: Reading) -> Told:
    message = typed(_messages, raw)
    if message.ts is None:
        raise Unreadable("missing_entity", "a listed message without a ts")
    at, edited_at = instant(message.ts), instant((message.edited or {}).get("ts"))
    is_gone = message.subtype == "tombstone"
    event = Event(
        stream="message",
        entity_id=f"{channel_id}/{message.ts}",
        operation="delete" if is_gone else "upsert",
        payload=raw,
        occurred_at=at,
        # When a tombstone was made nobody says. Nothing follows a deletion, so now is late enough.
        source_updated_at=reading.now if is_gone else edited_at or at,
        source_version=_version(message),
    )
    moments = [moment for moment in (at, edited_at, instant(message.latest_reply)) if moment]
    return Told(at, max(moments, default=None), event, is_always_told=is_gone)


def _replies(raw: bytes, channel_id: str, floor: datetime | None, reading: Reading) -> Iterable[Event] | None:
    """The new replies of a thread that has some; asking only then saves most calls of a slow method."""
    parent = typed(_messages, raw)
    latest_at = instant(parent.latest_reply)
    if not parent.reply_count or (latest_at and floor and latest_at < floor):
        return None
    request = _ask("conversations.replies", channel=channel_id, ts=parent.ts, limit=200, **_since(floor))
    replies = (raw for response, _ in walk(reading.http, request, _cursor) for raw in items(response.body, "messages"))
    events = (told(reply, reading, lambda raw, about: _tell(raw, channel_id, about).event) for reply in replies)
    # The first of every answer is the parent itself.
    return (event for event in events if event and event.entity_id != f"{channel_id}/{parent.ts}")


def _complete(request: Request, records: str, tell: Callable[[bytes, Reading], Event]) -> Callable[..., Iterator[Page]]:
    return listing(request=lambda reading, since: request, event=tell, records=(records,), paginator=_cursor)


_channels = _complete(_list_channels(), "channels", _listed("channel", per_second=1000))
_users = _complete(_ask("users.list", limit=200), "members", _listed("user", per_second=1))
# reread=None: it is the request's `oldest` that ends a channel's listing.
_history_and_replies = NewestFirst(_history, _tell, _cursor, records=("messages",), reread=None, children=_replies)

_signature = Hmac(
    "x-slack-signature", "v0:{timestamp}:{body}", prefix="v0=", time=SignedTime("x-slack-request-timestamp")
)

source = Source(
    name="slack",
    title="Slack",
    webhook=Webhook(scheme=_signature, read=read, handshake=handshake, answer_within_s=3),
    pull=Pull(
        base_url="https://slack.com/api/",
        headers=lambda connection: {"Authorization": f"Bearer {connection.credentials['bot_token']}"},
        judge=judge,
        # Per method and workspace tier 2 allows 20 a minute and tier 3 allows 50 (docs.slack.dev, "Rate limits"). Burst
        # and refill together stay within that in any minute.
        rates={
            "": Rate(100, per_s=60, burst=50),
            **dict.fromkeys(("conversations.list", "users.list"), Rate(12, per_s=60, burst=8)),
            **dict.fromkeys(("conversations.history", "conversations.replies"), Rate(30, per_s=60, burst=20)),
        },
        streams=(
            Stream("channel", _channels, every=timedelta(hours=1)),
            Stream("user", _users, every=timedelta(hours=6), census=Census(is_whole=True)),
            Stream("message", each(_readable_channels, _history_and_replies), every=timedelta(minutes=15)),
        ),
    ),
    by_hand=(
        "At api.slack.com/apps, Basic Information, copy the Signing Secret; store it here in place of {secret}",
        "Under Event Subscriptions, switch Enable Events on and enter the Request URL {url}; Slack verifies it at once",
        "Under Subscribe to bot events, add the events you want, such as message.channels and reaction_added; Save",
        "For commands and buttons, enter the same address under Slash Commands and Interactivity & Shortcuts",
        "Install the app to the workspace, and invite its bot into the channels it is to hear",
    ),
)
