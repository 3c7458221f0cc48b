"""What programs may expect of Snowflake's connector against the local warehouse."""

import datetime as dt
import gzip
import json
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest
import snowflake.connector
from snowflake.connector.pandas_tools import write_pandas

from infra.local.warehouse.results import REQUESTS_REMEMBERED
from tests.infra.warehouse.conftest import Client


@pytest.fixture(autouse=True)
def a_table(client: Client) -> None:
    client.run("create or replace table T (a int, b string)", "insert into T values (1, 'x'), (2, null)")


def test_rolls_back_a_transaction(client: Client) -> None:
    client.run("begin", "delete from T", "rollback")

    assert client.rows("select count(*) from T") == [(2,)]


def test_rolls_back_a_session_without_autocommit(client: Client) -> None:
    other = client.connect(autocommit=False)
    other.cursor().execute("delete from T")
    other.rollback()

    assert client.rows("select count(*) from T") == [(2,)]


def test_hides_uncommitted_rows_from_other_sessions(client: Client) -> None:
    cursor = client.connect().cursor()
    cursor.execute("begin")
    cursor.execute("delete from T")

    assert client.rows("select count(*) from T") == [(2,)]
    cursor.execute("commit")
    assert client.rows("select count(*) from T") == [(0,)]


def test_binds_values_in_the_text(client: Client) -> None:
    assert client.rows("select %s, %s, %s", (1, "a'b", None)) == [(1, "a'b", None)]
    assert client.rows("select %(a)s, %(b)s", {"a": 1, "b": "z"}) == [(1, "z")]


def test_binds_values_on_the_server(client: Client) -> None:
    cursor = client.connect(paramstyle="qmark").cursor()
    cursor.execute("create or replace table Q (id string, p variant)")
    cursor.execute("insert into Q select ?, parse_json(?)", ("a", json.dumps({"x": "it's"})))

    assert cursor.execute("select id, p:x::string from Q where id = ?", ("a",)).fetchall() == [("a", "it's")]


def test_inserts_many_rows_at_once(client: Client) -> None:
    cursor = client.connect().cursor()
    cursor.executemany("insert into T values (%s, %s)", [(i, f"x{i}") for i in range(500)])

    assert cursor.rowcount == 500
    assert client.rows("select count(*) from T") == [(502,)]


def test_tells_null_from_the_beginning_of_time_in_every_fetch(client: Client) -> None:
    client.run(
        "create or replace table TIMES (t timestamp_ntz, d date)",
        "insert into TIMES values ('1970-01-01', '1970-01-01'), (null, null)",
    )
    sql = "select * from TIMES order by t"
    cursor = client.connect().cursor()

    epoch = (dt.datetime(1970, 1, 1), dt.date(1970, 1, 1))
    assert cursor.execute(sql).fetchall() == [epoch, (None, None)]
    frame = cursor.execute(sql).fetch_pandas_all()
    assert frame["T"].isna().tolist() == [False, True]
    assert cursor.execute(sql).fetch_arrow_all().column("T").null_count == 1


def test_fetches_rows_as_mappings_frames_and_tables(client: Client) -> None:
    rows = client.connect().cursor(snowflake.connector.DictCursor).execute("select * from T order by a").fetchall()
    assert rows == [{"A": 1, "B": "x"}, {"A": 2, "B": None}]
    cursor = client.connect().cursor()
    assert cursor.execute("select * from T").fetch_pandas_all().shape == (2, 2)
    assert cursor.execute("select * from T").fetch_arrow_all().column_names == ["A", "B"]
    assert [column.name for column in cursor.describe("select a, b from T")] == ["A", "B"]


def test_runs_a_script_and_a_statement_later(client: Client) -> None:
    connection = client.connect()
    assert [cursor.fetchall() for cursor in connection.execute_string("select 1; select 2;")] == [[(1,)], [(2,)]]
    cursor, later = connection.cursor(), connection.cursor()
    cursor.execute_async("select 42")
    later.get_results_from_sfqid(cursor.sfqid)
    assert later.fetchall() == [(42,)]


def test_writes_a_frame_into_a_table(client: Client) -> None:
    write_pandas(client.connect(), pd.DataFrame({"A": [7, 8], "B": ["q", "r"]}), "T")

    assert client.rows("select b from T where a > 6 order by a") == [("q",), ("r",)]


def test_loads_a_file_put_into_a_stage(client: Client, tmp_path: Path) -> None:
    file = tmp_path / "lines.json.gz"
    file.write_bytes(gzip.compress(b"".join(b'{"id": %d, "b": {"c": %d}}\n' % (i, i) for i in range(100))))
    client.run(
        "create or replace stage S",
        f"put file://{file} @S auto_compress = false overwrite = true",
        "create or replace table WHOLE (v variant)",
        "copy into WHOLE from @S file_format = (type = json)",
        "copy into WHOLE from @S file_format = (type = json)",
        "create or replace table NAMED (id int, b variant)",
        "copy into NAMED from @S file_format = (type = json) match_by_column_name = case_insensitive",
    )

    assert client.rows("select count(*), sum(v:b.c::int) from WHOLE") == [(100, 4950)]
    assert client.rows("select count(*), sum(id), sum(b:c::int) from NAMED") == [(100, 4950, 4950)]


def test_eight_sessions_insert_at_once(client: Client) -> None:
    def insert() -> None:
        cursor = client.connect().cursor()
        for number in range(5):
            cursor.execute("insert into T values (%s, 'c')", (number,))

    assert together([insert] * 8) == []
    assert client.rows("select count(*) from T where b = 'c'") == [(40,)]


def test_four_sessions_update_one_row_at_once(client: Client) -> None:
    def update() -> None:
        cursor = client.connect().cursor()
        for _ in range(5):
            cursor.execute("update T set a = a + 1 where b = 'x'")

    assert together([update] * 4) == []
    assert client.rows("select a from T where b = 'x'") == [(21,)]


def together(works: list[Callable[[], None]]) -> list[Exception]:
    """Do all at once; what went wrong."""
    errors: list[Exception] = []

    def guarded(work: Callable[[], Any]) -> None:
        try:
            work()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_a_request_that_is_sent_again_while_it_runs_runs_once(client: Client) -> None:
    """As the connector does after a minute without an answer; here nobody waits as long."""
    rest: Any = client.connect().rest
    numbers = "lateral flatten(input => split(repeat('x,', 20000), ','))"
    request = {
        "url": f"http://127.0.0.1:{client.port}/queries/v1/query-request?requestId={uuid.uuid4()}",
        "headers": {"Authorization": f'Snowflake Token="{rest.token}"'},
        "json": {
            "sqlText": f"insert into T select count(*), 'slow' from {numbers} a, {numbers} b where a.index < b.index"  # noqa: S608
        },
    }
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(**request, timeout=0.1)
    for _ in range(REQUESTS_REMEMBERED + 1):  # of others, meanwhile
        client.rows("select 1")

    assert httpx.post(**request, timeout=60).json()["success"]
    assert client.rows("select count(*) from T where b = 'slow'") == [(1,)]
