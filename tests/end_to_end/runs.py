"""What ran on a stack of the tests' own, and the warehouse it left behind."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from infra import main_job
from infra.local.stack import Stack
from infra.warehouse import query

LANES = ("webhook", "pull", "file", "backfill", "api")
COUNTS_OF_ARRIVALS = ("ANALYTICS.COMPLETENESS", "MCP_DATA.DATA_HEALTH")
ARRIVALS = {"landed_at", "last_received_at", "checked_at", "checked_through"}
"""Columns that tell when something came last; they are there to move."""
Counts = dict[tuple[str, str], int]
"""By source and stream."""


@dataclass(frozen=True)
class Run:
    """A company, and the stack on which its events were carried."""

    company: main_job.Company
    stack: Stack

    def ask(self, text: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Rows of the warehouse, column names in lower case."""
        rows = query(self.stack.warehouse_port, text, parameters)
        return [{name.lower(): value for name, value in row.items()} for row in rows]

    def landed(self, connection_id: str = "default", lanes: Sequence[str] = LANES) -> Counts:
        """Distinct events of a connection in the raw table."""
        text = "select source, stream, count(distinct event_id) as count from RAW_DATA.EVENTS where connection_id = %s"
        rows = self.ask(f"{text} and lane in (%s) group by source, stream", [connection_id, lanes])
        return {(row["source"], row["stream"]): row["count"] for row in rows}

    def staged(self, connection_id: str = "default") -> Counts:
        """Events of a connection, as folded into the records of staging."""
        text = "select source, stream, sum(event_count) as count from STAGING.BASE_RECORDS where connection_id = %s"
        rows = self.ask(f"{text} group by source, stream", [connection_id])
        return {(row["source"], row["stream"]): row["count"] for row in rows}

    def records(self, connection_id: str = "default") -> list[dict[str, Any]]:
        """Source, stream, entity_id and is_deleted of every record of a connection."""
        text = "select source, stream, entity_id, is_deleted from STAGING.BASE_RECORDS where connection_id = %s"
        return self.ask(text, [connection_id])


@dataclass(frozen=True)
class Job(Run):
    """The whole main job, with what the sender and the pulls reported."""

    done: main_job.Done

    def marts(self) -> dict[str, list[dict[str, Any]]]:
        """Every mart but those that count arrivals, each sorted by all there is in it, without ARRIVALS."""
        nodes = json.loads((self.stack.dbt_folder / "manifest.json").read_text())["nodes"].values()
        models = [
            node for node in nodes if node["resource_type"] == "model" and "/marts/" in node["original_file_path"]
        ]
        names = [f"{node['schema']}.{node['name']}" for node in models]
        names = [name for name in names if not name.upper().startswith(COUNTS_OF_ARRIVALS)]
        read = {name: self.ask(f"select * from {name}") for name in names}  # noqa: S608
        assert len(read) > 5
        return {name: sorted((_steady(row) for row in rows), key=str) for name, rows in read.items()}


@dataclass(frozen=True)
class Survival(Run):
    """A run amid kills; answered are the ids of all events that were answered 2xx."""

    answered: frozenset[str]


def _steady(row: dict[str, Any]) -> dict[str, Any]:
    """Floats to nine digits: the last of a sum depend on its order."""
    kept = {name: value for name, value in row.items() if name not in ARRIVALS}
    return {name: float(f"{value:.9g}") if isinstance(value, float) else value for name, value in kept.items()}
