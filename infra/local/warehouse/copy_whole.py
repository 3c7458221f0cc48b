"""COPY of whole files (Parquet) with ON_ERROR = SKIP_FILE, as Snowpipe runs it: stock knows ABORT_STATEMENT alone.

Each file becomes a COPY of its own, which loads all of it or nothing.
"""

from collections.abc import Callable
from typing import Any

import duckdb
import snowflake.connector.errors
from sqlglot import exp

from infra.local.warehouse.copy_history import Load


def loads(statement: Any, duck: Any, copy: Callable[[Any], str]) -> list[Load] | None:
    """What came of each file, or None where the statement is not of this kind. copy is stock's, of one statement; it
    returns the query whose rows are its answer."""
    options = {option.this.name.upper(): option for option in statement.args.get("params") or []}
    is_lenient = "ON_ERROR" in options and options["ON_ERROR"].expression.name.upper() == "SKIP_FILE"
    if "FILES" not in options or not is_lenient:
        return None
    return [_load(statement, name.name, duck, copy) for name in options["FILES"].find_all(exp.Literal)]


def _load(statement: Any, name: str, duck: Any, copy: Callable[[Any], str]) -> Load:
    alone = statement.copy()
    alone.set("params", [option for option in alone.args["params"] if option.this.name.upper() != "ON_ERROR"])
    [files] = [option for option in alone.args["params"] if option.this.name.upper() == "FILES"]
    for other in [text for text in files.find_all(exp.Literal) if text.name != name]:
        other.pop()
    try:
        [[file, status, parsed, loaded, _limit, seen, error, *_]] = duck.execute(copy(alone)).fetchall()
    except (duckdb.Error, snowflake.connector.errors.ProgrammingError) as refused:
        return Load(name, "", "LOAD_FAILED", errors_seen=1, first_error=str(refused).splitlines()[0])
    return Load(file, "", status, parsed, loaded, seen, error)
