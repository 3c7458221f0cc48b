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
        *("update_variables", "extract_comment_on_columns"),
        *("try_parse_json", "to_date"),  # sqlglot 30.22.0 knows both functions, and leaves these nothing to find
    }
)
"""Passes over the whole tree that change its root alone, and no query or table of one; as read in fakesnow 0.12.1."""
_JSON_PATHS = ("JSONExtract", "JSONExtractScalar", "Bracket", "Explode")
_OBJECTS = ("StarMap", "Struct", "JSONObject")
CONCERNED_WITH = {
    "identifier": ("IDENTIFIER", "DynamicIdentifier"),
    "current_version": ("CurrentVersion",),
    "extract_comment_on_table": ("Properties", "Comment"),
    "information_schema_fs": ("INFORMATION_SCHEMA",),
    "split": ("Split",),
    "trim_cast_varchar": ("Trim",),
    "indices_to_json_extract": ("Bracket",),
    "json_extract_cast_as_varchar": _JSON_PATHS,
    "json_extract_cased_as_varchar": ("Upper", "Lower"),
    "json_extract_precedence": _JSON_PATHS,
    "flatten_value_cast_as_varchar": ("Explode",),
    "flatten": ("Explode",),
    "regex_replace": ("RegexpReplace",),
    "regex_substr": ("RegexpExtract",),
    "result_scan": ("RESULT_SCAN",),
    "sequence_nextval": ("NEXTVAL",),
    "values_columns": ("Values",),
    "to_decimal": ("ToNumber",),
    "to_variant": ("ToVariant",),
    "object_construct": _OBJECTS,
    "sample": ("TableSample",),
    "array_size": ("ArraySize",),
    "random": ("Rand",),
    "array_agg_within_group": ("WithinGroup",),
    "array_agg": ("ArrayAgg",),
    "object_agg": ("ObjectAgg",),
    "array_construct_etc": ("ArrayConstructCompact", "Array", "ArrayConcat", *_OBJECTS),
    "dateadd_date_cast": ("DateAdd",),
    "dateadd_string_literal_timestamp_cast": ("DateAdd",),
    "datediff_string_literal_timestamp_cast": ("DateDiff",),
    "haversine": ("HAVERSINE",),
    "hex_string": ("HexString",),
    "sha256": ("SHA2", "SHA2Digest", "SHA2_HEX", "SHA2_BINARY"),
    "extract_text_length": ("Create", "Alter"),
    "alias_in_join": ("Join",),
    "create_table_as": ("Schema",),
    "alias_in_where": ("_FS_OBJECT_CONSTRUCT", *_OBJECTS),
}
"""What a tree must hold for a pass to change it: kinds of nodes, and names in capitals. What passes before it may make
of something else stands beside it. As read in fakesnow 0.12.1."""
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


class Passes:
    """A tree whose passes of other statements, and those that would find nothing to change, are left out."""

    def __init__(self, tree: Any) -> None:
        self.tree = tree
        self._held = held(tree)

    def transform(self, change: Callable[..., Any], *arguments: Any, **options: Any) -> "Passes":
        names = (change.__code__.co_name, *change.__code__.co_names)
        if OF_OTHER_STATEMENTS.isdisjoint(names) and self._may_change(names):
            self.tree = self.tree.transform(change, *arguments, **options)
        return self

    def _may_change(self, names: tuple[str, ...]) -> bool:
        wanted = next((CONCERNED_WITH[name] for name in names if name in CONCERNED_WITH), None)
        return wanted is None or not self._held.isdisjoint(wanted)


def held(tree: Any) -> set[str]:
    """The kinds of nodes of a tree, those they are derived from among them, and in capitals the names of functions that
    sqlglot does not know and of identifiers."""
    kinds, names = set(), set()
    for node in tree.walk():
        kinds.add(type(node))
        if isinstance(node, (exp.Anonymous, exp.Identifier)):
            names.add(node.name.upper())
    return names | {ancestor.__name__ for kind in kinds for ancestor in kind.__mro__}


def _pass_over_what_concerns_it() -> None:
    """Stock walks every tree 75 times, once for each thing that a statement could be."""
    stock = cursor.FakeSnowflakeCursor._transform

    def transform(self: Any, statement: Any, params: Any) -> Any:
        is_query = isinstance(statement, exp.Query)
        is_table_of_one = isinstance(statement, exp.Create) and isinstance(statement.expression, exp.Query)
        if not is_query and not is_table_of_one:
            return stock(self, statement, params)
        return stock(self, Passes(statement), params).tree

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
