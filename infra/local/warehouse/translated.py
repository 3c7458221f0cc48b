"""A statement that was translated before is not translated again: not by this server, nor, where dbt sent it, by any
other of this checkout. No answer changes.

To parse a model, pass over its tree and write it for DuckDB costs more than to run it on a laptop's data; and dbt sends
the same models every five minutes, and every test a warehouse of its own. What is kept of a statement is its text for
DuckDB and what the cursor reads of its tree afterwards. Kept are only statements that mean the same in every session.
"""

import collections
import contextlib
import hashlib
import importlib.metadata
import json
import re
import sqlite3
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import fakesnow.checks
import fakesnow.cursor
import fakesnow.server
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.dialects.snowflake import Snowflake

FILE = Path(__file__).parents[3] / ".sophia" / "translated.sqlite"
IN_MEMORY = 2000
IN_FILE = 5000
TRANSLATED_BY = ("fakesnow", "sqlglot", "sqlglotc", "duckdb")
OF_THE_SESSION = re.compile(r"information_schema|nextval\b|(result_scan|identifier)\s*\(")
"""In lower case, in statements that are translated anew each time: they mean what the session says."""
SENT_BY_DBT = '"app": "dbt"'
"""In the comment it puts on all it sends. Its statements are the project's; others may name a person."""
TOLD_BESIDE = {"table_comment", "text_lengths"}
"""What fakesnow's passes leave at the root for its cursor; whatever else they leave makes a statement one of a kind."""
_WRITTEN = "written"
"""Among the notes that sqlglot keeps of a node: this tree's text by dialect, the rest of it being left out."""
# Patched, hence without their types.
checks: Any = fakesnow.checks
cursor: Any = fakesnow.cursor
server: Any = fakesnow.server


@dataclass(frozen=True)
class Translation:
    """Of one statement."""

    kind: str
    """The class of its root."""
    sql: str
    """For DuckDB."""
    made: str = ""
    """TABLE or VIEW, of what makes one."""
    name: tuple[str, ...] = ()
    """Of what is made: catalog, schema, table."""
    comments: tuple[str | None, ...] = ()
    """The table's, where the statement has a word on it; perhaps that there is none."""
    text_lengths: tuple[tuple[str, int], ...] = ()
    merges_by: tuple[str, ...] = ()
    """The classes of a merge's actions."""

    def root(self, command: str) -> Any:
        """A tree that answers what the cursor asks of the whole one, and is written as it would be."""
        root = getattr(exp, self.kind)()
        if self.made:
            catalog, schema, table = self.name
            root.set("this", exp.table_(table, db=schema, catalog=catalog, quoted=True))
            root.set("kind", self.made)
            root.args["table_comment"] = (root.this, *self.comments) if self.comments else None
            root.args["text_lengths"] = [tuple(one) for one in self.text_lengths]
        if self.merges_by:
            actions = [exp.When(matched=True, then=getattr(exp, action)()) for action in self.merges_by]
            root.set("whens", exp.Whens(expressions=actions))
        return written(root, {DuckDB: self.sql, Snowflake: command})


class Translations:
    """Those of this process, the newest in memory; those of dbt in the file too. Without the file, when it cannot be
    opened, read or written."""

    def __init__(self, file: Path) -> None:
        self._kept: collections.OrderedDict[str, Translation] = collections.OrderedDict()
        self._lock = threading.Lock()
        self._version = _version()
        self._file: sqlite3.Connection | None = None
        with contextlib.suppress(sqlite3.Error, OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            self._file = _opened(file)

    def get(self, command: str) -> Translation | None:
        with self._lock:
            if command not in self._kept and (stored := self._stored(command)):
                self._kept[command] = stored
            if command in self._kept:
                self._kept.move_to_end(command)
            return self._kept.get(command)

    def keep(self, command: str, translation: Translation) -> None:
        with self._lock:
            self._kept[command] = translation
            if len(self._kept) > IN_MEMORY:
                self._kept.popitem(last=False)
            if self._file and SENT_BY_DBT in command:
                told = json.dumps(asdict(translation))
                with contextlib.suppress(sqlite3.Error):
                    self._file.execute("insert or ignore into translated values (?, ?)", (self._key(command), told))

    def _stored(self, command: str) -> Translation | None:
        if self._file and SENT_BY_DBT in command:
            with contextlib.suppress(sqlite3.Error):
                found = self._file.execute("select told from translated where key = ?", (self._key(command),))
                for (told,) in found:
                    return Translation(**json.loads(told))
        return None

    def _key(self, command: str) -> bytes:
        return hashlib.sha256(self._version + command.encode()).digest()

    def read(self) -> None:
        """Patch fakesnow to parse no statement that is known. Call between `once`, whose parsing this replaces, and
        what changes the text of a statement."""
        for module in (server, cursor):
            module.parse_one = self._parsing(module.parse_one)
        stock = checks.is_unqualified_table_expression

        def unqualified(tree: Any) -> tuple[bool, bool]:
            answer = (False, False) if _WRITTEN in tree.meta else stock(tree)
            tree.meta["is_qualified"] = answer == (False, False)
            return answer

        checks.is_unqualified_table_expression = unqualified

    def _parsing(self, stock: Any) -> Any:
        def parse(command: str) -> Any:
            if known := self.get(command):
                return known.root(command)
            tree = stock(command)
            tree.meta["command"] = command
            return tree

        return parse

    def write(self) -> None:
        """Patch fakesnow to keep what it translates. Call after all that changes a statement."""
        stock_explode = cursor.FakeSnowflakeCursor._transform_explode
        stock_transform = cursor.FakeSnowflakeCursor._transform

        def explode(cur: Any, tree: Any) -> list[Any]:
            if _WRITTEN in tree.meta:
                return [tree]
            parts = stock_explode(cur, tree)
            for part in parts if len(parts) > 1 else ():
                part.meta.pop("command", None)
            return parts

        def transform(cur: Any, tree: Any, params: Any) -> Any:
            if _WRITTEN in tree.meta:
                return tree
            command = tree.meta.get("command", "")
            is_kept = params is None and tree.meta.get("is_qualified") and means_always_the_same(command, tree)
            changed = stock_transform(cur, tree, params)
            if is_kept and (translation := translated(changed)):
                self.keep(command, translation)
                return translation.root(command)
            return changed

        cursor.FakeSnowflakeCursor._transform_explode = explode
        cursor.FakeSnowflakeCursor._transform = transform
        for dialect in (DuckDB, Snowflake):
            _write_as_noted(dialect)


def written(root: Any, texts: dict[Any, str]) -> Any:
    """The tree `root`, to be written as these texts say, by dialect."""
    root.meta[_WRITTEN] = texts
    return root


def means_always_the_same(command: str, tree: Any) -> bool:
    """Whether a statement, if it is qualified, is translated alike in every session and at every time."""
    if not command or OF_THE_SESSION.search(command.lower()) or tree.find(exp.Placeholder):
        return False
    if isinstance(tree, exp.Create) and isinstance(tree.this, exp.Schema) and tree.expression:
        return not any(isinstance(column, exp.Star) for column in tree.expression.selects)  # stock looks them up
    return True


def translated(tree: Any) -> Translation | None:
    """What is kept of a statement's tree as changed for DuckDB; None of one that is translated anew each time."""
    if {name for name, value in tree.args.items() if value} - set(tree.arg_types) - TOLD_BESIDE:
        return None
    kind = type(tree).__name__
    match tree:
        case exp.Query():
            return Translation(kind, _for_duckdb(tree))
        case exp.Insert() if isinstance(tree.expression, exp.Query):
            return Translation(kind, _for_duckdb(tree))
        case exp.Merge():
            actions = tuple(type(when.args["then"]).__name__ for when in tree.args["whens"].expressions)
            return Translation(kind, _for_duckdb(tree), merges_by=actions)
        case exp.Create(kind="TABLE" | "VIEW") if isinstance(tree.expression, exp.Query):
            if tree.args.get("exists") or tree.find(exp.TemporaryProperty):
                return None
            table = tree.find(exp.Table) or exp.Table()
            _, *comments = tree.args.get("table_comment") or (None,)
            lengths = tuple(tuple(one) for one in tree.args.get("text_lengths") or ())
            name = (table.catalog, table.db, table.name)
            made = str(tree.args["kind"])
            return Translation(kind, _for_duckdb(tree), made, name, tuple(comments), lengths)
    return None


def _for_duckdb(tree: Any) -> str:
    return DuckDB().generate(tree, copy=False)


def _write_as_noted(dialect: Any) -> None:
    stock = dialect.generate

    def generate(self: Any, tree: Any, copy: bool = True, **options: Any) -> str:
        told = tree.meta.get(_WRITTEN) or {}
        return told.get(dialect) or stock(self, tree, copy=copy, **options)

    dialect.generate = generate


def _opened(file: Path) -> sqlite3.Connection:
    opened = sqlite3.connect(file, timeout=1, isolation_level=None, check_same_thread=False)
    opened.execute("pragma journal_mode = wal")
    opened.execute("pragma synchronous = off")  # what is lost is translated again
    opened.execute("create table if not exists translated (key blob primary key, told text)")
    newest = "select rowid from translated order by rowid desc limit ?"
    opened.execute(f"delete from translated where rowid not in ({newest})", (IN_FILE,))  # noqa: S608
    return opened


def _version() -> bytes:
    """Of all that has a part in a translation."""
    parts = [importlib.metadata.version(name).encode() for name in TRANSLATED_BY]
    parts += [one.read_bytes() for one in sorted(Path(__file__).parent.glob("*.*")) if one.is_file()]
    return hashlib.sha256(b"\0".join(parts)).digest()
