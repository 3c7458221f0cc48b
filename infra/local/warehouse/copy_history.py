"""Which files each table has been given: what keeps COPY from loading a file twice, and what COPY_HISTORY answers.

A file is known by its name and etag, as in Snowflake. The history lies in the database of its table, so that rows and
history are committed together. Stock's own history forgets on CREATE TABLE IF NOT EXISTS and has no etag; it still
serves COPY of whole files.
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import Any

from sqlglot import exp

TABLE = """
create table if not exists {catalog}._fs_information_schema._x_copy_history (
    TABLE_SCHEMA_NAME varchar, TABLE_NAME varchar, FILE_NAME varchar, ETAG varchar, STAGE_LOCATION varchar,
    LAST_LOAD_TIME timestamp, STATUS varchar, ROW_PARSED bigint, ROW_COUNT bigint, ERROR_COUNT bigint,
    FIRST_ERROR_MESSAGE varchar, FIRST_ERROR_LINE_NUMBER bigint, FIRST_ERROR_COLUMN_NAME varchar
);
"""
PATTERN = (
    r"\btable\s*\(\s*((\w+)\.)?information_schema\.copy_history\s*\(\s*table_name\s*=>\s*'((\w+)\.)?(\w+)'"
    r"[^()]*(\([^()]*(\([^()]*\)[^()]*)*\)[^()]*)*\)\s*\)"
)
REPLACEMENT = r"(select * from _fs_information_schema._x_copy_history where upper(table_name) = upper('\5'))"
"""COPY_HISTORY(table_name => ..., start_time => ...) answers the whole history of the table in the current database."""


@dataclass(frozen=True)
class Load:
    """What came of one file."""

    file: str
    etag: str
    status: str
    rows_parsed: int = 0
    rows_loaded: int = 0
    errors_seen: int = 0
    first_error: str | None = None
    first_error_line: int | None = None
    first_error_column_name: str | None = None

    @property
    def is_loaded(self) -> bool:
        return self.status in ("LOADED", "PARTIALLY_LOADED")


class CopyHistory:
    """The history of one table."""

    def __init__(self, duck: Any, catalog: str, schema: str, table: str) -> None:
        self._duck = duck
        self._name = f'"{catalog}"._fs_information_schema._x_copy_history'
        self._table = (schema, table)

    def loaded(self) -> set[tuple[str, str]]:
        """(file name, etag) of every file whose rows are in the table."""
        rows = self._duck.execute(
            f"select file_name, etag from {self._name} where table_schema_name = ? and table_name = ? "  # noqa: S608
            "and status in ('LOADED', 'PARTIALLY_LOADED')",
            self._table,
        )
        return set(rows.fetchall())

    def record(self, loads: Iterable[Load], location: str, now: Any) -> None:
        rows = []
        for load in loads:
            file, etag, *outcome = astuple(load)
            rows.append((*self._table, file, etag, location, now, *outcome))
        if rows:
            places = ", ".join(["?"] * len(rows[0]))
            self._duck.executemany(f"insert into {self._name} values ({places})", rows)  # noqa: S608


def forget(cursor: Any) -> None:
    """Drop the history of a table that the last statement dropped, truncated or created anew."""
    statement = cursor._last_transformed
    match statement:
        case exp.Create(kind="TABLE") if not statement.args.get("exists"):
            pass
        case exp.Drop(kind="TABLE") | exp.TruncateTable():
            pass
        case _:
            return
    for table in statement.find_all(exp.Table):
        catalog, schema = table.catalog or cursor._conn.database, table.db or cursor._conn.schema
        cursor._duck_conn.execute(
            f'delete from "{catalog}"._fs_information_schema._x_copy_history '  # noqa: S608
            "where table_schema_name = ? and table_name = ?",
            (schema, table.name),
        )
        return
