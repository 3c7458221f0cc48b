"""The keys between us and the simulated vendors, and the connections that use them. Made from the seed: laptop only."""

import copy
import functools
import json
import random
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from chalicelib.ingest.source import Connection

from . import vendors
from .signing import new_credentials
from .world import World

CONNECTION_ID = "default"
_BEFORE = timedelta(days=600)
"""How long before the history the first pull reads: customers are older than it."""


def make(seed: int, sources: Iterable[str] | None = None) -> dict[str, dict[str, dict[str, Any]]]:
    """Per source, all where none are named: `stored` is the receiver's secret, `kept` is the vendor's side."""
    return {source: copy.deepcopy(_pair(seed, source)) for source in (vendors.names() if sources is None else sources)}


@functools.cache
def _pair(seed: int, source: str) -> dict[str, dict[str, Any]]:
    """Made once: Gong's is an RSA key, for which primes are looked for."""
    stored, kept = new_credentials(source, random.Random(f"{seed}/credentials/{source}"))
    return {"stored": stored, "kept": kept}


def connections(
    world: World, credentials: dict[str, Any], vendors_url: str, rate_factor: float = 1.0
) -> dict[str, dict[str, Any]]:
    """Per source what to write into the state table and the secrets: connection_id, base_url, credentials, options,
    start_at (ISO 8601); and kept, which the vendor signs with and the receiver must not get."""
    return {
        source: {
            "connection_id": CONNECTION_ID,
            "base_url": f"{vendors_url.rstrip('/')}/{vendors.load(source).api}",
            "credentials": held["stored"],
            "options": {**vendors.load(source).options(world), "rate_factor": rate_factor},
            "start_at": (world.started_at - _BEFORE).isoformat(),
            "kept": held["kept"],
        }
        for source, held in credentials.items()
    }


def as_connection(source: str, told: Mapping[str, Any]) -> Connection:
    """What `connections` tells of a source, as the pulls know it. What the vendor keeps is left out."""
    return Connection(
        source=source,
        connection_id=told["connection_id"],
        base_url=told["base_url"],
        credentials=told["credentials"],
        options=told["options"],
        start_at=datetime.fromisoformat(told["start_at"]),
    )


def write(path: Path, told: dict[str, Any]) -> None:
    """JSON in a file that its owner alone may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(told, indent=2) + "\n")
