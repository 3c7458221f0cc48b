"""What stock does to every statement twice is done once, what it does in vain is not. No answer changes."""

import collections
from collections.abc import Callable
from typing import Any

import fakesnow.cursor
import fakesnow.server
from sqlglot import exp

PARSED_AHEAD = 64
"""More statements than are ever between the server's parser and the cursor's."""
OF_OTHER_STATEMENTS = frozenset(
    {
        *("alter_session", "alter_table_strip_cluster_by", "create_clone", "create_database", "create_file_format"),
        *("create_stage", "create_user", "drop_schema_cascade", "list_stage", "put_stage", "set_schema"),
        *("show_columns", "show_databases", "show_functions", "show_keys", "show_parameters", "show_procedures"),
        *("show_schemas", "show_sequences", "show_stages", "show_tables_etc", "show_users", "show_warehouses", "tag"),
    }
)
"""Passes over the whole tree that change its root alone, and no query or table of one; as read in fakesnow 0.12.1."""
# Patched, hence without their types.
cursor: Any = fakesnow.cursor
server: Any = fakesnow.server


def apply() -> None:
    """Patch fakesnow; call once, before every other patch: they are put around these."""
    _parse_once()
    _pass_over_what_concerns_it()
    _describe_what_ran()


def _parse_once() -> None:
    """Stock parses in the server, to know the kind of a statement, and again in the cursor that runs it."""
    parse_for_server, parse_for_cursor = server.parse_one, cursor.parse_one
    parsed: collections.OrderedDict[str, Any] = collections.OrderedDict()

    def ahead(command: str) -> Any:
        parsed[command] = tree = parse_for_server(command)
        while len(parsed) > PARSED_AHEAD:
            parsed.popitem(last=False)
        return tree

    def parse(command: str) -> Any:
        return parsed.pop(command, None) or parse_for_cursor(command)

    server.parse_one, cursor.parse_one = ahead, parse


class _Passes:
    """A tree whose passes of other statements are left out."""

    def __init__(self, tree: Any) -> None:
        self.tree = tree

    def transform(self, change: Callable[..., Any], *arguments: Any, **options: Any) -> "_Passes":
        code = change.__code__
        if OF_OTHER_STATEMENTS.isdisjoint((code.co_name, *code.co_names)):
            self.tree = self.tree.transform(change, *arguments, **options)
        return self


def _pass_over_what_concerns_it() -> None:
    """Stock walks every tree 75 times, once for each thing that a statement could be."""
    stock = cursor.FakeSnowflakeCursor._transform

    def transform(self: Any, statement: Any, params: Any) -> Any:
        is_query = isinstance(statement, exp.Query)
        is_table_of_one = isinstance(statement, exp.Create) and isinstance(statement.expression, exp.Query)
        if not is_query and not is_table_of_one:
            return stock(self, statement, params)
        return stock(self, _Passes(statement), params).tree

    cursor.FakeSnowflakeCursor._transform = transform


def _describe_what_ran() -> None:
    """Stock plans every statement again for the types of its columns; the result itself knows them."""
    stock_execute, stock_describe = cursor.FakeSnowflakeCursor._execute, cursor.FakeSnowflakeCursor._describe_last_sql

    def execute(self: Any, transformed: Any, params: Any = None) -> None:
        stock_execute(self, transformed, params)
        described = [(name, str(kind)) for name, kind, *_ in self._duck_conn.description or ()]
        self._described = self._last_sql, [(*column, "YES", None, None, None) for column in described]

    def describe(self: Any) -> list[Any]:
        of, described = getattr(self, "_described", (None, None))
        return described if described and of is self._last_sql else stock_describe(self)

    cursor.FakeSnowflakeCursor._execute, cursor.FakeSnowflakeCursor._describe_last_sql = execute, describe
