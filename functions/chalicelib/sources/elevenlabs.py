"""ElevenLabs: conversations of voice agents through post-call webhooks and the API; generated speech through the API.

Facts: elevenlabs/elevenlabs-python (webhooks, types); elevenlabs.io/docs, "Webhooks", "Conversations", "History".
Odd here:
- a conversation carries no modification time, but its status only moves on: see `_version`;
- deliveries are not retried unless the webhook says so, and then only transcripts; they have no id of their own;
- the listing has no transcripts: each conversation is asked for by itself, and again until it has settled.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

import msgspec

from ..errors import Unreadable, VendorSaysNo, VendorUnavailable
from ..ingest.bodies import digest, instant, stream_name, typed, utf8
from ..ingest.pages import Request, items, listing, told, value
from ..ingest.rulings import by_status
from ..ingest.signatures import Hmac, SignedTime
from ..ingest.source import (
    Census,
    Connection,
    Delivery,
    Event,
    Page,
    Pull,
    Rate,
    Reading,
    Ruling,
    Source,
    Stream,
    Webhook,
)
from ._elevenlabs_webhooks import subscriptions

if TYPE_CHECKING:
    from ..ingest.vendor_http import Response


class _MetaData(msgspec.Struct):
    start_time_unix_secs: int | float | None = None


class _Conversation(msgspec.Struct):
    conversation_id: str | None = None
    status: str | None = None
    start_time_unix_secs: int | float | None = None
    """Of a row of the listing; the conversation itself has it in its metadata."""
    metadata: _MetaData | None = None
    voice_id: str | None = None
    """What notices about voices are about (unverified)."""

    @property
    def started_at(self) -> datetime | None:
        about = self.metadata.start_time_unix_secs if self.metadata else None
        return instant(self.start_time_unix_secs if about is None else about)


class _Body(msgspec.Struct):
    type: str
    event_timestamp: int | float | str | None = None
    """A number in the vendor's example, text in its table."""
    data: msgspec.Raw = msgspec.Raw(b"null")


class _HistoryItem(msgspec.Struct):
    history_item_id: str
    date_unix: int | None = None


_body = msgspec.json.Decoder(_Body)
_conversation = msgspec.json.Decoder(_Conversation)
_history_item = msgspec.json.Decoder(_HistoryItem)

_RANK = {"initiated": 0, "in-progress": 1, "processing": 2, "done": 3, "failed": 3}
_SETTLED = 3


def read(delivery: Delivery) -> Sequence[Event]:
    """A transcript is the conversation as the API would show it; everything else is an event about one."""
    payload = utf8(delivery.body)
    body = typed(_body, payload)
    sent_at = instant(body.event_timestamp)
    about = _about(body.data)
    # A retry says the same at the same time; the same conversation analysed anew says another time.
    key = about.conversation_id or about.voice_id or digest(payload)
    dedupe = (body.type, key, str(body.event_timestamp)) if body.event_timestamp is not None else ()
    if body.type == "post_call_transcription":
        if not about.conversation_id:
            raise Unreadable("missing_entity", "a transcript without a conversation")
        started_at, version = about.started_at, _version(about, "delivered")
        return [Event("conversation", key, "upsert", payload, dedupe, None, started_at, source_version=version)]
    return [Event(stream_name(body.type), key, "event", payload, dedupe, None, sent_at, sent_at)]


def _about(data: msgspec.Raw) -> _Conversation:
    try:
        return typed(_conversation, data)
    except Unreadable:
        return _Conversation()


def _version(conversation: _Conversation, how: Literal["delivered", "read"]) -> str:
    """Further on in its life is newer; of the same status a reading outweighs a delivery, which may come days late.
    Both orders are those of the text."""
    return f"{_RANK.get(conversation.status or '', 0)} {how}"


OVERLAP = timedelta(minutes=10)
"""How far back every run reads, should a conversation be listed late. How late it can be is not documented."""
LONGEST = timedelta(days=1)
"""How long a conversation that has not settled is asked for again. Longer than any call."""
PENDING = 1000
"""How many of those are remembered; those beyond are left to reconciliation."""
PAGE = 30
"""Each row costs a request, so pages are small: the place to stop is never far."""


class _Walk(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where reading the conversations stands: the cursor.

    since is the last finished run's start; within a run, until is this one's and token its next page. pending are
    conversations that have not settled, with their start.
    """

    since: datetime | None = None
    until: datetime | None = None
    token: str | None = None
    pending: dict[str, datetime] = {}


def _conversations(reading: Reading) -> Iterator[Page]:
    walk = msgspec.convert(reading.cursor, _Walk)
    if walk.until is None:
        events, pending = _ask(reading, walk.pending)
        walk = _Walk(walk.since, reading.now, None, pending)
        if events:
            yield Page(events, msgspec.to_builtins(walk))
    start = walk.since - OVERLAP if walk.since else reading.connection.start_at
    while True:
        listed, following = _page(reading, walk, start)
        events, pending = _ask(reading, listed)
        before = {one: at for one, at in walk.pending.items() if one not in listed and reading.now - at < LONGEST}
        kept = dict(sorted((before | pending).items(), key=lambda item: item[1])[-PENDING:])
        if following is None:
            yield Page(events, msgspec.to_builtins(_Walk(since=walk.until, pending=kept)))
            return
        walk = _Walk(walk.since, walk.until, following, kept)
        yield Page(events, msgspec.to_builtins(walk))


def _page(reading: Reading, walk: _Walk, start: datetime | None) -> tuple[dict[str, datetime], str | None]:
    """The conversations of one page, with their start, and the token of the next. A token of an earlier run that is
    no longer known begins the listing again."""
    bounds = {
        "call_start_after_unix": None if start is None else int(start.timestamp()),
        "call_start_before_unix": None if walk.until is None else int(walk.until.timestamp()) + 1,
    }
    first = Request("v1/convai/conversations", params={"page_size": PAGE, **bounds})
    try:
        answer = reading.http.ask(dataclasses.replace(first, params={**first.params, "cursor": walk.token}))
    except VendorSaysNo:
        if walk.token is None:
            raise
        return _page(reading, msgspec.structs.replace(walk, token=None), start)
    rows = [_about(msgspec.Raw(raw)) for raw in items(answer.body, "conversations")]
    found = {one.conversation_id: one.started_at or reading.now for one in rows if one.conversation_id}
    following = value(answer.body, "next_cursor") if value(answer.body, "has_more") else None
    if following is not None and following == walk.token:
        raise VendorUnavailable("elevenlabs names a page of conversations as its own next page")
    return found, following


def _ask(reading: Reading, conversations: Mapping[str, datetime]) -> tuple[list[Event], dict[str, datetime]]:
    """The conversations in full, and those of them that have not settled."""
    events, pending = [], {}
    for conversation_id, started_at in conversations.items():
        event = _one_conversation(reading, conversation_id)
        if event is None:
            continue
        events.append(event)
        if (event.source_version or "") < str(_SETTLED):
            pending[conversation_id] = started_at
    return events, pending


def _one_conversation(reading: Reading, entity_id: str) -> Event | None:
    answer = reading.http.ask(Request(f"v1/convai/conversations/{quote(entity_id, safe='')}"))
    return told(answer.body, reading, _pulled) if answer.ruling.kind == "ok" else None


def _pulled(raw: bytes, reading: Reading) -> Event:
    conversation = typed(_conversation, raw)
    if not conversation.conversation_id:
        raise Unreadable("missing_entity", "a conversation without an id")
    version = _version(conversation, "read")
    return Event(
        "conversation",
        conversation.conversation_id,
        "upsert",
        raw,
        occurred_at=conversation.started_at,
        source_version=version,
    )


@dataclass(frozen=True)
class _LastItem:
    """Speech is listed newest first; the next page starts after the last item of this one."""

    def following(self, request: Request, response: "Response") -> Request | None:
        if not value(response.body, "has_more"):
            return None
        last = value(response.body, "last_history_item_id")
        if not last:
            raise VendorUnavailable("elevenlabs says that there is more speech and not after which item")
        return dataclasses.replace(request, params={**request.params, "start_after_history_item_id": last})


def _history(reading: Reading, since: datetime | None) -> Request:
    bound: dict[str, Any] = {"date_after_unix": int(since.timestamp())} if since else {}
    return Request("v1/history", params={"page_size": 1000, **bound})


def _generated(raw: bytes, reading: Reading) -> Event:
    item = typed(_history_item, raw)
    made_at = instant(item.date_unix)
    return Event("history_item", item.history_item_id, "upsert", raw, occurred_at=made_at, source_updated_at=made_at)


def _one_history_item(reading: Reading, entity_id: str) -> Event | None:
    """GET /v1/history/{id}, elevenlabs-python history/client.py."""
    answer = reading.http.ask(Request(f"v1/history/{quote(entity_id, safe='')}"))
    return _generated(answer.body, reading) if answer.ruling.kind == "ok" else None


def judge(response: "Response") -> Ruling:
    """429 is too many at once, or a busy system; no header is documented."""
    return Ruling("empty", "http_404") if response.status == 404 else by_status(response)


def _headers(connection: Connection) -> Mapping[str, str]:
    return {"xi-api-key": connection.credentials["api_key"]}


source = Source(
    name="elevenlabs",
    title="ElevenLabs",
    webhook=Webhook(
        # The vendor's kit allows 30 minutes of age and any future; here the future may be as far off as the past.
        scheme=Hmac(
            "elevenlabs-signature",
            "{timestamp}.{body}",
            part="v0",
            time=SignedTime("t", at="part", tolerance_s=1800),
        ),
        read=read,
        answer_within_s=1.0,  # not documented: answer as the strictest vendor wants it
    ),
    pull=Pull(
        base_url="https://api.elevenlabs.io/",
        headers=_headers,
        judge=judge,
        # No limit on readings is published: a conversation every fifth of a second.
        rates={"": Rate(300, per_s=60, burst=30)},
        streams=(
            Stream("conversation", _conversations, census=Census(fetch=_one_conversation)),
            Stream(
                "history_item",
                listing(
                    request=_history,
                    event=_generated,
                    records=("history",),
                    paginator=_LastItem(),
                    look_back=timedelta(hours=1),
                ),
                every=timedelta(minutes=30),
                census=Census(fetch=_one_history_item),
            ),
        ),
    ),
    subscriptions=subscriptions,
)
