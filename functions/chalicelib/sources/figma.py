"""Figma: projects, files, their versions and comments. Webhooks carry a passcode in the body and sign nothing.

Facts: Figma's REST API description (figma/rest-api-spec); developers.figma.com, "Webhooks V2", "Rate limits". Odd here:
- the passcode is a secret inside the body: it is taken out before anything is stored;
- a delivery has no id, and one publication comes as several deliveries of one instant;
- versions and comments have no clock of their changes, and a comment that is deleted is just not listed any more;
- requests are few: 25 a minute where the plan is the smallest, counted by the plan of the file's owner.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from ..errors import Unreadable
from ..ingest.bodies import digest, instant, stream_name, typed, utf8
from ..ingest.rulings import by_status
from ..ingest.shared_secret import SharedSecret
from ..ingest.source import Census, Connection, Delivery, Event, Pull, Rate, Ruling, Source, Stream, Webhook
from ._figma_listings import in_each_file, read_files, read_projects
from ._figma_webhooks import read_missed, subscriptions

if TYPE_CHECKING:
    from ..ingest.vendor_http import Response


class _Body(msgspec.Struct):
    event_type: str
    timestamp: str | None = None
    webhook_id: str | int | None = None
    file_key: str | None = None
    comment_id: str | None = None
    version_id: str | None = None
    node_id: str | None = None
    created_at: str | None = None


_body = msgspec.json.Decoder(_Body)
_anything = msgspec.json.Decoder()
_PASSCODE = re.compile(rb'("passcode"\s*:\s*")(?:[^"\\]|\\.)*(?=")')


def _redact(body: bytes) -> bytes:
    return _PASSCODE.sub(rb"\1redacted", body)


def _read(delivery: Delivery) -> Sequence[Event]:
    return [_event_of(delivery.body)]


def _event_of(body: bytes) -> Event:
    """The one event of a delivery's body."""
    one = typed(_body, utf8(body))
    at, key = instant(one.timestamp), one.file_key
    said = [str(one.webhook_id or ""), one.event_type, one.timestamp or "", key or ""]
    dedupe = (*said, one.comment_id or one.version_id or one.node_id or "")
    match one.event_type:
        case "FILE_UPDATE":
            return Event("file", _named(key), "partial", body, dedupe, occurred_at=at, source_updated_at=at)
        case "FILE_DELETE":
            return Event("file", _named(key), "delete", body, dedupe, None, at, at, "deleted")
        case "FILE_VERSION_UPDATE":
            version = f"{_named(key)}/{_named(one.version_id)}"
            return Event("version", version, "upsert", body, dedupe, occurred_at=instant(one.created_at) or at)
        case "FILE_COMMENT":
            comment = f"{_named(key)}/{_named(one.comment_id)}"
            return Event("comment", comment, "upsert", body, dedupe, occurred_at=instant(one.created_at) or at)
    # One publication is cut into deliveries that differ in nothing but what they list.
    content = digest(msgspec.json.encode(_anything.decode(_redact(body)), order="deterministic"))
    stream = stream_name(one.event_type.lower())
    return Event(stream, content, "event", body, (*dedupe, content), occurred_at=at, source_updated_at=at)


def _named(id_: str | None) -> str:
    if not id_:
        raise Unreadable("missing_entity", "a body that does not say which file, version or comment")
    return id_


_OF_THE_TOKEN = re.compile(rb"token|scope", re.IGNORECASE)


def _judge(response: "Response") -> Ruling:
    """403 is a bad token, which Figma says, or one file that is closed to us (which words it uses is unverified)."""
    status = response.status
    is_closed = status == 404 or (status == 403 and not _OF_THE_TOKEN.search(response.body[:500]))
    return Ruling("skip", f"http_{status}") if is_closed else by_status(response)


def _headers(connection: Connection) -> Mapping[str, str]:
    return {"X-Figma-Token": connection.credentials["access_token"]}


_missed = read_missed(_event_of, _redact)
_versions = in_each_file("version", "versions", is_changed_only=True)
_comments = in_each_file("comment", "comments", is_changed_only=False)

source = Source(
    name="figma",
    title="Figma",
    # Figma takes a slow answer for a failure and does not say what is slow.
    webhook=Webhook(SharedSecret("passcode", at="body"), _read, answer_within_s=3, redact=_redact),
    pull=Pull(
        base_url="https://api.figma.com/",
        headers=_headers,
        judge=_judge,
        # Tier 2 of the smallest paid plan, 25 a minute ("Rate limits"); which endpoint is of which tier is unverified.
        rates={"": Rate(20, per_s=60, burst=5)},
        streams=(
            Stream("project", read_projects, timedelta(hours=6), Census(is_whole=True)),
            Stream("file", read_files, timedelta(hours=1), Census(is_whole=True)),
            Stream("version", _versions, timedelta(hours=1)),
            Stream("comment", _comments, timedelta(hours=6), Census(is_whole=True)),
            Stream("webhook_request", _missed, timedelta(hours=1), census=None),
        ),
    ),
    subscriptions=subscriptions,
)
