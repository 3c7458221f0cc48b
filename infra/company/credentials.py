"""The keys between us and the simulated vendors, and the connections that use them. Made from the seed: laptop only."""

import json
import random
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from .signing import new_credentials
from .workshop import ORGANIZATION
from .world import World

SOURCES = ("github", "gong", "hubspot", "slack")
CONNECTION_ID = "default"
_BEFORE = timedelta(days=600)
"""How long before the history the first pull reads: customers are older than it."""
_PREFIXES = {"slack": "slack/api/", "github": "github/", "hubspot": "hubspot/", "gong": "gong/"}


def make(seed: int, sources: Iterable[str] = SOURCES) -> dict[str, dict[str, dict[str, Any]]]:
    """Per source: `stored` is the receiver's secret, `kept` is the vendor's side."""
    made = {}
    for source in sources:
        stored, kept = new_credentials(source, random.Random(f"{seed}/credentials/{source}"))
        made[source] = {"stored": stored, "kept": kept}
    return made


def connections(world: World, credentials: dict[str, Any], vendors_url: str) -> dict[str, dict[str, Any]]:
    """Per source what to write into the state table and the secrets: connection_id, base_url, credentials, options,
    start_at (ISO 8601); and kept, which the vendor signs with and the receiver must not get."""
    hooks = [{"repository": one.full_name, "hook_id": one.hook_id} for one in world.workshop.repositories]
    repositories = [one.full_name for one in world.workshop.repositories]
    options = {"github": {"organization": ORGANIZATION, "repositories": repositories, "hooks": hooks}}
    return {
        source: {
            "connection_id": CONNECTION_ID,
            "base_url": f"{vendors_url.rstrip('/')}/{_PREFIXES[source]}",
            "credentials": held["stored"],
            "options": options.get(source, {}),
            "start_at": (world.started_at - _BEFORE).isoformat(),
            "kept": held["kept"],
        }
        for source, held in credentials.items()
    }


def write(path: Path, told: dict[str, Any]) -> None:
    """JSON in a file that its owner alone may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(told, indent=2) + "\n")
