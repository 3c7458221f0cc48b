"""HubSpot's app webhooks: events of one instant travel in one array, as HubSpot batches them."""

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

from ..chance import Chance
from ..crm import Record
from ..delivery import Delivery, to_json
from ..render import hubspot
from ..world import World

_Event = tuple[datetime, str, dict[str, Any]]
# A pull tells the state of today: it brings back neither a stage passed through nor a record that is gone for good.
_IRREPARABLE = ("deletion", "merge", "restore", "privacyDeletion", "associationChange")


def deliveries(world: World, chance: Chance) -> list[Delivery]:
    """Of all records, since the history began."""
    records = (*world.market.companies, *world.market.contacts, *(pursuit.record for pursuit in world.pursuits))
    happened = [(at, record, what, extra) for record in records for at, what, extra in _events(record)]
    recent = sorted((one for one in happened if one[0] >= world.started_at), key=lambda one: one[0])
    return [_batch([*together], chance) for _, together in groupby(recent, key=lambda one: one[0])]


def _batch(together: list[tuple[datetime, Record, str, dict[str, Any]]], chance: Chance) -> Delivery:
    made = [hubspot.event(record, what, at, chance.number(10), **extra) for at, record, what, extra in together]
    events = tuple((stream_of(event), key_of(event)) for event in made)
    is_repairable = not any(_is_irreparable(event) for event in made)
    event_type, first_id = made[0]["subscriptionType"], str(made[0]["eventId"])
    return Delivery("hubspot", event_type, to_json(made), first_id, together[0][0], events, is_repairable)


def _events(record: Record) -> Iterator[_Event]:
    yield record.created_at, "creation", {"changeFlag": "CREATED", "changeSource": "CRM_UI"}
    for change in record.changes:
        if change.name in hubspot.SUBSCRIBED[record.kind]:
            value = hubspot.property_value(change.name, change.value)
            changed = {"propertyName": change.name, "propertyValue": value, "changeSource": "CRM_UI"}
            yield change.at, "propertyChange", changed
    for link in record.links:
        told: dict[str, Any] = {
            "associationType": f"{record.kind}_TO_{link.to_kind}".upper(),
            "fromObjectId": int(record.id),
            "toObjectId": int(link.to_id),
            "associationRemoved": False,
            "isPrimaryAssociation": link.is_primary,
            "changeSource": "USER",
        }
        yield link.at, "associationChange", told
        if link.removed_at:
            yield link.removed_at, "associationChange", {**told, "associationRemoved": True}
    for at, is_archived in record.archivings:
        yield at, "deletion" if is_archived else "restore", {"changeSource": "CRM_UI"}
    if record.erased_at:
        yield record.erased_at, "privacyDeletion", {"changeSource": "CRM_UI"}
    for at, loser_id in record.absorbed:
        merged = {
            "primaryObjectId": int(record.id),
            "mergedObjectIds": [int(loser_id)],
            "newObjectId": int(record.id),
            "numberOfPropertiesMoved": 1,
        }
        yield at, "merge", merged | {"changeSource": "CRM_UI"}


def stream_of(event: dict[str, Any]) -> str:
    kind, what = event["subscriptionType"].split(".")
    return "association" if what == "associationChange" else kind


def key_of(event: dict[str, Any]) -> str:
    """All but attemptNumber: eventId alone is not promised to be unique."""
    return json.dumps({name: value for name, value in event.items() if name != "attemptNumber"}, sort_keys=True)


def _is_irreparable(event: dict[str, Any]) -> bool:
    what = event["subscriptionType"].split(".")[1]
    is_stage = event.get("propertyName") in ("dealstage", "amount", "closedate")
    return what in _IRREPARABLE or is_stage
