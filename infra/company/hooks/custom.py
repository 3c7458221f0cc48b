"""Pay Ready's own billing service: subscriptions, invoices and payments, told by Standard Webhooks.

standardwebhooks.com, specification 1.0.0: a message is {type, timestamp, data}; its id stays the same when it is sent
again; the secret is `whsec_` and base64.
"""

import base64
import hmac
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from ..chance import Chance
from ..delivery import Delivery, to_json
from ..history import History, Version, once_per_world
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

_CENTS_PER_UNIT = (115, 140, 165)
_PLANS = ("Collections", "Collections Plus", "Resident Pay")


@once_per_world
def history(world: World) -> History:
    """A subscription for every third customer, an invoice a month, a payment for most."""
    chance = Chance(world.seed, "custom")
    customers = [one for one in world.market.companies if not one.merged_into][::3]
    return History(version for company in customers for version in _customer(chance, world, company.id))


def _customer(chance: Chance, world: World, company_id: str) -> Iterator[Version]:
    units = max(world.market.units[company_id], 40)
    began_at = world.started_at + timedelta(days=chance.randint(0, 25), milliseconds=chance.randint(0, 80_000_000))
    ended_at = began_at + timedelta(days=75) if chance.happens(0.15) else None
    subscription: dict[str, Any] = {
        "id": f"sub_{chance.code(14)}",
        "customer_id": company_id,
        "plan": chance.choice(_PLANS),
        "units": units,
        "unit_amount_cents": chance.choice(_CENTS_PER_UNIT),
        "status": "active",
        "started_at": _iso(began_at),
        "ended_at": None,
    }
    yield _version("subscription", "created", subscription, began_at)
    if chance.happens(0.4):
        grown_at = began_at + timedelta(days=chance.randint(20, 60), milliseconds=chance.randint(1, 9_000_000))
        subscription = {**subscription, "units": units + chance.randint(10, 120)}
        yield _version("subscription", "updated", subscription, grown_at)
    if ended_at:
        yield _version(
            "subscription", "canceled", {**subscription, "status": "canceled", "ended_at": _iso(ended_at)}, ended_at
        )
    for month in range(4):
        issued_at = began_at + timedelta(days=30 * month, hours=2)
        if ended_at is None or issued_at < ended_at:
            yield from _invoice(chance, subscription, issued_at, month)


def _invoice(chance: Chance, subscription: dict[str, Any], at: datetime, month: int) -> Iterator[Version]:
    """Drafted, opened, and then paid, voided or deleted as a draft."""
    invoice: dict[str, Any] = {
        "id": f"in_{chance.code(14)}",
        "number": f"PR-{at:%Y%m}-{chance.number(5)}",
        "customer_id": subscription["customer_id"],
        "subscription_id": subscription["id"],
        "status": "draft",
        "currency": "usd",
        "total_cents": subscription["units"] * subscription["unit_amount_cents"],
        "paid_cents": 0,
        "issued_on": at.date().isoformat(),
        "due_on": (at + timedelta(days=15)).date().isoformat(),
    }
    yield _version("invoice", "created", invoice, at)
    if month == 1 and chance.happens(0.2):
        yield Version("invoice", invoice["id"], at + timedelta(hours=5), None, "invoice.deleted")
        return
    opened_at = at + timedelta(hours=20)
    invoice = {**invoice, "status": "open"}
    yield _version("invoice", "finalized", invoice, opened_at)
    if chance.happens(0.08):
        yield _version("invoice", "voided", {**invoice, "status": "void"}, opened_at + timedelta(days=2))
        return
    paid_at = opened_at + timedelta(days=chance.randint(1, 20), milliseconds=chance.randint(0, 30_000_000))
    payment = {
        "id": f"pay_{chance.code(14)}",
        "invoice_id": invoice["id"],
        "customer_id": invoice["customer_id"],
        "amount_cents": invoice["total_cents"],
        "currency": "usd",
        "method": chance.choice(("ach", "card")),
        "status": "succeeded",
        "failure_reason": None,
    }
    if chance.happens(0.1):
        failed = {**payment, "status": "failed", "failure_reason": "insufficient_funds"}
        yield _version("payment", "failed", failed, paid_at - timedelta(hours=6))
    # One transaction in the billing service: both at the same instant.
    yield _version("payment", "succeeded", payment, paid_at)
    yield _version("invoice", "paid", {**invoice, "status": "paid", "paid_cents": invoice["total_cents"]}, paid_at)


def _version(stream: str, happened: str, record: dict[str, Any], at: datetime) -> Version:
    return Version(stream, record["id"], at, record, f"{stream}.{happened}")


def deliveries(world: World, chance: Chance) -> list[Delivery]:
    """One a version. Nothing else would bring it again: whatever is lost is lost."""
    return [_delivery(version, f"msg_{chance.code(26)}") for version in history(world).versions]


def _delivery(version: Version, message_id: str) -> Delivery:
    data = version.record or {"id": version.id}
    body = to_json({"type": version.event_type, "timestamp": _iso(version.at), "data": data})
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


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
