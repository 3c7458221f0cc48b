"""The passes that are left out would have changed nothing: with them and without, a statement becomes the same."""

from collections.abc import Iterator
from types import CodeType
from typing import Any

import duckdb
import fakesnow.cursor
import pytest
from fakesnow.instance import FakeSnow
from snowflake.connector.errors import ProgrammingError

from infra.local.warehouse.once import CONCERNED_WITH, OF_OTHER_STATEMENTS, Passes, held
from tests.infra.warehouse.conformance_cases import DIFFERENCES, FITTED, HELD_OUT

QUERIES = [
    *(case[0] for case in (*FITTED, *HELD_OUT, *DIFFERENCES) if case[0].startswith(("select", "with"))),
    "select object_construct('a', 1) as o from t where o is not null",
    "select array_agg(a) within group (order by b), seq.nextval, haversine(1, 2, 3, 4), sha2_hex('a') from t",
    "select * from table(result_scan('id')) sample (10)",
    "select column1 from values (1), (2)",
    "select random(1) as r, split(a, ','), trim(a), to_variant(a), object_agg(a, b), x'ab', current_version() from t",
    "select regexp_substr(a, 'b'), regexp_replace(a, 'b') from t",
    "select table_name from information_schema.tables where table_schema = 'A'",
]
TOLD_BESIDE = ("text_lengths", "seed", "result_scan_sfqid")


@pytest.fixture(scope="module")
def cursor() -> Iterator[Any]:
    """Of a warehouse in memory, as stock as it comes."""
    with FakeSnow().connect("SOPHIA", "ANALYTICS") as connection:
        yield connection.cursor()


def tables_of(sql: str) -> list[str]:
    return [f"create table made as ({sql})", f"create table made (a varchar(3)) comment = 'x' as ({sql})"]


@pytest.mark.parametrize("sql", QUERIES)
def test_a_statement_becomes_the_same(cursor: Any, sql: str) -> None:
    for text in (sql, *tables_of(sql)):
        tree = fakesnow.cursor.parse_one(text)
        assert _answer(cursor, Passes(tree.copy())) == _answer(cursor, tree)


def _answer(cursor: Any, tree: Any) -> tuple[Any, ...]:
    """The statement for DuckDB, and what passes tell the cursor beside it."""
    try:
        changed = cursor._transform(tree, None)
    except (NotImplementedError, ProgrammingError, duckdb.Error) as error:
        return (str(error),)
    tree = changed.tree if isinstance(changed, Passes) else changed
    return tree.sql(dialect="duckdb"), *(str(tree.args.get(name)) for name in TOLD_BESIDE)


@pytest.mark.parametrize("name", CONCERNED_WITH)
def test_there_is_a_statement_that_it_may_change(name: str) -> None:
    """Without one, a wrong word in CONCERNED_WITH would go unseen."""
    trees = [fakesnow.cursor.parse_one(text) for sql in QUERIES for text in tables_of(sql)]
    assert any(not held(tree).isdisjoint(CONCERNED_WITH[name]) for tree in trees)


def test_every_pass_that_may_be_left_out_is_one_of_stock() -> None:
    stock = fakesnow.cursor.FakeSnowflakeCursor._transform.__code__
    lambdas = [constant for constant in stock.co_consts if isinstance(constant, CodeType)]
    assert {*CONCERNED_WITH, *OF_OTHER_STATEMENTS} <= {name for code in (stock, *lambdas) for name in code.co_names}
