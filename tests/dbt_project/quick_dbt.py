"""What dbt and its adapter find out again and again, found out once, and what they tell nobody. No test looks at it."""

import re
from typing import Any

import pytest
from dbt.adapters.snowflake import SnowflakeAdapter, SnowflakeConnectionManager
from dbt.contracts.graph.nodes import ParsedNode
from dbt_common.events.base_types import BaseEvent
from dbt_common.events.event_manager import EventManager

_PARTS = re.compile(r";[ \t]*\n")


def without_repetition(patch: pytest.MonkeyPatch, command: str) -> None:
    """For one dbt command, until the patches are undone."""
    _split_only_where_it_parts(patch)
    if command != "docs":
        _tell_nobody(patch)
    if command == "test":
        _describe_each_relation_once(patch)


def _split_only_where_it_parts(patch: pytest.MonkeyPatch) -> None:
    """The driver reads every line of every statement for the semicolon that hardly any has."""
    stock = SnowflakeConnectionManager._split_queries
    patch.setattr(
        SnowflakeConnectionManager,
        "_split_queries",
        lambda cls, sql: stock(sql) if _PARTS.search(str(sql).strip()) else [str(sql)],
    )


def _tell_nobody(patch: pytest.MonkeyPatch) -> None:
    """Not what happens, which becomes a message, as an object and as JSON, before a log is asked whether it wants it;
    nor what was compiled, in files. What failed, and why, is in the result."""
    patch.setattr(BaseEvent, "__init__", lambda *_, **__: None)
    patch.setattr(EventManager, "fire_event", lambda *_, **__: None)
    patch.setattr(ParsedNode, "write_node", lambda *_: None)


def _describe_each_relation_once(patch: pytest.MonkeyPatch) -> None:
    """Each unit test asks for the columns of all its inputs; a test changes none. What it makes itself has its name."""
    stock, known = SnowflakeAdapter.get_columns_in_relation, {}

    def columns(adapter: Any, relation: Any) -> Any:
        name = relation.render()
        if name not in known:
            known[name] = stock(adapter, relation)
        return known[name]

    patch.setattr(SnowflakeAdapter, "get_columns_in_relation", columns)
