"""What the local warehouse sends back. Each patch names the stock behaviour it replaces.

The first is the reason the answers are checked by value: stock returns wrong data without any error.
"""

import asyncio
import collections
import json
import random
import re
import time
from types import MappingProxyType
from typing import Any

import duckdb
import fakesnow.arrow
import fakesnow.cursor
import fakesnow.rowtype
import fakesnow.server
import pyarrow as pa
import pyarrow.compute as pc
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import request_response

CONFLICT_ATTEMPTS = 40
REQUESTS_REMEMBERED = 16
"""Of those that have ended; one that runs is never forgotten."""
# Patched, hence without their types.
arrow: Any = fakesnow.arrow
cursor: Any = fakesnow.cursor
rowtype: Any = fakesnow.rowtype
server: Any = fakesnow.server

MORE_TYPES = MappingProxyType(
    {
        "TINYINT": "fixed",
        "SMALLINT": "fixed",
        "UINTEGER": "fixed",
        "UTINYINT": "fixed",
        "UHUGEINT": "fixed",
        "FLOAT": "real",
        "UUID": "text",
        "INTERVAL": "text",
    }
)


class RecentResults(collections.OrderedDict[str, Any]):
    """The newest `limit` results."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def __setitem__(self, query_id: str, result: Any) -> None:
        super().__setitem__(query_id, result)
        while len(self) > self.limit:
            self.popitem(last=False)


class TypeMap(dict[str, str]):
    """DuckDB type to Snowflake type, also for types stock does not know."""

    def get(self, key: str, default: Any = None) -> Any:
        if key in self:
            return self[key]
        if re.search(r"\[\d*\]$", key) or key.startswith(("STRUCT", "MAP")):
            return "variant"
        return MORE_TYPES.get(key, default)


def apply() -> None:
    """Patch fakesnow; call once, before the first connection."""
    _keep_null_timestamps()
    _send_lists_and_odd_numbers()
    _never_answer_5xx()
    _run_a_repeated_request_once()
    _retry_write_conflicts()


def _keep_null_timestamps() -> None:
    """Stock returns 1970-01-01 for a NULL timestamp over HTTP: it drops the validity bitmap."""
    stock = arrow.timestamp_to_sf_struct

    def timestamp_to_sf_struct(column: Any) -> Any:
        if isinstance(column, pa.ChunkedArray):
            column = column.combine_chunks()
        struct = stock(column)
        if not column.null_count:
            return struct
        count = struct.type.num_fields
        return pa.StructArray.from_arrays(
            [struct.field(i) for i in range(count)],
            fields=[struct.type.field(i) for i in range(count)],
            mask=pc.is_null(column),
        )

    arrow.timestamp_to_sf_struct = timestamp_to_sf_struct


def _send_lists_and_odd_numbers() -> None:
    """Stock fails on LIST, STRUCT, MAP, FLOAT4 and integers other than 64 bit."""
    rowtype.duckdb_to_sf_type = TypeMap(rowtype.duckdb_to_sf_type)
    stock = arrow.to_sf

    def to_sf(table: Any, described: Any) -> Any:
        columns = [_as_snowflake_sends(column, row) for column, row in zip(table.columns, described, strict=True)]
        unique = pa.table(columns, names=[f"c{i}" for i in range(len(columns))])  # two columns may share a name
        return stock(unique.rename_columns(table.column_names), described)

    arrow.to_sf = server.to_sf = to_sf


def _as_snowflake_sends(column: Any, described: Any) -> Any:
    kind = column.type
    if pa.types.is_nested(kind):
        texts = [None if value is None else json.dumps(value, default=str) for value in column.to_pylist()]
        return pa.chunked_array([pa.array(texts, pa.string())])
    if pa.types.is_float32(kind):
        return column.cast(pa.float64())
    if described["type"] == "fixed" and pa.types.is_integer(kind) and not pa.types.is_int64(kind):
        return column.cast(pa.int64())
    if described["type"] == "fixed" and pa.types.is_floating(kind):
        return column.cast(pa.decimal128(38, 0))
    return column


def _never_answer_5xx() -> None:
    """The connector retries 5xx for minutes, so a bug here looks like a hang. Answer a SQL error instead."""
    stock = server.query_request

    def refusal(message: str) -> JSONResponse:
        data = {"errorCode": "009999", "sqlState": "99999"}
        return JSONResponse({"data": data, "code": "009999", "message": message, "success": False})

    async def query_request(request: Request) -> Any:
        try:
            response = await stock(request)
        except Exception as error:  # raised while the result is serialised, e.g. by hash(1, 'a')
            return refusal(f"{type(error).__name__}: {error}")
        if response.status_code >= 500:
            return refusal(json.loads(bytes(response.body)).get("message"))
        return response

    _answer_queries_by(query_request)


def _run_a_repeated_request_once() -> None:
    """The connector asks again, by the same requestId, for what is not answered within a minute. Stock runs it a second
    time, on a connection that is still busy with the first, and fails."""
    answer = _queries().endpoint
    asked: dict[str, asyncio.Task[Any]] = {}

    async def query_request(request: Request) -> Any:
        name = request.query_params.get("requestId")
        if not name:
            return await answer(request)
        if name not in asked:
            ended = [known for known, task in asked.items() if task.done()]
            for known in ended[:-REQUESTS_REMEMBERED]:
                del asked[known]
            asked[name] = asyncio.ensure_future(answer(request))
        return await asyncio.shield(asked[name])  # who stops waiting stops nothing

    _answer_queries_by(query_request)


def _answer_queries_by(endpoint: Any) -> None:
    route = _queries()
    route.endpoint, route.app = endpoint, request_response(endpoint)


def _queries() -> Any:
    return next(route for route in server.app.router.routes if route.path == "/queries/v1/query-request")


def _retry_write_conflicts() -> None:
    """DuckDB refuses a concurrent UPDATE ("Conflict on update!"); Snowflake queues writers on a table."""
    stock = cursor.FakeSnowflakeCursor._execute

    def _execute(self: Any, transformed: Any, params: Any = None) -> None:
        for attempt in range(CONFLICT_ATTEMPTS):
            try:
                return stock(self, transformed, params)
            except duckdb.TransactionException as error:
                if "onflict" not in str(error) or attempt == CONFLICT_ATTEMPTS - 1:
                    raise
                time.sleep(0.005 + random.random() * 0.02 * (attempt + 1))

    cursor.FakeSnowflakeCursor._execute = _execute
