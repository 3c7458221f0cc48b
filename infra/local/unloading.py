"""Snowpark's session as the procedures use it, on the local warehouse, which hosts no procedures and unloads nothing: a
COPY into the lake is carried out here, one object for each, as `single = true` makes it.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import snowflake.connector

from gpu_jobs import data

_UNLOAD = re.compile(
    r"\s*copy into @SOPHIA\.RAW_DATA\.LAKE/(?P<key>\S+)\s+from \((?P<select>.*)\)\s+"
    r"file_format = \(type = (?P<type>json|parquet)\b",
    re.DOTALL,
)


@dataclass(frozen=True)
class Row:
    """Names of columns are as Snowflake gives them: in upper case where nobody quoted them."""

    columns: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return self.columns


@dataclass(frozen=True)
class Query:
    run: Callable[[], list[Row]]

    def collect(self) -> list[Row]:
        return self.run()


class Session:
    """put writes an object into the lake under its key."""

    def __init__(
        self, connection: snowflake.connector.SnowflakeConnection, put: Callable[[str, bytes], object]
    ) -> None:
        self._connection, self._put = connection, put

    def sql(self, text: str, params: Sequence[Any] = ()) -> Query:
        """Parameters stand for question marks. Nothing happens before it is collected."""
        return Query(lambda: self._run(text, params))

    def _run(self, text: str, params: Sequence[Any]) -> list[Row]:
        unload = _UNLOAD.match(text)
        with self._connection.cursor(snowflake.connector.DictCursor) as cursor:
            cursor.execute(unload["select"] if unload else text.replace("?", "%s"), tuple(params) or None)
            rows: list[dict[str, Any]] = list(cursor.fetchall())  # type: ignore[arg-type]
        if unload and rows:  # Snowflake writes no object of no rows
            first = str(next(iter(rows[0].values())))
            body = first.encode() if unload["type"] == "json" else data.encode(data.DOCUMENTS, rows)
            self._put(unload["key"], body)
        return [] if unload else [Row(row) for row in rows]
