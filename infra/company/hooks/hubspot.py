"""HubSpot's app webhooks: events of one instant travel in one array, as HubSpot batches them."""

import base64
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import unquote

from ..chance import Chance
from ..crm import Record
from ..delivery import Delivery, to_json
from ..render import hubspot
from ..signing import guid, keyed_digest, sha256, shared
from ..vendor import Outgoing
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


def sign(outgoing: Outgoing) -> dict[str, str]:
    """developers.hubspot.com, "Validating requests"; CRM events carry the v1 and the v3 signature together."""
    secret, timestamp = outgoing.keys["signing_secret"], str(int(outgoing.now.timestamp() * 1000))
    signed = b"POST" + unquote(outgoing.url).encode() + outgoing.body + timestamp.encode()
    return {
        "X-HubSpot-Request-Timestamp": timestamp,
        "X-HubSpot-Signature-v3": base64.b64encode(keyed_digest(secret, signed)).decode(),
        "X-HubSpot-Signature": sha256(secret.encode() + outgoing.body),
        "X-HubSpot-Signature-Version": "v1",
        "X-HubSpot-Timeout-Millis": "10000",
        "User-Agent": "HubSpot Connect 2.0 (http://dev.hubspot.com/) (namespace: webhooks-nio-http-client)",
    }


def new_credentials(rng: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    token = f"pat-na1-{guid(rng)}"
    return shared(rng, guid(rng), access_token=token, developer_api_key=guid(rng))


def retold(delivery: Delivery, chance: Chance) -> Delivery:
    renewed = [event | {"eventId": chance.number(10)} for event in json.loads(delivery.body)]
    events = tuple((stream_of(event), key_of(event)) for event in renewed)
    return replace(delivery, body=to_json(renewed), delivery_id=str(renewed[0]["eventId"]), events=events)
