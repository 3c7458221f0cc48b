"""Ask the local warehouse through Snowflake's own connector."""

from collections.abc import Sequence
from typing import Any

from snowflake.connector.cursor import DictCursor

from .local.warehouse.running import connect


def query(port: int, text: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """The rows of one statement, columns in order, names as the warehouse gives them.

    Raises snowflake.connector.errors.Error when it is refused.
    """
    with connect(port) as connection, connection.cursor(DictCursor) as cursor:
        cursor.execute(text, tuple(parameters) or None)
        return [dict(row) for row in cursor.fetchall()]
