"""Linear's webhooks: one per change of an entity, dated inside the signed body; what was removed is told once.

linear/linear, packages/sdk/src/webhooks and schema.graphql, types *WebhookPayload. A change of SLA and an agent's
session are told too, under names of their own.
"""

import random
import re
from datetime import datetime
from typing import Any

from ..chance import Chance
from ..delivery import Delivery, to_json
from ..history import Version
from ..render.linear import history
from ..render.linear_workspace import ORGANIZATION_ID, URL, iso
from ..signing import guid, hexadecimal, keyed_digest, shared
from ..vendor import Outgoing
from ..world import World

_TYPES = {
    "issue": "Issue",
    "comment": "Comment",
    "issue_label": "IssueLabel",
    "project": "Project",
    "project_update": "ProjectUpdate",
    "cycle": "Cycle",
    "initiative": "Initiative",
    "customer": "Customer",
    "customer_need": "CustomerNeed",
    "user": "User",
}
"""What is told; teams and workflow states are not."""
_NOT_TOLD = {
    "comment": {"url"},
    "customer_need": {"url"},
    "cycle": {"progress"},
    "issue": {"customerTicketCount", "branchName"},
    "project": {"scope", "progress"},
    "user": {"title"},
}
"""What the API shows of a record and its webhook leaves out."""
_BY_ID_ALONE = {
    "comment": {"project"},
    "customer": {"owner"},
    "customer_need": {"creator"},
    "cycle": {"team"},
    "issue": {"parent"},
    "issue_label": {"parent", "team"},
    "project": {"creator"},
}
"""What the API nests and the webhook names."""
_CLOCK = re.compile(rb'("webhookTimestamp":\s*)\d+')


def deliveries(world: World, chance: Chance) -> list[Delivery]:
    """Every change since the webhook was made."""
    webhook_id = guid(chance)
    before: dict[str, dict[str, Any]] = {}
    made = []
    for one in history(world).versions:
        if one.stream in _TYPES and one.at >= world.hooks_since:
            made.append(_delivery(one, before.get(one.id), webhook_id, guid(chance)))
        if one.stream == "issue" and one.event_type == "create" and one.at >= world.hooks_since and chance.happens(0.1):
            made.append(_sla(one, webhook_id, guid(chance)))
        if one.record is not None:
            before[one.id] = one.record
    return made


def _delivery(one: Version, before: dict[str, Any] | None, webhook_id: str, delivery_id: str) -> Delivery:
    record = one.record or before or {}
    body = {
        "action": one.event_type,
        "actor": {"id": ORGANIZATION_ID, "name": "Pay Ready", "type": "user"},
        "createdAt": iso(one.at),
        "data": _data(one.stream, record),
        "url": record.get("url", URL),
        "type": _TYPES[one.stream],
        "organizationId": ORGANIZATION_ID,
        "webhookTimestamp": int(one.at.timestamp() * 1000),
        "webhookId": webhook_id,
    }
    if one.event_type == "update" and before and one.record:
        changed = {key: told for key, told in before.items() if one.record.get(key) != told}
        body["updatedFrom"] = _data(one.stream, changed)
    # A deleted record leaves nothing that a pull could list.
    is_repairable = one.record is not None
    events = ((one.stream, delivery_id),)
    return Delivery("linear", _TYPES[one.stream], to_json(body), delivery_id, one.at, events, is_repairable)


def _sla(one: Version, webhook_id: str, delivery_id: str) -> Delivery:
    body = {
        "action": "set",
        "createdAt": iso(one.at),
        "issueData": _data(one.stream, one.record or {}),
        "type": "IssueSLA",
        "organizationId": ORGANIZATION_ID,
        "webhookTimestamp": int(one.at.timestamp() * 1000),
        "webhookId": webhook_id,
    }
    events = (("issue_sla", delivery_id),)
    return Delivery("linear", "IssueSLA", to_json(body), delivery_id, one.at, events, is_repairable=False)


def _data(stream: str, record: dict[str, Any]) -> dict[str, Any]:
    """The record as webhooks write it: what it nests by id too, or alone, lists of records by ids alone."""
    told: dict[str, Any] = {}
    for key, value in record.items():
        if key in _NOT_TOLD.get(stream, ()):
            continue
        if isinstance(value, dict) and "nodes" in value:
            told[f"{key.removesuffix('s')}Ids"] = [one["id"] for one in value["nodes"]]
        elif key in _BY_ID_ALONE.get(stream, ()):
            told[f"{key}Id"] = value and value["id"]
        elif isinstance(value, dict):
            told |= {key: value, f"{key}Id": value["id"]}
        elif value is None and key == "cycle":
            told["cycleId"] = None
        else:
            told[key] = value
    return told


def dated(body: bytes, now: datetime) -> bytes:
    """Linear dates a delivery inside its body; whether anew for each try is not documented."""
    return _CLOCK.sub(rb"\g<1>%d" % (now.timestamp() * 1000), body)


def sign(outgoing: Outgoing) -> dict[str, str]:
    """The timestamp header is not part of what is signed."""
    return {
        "Linear-Signature": keyed_digest(outgoing.keys["signing_secret"], outgoing.body).hex(),
        "Linear-Event": outgoing.event_type or "Issue",
        "Linear-Delivery": outgoing.delivery_id or "00000000-0000-4000-8000-000000000000",
        "Linear-Timestamp": str(int(outgoing.now.timestamp() * 1000)),
        "User-Agent": "Linear-Webhook",
        "Content-Type": "application/json; charset=utf-8",
    }


def new_credentials(rng: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    return shared(rng, api_key=f"lin_api_{hexadecimal(rng, 40)}")
