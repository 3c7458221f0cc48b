"""Pipes, remembered: CREATE PIPE keeps the COPY text, SHOW and DESCRIBE PIPE give it back, DROP PIPE forgets it.

Nothing here loads by itself. infra/local/snowpipe reads the text from here and runs it on S3's notifications, as
Snowpipe does; so the text that runs locally is the one the migration gave to production.
"""

import re
from typing import Any

import snowflake.connector.errors
from fakesnow.expr import normalise_ident

TABLE = """
create table if not exists _fs_global._fs_information_schema._x_pipes (
    created_on timestamp, name varchar, database_name varchar, schema_name varchar, definition varchar,
    auto_ingest boolean, comment varchar, primary key (database_name, schema_name, name)
)"""
_COMMENTS = re.compile(r"^(\s*(/\*.*?\*/|--[^\n]*(\n|$)))*\s*", re.DOTALL)
_CREATE = re.compile(
    r"create\s+(?P<replace>or\s+replace\s+)?pipe\s+(?P<keep>if\s+not\s+exists\s+)?(?P<name>[\w.\"$]+)"
    r"(?P<options>.*?)\bas\s+(?P<definition>copy\s+into\b.*?)\s*;?\s*$",
    re.IGNORECASE | re.DOTALL,
)
_DROP = re.compile(r"drop\s+pipe\s+(?P<lenient>if\s+exists\s+)?(?P<name>[\w.\"$]+)", re.IGNORECASE)
_LIST = re.compile(r"(show\s+pipes\b(\s+like\s+'(?P<like>[^']*)')?|desc(ribe)?\s+pipe\s+(?P<name>[\w.\"$]+))", re.I)
_COLUMNS = (
    'created_on as "created_on", name as "name", database_name as "database_name", schema_name as "schema_name", '
    'definition as "definition", \'SYSADMIN\' as "owner", \'arn:aws:sqs:local\' as "notification_channel", '
    'comment as "comment", auto_ingest as "auto_ingest"'
)


def is_about_pipes(command: str) -> bool:
    statement = _COMMENTS.sub("", command, count=1)
    return any(pattern.match(statement) for pattern in (_CREATE, _DROP, _LIST))


def answer(cursor: Any, command: str) -> str | None:
    """Do what a statement about pipes says and return the query that gives its result, or None for other statements."""
    statement = _COMMENTS.sub("", command, count=1)
    if found := _CREATE.match(statement):
        return _create(cursor, found)
    if found := _DROP.match(statement):
        return _drop(cursor, found)
    if found := _LIST.match(statement):
        return _list(cursor, found)
    return None


def _create(cursor: Any, found: re.Match[str]) -> str:
    address = _address(cursor, found["name"])
    with cursor._duck_conn.cursor() as catalog:
        if not found["replace"] and _exists(catalog, address):
            if found["keep"]:
                return f"select '{address[2]} already exists, statement succeeded.' as \"status\""
            raise _error(f"Object '{'.'.join(address)}' already exists.", 2002, "42710")
        comment = re.search(r"comment\s*=\s*'((?:[^']|'')*)'", found["options"], re.IGNORECASE)
        auto_ingest = re.search(r"auto_ingest\s*=\s*true", found["options"], re.IGNORECASE)
        catalog.execute(
            "insert or replace into _fs_global._fs_information_schema._x_pipes "
            "values (now()::timestamp, $name, $database, $schema, $definition, $auto_ingest, $comment)",
            {
                "database": address[0],
                "schema": address[1],
                "name": address[2],
                "definition": found["definition"],
                "auto_ingest": auto_ingest is not None,
                "comment": comment[1].replace("''", "'") if comment else None,
            },
        )
    return f"select 'Pipe {address[2]} successfully created.' as \"status\""


def _drop(cursor: Any, found: re.Match[str]) -> str:
    address = _address(cursor, found["name"])
    with cursor._duck_conn.cursor() as catalog:
        if not _exists(catalog, address) and not found["lenient"]:
            raise _error(f"Pipe '{'.'.join(address)}' does not exist or not authorized.", 2003, "02000")
        catalog.execute(
            "delete from _fs_global._fs_information_schema._x_pipes "
            "where database_name = ? and schema_name = ? and name = ?",
            address,
        )
    return f"select '{address[2]} successfully dropped.' as \"status\""


def _list(cursor: Any, found: re.Match[str]) -> str:
    query = f"select {_COLUMNS} from _fs_global._fs_information_schema._x_pipes"  # noqa: S608  our own text
    if not found["name"]:
        pattern = (found["like"] or "%").replace("'", "''")
        return f"{query} where name ilike '{pattern}' order by database_name, schema_name, name"
    address = _address(cursor, found["name"])
    if not _exists(cursor._duck_conn, address):
        raise _error(f"Pipe '{'.'.join(address)}' does not exist or not authorized.", 2003, "02000")
    database, schema, name = address
    return f"{query} where database_name = '{database}' and schema_name = '{schema}' and name = '{name}'"


def _exists(duck: Any, address: tuple[str, str, str]) -> bool:
    rows = duck.execute(
        "select 1 from _fs_global._fs_information_schema._x_pipes "
        "where database_name = ? and schema_name = ? and name = ?",
        address,
    ).fetchall()
    return bool(rows)


def _address(cursor: Any, name: str) -> tuple[str, str, str]:
    parts = [normalise_ident(part) for part in name.split(".")]
    database, schema = cursor._conn.database, cursor._conn.schema
    return tuple([database, schema][: 3 - len(parts)] + parts)  # type: ignore[return-value]


def _error(message: str, errno: int, sqlstate: str) -> Exception:
    return snowflake.connector.errors.ProgrammingError(
        msg=f"SQL compilation error:\n{message}", errno=errno, sqlstate=sqlstate
    )
