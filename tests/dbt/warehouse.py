"""A warehouse of the tests' own, with our raw table in it, and dbt to run against it.

dbt runs in this process and parses the project once: its start-up would otherwise cost more than its work.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from infra.local.warehouse.running import connect, running_warehouse
from infra.snowflake import migrate
from tests.dbt.story import Told

ROOT = Path(__file__).parents[2]
COLUMNS = [
    "event_id",
    "source",
    "connection_id",
    "stream",
    "entity_id",
    "operation",
    "lane",
    "occurred_at",
    "source_updated_at",
    "source_version",
    "received_at",
    "payload",
    "object_key",
    "landed_at",
]
INSTANTS = {"occurred_at", "source_updated_at", "received_at", "landed_at"}


@dataclass(frozen=True)
class Warehouse:
    """The raw table can be filled, the project built, and tables read."""

    connection: snowflake.connector.SnowflakeConnection
    folder: Path
    as_of: str
    manifest: Manifest | None = None

    def dbt(self, *arguments: str) -> Any:
        """The result of one dbt command. Fails the test, with dbt's words, when the command fails."""
        options = ["--project-dir", str(ROOT), "--profiles-dir", str(ROOT / "dbt_project"), "--target", "local"]
        options += ["--target-path", str(self.folder), "--vars", json.dumps({"as_of": self.as_of})]
        quiet = ["--quiet", "--no-use-colors", "--log-path", str(self.folder)]
        outcome = dbtRunner(manifest=self.manifest).invoke([*quiet, *arguments, *options])
        if not outcome.success:
            results = getattr(outcome.result, "results", [])
            failed = [f"{one.node.name}: {one.status} {one.message}" for one in results if one.status not in _FINE]
            pytest.fail(f"dbt {arguments[0]}: {outcome.exception or ''}\n" + "\n".join(failed))
        return outcome.result

    def parsed(self) -> "Warehouse":
        return Warehouse(self.connection, self.folder, self.as_of, self.dbt("parse"))

    def forget(self) -> None:
        """No event landed. What was built stays until a full refresh."""
        self._execute("truncate table SOPHIA.RAW_DATA.EVENTS")

    def land(self, events: Iterable[Told], landed_at: datetime) -> None:
        """Load events as the pipe would, in this order, repetitions included."""
        rows = [_row(event, landed_at) for event in events]
        row = "(" + ", ".join(["%s"] * len(COLUMNS)) + ")"
        typed = ", ".join(_typed(name, f"column{number}") for number, name in enumerate(COLUMNS, start=1))
        statement = f"insert into SOPHIA.RAW_DATA.EVENTS ({', '.join(COLUMNS)}) select {typed} from values "  # noqa: S608
        self._execute(statement + ", ".join([row] * len(rows)), [value for values in rows for value in values])

    def rows(self, table: str, leaving_out: Iterable[str] = ()) -> list[dict[str, Any]]:
        """The whole table, sorted by everything in it. Names of columns in lower case."""
        cursor = self.connection.cursor(snowflake.connector.DictCursor)
        cursor.execute(f"select * from SOPHIA.{table}")  # noqa: S608
        rows = [{name.lower(): value for name, value in row.items()} for row in cursor.fetchall()]  # type: ignore[union-attr]
        kept = [{name: value for name, value in row.items() if name not in leaving_out} for row in rows]
        return sorted(kept, key=lambda row: [str(value) for value in row.values()])

    def _execute(self, statement: str, values: Iterable[Any] | None = None) -> None:
        self.connection.cursor().execute(statement, tuple(values) if values else None)


_FINE = {"success", "pass", "warn", "skipped", "no-op"}


@contextmanager
def running(folder: Path, as_of: str) -> Iterator[Warehouse]:
    with running_warehouse(folder / "warehouse") as port, pytest.MonkeyPatch.context() as environment:
        environment.setenv("SOPHIA_WAREHOUSE_PORT", str(port))
        environment.setenv("DO_NOT_TRACK", "1")
        migrate.migrate(migrate.local(port), {"lake_bucket": "none", "lake_role_arn": ""})
        with connect(port) as connection:
            yield Warehouse(connection, folder / "dbt", as_of).parsed()


def _row(event: Told, landed_at: datetime) -> list[Any]:
    told: dict[str, Any] = {
        **{name: getattr(event, name, None) for name in COLUMNS},
        "payload": json.dumps(event.payload),
        "object_key": f"events/{event.event_id}",
        "landed_at": landed_at.strftime("%Y-%m-%d %H:%M:%S"),
    }
    return [told[name] for name in COLUMNS]


def _typed(name: str, column: str) -> str:
    if name == "payload":
        return f"parse_json({column})"
    return f"{column}::timestamp_ntz" if name in INSTANTS else f"{column}::varchar"
