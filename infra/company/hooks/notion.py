"""Notion's webhooks: signals that something changed, a minute or two later, signed with the verification token.

developers.notion.com, "Webhooks"; makenotion/notion-sdk-js, src/webhooks.ts.
"""

import random
from datetime import timedelta
from typing import Any

from ..chance import Chance
from ..delivery import Delivery, to_json
from ..history import Version
from ..render.notion import Record, history, iso, users
from ..signing import guid, hexadecimal, keyed_digest, shared
from ..vendor import Outgoing
from ..world import World

_GONE = ("page.deleted", "page.undeleted")


def deliveries(world: World, chance: Chance) -> list[Delivery]:
    """Since the subscription was made."""
    workspace = {"workspace_id": guid(chance), "subscription_id": guid(chance), "integration_id": guid(chance)}
    happened = [one for one in history(world).versions if one.event_type and one.at >= world.hooks_since]
    return [_delivery(one, world, workspace, chance) for one in happened]


def _delivery(one: Version, world: World, workspace: Record, chance: Chance) -> Delivery:
    """A lost deletion, and the undoing of one, is brought back by no pull."""
    event_id = guid(chance)
    late = timedelta(seconds=chance.randint(1, 5) if one.stream == "comment" else chance.randint(40, 120))
    body = {
        "id": event_id,
        "timestamp": iso(one.at),
        **workspace,
        "workspace_name": "Pay Ready",
        "authors": [{"id": chance.choice(users(world)[:-1])["id"], "type": "person"}],
        "attempt_number": 1,
        "api_version": "2025-09-03",
        "entity": {"id": one.id, "type": one.stream},
        "type": one.event_type,
        "data": _data(one, chance),
    }
    # With a page goes what it says.
    streams = ("page", "page_content") if one.event_type in _GONE else (one.stream,)
    told = tuple((stream, event_id) for stream in streams)
    is_repairable = "deleted" not in one.event_type
    return Delivery("notion", one.event_type, to_json(body), event_id, one.at + late, told, is_repairable)


def _data(one: Version, chance: Chance) -> dict[str, Any]:
    parent = (one.record or {}).get("parent", {"type": "workspace"})
    kind = parent["type"].removesuffix("_id")
    told: dict[str, Any] = {"parent": {"id": parent.get(parent["type"]), "type": kind}}
    if kind == "workspace":
        told["parent"] = {"id": guid(chance), "type": "space"}
    if kind == "data_source":
        told["parent"] = {"id": guid(chance), "type": "database", "data_source_id": parent["data_source_id"]}
    match one.event_type:
        case "page.content_updated":
            told["updated_blocks"] = [{"id": guid(chance), "type": "block"}]
        case "page.properties_updated":
            told["updated_properties"] = ["title", "XGe%40"]
        case "data_source.schema_updated":
            told["updated_properties"] = [{"id": "wX%7Bd", "name": "Units", "action": "created"}]
        case "comment.created" | "comment.updated" | "comment.deleted":
            told["page_id"] = parent.get("page_id")
    return told


def sign(outgoing: Outgoing) -> dict[str, str]:
    return {"X-Notion-Signature": f"sha256={keyed_digest(outgoing.keys['signing_secret'], outgoing.body).hex()}"}


def new_credentials(rng: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    return shared(rng, f"secret_{hexadecimal(rng, 43)}", access_token=f"ntn_{hexadecimal(rng, 46)}")
