"""What the notifications of Outlook and SharePoint have in common: clientState, batches, lifecycle events."""

import random
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ..delivery import Delivery, to_json
from ..signing import guid, hexadecimal
from ..vendor import Outgoing

HEADERS = {"Content-Type": "application/json; charset=utf-8"}
_CLIENT_STATE = re.compile(rb'("clientState"\s*:\s*")[^"]*')


def new_credentials(rng: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """An app of the company's tenant, and the clientState that its subscriptions were made with."""
    state = hexadecimal(rng, 64)
    asked = {"tenant_id": guid(rng), "client_id": guid(rng), "client_secret": hexadecimal(rng, 40)}
    return {"signing_secrets": [state], **asked}, {"client_state": state, "tenant_id": asked["tenant_id"]}


def sign(outgoing: Outgoing) -> dict[str, str]:
    """Nothing is signed: see stamp."""
    return {}


def stamp(body: bytes, keys: Mapping[str, Any]) -> bytes:
    """Every item of the batch repeats the clientState of its subscription."""
    return _CLIENT_STATE.sub(rb"\g<1>" + keys["client_state"].encode(), body)


def batch(
    source: str, at: datetime, items: list[dict[str, Any]], events: list[tuple[str, str]], is_repairable: bool
) -> Delivery:
    """One POST. No header and no field is an id of the delivery."""
    body = to_json({"value": items})
    return Delivery(source, events[0][0], body, events[0][1], at, tuple(events), is_repairable, headers=HEADERS)


def item(subscription_id: str, at: datetime, **more: Any) -> dict[str, Any]:
    return {
        "subscriptionId": subscription_id,
        "subscriptionExpirationDateTime": (at + timedelta(days=2)).strftime("%Y-%m-%dT%H:00:00.0000000+00:00"),
        "clientState": "",
        **more,
        "tenantId": "6f0c7a52-3d1e-4a6b-9b57-0c2d8f4e1a90",
    }
