"""How Google Drive's channels live: opened upon the change feed for a week, and replaced half-way.

developers.google.com/workspace/drive/api, "Notifications for resource changes". There is no call to list channels or to
renew one, so what `create` and `renew` answered is the only record of them. Two that overlap tell the same things.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ..errors import VendorSaysNo
from ..ingest.bodies import digest
from ..ingest.pages import Request, value
from ..ingest.source import Connection
from ..ingest.subscription import Created, Subscription, Subscriptions, Wanted

if TYPE_CHECKING:
    from ..ingest.vendor_http import VendorHttp

_LIFE = timedelta(seconds=604_800)
"""The longest for changes. A channel whose end is not named lives for an hour."""


def _existing(http: "VendorHttp", connection: Connection) -> Sequence[Subscription]:
    return ()


def _create(http: "VendorHttp", connection: Connection, wanted: Wanted) -> Created:
    return Created((_open(http, wanted),), (wanted.secret,))


def _renew(http: "VendorHttp", connection: Connection, held: Subscription, wanted: Wanted) -> Subscription:
    """Another channel. The old one is closed once the new one stands, so that no change falls between them."""
    opened = _open(http, wanted)
    _remove(http, connection, held)
    return opened


def _remove(http: "VendorHttp", connection: Connection, held: Subscription) -> None:
    """One that has ended by itself is a 404, which is as good."""
    stop = {"id": held.id, "resourceId": held.detail["resource_id"]}
    http.ask(Request("drive/v3/channels/stop", "POST", json=stop))


def _open(http: "VendorHttp", wanted: Wanted) -> Subscription:
    start = http.ask(Request("drive/v3/changes/startPageToken", params={"supportsAllDrives": "true"}))
    asked = {
        # Unique for every channel ever opened, and the same when this very call is tried again.
        "id": digest(f"{wanted.url} {wanted.now.isoformat()}".encode()),
        "type": "web_hook",
        "address": wanted.url,
        "token": wanted.secret,  # at most 256 characters
        "expiration": int((wanted.now + _LIFE).timestamp() * 1000),
    }
    # (Unverified) that the page token stands in the query; it is where the reference of changes.list has it.
    params = {
        "pageToken": value(start.body, "startPageToken"),
        "includeItemsFromAllDrives": "true",
        "supportsAllDrives": "true",
    }
    answer = http.ask(Request("drive/v3/changes/watch", "POST", params=params, json=asked))
    if answer.ruling.kind != "ok":
        raise VendorSaysNo(f"Google Drive opened no channel ({answer.ruling.reason}): check the account's access")
    told = {name: value(answer.body, name) for name in ("id", "resourceId", "expiration")}
    ends_ms = told["expiration"]  # a number, or its text: the reference calls it an int64
    expires_at = datetime.fromtimestamp(int(ends_ms) / 1000, UTC) if ends_ms else None
    detail = {"resource_id": told["resourceId"]}
    return Subscription(str(told["id"]), wanted.url, expires_at=expires_at, detail=detail)


CHANNELS = Subscriptions(
    existing=_existing,
    create=_create,
    remove=_remove,
    renew=_renew,
    renew_before=_LIFE / 2,
    is_listed=False,
)
