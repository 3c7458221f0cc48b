"""SharePoint and OneDrive: what is in the drives named in option `drives`, and notifications that something changed.

Facts: learn.microsoft.com, Microsoft Graph, "driveItem: delta", "Avoid getting throttled or blocked in SharePoint
Online". Odd here:
- a notification tells the drive and nothing more: it says "ask for the delta";
- an item is known by its drive and its id together; deletions and restorations bear no clock, so the clock of the
  answer that told a version is the version's;
- the items' download URLs let in whoever holds them, for an hour: they are not asked for.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import msgspec

from ..errors import ConfigurationMissing, VendorSaysNo
from ..ingest.bodies import digest, instant, typed
from ..ingest.pages import Request, told
from ..ingest.source import Census, Connection, Delivery, Event, Pull, Rate, Reading, Source, Stream
from . import _graph as graph
from ._answer_clock import answered_at
from ._graph_delta import Delta, Row, deltas, everything
from ._graph_subscriptions import subscriptions


class _Item(msgspec.Struct, rename="camel"):
    id: str
    deleted: Any = None
    """Present, if only as {}, on what is no more."""
    last_modified_date_time: str | None = None


_item = msgspec.json.Decoder(_Item)

_FIELDS = (
    "id,name,eTag,cTag,size,createdDateTime,lastModifiedDateTime,createdBy,lastModifiedBy,file,folder,root,deleted,"
    "parentReference,webUrl"
)


def _tell(raw: bytes, about: graph.Notification, delivery: Delivery) -> Event:
    """Alike ones are one event: nothing in them tells them apart, and they ask for the same thing."""
    entity_id = about.resource or about.subscription_id
    return Event("notification", entity_id, "event", raw, (*about.dedupe, digest(graph.redact(raw))))


def _drives(connection: Connection) -> Sequence[str]:
    named = connection.options.get("drives")
    if not named:
        raise ConfigurationMissing(
            f"option `drives` of {connection.source}/{connection.connection_id} names no drive: list the ids that "
            "GET /sites/{site}/drives shows"
        )
    return [str(one) for one in named]


def _first(reading: Reading, part: str) -> Request:
    return Request(f"drives/{quote(part, safe='!')}/root/delta", params={"$select": _FIELDS})


def _event(raw: bytes, row: Row) -> Event:
    item = typed(_item, raw)
    return Event(
        "drive_item",
        f"{row.part}/{item.id}",
        "upsert" if item.deleted is None else "delete",
        raw,
        occurred_at=instant(item.last_modified_date_time),
        source_updated_at=row.at,
    )


def _id_alone(raw: bytes, row: Row) -> Event:
    """Dated by its last modification: later than the telling we had it from, something was missed."""
    item = _event(raw, row)
    return replace(item, payload=b"", source_updated_at=item.occurred_at)


def _fetch(reading: Reading, entity_id: str) -> Event | None:
    drive, _, item = entity_id.partition("/")
    path = f"drives/{quote(drive, safe='!')}/items/{quote(item, safe='!')}"
    answer = reading.http.ask(Request(path, params={"$select": _FIELDS}))
    if answer.ruling.kind == "skip":
        raise VendorSaysNo(f"sharepoint closes drive {drive!r} to us: check the app's consent")
    row = Row(drive, answered_at(answer, reading.now), reading)
    return told(answer.body, row, _event) if answer.ruling.kind == "ok" else None


_items, _ids = Delta(_first, _event), Delta(_first, _id_alone)

source = Source(
    name="sharepoint",
    title="SharePoint",
    webhook=graph.webhook(_tell),
    pull=Pull(
        base_url=graph.BASE_URL,
        headers=graph.headers,
        judge=graph.judge,
        # The smallest tenant has 1,200 resource units a minute; a delta with its token costs one, without it two.
        rates={"": Rate(500, 60.0, burst=20)},
        streams=(
            Stream(
                "drive_item",
                deltas(lambda reading: _drives(reading.connection), _items),
                every=timedelta(minutes=15),
                census=Census(
                    everything(lambda reading: _drives(reading.connection), _ids), fetch=_fetch, is_whole=True
                ),
                hinted_by=("notification", graph.LIFECYCLE),
            ),
        ),
        login=graph.LOGIN,
    ),
    subscriptions=subscriptions(
        lambda connection: [f"drives/{drive}/root" for drive in _drives(connection)],
        change_type="updated",  # all that a drive's root supports
        life=timedelta(days=20),  # of 42,300 minutes at most
        renew_before=timedelta(days=7),
    ),
)
