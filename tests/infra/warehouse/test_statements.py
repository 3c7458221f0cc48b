"""Statements that dbt, schemachange and our migrations send, and that stock fakesnow refuses or answers wrongly."""

import pytest
import snowflake.connector
from fakesnow.transforms.transforms import SQL_DESCRIBE_TABLE

from infra.local.warehouse.results import RecentResults
from tests.infra.warehouse.conftest import Client

SUCCESS = [("Statement executed successfully.",)]


@pytest.mark.parametrize(
    "statement",
    [
        "grant select on all tables in schema RAW_DATA to role READER",
        "/* a query comment */ revoke usage on warehouse W from role READER",
        "-- a header\n-- of two lines\ncreate role if not exists LOADER comment = 'x'",
        "create or replace warehouse W warehouse_size = xsmall",
        "create storage integration if not exists I type = external_stage enabled = true",
        "alter account set timezone = 'UTC'",
        "alter session set query_tag = 'dbt'",
        "alter pipe P refresh",
        "create masking policy P as (v string) returns string -> v",
        "create row access policy P as (v string) returns boolean -> true",
        "alter table T modify column A set masking policy P",
        'alter table T alter "A" comment $$one\'s$$, "B" comment $$two$$',
        "comment on column T.A is 'it''s'",
        "comment on schema RAW_DATA is 'x'",
    ],
)
def test_accepts_what_means_nothing_here(client: Client, statement: str) -> None:
    assert client.rows(statement) == SUCCESS


@pytest.mark.parametrize("listed", ["grants on schema RAW_DATA", "roles", "tasks", "streams", "dynamic tables"])
def test_lists_none_of_what_it_does_not_have(client: Client, listed: str) -> None:
    assert client.rows(f"show {listed}") == []


def test_tells_dbt_the_query_tag(client: Client) -> None:
    assert client.rows("show parameters like 'query_tag' in session")[0][:2] == ("QUERY_TAG", "")


def test_remembers_pipes(client: Client) -> None:
    copy = "copy into T from @S file_format = (type = json)"
    client.rows(f"-- a header\ncreate or replace pipe P auto_ingest = true comment = 'it''s' as\n{copy};")

    assert client.rows("create pipe if not exists P as copy into OTHER from @S")[0][0].startswith("P already exists")
    [row] = client.rows("show pipes like 'p' in database")
    assert (row[1:5], row[7:9]) == (("P", "TEST_STATEMENTS", "RAW_DATA", copy), ("it's", True))
    assert client.rows("desc pipe RAW_DATA.P")[0][4] == copy
    client.rows("drop pipe P")
    assert client.rows("show pipes like 'P'") == []
    for refused in ("drop pipe P", "describe pipe P"):
        with pytest.raises(snowflake.connector.errors.ProgrammingError, match="does not exist or not authorized"):
            client.rows(refused)


def test_keeps_comments_with_apostrophes(client: Client) -> None:
    client.run("create or replace table C (a int) comment = 'one''s'", "comment on table C is 'another''s'")

    assert client.rows("select comment from information_schema.tables where table_name = 'C'") == [("another's",)]


def test_lists_views_among_the_tables_as_dbts_catalog_asks(client: Client) -> None:
    client.run("create or replace table LISTED_T (a int)", "create or replace view LISTED_V as select a from LISTED_T")

    found = client.rows(
        "select table_name, table_type from information_schema.tables where table_name like 'LISTED%' order by 1"
    )

    assert found == [("LISTED_T", "BASE TABLE"), ("LISTED_V", "VIEW")]


def test_gives_qualified_temporary_tables_a_place(client: Client) -> None:
    client.run(
        "create or replace temporary table TEST_STATEMENTS.RAW_DATA.TT as select 1 as a",
        "create or replace temporary view TEST_STATEMENTS.RAW_DATA.TV as select a + 1 as a from RAW_DATA.TT",
    )

    assert client.rows("select a from RAW_DATA.TV") == [(2,)]


def test_merges_atomically_and_counts_each_kind_of_change(client: Client) -> None:
    client.run(
        "create or replace table M (id int, v varchar)",
        "insert into M values (1, 'a'), (2, 'b'), (3, 'c')",
        "begin",
    )
    counts = client.rows(
        "merge into M as d using (select 1 as id, 'x' as v union all select 2, null union all select 9, 'n') as s "
        "on d.id = s.id when matched and s.v is null then delete when matched then update set v = s.v "
        "when not matched then insert (id, v) values (id, v)"
    )
    client.rows("commit")

    assert counts == [(1, 1, 1)]
    assert client.rows("select * from M order by id") == [(1, "x"), (3, "c"), (9, "n")]


def test_records_keys_without_enforcing_them(client: Client) -> None:
    client.run(
        "create or replace table K (id int primary key, v int unique, foreign key (v) references NOWHERE (id))",
        "insert into K values (1, 1), (1, 1)",
    )

    assert client.rows("select count(*) from K") == [(2,)]
    with pytest.raises(snowflake.connector.errors.ProgrammingError):
        client.rows("insert into K values (null, 1)")


def test_answers_a_failure_at_once_with_its_reason(client: Client) -> None:
    with pytest.raises(snowflake.connector.errors.ProgrammingError, match="no_such_function"):
        client.rows("select no_such_function(1)")


def test_keeps_only_the_newest_results() -> None:
    results = RecentResults(limit=2)

    for number in range(4):
        results[str(number)] = number

    assert list(results) == ["2", "3"]


def test_describes_a_table_and_a_view_as_stock_does_though_it_looks_at_them_alone(client: Client) -> None:
    """Stock's own query, which looks through every database, is run beside ours."""
    client.run(
        "create schema if not exists HELD",
        """create or replace table HELD.ODD (
            a number(9, 2) not null, b varchar(7), c varchar, d boolean default true, e float, f binary, g date, h time,
            i timestamp_ntz, j timestamp_tz, k variant, l array, m object, n bigint, o integer, "lower case" varchar
        )""",
        "create or replace view HELD.SEEN as select a, b, k, count(*) as n from HELD.ODD group by a, b, k",
    )
    for name in ("ODD", "SEEN"):
        stock = SQL_DESCRIBE_TABLE.substitute(catalog=client.database, schema="HELD", table=name)
        stock = stock.replace("_fs_information_schema._fs_columns", "_fs_global._fs_information_schema._fs_columns")
        ours = client.rows(f"describe table {client.database}.HELD.{name}")
        assert ours
        assert [list(row) for row in ours] == [list(row) for row in client.rows(stock)]
    with pytest.raises(snowflake.connector.errors.ProgrammingError):
        client.rows("describe table HELD.NONE_SUCH")
