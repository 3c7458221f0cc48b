"""COPY INTO ... MATCH_BY_COLUMN_NAME of JSON files, as Snowpipe runs it: stock refuses all of it.

Understood: file_format of type json (or a named one), match_by_column_name, include_metadata, files, pattern, on_error
(abort_statement, continue, skip_file), force; from S3 or an internal stage; gzip or plain. Rows and load history are
committed together: a COPY that is killed has loaded nothing, and running it again loads everything once. Every other
COPY goes to fakesnow, with SKIP_FILE file by file (copy_whole.py).
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import duckdb
import fakesnow.copy_into
import fakesnow.cursor
import pyarrow as pa
import snowflake.connector.errors
from botocore.exceptions import BotoCoreError, ClientError

from infra.local.warehouse import copy_files, copy_whole, s3
from infra.local.warehouse.copy_history import CopyHistory, Load
from infra.local.warehouse.copy_rows import Column, Outcome, Rows
from infra.local.warehouse.copy_statement import Copy, understood

RESULT = "select * from _x_copy_result"
EMPTY = "select 'Copy executed with 0 files processed.' as status"


def apply() -> None:
    """Patch fakesnow's COPY."""
    stock_copy = fakesnow.copy_into.copy_into

    def copy_into(
        duck: Any, database: str | None, schema: str | None, statement: Any, stages: Any, params: Any = None
    ) -> str:
        def stock(one: Any) -> str:
            return stock_copy(duck, database, schema, one, stages, params)

        copy = understood(statement, duck, database, schema, stages)
        if copy is not None:
            return _answer(duck, _load_all(duck, copy))
        loads = copy_whole.loads(statement, duck, stock)
        return stock(statement) if loads is None else _answer(duck, loads)

    patched: Any = fakesnow.cursor
    patched.copy_into = copy_into


def _load_all(duck: Any, copy: Copy) -> list[Load]:
    history = CopyHistory(duck, copy.catalog, copy.schema, copy.table)
    now = datetime.now(UTC).replace(tzinfo=None)
    is_ours = _begin(duck)
    loads: list[Load] = []
    try:
        known = set() if copy.is_forced else history.loaded()
        for batch in copy_files.batches(copy):
            fresh = [file for file in batch if (file.key, file.etag) not in known]
            again = [file for file in batch if (file.key, file.etag) in known]
            loads += [Load(f.key, f.etag, "LOAD_SKIPPED", first_error="File was loaded before.") for f in again]
            loads += _load(duck, copy, fresh, now)
        history.record((load for load in loads if load.status != "LOAD_SKIPPED"), copy.location, now)
        if is_ours:
            duck.commit()
    except (BotoCoreError, ClientError) as error:
        if is_ours:
            duck.rollback()
        raise _refused(f"Failure using stage area {copy.location}: {error}", 91003) from error
    except BaseException:
        if is_ours:
            duck.rollback()
        raise
    return loads


def _load(duck: Any, copy: Copy, files: Sequence[s3.Object], now: datetime) -> list[Load]:
    lines, unreadable = copy_files.lines(files)
    rows = Rows(duck, _columns(duck, copy), [file.key for file in files], copy.is_case_sensitive)
    outcomes = rows.parse(lines)
    outcomes |= {number: Outcome(0, 1, why.reason, None, None) for number, why in unreadable.items()}
    bad = sorted(number for number, outcome in outcomes.items() if outcome.errors)
    if bad and copy.on_error == "ABORT_STATEMENT":
        raise _refused(_first_error(files[bad[0]].key, outcomes[bad[0]]), 100069)
    rows.insert(copy.target, _metadata(copy, now), without=bad if copy.on_error == "SKIP_FILE" else ())
    return [_outcome(copy, file, outcomes.get(number)) for number, file in enumerate(files)]


def _outcome(copy: Copy, file: s3.Object, outcome: Outcome | None) -> Load:
    if outcome is None or not outcome.errors:  # no outcome: the file is empty
        rows = outcome.rows if outcome else 0
        return Load(file.key, file.etag, "LOADED", rows, rows)
    good = 0 if copy.on_error == "SKIP_FILE" else outcome.rows - outcome.errors
    status = "PARTIALLY_LOADED" if good > 0 else "LOAD_FAILED"
    error = (outcome.errors, outcome.first_error, outcome.first_line, outcome.first_column)
    return Load(file.key, file.etag, status, outcome.rows, max(good, 0), *error)


def _metadata(copy: Copy, now: datetime) -> Mapping[str, str]:
    values = {
        "METADATA$FILENAME": "file_name",
        "METADATA$FILE_ROW_NUMBER": "line_no",
        "METADATA$START_SCAN_TIME": f"'{now.isoformat()}'::timestamp",
    }
    try:
        return {column: values[name] for column, name in copy.metadata.items()}
    except KeyError as error:
        raise NotImplementedError(f"INCLUDE_METADATA of {error.args[0]}") from None


def _columns(duck: Any, copy: Copy) -> list[Column]:
    rows = duck.execute(
        "select column_name, data_type, is_nullable from duckdb_columns() "
        "where database_name = ? and schema_name = ? and table_name = ? order by column_index",
        (copy.catalog, copy.schema, copy.table),
    ).fetchall()
    if not rows:
        raise _refused(f"Table '{copy.catalog}.{copy.schema}.{copy.table}' does not exist or not authorized.", 2003)
    return [Column(*row) for row in rows]


def _begin(duck: Any) -> bool:
    """True when this call opened the transaction, false when the session is inside one."""
    try:
        duck.begin()
    except duckdb.TransactionException:
        return False
    return True


def _answer(duck: Any, loads: Sequence[Load]) -> str:
    """Run the query whose rows are the result of the statement, and return it."""
    if not loads:
        duck.execute(EMPTY)
        return EMPTY
    table = pa.Table.from_pylist(
        [
            {
                "file": load.file,
                "status": load.status,
                "rows_parsed": load.rows_parsed,
                "rows_loaded": load.rows_loaded,
                "error_limit": 1,
                "errors_seen": load.errors_seen,
                "first_error": load.first_error,
                "first_error_line": load.first_error_line,
                "first_error_character": None,
                "first_error_column_name": load.first_error_column_name,
            }
            for load in loads
        ]
    )
    duck.register("_x_loads", table)
    duck.execute("create or replace temp table _x_copy_result as select * from _x_loads").fetchall()
    duck.unregister("_x_loads")
    duck.execute(RESULT)
    return RESULT


def _first_error(file: str, outcome: Outcome) -> str:
    column = f", column {outcome.first_column}" if outcome.first_column else ""
    return f"{outcome.first_error}\n  File '{file}', line {outcome.first_line}{column}"


def _refused(message: str, errno: int) -> Exception:
    return snowflake.connector.errors.ProgrammingError(msg=message, errno=errno, sqlstate="22000")
