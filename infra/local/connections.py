"""The connections of the local stack: the simulated vendors, registered as an operator would register real ones."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from chalicelib.ingest.connections import Connections
from chalicelib.ingest.cursors import Cursors, Record
from chalicelib.ingest.source import Connection
from chalicelib.ingest.state_table import StateTable

from .cloud import Cloud

STATE_TABLE = "sophia-state"
SECRETS_PREFIX = "sophia"


def connections(cloud: Cloud) -> Connections:
    return Connections(_table(cloud), cloud.client("secretsmanager"), SECRETS_PREFIX)


def register(cloud: Cloud, vendors: Mapping[str, Mapping[str, Any]]) -> None:
    """Write a connection for each vendor, told by source as infra.company.credentials writes them. Cursors stay."""
    known = connections(cloud)
    for source, told in vendors.items():
        known.connect(
            Connection(
                source=source,
                connection_id=told["connection_id"],
                base_url=told["base_url"],
                credentials=told["credentials"],
                options=told["options"],
                start_at=datetime.fromisoformat(told["start_at"]),
            )
        )


def pull_records(cloud: Cloud) -> dict[tuple[str, str, str], Record]:
    """How the last pulls went, by source, connection and stream."""
    cursors = Cursors(_table(cloud), lambda: datetime.now(UTC))
    return {
        (known.source, known.connection_id, stream): record
        for known in connections(cloud).all()
        for stream, record in cursors.of(known.source, known.connection_id).items()
    }


def _table(cloud: Cloud) -> StateTable:
    return StateTable(cloud.client("dynamodb"), STATE_TABLE)
