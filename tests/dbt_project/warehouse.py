"""A warehouse of the tests' own, with our raw table in it, and dbt to run against it.

dbt runs in this process, on a project already parsed: its start-up would otherwise cost more than its work.
"""

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest

from infra.dbt_process import PROJECT
from infra.local.warehouse.running import connect, running_warehouse
from infra.snowflake import migrate
from tests.dbt_project.quick_dbt import without_repetition
from tests.dbt_project.story import LANDED_AT, Told

LAKE_BUCKET = "lake"
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
    port: int
    folder: Path
    as_of: str
    manifest: Manifest

    def dbt(self, *arguments: str, **variables: Any) -> Any:
        """The result of one dbt command. Fails the test, with dbt's words, when the command fails."""
        outcome = self._invoke(*arguments, **variables)
        if not outcome.success:
            results = getattr(outcome.result, "results", [])
            failed = [f"{one.node.name}: {one.status} {one.message}" for one in results if one.status not in _FINE]
            pytest.fail(f"dbt {arguments[0]}: {outcome.exception or ''}\n" + "\n".join(failed))
        return outcome.result

    def _invoke(self, *arguments: str, **variables: Any) -> dbtRunnerResult:
        told = json.dumps({"as_of": self.as_of, **variables})
        options = [*PROJECT, "--target-path", str(self.folder / "dbt"), "--vars", told]
        # No log: of 4,000 lines a run, which nobody reads, each costs more than what it tells of.
        quiet = ["--log-level", "none", "--log-level-file", "none", "--log-path", str(self.folder / "dbt")]
        if arguments[0] != "docs":
            quiet.append("--no-write-json")  # the manifest, each time: a second for nobody
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("SOPHIA_WAREHOUSE_PORT", str(self.port))
            environment.setenv("DO_NOT_TRACK", "1")
            without_repetition(environment, arguments[0])
            return dbtRunner(manifest=self.manifest).invoke([*quiet, *arguments, *options])

    def run_again(self, *wanted: str, full_refresh: bool = False) -> None:
        """Compute what is stored among the models wanted, all where none are; the views stay from an earlier run."""
        stored = [f"config.materialized:{kind}" for kind in ("incremental", "table")]
        select = [f"{one},{kind}" for one in wanted for kind in stored] or stored
        self.dbt("run", *(["--full-refresh"] if full_refresh else []), "--select", *select)

    def forget(self) -> None:
        """No event landed. What was built stays until a full refresh."""
        self._execute("truncate table SOPHIA.RAW_DATA.EVENTS")

    def land(self, events: Iterable[Told], landed_at: datetime) -> None:
        """Load events as the pipe would, in this order, repetitions included."""
        rows = json.dumps([_row(event, landed_at) for event in events])
        columns = ", ".join(_typed(name) for name in COLUMNS)
        self._execute(
            f"insert into SOPHIA.RAW_DATA.EVENTS ({', '.join(COLUMNS)})"  # noqa: S608
            f" select {columns} from table(flatten(input => parse_json(%s))) as row_told",
            [rows],
        )

    def tell(self, runs: Iterable[Iterable[Told]], *wanted: str) -> Iterator[None]:
        """From an empty raw table: after each run, over what landed an hour after the one before."""
        self.forget()
        for number, events in enumerate(runs):
            self.land(events, LANDED_AT + timedelta(hours=number))
            self.run_again(*wanted, full_refresh=number == 0)
            yield

    def load(self) -> None:
        """Land what lies in the lake, by the statement the pipe runs."""
        [pipe] = self.query("describe pipe SOPHIA.RAW_DATA.EVENTS_PIPE")
        self._execute(pipe["definition"].rstrip("; \n"))

    def saved(self) -> Path:
        """A copy of its files, which a `running` warehouse can begin with; taken while nothing is being written."""
        return Path(shutil.copytree(self.folder / "warehouse", self.folder / "saved"))

    def rows(self, table: str, leaving_out: Iterable[str] = ()) -> list[dict[str, Any]]:
        """The whole table, sorted by everything in it. Names of columns in lower case."""
        rows = self.query(f"select * from SOPHIA.{table}")  # noqa: S608
        kept = [{name: value for name, value in row.items() if name not in leaving_out} for row in rows]
        return sorted(kept, key=lambda row: [str(value) for value in row.values()])

    def query(self, statement: str) -> list[dict[str, Any]]:
        """Names of columns in lower case."""
        cursor = self.connection.cursor(snowflake.connector.DictCursor)
        cursor.execute(statement)
        return [{name.lower(): value for name, value in row.items()} for row in cursor.fetchall()]  # type: ignore[union-attr]

    def _execute(self, statement: str, values: Iterable[Any] | None = None) -> None:
        self.connection.cursor().execute(statement, tuple(values) if values else None)


_FINE = {"success", "pass", "warn", "skipped", "no-op"}


@contextmanager
def running(
    folder: Path,
    as_of: str,
    manifest: Manifest,
    environment_of_process: Mapping[str, str] | None = None,
    *,
    files: Path | None = None,
) -> Iterator[Warehouse]:
    """environment_of_process says where the warehouse finds the lake, whose bucket is LAKE_BUCKET. files: of another
    warehouse that was `saved`, to begin with what it held."""
    directory = folder / "warehouse"
    if files:
        shutil.copytree(files, directory)
    with running_warehouse(directory, environment=environment_of_process) as port:
        if not files:
            migrate.migrate(migrate.local(port), {"lake_bucket": LAKE_BUCKET, "lake_role_arn": ""})
        with connect(port) as connection:
            yield Warehouse(connection, port, folder, as_of, manifest)


def _row(event: Told, landed_at: datetime) -> dict[str, Any]:
    return {
        **{name: getattr(event, name, None) for name in COLUMNS},
        "payload": json.dumps(event.payload),
        "object_key": f"events/{event.event_id}",
        "landed_at": landed_at.strftime("%Y-%m-%d %H:%M:%S"),
    }


def _typed(name: str) -> str:
    told = f"row_told.value:{name}::varchar"
    if name == "payload":
        return f"parse_json({told})"
    return f"{told}::timestamp_ntz" if name in INSTANTS else told
