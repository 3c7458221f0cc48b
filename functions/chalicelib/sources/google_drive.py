"""Google Drive: the files of one account, what they say where that is wanted, and messages that something changed.

Facts: developers.google.com/workspace/drive/api, "Notifications for resource changes", "Resolve errors". Odd here:
- a message has no body and no signature: headers alone, a token of ours among them; only their number grows;
- channels cannot be listed or renewed: a new one is opened before the old one ends;
- what it tells of files is in _google_drive_files.py, and of their contents in _google_drive_texts.py.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from ..errors import Unreadable
from ..ingest.bodies import seconds
from ..ingest.pages import value
from ..ingest.shared_secret import SharedSecret
from ..ingest.source import Census, Connection, Delivery, Event, Pull, Rate, Ruling, Source, Stream, Webhook
from ._google_drive_channels import CHANNELS
from ._google_drive_files import everything, fetch, files
from ._google_drive_texts import TEXTS, is_wanted
from ._google_login import login

if TYPE_CHECKING:
    from ..ingest.vendor_http import Response

_SCOPE = "https://www.googleapis.com/auth/drive.metadata.readonly"
_SCOPE_OF_CONTENTS = "https://www.googleapis.com/auth/drive.readonly"

_TOLD = ("channel-id", "message-number", "resource-id", "resource-state", "resource-uri", "changed")
"""Of a message's X-Goog- headers, what its payload keeps. The token is a secret."""


def _read(delivery: Delivery) -> Sequence[Event]:
    found = {name: delivery.headers.get(f"x-goog-{name}") for name in _TOLD}
    channel, number = found["channel-id"], found["message-number"]
    if not channel or not number or not found["resource-state"]:
        raise Unreadable("missing_entity", "no channel message: a header of the channel, number or state is missing")
    payload = msgspec.json.encode({name: held for name, held in found.items() if held is not None})
    # Whatever its state (sync, change, changed, update, …): it says "read the changes", and nothing to build upon.
    return [Event("notification", f"{channel}/{number}", "event", payload, (channel, number), f"{channel}/{number}")]


def _scope(connection: Connection) -> str:
    return _SCOPE_OF_CONTENTS if is_wanted(connection) else _SCOPE


_TOO_FAST = frozenset({"userRateLimitExceeded", "rateLimitExceeded"})
_CLOSED = frozenset({"exportSizeLimitExceeded", "cannotDownloadFile", "cannotExportFile", "cannotDownloadAbusiveFile"})
"""Why a file's contents alone are not given: over 10 MB once exported, forbidden to those who may only look (the names
of both reasons for that are unverified), or held for malware."""


def _judge(response: "Response") -> Ruling:
    """A 403 is a rate limit or a refusal: its reason tells."""
    status = response.status
    if 200 <= status < 300:
        return Ruling("ok")
    after_s = seconds(response.headers.get("retry-after"))
    if status in (408, 429) or status >= 500:
        return Ruling("retry", f"status_{status}", after_s)
    if status == 401:
        return Ruling("expired", "status_401")
    reason = _reason(response.body)
    if status == 403 and reason in _TOO_FAST:
        return Ruling("retry", reason, after_s)
    if status == 403 and reason in _CLOSED:
        return Ruling("skip", reason)
    if status == 404 and reason == "notFound":
        return Ruling("empty", reason)
    return Ruling("refused", reason or f"status_{status}")


def _reason(body: bytes) -> str:
    try:
        errors = value(body, "error", "errors")
    except Unreadable:
        return ""
    first = errors[0] if isinstance(errors, list) and errors else None
    return str(first.get("reason") or "") if isinstance(first, dict) else ""


def _headers(connection: Connection) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {connection.credentials['access_token']}"}


source = Source(
    name="google_drive",
    title="Google Drive",
    # No limit is published: answer as the strictest vendor wants it.
    webhook=Webhook(scheme=SharedSecret("x-goog-channel-token"), read=_read, answer_within_s=1.0),
    pull=Pull(
        base_url="https://www.googleapis.com/",
        headers=_headers,
        judge=_judge,
        # Quotas differ by console and year; 12,000 queries a minute was the older one, and one run reads page by page.
        rates={"": Rate(1_200, 60.0, burst=20)},
        streams=(
            Stream(
                "file",
                files,
                every=timedelta(minutes=10),
                census=Census(everything, fetch=fetch, is_whole=True),
                hinted_by=("notification",),
            ),
            TEXTS,
        ),
        login=login(_scope),
    ),
    subscriptions=CHANNELS,
)
