"""The connections of the local stack: the simulated vendors, registered as an operator would register real ones."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from chalicelib.ingest.connections import Connections
from chalicelib.ingest.cursors import Cursors, Kind, Record
from chalicelib.ingest.state_table import StateTable

from .cloud import Cloud

STATE_TABLE = "sophia-state"
SECRETS_PREFIX = "sophia"


def connections(cloud: Cloud) -> Connections:
    return Connections(state_table(cloud), cloud.client("secretsmanager"), SECRETS_PREFIX)


def register(cloud: Cloud, vendors: Mapping[str, Mapping[str, Any]]) -> None:
    """Write a connection for each vendor, told by source as infra.company.credentials writes them. Cursors stay."""
    from ..company.credentials import as_connection  # noqa: PLC0415  every command imports this file

    known = connections(cloud)
    for source, told in vendors.items():
        credentials = {**told["credentials"], **_learned(known, source, told)}
        known.connect(as_connection(source, {**told, "credentials": credentials}))


def _learned(known: Connections, source: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """The secrets that subscribing brought since: the vendor signs with them as long as it runs."""
    held = known.get(source, told["connection_id"])
    if held is None:
        return {}
    kept = {name: held.credentials[name] for name in ("url_keys", "proposed_secret") if name in held.credentials}
    secrets = [*told["credentials"].get("signing_secrets", ()), *held.credentials.get("signing_secrets", ())]
    return kept | ({"signing_secrets": list(dict.fromkeys(secrets))} if secrets else {})


def pull_records(cloud: Cloud, kind: Kind = "cursor") -> dict[tuple[str, str, str], Record]:
    """How the last pulls went, or what else is recorded, by source, connection and stream."""
    cursors = Cursors(state_table(cloud), lambda: datetime.now(UTC), kind)
    return {
        (known.source, known.connection_id, stream): record
        for known in connections(cloud).all()
        for stream, record in cursors.of(known.source, known.connection_id).items()
    }


def state_table(cloud: Cloud) -> StateTable:
    return StateTable(cloud.client("dynamodb"), STATE_TABLE)
