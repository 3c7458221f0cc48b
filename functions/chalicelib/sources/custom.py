"""Anything that can POST: the company's own product and billing, n8n, Estuary, an internal service. No code, only
configuration (_custom_settings.py): how deliveries are proven, and where an event tells its stream, id and clock.

Facts: standardwebhooks.com, specification 1.0.0; how n8n and Estuary send is in the tests. Nothing can be pulled: what
never arrives is lost, so senders must repeat what is not answered 2xx.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, cast

import msgspec

from events.envelope import Operation

from ..errors import Unreadable
from ..ingest.bodies import digest, instant, utf8
from ..ingest.pages import items, told
from ..ingest.source import Delivery, Event, Source, Webhook
from ._custom_schemes import Configured
from ._custom_settings import OPERATIONS, Settings, settings_of

_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME = 64
_FIRST_MS = 100_000_000_000
"""Epoch numbers from here on are milliseconds: as seconds they would lie beyond the year 5138."""


def _read(delivery: Delivery) -> Sequence[Event]:
    settings, body = settings_of(delivery.settings), utf8(delivery.body)
    if not settings.batch:
        return [_event(body, settings, delivery)]
    elements = _elements(body, settings.batch)
    return [told(raw, delivery, _Numbered(settings, number)) for number, raw in enumerate(elements)]


class _Numbered:
    """Reads one element of a batch, whose place in it is a part of its identity."""

    def __init__(self, settings: Settings, number: int) -> None:
        self._settings = settings
        self._number = number

    def __call__(self, raw: bytes, delivery: Delivery) -> Event:
        return _event(raw, self._settings, delivery, (str(self._number),))


def _elements(body: bytes, batch: str) -> list[bytes]:
    if batch == "ndjson":
        return [line for line in body.splitlines() if line.strip()]
    return items(body, *_steps(batch))


def _event(raw: bytes, settings: Settings, delivery: Delivery, place: tuple[str, ...] = ()) -> Event:
    try:
        record = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Unreadable("not_json", str(error)) from None
    kind = _text(_found(record, settings.stream)) if settings.stream.startswith("$") else settings.stream
    delivery_id = _delivery_id(record, settings, delivery)
    clock = _moment(record, settings.updated_at)
    return Event(
        stream=_stream(kind, settings),
        entity_id=_entity_id(record, settings, raw, delivery_id, place),
        operation=_operation(record, kind, settings),
        payload=raw,
        dedupe=(delivery_id, *place) if delivery_id else (),
        delivery_id=delivery_id,
        occurred_at=_moment(record, settings.occurred_at) or clock,
        source_updated_at=clock,
        source_version=_text(_found(record, settings.version)) if settings.version else None,
    )


def _stream(kind: str | None, settings: Settings) -> str:
    """Raises Unreadable where nothing names it: an event in no stream would be found by nobody."""
    if not kind:
        raise Unreadable("missing_stream", f"nothing lies at {settings.stream!r}")
    chosen = _first(settings.streams, kind)
    if chosen is None:
        if settings.streams:
            return "unknown"
        chosen = kind
    return _NOT_IN_A_NAME.sub("_", chosen.lower()).strip("_")[:_LONGEST_NAME] or "unknown"


def _entity_id(record: Any, settings: Settings, raw: bytes, delivery_id: str | None, place: tuple[str, ...]) -> str:
    if not settings.id:
        return "/".join((delivery_id, *place)) if delivery_id else digest(raw)
    if entity_id := _text(_found(record, settings.id)):
        return entity_id
    raise Unreadable("missing_entity", f"nothing lies at {settings.id!r}")


def _operation(record: Any, kind: str | None, settings: Settings) -> Operation:
    word = _text(_found(record, settings.operation)) if settings.operation.startswith("$") else settings.operation
    word = word or kind or ""
    if settings.operations:
        return cast(Operation, _first(settings.operations, word) or "event")
    return cast(Operation, word) if word in OPERATIONS else "event"


def _delivery_id(record: Any, settings: Settings, delivery: Delivery) -> str | None:
    name = settings.delivery_id or ("webhook-id" if settings.scheme == "standard" else "")
    return _text(_found(record, name)) if name.startswith("$") else delivery.headers.get(name.lower()) or None


def _first(patterns: Mapping[str, str], text: str) -> str | None:
    return next((chosen for pattern, chosen in patterns.items() if fnmatchcase(text, pattern)), None)


def _moment(record: Any, path: str) -> datetime | None:
    found = _found(record, path) if path else None
    if isinstance(found, str) and found.isascii() and found.isdigit():
        found = int(found)
    if isinstance(found, int | float) and abs(found) >= _FIRST_MS:
        found = found / 1000
    return instant(found)


def _text(found: Any) -> str | None:
    """An id or a word; None for what is neither text nor a whole number."""
    if isinstance(found, str) or (isinstance(found, int) and not isinstance(found, bool)):
        return str(found) or None
    return None


def _found(record: Any, path: str) -> Any:
    for step in _steps(path):
        if isinstance(record, list) and step.isdigit() and int(step) < len(record):
            record = record[int(step)]
        else:
            record = record.get(step) if isinstance(record, dict) else None
    return record


def _steps(path: str) -> Iterator[str]:
    return (step for step in path.removeprefix("$").split(".") if step)


source = Source(
    name="custom",
    title="Custom webhook",
    # Standard Webhooks has senders wait 15 to 30 s; answer as the strictest vendor wants it.
    webhook=Webhook(scheme=Configured(), read=_read, answer_within_s=1.0),
    pull=None,
    by_hand=(
        "Choose how the sender proves itself: Standard Webhooks where it can, an HMAC over the body or a bearer token.",
        'Store the secret of the connection: {"signing_secrets": ["{secret}"], "webhook": {"scheme": "standard", '
        '"stream": "$.type", "id": "data.id", "operations": {"*.deleted": "delete", "*": "upsert"}, '
        '"updated_at": "timestamp"}}. The tests show it for n8n and for Estuary.',
        "Have the sender POST JSON to {url} and repeat what is not answered 2xx.",
        "Send one event and see with `sophia trace` in which stream and under which id it landed.",
    ),
)
