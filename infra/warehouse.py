"""Ask the local warehouse through Snowflake's own connector, which takes seconds to import: only who asks waits."""

# ruff: noqa: PLC0415

import io
from collections.abc import Sequence
from typing import Any


def query(port: int, text: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """The rows of one statement, columns in order, names as the warehouse gives them.

    Raises snowflake.connector.errors.Error when it is refused.
    """
    from snowflake.connector.cursor import DictCursor

    from .local.warehouse.running import connect

    _require_one(text)
    with connect(port) as connection, connection.cursor(DictCursor) as cursor:
        cursor.execute(text, tuple(parameters) or None)
        return [dict(row) for row in cursor.fetchall()]


def _require_one(text: str) -> None:
    """Snowflake refuses several statements and none as well, in words about its protocol."""
    from snowflake.connector.errors import ProgrammingError
    from snowflake.connector.util_text import split_statements

    count = sum(statement.strip(" \n\t;") != "" for statement, _ in split_statements(io.StringIO(text), True))
    if count == 0:
        raise ProgrammingError("there is no statement, only comments: write one after them")
    if count > 1:
        raise ProgrammingError(f"{count} statements at once: give one at a time, each in a command of its own")
