"""Pay Ready's own billing service: subscriptions, invoices and payments, told by Standard Webhooks.

standardwebhooks.com, specification 1.0.0: a message is {type, timestamp, data}; its id stays the same when it is sent
again; the secret is `whsec_` and base64.
"""

import base64
import hmac
import random
from typing import Any

from ..chance import Chance
from ..crm import iso_ms
from ..delivery import Delivery, to_json
from ..history import History, Version, once_per_world
from ..render.custom import versions
from ..signing import sha256
from ..vendor import Outgoing
from ..world import World

STREAMS = ("subscription", "invoice", "payment")
SETTINGS = {
    "scheme": "standard",
    "stream": "$.type",
    "streams": {f"{stream}.*": stream for stream in STREAMS},
    "id": "data.id",
    "operations": {"*.deleted": "delete", "*": "upsert"},
    "updated_at": "timestamp",
}
"""What an operator writes under "webhook" in the secret of this connection."""


@once_per_world
def history(world: World) -> History:
    """What render makes of the company's contracts and of what was used besides."""
    return History(versions(world, Chance(world.seed, "custom")))


def deliveries(world: World, chance: Chance) -> list[Delivery]:
    """One a version. Nothing else would bring it again: whatever is lost is lost."""
    return [_delivery(version, f"msg_{chance.code(26)}") for version in history(world).versions]


def _delivery(version: Version, message_id: str) -> Delivery:
    data = version.record or {"id": version.id}
    body = to_json({"type": version.event_type, "timestamp": iso_ms(version.at), "data": data})
    events = ((version.stream, message_id),)
    return Delivery("custom", version.event_type, body, message_id, version.at, events, is_repairable=False)


def sign(outgoing: Outgoing) -> dict[str, str]:
    """Specification 1.0.0, "Signature scheme"."""
    message_id = outgoing.delivery_id or f"msg_{sha256(outgoing.body)[:26]}"
    timestamp = str(int(outgoing.now.timestamp()))
    key = base64.b64decode(outgoing.keys["signing_secret"].removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.".encode() + outgoing.body
    signature = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    return {"Webhook-Id": message_id, "Webhook-Timestamp": timestamp, "Webhook-Signature": f"v1,{signature}"}


def new_credentials(rng: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """24 random bytes, the least the specification allows."""
    secret = "whsec_" + base64.b64encode(rng.randbytes(24)).decode()
    return {"signing_secrets": [secret], "webhook": SETTINGS}, {"signing_secret": secret}
