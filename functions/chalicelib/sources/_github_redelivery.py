"""What GitHub's hooks failed to deliver, asked for again: GitHub redelivers nothing by itself.

docs.github.com, "Handling failed webhook deliveries": the deliveries of a hook are listed for three days.
"""

import functools
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec

from ..ingest.bodies import instant, typed
from ..ingest.newest_first import NewestFirst, Told, each
from ..ingest.pages import LinkHeader, Request
from ..ingest.source import Event, Page, Reading
from ._github_hooks import SUBSCRIPTIONS

_MOST = {"per_page": 100}


class _HookDelivery(msgspec.Struct):
    id: int
    guid: str
    delivered_at: str
    status_code: int = 0
    redelivery: bool = False


_hook_deliveries = msgspec.json.Decoder(_HookDelivery)


def _hooks(reading: Reading) -> Iterable[str]:
    """The hooks the operator named, else those that deliver to this connection."""
    named = reading.connection.options.get("hooks")
    if named is not None:
        for hook in named:
            owner = f"repos/{hook['repository']}" if "repository" in hook else f"orgs/{hook['organization']}"
            yield f"{owner}/hooks/{hook['hook_id']}/deliveries"
        return
    ours = {"/hooks/github"} if reading.connection.connection_id == "default" else set()
    ours.add(f"/hooks/github/{reading.connection.connection_id}")
    for one in SUBSCRIPTIONS.existing(reading.http, reading.connection):
        if urlsplit(one.url).path in ours:
            yield f"{one.detail['place']}/{one.id}/deliveries"


def _tell_delivery(raw: bytes, hook: str, reading: Reading) -> Told:
    """Told once, though looked at for two hours: what failed again waits for its next try."""
    delivery = typed(_hook_deliveries, raw)
    at, mark = instant(delivery.delivered_at), instant(reading.cursor.get("newest", {}).get(hook))
    is_new = not (at and mark) or at >= mark - timedelta(minutes=5)
    event = Event("hook_delivery", str(delivery.id), "event", raw, occurred_at=at, source_updated_at=at)
    return Told(at, at, event if is_new else None)


def _deliver_again(settled: set[str], raw: bytes, hook: str, floor: Any, reading: Reading) -> Iterable[Event] | None:
    """Ask for another try of a delivery whose newest one failed: at once the first time, hourly after that.

    GitHub lists a delivery for three days. A try too many is harmless: the id of the delivery stays the same.
    """
    delivery = typed(_hook_deliveries, raw)
    is_newest = delivery.guid not in settled
    settled.add(delivery.guid)
    at = instant(delivery.delivered_at)
    is_too_soon = delivery.redelivery and at is not None and reading.now - at < timedelta(hours=1)
    if not is_newest or 200 <= delivery.status_code < 300 or is_too_soon:
        return None
    reading.http.ask(Request(f"{hook}/{delivery.id}/attempts", method="POST"))
    return ()


def read_hook_deliveries(reading: Reading) -> Iterator[Page]:
    """Every delivery of every hook, newest first; what failed is asked for again on the way."""
    one = NewestFirst(
        request=lambda reading, hook, floor: Request(hook, params=_MOST),
        tell=_tell_delivery,
        paginator=LinkHeader(),
        overlap=timedelta(hours=2),
        children=functools.partial(_deliver_again, set()),
    )
    yield from each(_hooks, one)(reading)
