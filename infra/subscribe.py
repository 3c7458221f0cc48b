"""A source's webhook subscriptions: kept through the vendor's API, or made by hand with every step told."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chalicelib.errors import ConfigurationMissing
from chalicelib.ingest.cursors import RECORD, Cursors
from chalicelib.ingest.hook_secrets import HookSecrets
from chalicelib.ingest.source import Connection, Source
from chalicelib.ingest.subscription import Subscription
from chalicelib.ingest.subscriptions import Keeper
from chalicelib.ingest.webhook_address import address, has_key

_POLL_S = 2.0
_UNSAID = (
    "In {title}'s own settings register {url} as the address of its webhooks.",
    'Store the signing secret it shows in the secret of this connection, under "signing_secrets".',
)


def connected(keeper: Keeper, source: Source, connection_id: str) -> Connection:
    """Raises ConfigurationMissing where there is no such connection."""
    found = keeper.connections.get(source.name, connection_id)
    if found is None:
        known = [one.connection_id for one in keeper.connections.all() if one.source == source.name]
        raise ConfigurationMissing(
            f"no connection {connection_id!r} of {source.name}; there are {', '.join(known) or 'none'}"
        )
    return found


def listed(keeper: Keeper, source: Source, connection: Connection) -> list[dict[str, Any]]:
    """One row per webhook that stands at the vendor, ours and others', without the keys in their addresses. Where the
    vendor cannot list them, those we remember."""
    url, found = keeper.standing(source, connection)
    if source.subscriptions and not source.subscriptions.is_listed:
        found = remembered(keeper, connection)
    return [row(one, url) for one in found]


def remembered(keeper: Keeper, connection: Connection) -> list[Subscription]:
    """As the last care of them left it."""
    known = Cursors(keeper.table, keeper.now, "subscription").of(connection.source, connection.connection_id)
    cursor = known[RECORD].cursor if RECORD in known else {}
    return [
        Subscription(one["id"], cursor.get("address", ""), one["is_active"], detail=one["detail"])
        for one in cursor.get("subscriptions", ())
    ]


def row(one: Subscription, ours: str) -> dict[str, Any]:
    where = one.url.partition("?")[0]
    return {
        "id": one.id,
        "address": where,
        "ours": where == ours,
        "active": one.is_active,
        "expires_at": one.expires_at,
        "about": " ".join(f"{name}={told}" for name, told in one.detail.items()),
    }


def steps_by_hand(keeper: Keeper, source: Source, connection: Connection) -> list[str]:
    """What a person does in the vendor's own screens, the address and secret filled in. The secret is in force already,
    and is the same when this is asked again."""
    steps = source.by_hand or tuple(step.replace("{title}", source.title) for step in _UNSAID)
    secrets = HookSecrets(keeper.connections, connection, keeper.propose)
    key = secrets.url_key() if has_key(source) else ""
    url = address(keeper.public_base_url, source, connection.connection_id, key)
    secret = secrets.proposed() if any("{secret}" in step for step in steps) else ""
    # Not str.format: steps may show JSON.
    return [step.replace("{url}", url).replace("{secret}", secret) for step in steps]


def first_delivery(
    answered: Callable[[], Sequence[Mapping[str, Any]]], within_s: float, sleep: Callable[[float], None] = time.sleep
) -> Mapping[str, Any] | None:
    """The first delivery that was answered 2xx, None when none came in time. answered tells those since we began."""
    waited = 0.0
    while waited <= within_s:
        for one in answered():
            if one.get("status") == 200:
                return one
        sleep(_POLL_S)
        waited += _POLL_S
    return None
