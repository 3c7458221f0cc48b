"""Figma's webhooks: one per kind of event, the passcode in the body of each delivery, no id and no signature.

Facts: Figma's REST API description (figma/rest-api-spec), "Webhooks V2"; developers.figma.com.
"""

import hashlib
import json
import random
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ..chance import Chance
from ..delivery import Delivery, to_json
from ..history import Version
from ..render.figma import Record, history, iso, people
from ..signing import hexadecimal, shared
from ..vendor import Outgoing
from ..world import World

_STREAMS = {
    "FILE_UPDATE": "file",
    "FILE_DELETE": "file",
    "FILE_VERSION_UPDATE": "version",
    "FILE_COMMENT": "comment",
    "LIBRARY_PUBLISH": "library_publish",
    "DEV_MODE_STATUS_UPDATE": "dev_mode_status_update",
}
_WEBHOOKS = {event_type: str(2_100_000 + number) for number, event_type in enumerate(_STREAMS)}
_QUIET = timedelta(minutes=30)
"""FILE_UPDATE waits until nobody has edited for so long."""


def deliveries(world: World, chance: Chance) -> list[Delivery]:
    """Since the webhooks were made, each with a PING."""
    happened = [one for one in history(world).versions if one.event_type and one.at >= world.hooks_since]
    return [_ping(world), *(_delivery(one, world, chance) for one in happened)]


def _ping(world: World) -> Delivery:
    told = {"event_type": "PING", "passcode": "", "timestamp": iso(world.hooks_since), "webhook_id": "2100000"}
    return Delivery("figma", "PING", to_json(told), "ping", world.hooks_since, (("ping", "ping"),), False)


def _delivery(one: Version, world: World, chance: Chance) -> Delivery:
    """Pulls bring back versions, comments and edits, but neither deletions nor what is only ever told here."""
    at = one.at + (_QUIET if one.event_type == "FILE_UPDATE" else timedelta(0))
    body = {
        "event_type": one.event_type,
        "passcode": "",
        "timestamp": iso(at),
        "webhook_id": _WEBHOOKS["FILE_UPDATE" if one.event_type == "FILE_DELETE" else one.event_type],
        **_about(one, world, chance),
    }
    content = to_json(body)
    id_ = hashlib.sha256(content).hexdigest()[:32]
    is_repairable = one.event_type in ("FILE_UPDATE", "FILE_VERSION_UPDATE", "FILE_COMMENT")
    sent_at = at + timedelta(seconds=chance.randint(1, 9))
    return Delivery("figma", one.event_type, content, id_, sent_at, ((_STREAMS[one.event_type], id_),), is_repairable)


def _about(one: Version, world: World, chance: Chance) -> Record:
    record = one.record or {}
    someone = chance.choice(people(world))
    key, _, id_ = one.id.partition("/")
    if one.stream == "file":
        names = [version.record["name"] for version in history(world).versions if version.id == key and version.record]
        told = {"file_key": key, "file_name": names[0]}
        return told if one.event_type == "FILE_UPDATE" else {**told, "triggered_by": someone}
    if one.stream == "version":
        return {
            "created_at": record["created_at"],
            "description": record["description"],
            "label": record["label"],
            "file_key": key,
            "file_name": record["file_name"],
            "triggered_by": record["user"],
            "version_id": id_,
        }
    if one.stream == "comment":
        return {
            "comment": [{"text": record["message"]}],
            "comment_id": id_,
            "created_at": record["created_at"],
            "file_key": key,
            "file_name": "",
            "mentions": [],
            "order_id": record["order_id"],
            "parent_id": record["parent_id"],
            "resolved_at": "",
            "triggered_by": record["user"],
        }
    return {**record, "triggered_by": someone}


_PASSCODE = re.compile(rb'("passcode"\s*:\s*)"[^"]*"')


def stamp(body: bytes, keys: Mapping[str, Any]) -> bytes:
    """With the passcode where the body has room for it."""
    return _PASSCODE.sub(lambda found: found[1] + json.dumps(keys["signing_secret"]).encode(), body, count=1)


def sign(outgoing: Outgoing) -> dict[str, str]:
    return {}


def new_credentials(rng: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    return shared(rng, hexadecimal(rng, 40), access_token=f"figd_{hexadecimal(rng, 40)}")
