"""Intercom's notifications: one object as it is now under a topic, signed with the client secret by SHA-1.

developers.intercom.com, "Webhook notifications" and "Webhook models". A conversation brings the part that is new.
"""

import random
from typing import Any

from ..chance import Chance
from ..delivery import Delivery, to_json
from ..history import Version
from ..render.intercom import APP_ID, epoch, history
from ..signing import guid, hexadecimal, keyed_digest, shared
from ..vendor import Outgoing
from ..world import World


def deliveries(world: World, chance: Chance) -> list[Delivery]:
    """What happened since the endpoint was entered, and the ping of that moment."""
    past = history(world)
    parts = {(one.id.partition("/")[0], one.at): one for one in past.versions if one.stream == "conversation_part"}
    ended = {one.id for one in past.versions if one.record is None}
    ping = {"type": "ping", "message": "Hello from Intercom!"}
    made = [_delivery(guid(chance), "ping", ping, Version("ping", "", world.hooks_since, {}), None, False)]
    for one in past.versions:
        if one.event_type and one.at >= world.hooks_since:
            part = parts.get((one.id, one.at)) if one.stream == "conversation" else None
            item = one.record or {"type": one.stream, "id": one.id}
            # Nothing lists what has ended, nor what it was.
            made.append(_delivery(guid(chance), one.event_type, item, one, part, one.id not in ended))
    return made


def _delivery(
    id_: str, topic: str, item: dict[str, Any], one: Version, part: Version | None, is_repairable: bool
) -> Delivery:
    notification_id = f"notif_{id_}"
    events = [(one.stream, notification_id)]
    if one.stream == "conversation" and one.record is not None:
        shown = [part.record] if part else []
        listed = {"type": "conversation_part.list", "conversation_parts": shown, "total_count": len(shown)}
        item = {**item, "conversation_parts": listed}
        events += [("conversation_part", part.id)] if part else []
    body = {
        "type": "notification_event",
        "app_id": APP_ID,
        "data": {"type": "notification_event_data", "item": item},
        "links": {},
        "id": notification_id,
        "topic": topic,
        "delivery_status": "pending",
        "delivery_attempts": 1,
        "delivered_at": 0,
        "first_sent_at": epoch(one.at),
        "created_at": epoch(one.at),
        "self": None,
    }
    return Delivery("intercom", topic, to_json(body), notification_id, one.at, tuple(events), is_repairable)


def sign(outgoing: Outgoing) -> dict[str, str]:
    digest = keyed_digest(outgoing.keys["signing_secret"], outgoing.body, "sha1").hex()
    return {"X-Hub-Signature": f"sha1={digest}", "Content-Type": "application/json"}


def new_credentials(rng: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """The signing secret is the app's client secret, which is shaped like a UUID."""
    return shared(rng, guid(rng), access_token=f"dG9r{hexadecimal(rng, 48)}=")
