"""Notion: pages, what they say, comments on them, data sources and users. Webhooks are signals without content.

Facts: developers.notion.com, "Webhooks", "Request limits", "Status codes"; Notion's JavaScript SDK. Odd here:
- a webhook is registered in Notion's screens; its first POST brings the token that signs all others (Webhook.greet);
- a signal is told up to eight times under one id, minutes late and in any order; its timestamp is what orders it;
- records tell their edits to the minute, signals to the millisecond, so a signal is never older than what it is about;
- what is no longer shared with the integration is not told by anyone: only the census finds that it is gone.
"""

import dataclasses
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import msgspec

from ..errors import Unreadable
from ..ingest.bodies import digest, instant, seconds, stream_name, typed, utf8
from ..ingest.pages import Request, listing
from ..ingest.signatures import Hmac
from ..ingest.source import (
    Answer,
    Census,
    Connection,
    Delivery,
    Event,
    Greeting,
    Pull,
    Rate,
    Ruling,
    Source,
    Stream,
    Webhook,
)
from ._notion_content import comments, content, fetch_content
from ._notion_listings import BY_QUERY, fetch, page_size, searched, whole
from ._notion_rows import read as read_rows

if TYPE_CHECKING:
    from ..ingest.vendor_http import Response


class _Entity(msgspec.Struct):
    id: str
    type: str


class _Signal(msgspec.Struct):
    id: str | None = None
    timestamp: str | None = None
    type: str = ""
    entity: _Entity | None = None
    verification_token: str | None = None


_signal = msgspec.json.Decoder(_Signal)


def _greet(delivery: Delivery) -> Greeting | None:
    """The token is signed with itself, or not at all: accounts differ, and either way it proves nothing."""
    if b"verification_token" not in delivery.body:
        return None
    try:
        signal = typed(_signal, delivery.body)
    except Unreadable:
        return None
    token = signal.verification_token if signal.entity is None else None
    return Greeting(Answer("ok"), token) if token else None


_TOKEN = re.compile(rb'("verification_token"\s*:\s*")(?:[^"\\]|\\.)*(?=")')


def _redact(body: bytes) -> bytes:
    """Without the token of a repeated introduction, which would let its reader sign as Notion."""
    return _TOKEN.sub(rb"\1redacted", body)


def _read(delivery: Delivery) -> Sequence[Event]:
    """A signal about its entity. It is told up to eight times, each with a higher attempt_number and the same id."""
    signal = typed(_signal, utf8(delivery.body))
    dedupe, at = (signal.id,) if signal.id else (), instant(signal.timestamp)
    if signal.entity is None:
        stream = "verification" if signal.verification_token else stream_name(signal.type.replace(".", "_"))
        return [Event(stream, signal.id or digest(delivery.body), "event", delivery.body, dedupe, signal.id, at)]
    is_gone = signal.type.endswith(".deleted")
    about = Event(
        stream=stream_name(signal.entity.type),
        entity_id=signal.entity.id,
        operation="delete" if is_gone else "partial",
        payload=delivery.body,
        dedupe=dedupe,
        delivery_id=signal.id,
        occurred_at=at,
        source_updated_at=at,
        source_version="deleted" if is_gone else None,
    )
    if signal.type not in ("page.deleted", "page.undeleted"):
        return [about]
    # What a page says goes and comes back with it.
    return [about, dataclasses.replace(about, stream="page_content", dedupe=dedupe and (*dedupe, "page_content"))]


def _judge(response: "Response") -> Ruling:
    """404 is what is not shared with the integration; 403 is a capability that it lacks, and an operator must add."""
    status = response.status
    if status < 300:
        return Ruling("ok")
    if status in (429, 529):
        return Ruling("retry", "rate_limited", _wait_s(response.headers))
    if status in (408, 409) or status >= 500:
        # All that we send only reads, so POST may be repeated too.
        return Ruling("retry", f"http_{status}")
    if status == 400 and b"start_cursor" in response.body:
        return Ruling("forgotten", "start_cursor")
    return Ruling("skip" if status == 404 else "refused", f"http_{status}")


def _wait_s(headers: Mapping[str, str]) -> float | None:
    """Retry-After is seconds or a date ("Request limits"), which counts against Notion's own clock."""
    told = headers.get("retry-after")
    if (after_s := seconds(told)) is not None:
        return after_s
    try:
        return (parsedate_to_datetime(told or "") - parsedate_to_datetime(headers.get("date", ""))).total_seconds()
    except (ValueError, TypeError):
        return None


def _headers(connection: Connection) -> Mapping[str, str]:
    # The first version with data sources; a request without one is refused.
    return {"Authorization": f"Bearer {connection.credentials['access_token']}", "Notion-Version": "2025-09-03"}


_users = listing(
    request=lambda reading, since: Request("users", params={"page_size": page_size(reading)}),  # takes no bound
    event=lambda raw, reading: whole("user", raw),
    records=("results",),
    paginator=BY_QUERY,
)
_INDEXED = timedelta(minutes=10)

source = Source(
    name="notion",
    title="Notion",
    # Notion documents no limit: answer as the strictest vendor wants it.
    webhook=Webhook(
        Hmac("x-notion-signature", prefix="sha256="), _read, answer_within_s=3, greet=_greet, redact=_redact
    ),
    pull=Pull(
        base_url="https://api.notion.com/v1/",
        headers=_headers,
        judge=_judge,
        # Three a second on average, bursts allowed ("Request limits").
        rates={"": Rate(170, per_s=60, burst=10)},
        streams=(
            Stream("user", _users, timedelta(hours=6)),
            Stream(
                "data_source",
                searched("data_source"),
                timedelta(minutes=30),
                Census(fetch=fetch("data_source"), is_whole=True, lag=_INDEXED),
                hinted_by=("data_source", "database"),
            ),
            Stream(
                "page",
                searched("page"),
                census=Census(fetch=fetch("page"), is_whole=True, lag=_INDEXED),
                hinted_by=("page",),
            ),
            # Told as pages. Search is an index and not promised to be complete; a data source lists its rows.
            Stream("data_source_row", read_rows, timedelta(minutes=30), census=None),
            Stream(
                "page_content",
                searched("page", is_told=False, children=content),
                timedelta(minutes=15),
                Census(fetch=fetch_content, lag=_INDEXED),
                hinted_by=("page",),
            ),
            # A comment does not edit its page (unverified), so recently edited pages are asked for theirs each time.
            Stream(
                "comment",
                searched("page", is_told=False, children=comments, reread=timedelta(days=30)),
                timedelta(hours=3),
                Census(lag=_INDEXED),
                hinted_by=("comment",),
            ),
        ),
    ),
    by_hand=(
        "In Notion open Settings, then Connections, then `Develop or manage integrations`, and your integration.",
        "Under Capabilities allow reading content, comments and user information; share the pages it may read.",
        "Under Webhooks choose `Create a subscription`, enter {url} and choose every event.",
        "Notion sends a verification token to that address at once. Back in Webhooks choose `Verify` and paste the "
        "token, which is now the newest of the connection's signing secrets.",
    ),
)
