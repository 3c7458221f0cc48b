"""A statement that was translated before: the same answers, from the file only what dbt sent, and nothing that another
session would mean otherwise."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import fakesnow.checks
import fakesnow.cursor
import pytest
from fakesnow.expr import key_command
from fakesnow.instance import FakeSnow
from fakesnow.statement_type import statement_type_id
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.dialects.snowflake import Snowflake

from infra.local.warehouse.once import Passes
from infra.local.warehouse.running import running_warehouse
from infra.local.warehouse.translated import Translation, Translations, means_always_the_same, translated
from tests.infra.warehouse.conftest import Client

DBT = '/* {"app": "dbt", "node_id": "model.sophia.t"} */'
SETUP = (
    "create or replace table SOPHIA.ANALYTICS.KEPT (a int, b varchar(5), v variant)",
    "insert into SOPHIA.ANALYTICS.KEPT select 1, 'x', parse_json('{\"n\": [1, 2]}')",
)
STATEMENTS = (
    "create or replace view SOPHIA.ANALYTICS.SEEN comment = 'of what is kept' as select a + 1 as c, v:n[0]::int as n"
    " from SOPHIA.ANALYTICS.KEPT",
    "create or replace transient table SOPHIA.ANALYTICS.MADE as (select * from SOPHIA.ANALYTICS.SEEN)",
    "create or replace table SOPHIA.ANALYTICS.TYPED (c number(9, 0), t varchar(7)) as (select c, 'it''s' as t"
    " from (select * from SOPHIA.ANALYTICS.SEEN))",
    "merge into SOPHIA.ANALYTICS.KEPT as d using SOPHIA.ANALYTICS.TYPED as s on d.a = s.c"
    " when matched then update set b = s.t when not matched then insert (a, b) values (s.c, s.t)",
    "insert into SOPHIA.ANALYTICS.KEPT (a) (select max(a) + 1 from SOPHIA.ANALYTICS.KEPT)",
    "select a, b, v, to_varchar(a) || b as both from SOPHIA.ANALYTICS.KEPT order by a",
    "select a from SOPHIA.ANALYTICS.KEPT union all select c from SOPHIA.ANALYTICS.SEEN order by 1",
    "with k as (select * from SOPHIA.ANALYTICS.KEPT) select count(*), current_timestamp() is null from k",
)
ANEW = (
    "select a from KEPT",
    "select table_name from SOPHIA.INFORMATION_SCHEMA.TABLES",
    "select a from identifier('SOPHIA.ANALYTICS.KEPT')",
    "select * from table(result_scan('id'))",
    "select SOPHIA.ANALYTICS.s.nextval",
    "insert into SOPHIA.ANALYTICS.KEPT (a, b) values (1, 'somebody@example.com')",
    "insert overwrite into SOPHIA.ANALYTICS.KEPT select 1, 'x', null",
    "create temporary table SOPHIA.ANALYTICS.T as select 1 as a",
    "create table if not exists SOPHIA.ANALYTICS.T as select 1 as a",
    "create table SOPHIA.ANALYTICS.T (a int, b int) as select * from SOPHIA.ANALYTICS.SEEN",
    "delete from SOPHIA.ANALYTICS.KEPT",
    "use schema SOPHIA.ANALYTICS",
)


@pytest.fixture(scope="module")
def cursor() -> Iterator[Any]:
    """Of a warehouse in memory, as stock as it comes."""
    with FakeSnow().connect("SOPHIA", "ANALYTICS") as connection:
        made = connection.cursor()
        for statement in (*SETUP, "create view SOPHIA.ANALYTICS.SEEN as select a, b from SOPHIA.ANALYTICS.KEPT"):
            made.execute(statement)
        yield made


def test_a_known_statement_answers_the_same_here_and_in_another_warehouse(tmp_path: Path) -> None:
    file = tmp_path / "translated.sqlite"
    answers = []
    for name in ("first", "second"):
        with running_warehouse(tmp_path / name, translations=file) as port:
            client = Client(port, "SOPHIA")
            for statement in ("create schema SOPHIA.ANALYTICS", *SETUP):
                client.rows(statement)
            before = [_answer(client, statement) for statement in STATEMENTS]
            for statement in SETUP:
                client.rows(statement)
            again = [_answer(client, statement) for statement in STATEMENTS]
            comment = "select table_name, comment from SOPHIA.information_schema.tables where comment like 'of%'"
            told = client.rows(comment), client.rows("describe table SOPHIA.ANALYTICS.TYPED")
            client.close()
        assert before == again
        answers.append((again, told))
    assert answers[0] == answers[1]
    assert answers[0][1][0] == [("SEEN", "of what is kept")]
    with sqlite3.connect(file) as kept:
        assert kept.execute("select count(*) from translated").fetchone()[0] >= len(STATEMENTS)


def _answer(client: Client, statement: str) -> tuple[Any, ...]:
    """Rows, names and types of columns, rows affected; and what a question for the columns alone says."""
    client.rows("select 1")
    cursor = client.opened[0].cursor()
    cursor.execute(f"{statement} {DBT}")
    rows, columns, affected = cursor.fetchall(), cursor.description, cursor.rowcount
    asked = cursor.describe(f"{statement} {DBT}") if statement.startswith(("select", "with")) else None
    return rows, [(one.name, one.type_code) for one in columns], affected, asked


def test_what_the_file_says_is_what_runs_and_it_holds_what_dbt_sent_alone(tmp_path: Path) -> None:
    file = tmp_path / "translated.sqlite"
    for_dbt, for_others = f"select 'of dbt' as a {DBT}", "select 'of a person' as a"
    with running_warehouse(tmp_path / "first", translations=file) as port:
        client = Client(port, "SOPHIA")
        assert client.run(for_dbt, for_others, for_others) == [("of a person",)]
        client.close()
    with sqlite3.connect(file) as kept:
        told = [text for (text,) in kept.execute("select told from translated")]
        assert [text for text in told if "of a person" in text] == []
        kept.execute("update translated set told = replace(told, 'of dbt', 'of the file')")
    with running_warehouse(tmp_path / "second", translations=file) as port:
        client = Client(port, "SOPHIA")
        assert (client.rows(for_dbt), client.rows(for_others)) == ([("of the file",)], [("of a person",)])
        client.close()


@pytest.mark.parametrize("statement", STATEMENTS)
def test_what_is_kept_tells_the_cursor_what_the_whole_tree_does(cursor: Any, statement: str) -> None:
    tree = _changed(cursor, statement)
    kept = translated(tree.copy())
    assert kept
    root = Translation(**json.loads(json.dumps(asdict(kept)))).root(statement)
    assert root.meta["written"] == {DuckDB: tree.sql(dialect="duckdb"), Snowflake: statement}
    assert (statement_type_id(root), key_command(root)) == (statement_type_id(tree), key_command(tree))
    for name in ("text_lengths", "table_comment"):
        assert _told(root, name) == _told(tree, name)
    if isinstance(tree, exp.Create):
        assert root.find(exp.Identifier, bfs=False).name == tree.find(exp.Identifier, bfs=False).name
        assert [root.find(exp.Table).sql("duckdb")] == [exp.table_(*_names(tree), quoted=True).sql("duckdb")]
    if isinstance(tree, exp.Merge):
        assert [type(one.args["then"]) for one in root.args["whens"].expressions] == [exp.Update, exp.Insert]


def _told(tree: Any, name: str) -> list[str]:
    """What passes leave for the cursor at the root. How a table is quoted does not matter there."""
    return [str(one).replace('"', "") for one in tree.args.get(name) or ()]


def _names(tree: Any) -> tuple[str, str, str]:
    table = tree.find(exp.Table)
    return table.name, table.db, table.catalog


def _changed(cursor: Any, statement: str) -> Any:
    changed = cursor._transform(Passes(fakesnow.cursor.parse_one(statement)), None)
    return changed.tree


@pytest.mark.parametrize("statement", ANEW)
def test_what_depends_on_the_session_is_translated_anew(cursor: Any, statement: str) -> None:
    tree = fakesnow.cursor.parse_one(statement)
    is_qualified = fakesnow.checks.is_unqualified_table_expression(tree) == (False, False)
    parts = cursor._transform_explode(tree)
    is_kept = is_qualified and len(parts) == 1 and means_always_the_same(statement, tree)
    assert not (is_kept and translated(_changed(cursor, statement)))


def test_without_its_file_it_goes_on_in_memory(tmp_path: Path) -> None:
    garbage, folder = tmp_path / "garbage", tmp_path / "folder"
    garbage.write_bytes(b"no database" * 1000)
    folder.mkdir()
    for file in (garbage, folder, garbage / "below"):
        known = Translations(file)
        known.keep(f"select 1 {DBT}", Translation("Select", "SELECT 1"))
        assert known.get(f"select 1 {DBT}") == Translation("Select", "SELECT 1")
        assert known.get("select 2") is None
