"""What a statement means here: our rewrites put in front of, and in place of, fakesnow's.

In the order a statement meets them: what is inert (inert.py), text rewrites for what sqlglot only knows as opaque
Commands, pipes (pipes.py), then the SQL tree (tree.py). macros.sql adds functions to every database.
"""

import re
from collections import Counter
from pathlib import Path
from string import Template
from typing import Any

import duckdb
import fakesnow.cursor
import fakesnow.info_schema
import fakesnow.macros
import fakesnow.server
import fakesnow.transforms
import snowflake.connector.errors
from sqlglot import exp

from infra.local.warehouse import copy_history, describe, inert, pipes, tree

# Patched, hence without their types.
cursor: Any = fakesnow.cursor
info_schema: Any = fakesnow.info_schema
macros: Any = fakesnow.macros
server: Any = fakesnow.server
transforms: Any = fakesnow.transforms

_NO_ROWS = (
    'select null::timestamp as "created_on", null::varchar as "privilege", null::varchar as "grantee_name", '
    'null::varchar as "granted_to", null::varchar as "name" where 1=0'
)
_QUERY_TAG_ROW = (
    "select 'QUERY_TAG' as \"key\", '' as \"value\", '' as \"default\", '' as \"level\", "
    "'' as \"description\", 'STRING' as \"type\""
)
TEXT_REWRITES = [
    (word, re.compile(pattern, re.IGNORECASE | re.DOTALL), replacement)
    for word, pattern, replacement in (
        ("@", r"'@\"(\w+)\"'", r"@\1"),  # write_pandas quotes the stage; fakesnow does not understand it
        ("dynamic", r"\bdrop\s+dynamic\s+table\b", "drop table"),
        ("dynamic", r"\balter\s+dynamic\s+table\b(?=.*\brename\b)", "alter table"),
        ("hybrid", r"^(\s*)create\s+or\s+replace\s+hybrid\s+table\b", r"\1create or replace table"),
        ("managed", r"\bwith\s+managed\s+access\b", ""),
        # dbt reads it to restore the tag
        ("query_tag", r"^\s*show\s+parameters\s+like\s+'query_tag'.*", _QUERY_TAG_ROW),
        (
            "show",
            r"^(\s*(/\*.*?\*/\s*)*)show\s+(grants|roles|tasks|streams|dynamic\s+tables|tags|masking\s+policies|"
            r"row\s+access\s+policies)\b.*",
            _NO_ROWS,
        ),
        ("copy_history", copy_history.PATTERN, copy_history.REPLACEMENT),
    )
]
"""With a word without which a statement need not be searched: a search costs more than the statement, where that is
long."""
_INERT = [re.compile(pattern, re.IGNORECASE) for pattern in inert.PATTERNS]


def apply() -> None:
    """Patch fakesnow; call once, before the first connection."""
    ours = Path(__file__).with_name("macros.sql").read_text()
    stock_macros = macros.creation_sql
    macros.creation_sql = lambda catalog: (
        stock_macros(catalog) + (ours + copy_history.TABLE).replace("{catalog}", catalog)
    )

    info_schema.SQL_CREATE_INFORMATION_SCHEMA_TABLES_VIEW = _with_views(
        info_schema.SQL_CREATE_INFORMATION_SCHEMA_TABLES_VIEW
    )
    stock_transform = cursor.FakeSnowflakeCursor._transform
    cursor.FakeSnowflakeCursor._transform = lambda self, statement, params: stock_transform(
        self, tree.rewrite(statement), params
    )
    transforms.merge = tree.merge
    transforms.flatten = tree.flatten
    transforms.describe_table = describe.described
    stock_aggregate = transforms.numeric_agg_implicit_cast  # it casts to DOUBLE: sums of NUMBER would become floats
    transforms.numeric_agg_implicit_cast = lambda node: (
        node if isinstance(node, (exp.Sum, exp.Max, exp.Min)) else stock_aggregate(node)
    )

    stock_comment = info_schema.insert_table_comment_sql  # it does not escape quotes in comments
    info_schema.insert_table_comment_sql = lambda catalog, schema, table, comment: stock_comment(
        catalog, schema, table, comment.replace("'", "''") if comment else comment
    )
    _patch_parse()
    _patch_execute()


def _with_views(stock: Template) -> Template:
    """INFORMATION_SCHEMA.TABLES with the views, which Snowflake lists there too; dbt's catalog is made of it."""
    relations = (
        "select database_name, schema_name, table_name, estimated_size, 'BASE TABLE' as table_type from duckdb_tables "
        "union all select database_name, schema_name, view_name, null, 'VIEW' from duckdb_views where not internal"
    )
    ours = stock.template
    for theirs, replacement in (
        ("create view if not exists", "create or replace view"),  # databases made before have theirs
        ("'BASE TABLE' AS", "tables.table_type AS"),
        ("from duckdb_tables tables", f"from ({relations}) tables"),
    ):
        assert theirs in ours, theirs
        ours = ours.replace(theirs, replacement)
    return Template(ours)


def _patch_parse() -> None:
    """The server parses a statement before it runs it, to know its kind: let it see what will run."""
    stock = server.parse_one

    def parse(command: str) -> Any:
        command = _rewritten(command)
        if pipes.is_about_pipes(command) or any(pattern.match(command) for pattern in _INERT):
            return exp.Command(this="SHOW", expression=exp.Literal.string(" nothing"))
        return stock(command)

    server.parse_one = parse


def _rewritten(command: str) -> str:
    lowered = command.lower()
    for word, pattern, replacement in TEXT_REWRITES:
        if word in lowered:
            command = pattern.sub(replacement, command)
    return command


def _patch_execute() -> None:
    stock = cursor.FakeSnowflakeCursor.execute

    def execute(self: Any, command: str, *args: Any, **kwargs: Any) -> Any:
        command = _rewritten(command)
        if (answer := pipes.answer(self, command)) is not None:
            return stock(self, answer)
        try:
            stock(self, command, *args, **kwargs)
        except duckdb.Error as error:  # stock answers HTTP 500 without the reason
            raise snowflake.connector.errors.ProgrammingError(msg=str(error), errno=2140, sqlstate="42601") from error
        if isinstance(self._last_transformed, exp.Merge):
            _report_merge(self)
        copy_history.forget(self)
        return self

    cursor.FakeSnowflakeCursor.execute = execute


def _report_merge(self: Any) -> None:
    """DuckDB returns what it did to each row; Snowflake a count for each kind of clause the statement has."""
    done = Counter(self._arrow_table.column(0).to_pylist())
    clauses = {_merge_action(when) for when in self._last_transformed.args["whens"].expressions}
    counts = {action: done[action.upper()] for action in ("insert", "update", "delete") if action in clauses}
    columns = (f'{count} AS "number of rows {action.rstrip("e")}ed"' for action, count in counts.items())
    self._last_sql = f"SELECT {', '.join(columns)}"
    self._last_params = None
    self._duck_conn.execute(self._last_sql)
    self._arrow_table = self._duck_conn.to_arrow_table()
    self._rowcount = sum(counts.values())


def _merge_action(when: Any) -> str:
    match when.args["then"]:
        case exp.Insert():
            return "insert"
        case exp.Update():
            return "update"
        case _:
            return "delete"
