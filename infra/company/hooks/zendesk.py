"""Zendesk's webhooks: one per event type subscribed to, and one that a trigger calls with a body of our own making.

developer.zendesk.com, "Webhook event types", "Ticket events", "Verifying requests". Every id in a detail is text.
"""

import base64
import random
from typing import Any

from ..chance import Chance
from ..delivery import Delivery, to_json
from ..history import Version
from ..render.zendesk import ACCOUNT_ID, history, text
from ..signing import guid, hexadecimal, keyed_digest, sha256, shared
from ..vendor import Outgoing
from ..world import World

_TICKET = (
    "assignee_id brand_id created_at description external_id group_id id is_public organization_id priority "
    "requester_id status subject submitter_id tags type updated_at via"
)
_DETAILS = {
    "ticket": _TICKET,
    "user": "created_at email external_id id organization_id role updated_at",
    "organization": "created_at external_id group_id id name updated_at",
}


def deliveries(world: World, chance: Chance) -> list[Delivery]:
    """Every event since the webhook was made; a trigger tells of urgent tickets beside that."""
    before: dict[tuple[str, str], dict[str, Any]] = {}
    made = []
    for one in history(world).versions:
        past = before.get((one.stream, one.id))
        if one.at >= world.hooks_since and one.event_type:
            made.append(_event(one, past or {}, guid(chance)))
            if one.event_type == "ticket.priority_changed" and chance.happens(0.3):
                made.append(_trigger(one))
        before[one.stream, one.id] = one.record or past or {}
    return made


def _event(one: Version, past: dict[str, Any], event_id: str) -> Delivery:
    record = one.record or past
    changed = [key for key in record if record.get(key) != past.get(key) and key != "updated_at"]
    told: dict[str, Any] = {"meta": {"version": "1.0", "sequence": {"id": event_id, "position": 1, "total": 1}}}
    if changed and past:
        told |= {"previous": past.get(changed[0]), "current": record.get(changed[0])}
    body: dict[str, Any] = {
        "type": f"zen:event-type:{one.event_type}",
        "account_id": ACCOUNT_ID,
        "id": event_id,
        "time": text(one.at),
        "zendesk_event_version": "2022-11-06",
        "subject": f"zen:{one.stream}:{one.id}",
        "detail": {key: _as_text(key, record.get(key)) for key in _DETAILS[one.stream].split()},
        "event": told,
    }
    # The export shows deleted tickets and users, of organizations it shows the living.
    events = ((one.stream, event_id),)
    return Delivery("zendesk", body["type"], to_json(body), event_id, one.at, events, one.record is not None)


def _as_text(key: str, value: Any) -> Any:
    if key == "id" or key.endswith("_id"):
        return "" if value is None else str(value)
    return value.upper() if key in ("status", "priority", "type") and isinstance(value, str) else value


def _trigger(one: Version) -> Delivery:
    """What an administrator wrote into the trigger, with {{ticket.id}} filled in."""
    body = to_json({"ticket_id": one.id, "at": text(one.at), "note": "Urgent: call the property manager"})
    return Delivery("zendesk", "trigger", body, sha256(body)[:26], one.at, (("trigger", sha256(body)),), False)


def sign(outgoing: Outgoing) -> dict[str, str]:
    """The key is used as it stands, though it looks like base64."""
    timestamp = text(outgoing.now)
    digest = keyed_digest(outgoing.keys["signing_secret"], timestamp.encode() + outgoing.body)
    return {
        "X-Zendesk-Account-Id": str(ACCOUNT_ID),
        "X-Zendesk-Webhook-Id": "01GK8E6BKWMJZD2T8Y5AXJQMG5",
        "X-Zendesk-Webhook-Invocation-Id": (outgoing.delivery_id or sha256(outgoing.body)[:26]).upper(),
        "X-Zendesk-Webhook-Signature": base64.b64encode(digest).decode(),
        "X-Zendesk-Webhook-Signature-Timestamp": timestamp,
        "User-Agent": "Zendesk Webhook",
    }


def new_credentials(rng: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    secret = base64.b64encode(hexadecimal(rng, 32).encode()).decode()
    return shared(rng, secret, email="integrations@payready.example", api_token=hexadecimal(rng, 40))
