"""What dbt and its adapter find out again and again, found out once. No test looks at it."""

from typing import Any

import pytest
from dbt.adapters.snowflake import SnowflakeAdapter, SnowflakeConnectionManager


def without_repetition(patch: pytest.MonkeyPatch, command: str) -> None:
    """For one dbt command, until the patches are undone."""
    _split_only_where_it_parts(patch)
    if command == "test":
        _describe_each_relation_once(patch)


def _split_only_where_it_parts(patch: pytest.MonkeyPatch) -> None:
    """The driver reads every line of every statement for the semicolon that hardly any has."""
    stock = SnowflakeConnectionManager._split_queries
    patch.setattr(
        SnowflakeConnectionManager,
        "_split_queries",
        lambda cls, sql: stock(sql) if ";" in str(sql) else [str(sql)],
    )


def _describe_each_relation_once(patch: pytest.MonkeyPatch) -> None:
    """Each unit test asks for the columns of all its inputs; a test changes none. What it makes itself has its name."""
    stock, known = SnowflakeAdapter.get_columns_in_relation, {}

    def columns(adapter: Any, relation: Any) -> Any:
        name = relation.render()
        if name not in known:
            known[name] = stock(adapter, relation)
        return known[name]

    patch.setattr(SnowflakeAdapter, "get_columns_in_relation", columns)
