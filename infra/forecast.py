"""Run the forecast procedure's body against the local warehouse, which cannot host procedures."""

from collections.abc import Sequence
from dataclasses import astuple, fields
from datetime import UTC, datetime
from typing import Any

import snowflake.connector

from .snowflake.procedures import forecast

_ROWS_AT_ONCE = 500
_TABLE = forecast.OUTPUT
_HISTORY = f"""
    select metric, dimension, date_key, value from {forecast.INPUT}
    where kind = 'flow' and is_closed and not is_stale and metric != '{forecast.NOT_FORECAST}'
"""  # noqa: S608


def forecast_metrics(
    connection: snowflake.connector.SnowflakeConnection, made_at: datetime | None = None
) -> list[forecast.Row]:
    """What the procedure would write, written; what was made on the same business day before makes room."""
    history = [dict(zip(forecast.COLUMNS, row, strict=True)) for row in _run(connection, _HISTORY)]
    if not history:
        return []
    made_on = forecast.made_on_after(history)
    made = forecast.rows(history, made_on, (made_at or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None))
    _run(connection, f"delete from {_TABLE} where made_on = %s", [made_on])  # noqa: S608
    for start in range(0, len(made), _ROWS_AT_ONCE):
        _insert(connection, made[start : start + _ROWS_AT_ONCE])
    return made


def _insert(connection: snowflake.connector.SnowflakeConnection, made: Sequence[forecast.Row]) -> None:
    names = [field.name for field in fields(forecast.Row)]
    row = "(" + ", ".join(["%s"] * len(names)) + ")"
    values = [value for one in made for value in astuple(one)]
    _run(connection, f"insert into {_TABLE} ({', '.join(names)}) values " + ", ".join([row] * len(made)), values)  # noqa: S608


def _run(connection: snowflake.connector.SnowflakeConnection, text: str, values: Sequence[Any] = ()) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(text, tuple(values) or None)
        return list(cursor.fetchall())
