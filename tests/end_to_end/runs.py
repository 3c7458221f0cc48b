"""What ran on a stack of the tests' own, and the warehouse it left behind."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from infra import main_job
from infra.local.stack import Stack
from infra.warehouse import query

LANES = ("webhook", "pull", "file", "backfill", "api")
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


@dataclass(frozen=True)
class Survival(Run):
    """A run amid kills; answered are the ids of all events that were answered 2xx."""

    answered: frozenset[str]
