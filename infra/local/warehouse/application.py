"""The ASGI application of the local warehouse: fakesnow 0.12.1, patched until dbt-snowflake and our SQL run unchanged.

Everything here reaches into private functions of fakesnow 0.12.1, DuckDB 2.0.0 and sqlglot 30.22.0: the three are
pinned exactly, and tests/infra/warehouse checks the answers by value after any change.
"""

from pathlib import Path

import duckdb
import fakesnow.server as server
import fakesnow.transforms.stage as stage
from fakesnow import info_schema, macros
from fakesnow.instance import GLOBAL_DATABASE_NAME, FakeSnow
from fakesnow.transforms import show
from starlette.applications import Starlette

from infra.local.warehouse import copy_into, inert, once, pipes, results, s3, statements, translated

# Stock keeps every result of every statement for ever; a client fetches its rows with the answer itself.
RESULTS_KEPT = 16


class CannotOpen(Exception):
    """The databases cannot be opened, for instance because another process has them; the message says what to do."""


def application(directory: Path, translations: Path | None = None) -> Starlette:
    """The server, with one DuckDB file per database in `directory`. Call once in a process: it patches fakesnow.

    Raises CannotOpen.
    """
    directory = directory.resolve()
    (directory / "stages").mkdir(parents=True, exist_ok=True)
    known = translated.Translations(translations or translated.FILE)
    once.apply()
    known.read()
    statements.apply()
    results.apply()
    s3.apply(directory / "s3")
    copy_into.apply()
    known.write()
    stage.LOCAL_BUCKET_PATH = str(directory / "stages")
    try:
        server.shared_fs = _persistent(directory)
    except duckdb.IOException as error:
        reason = str(error).splitlines()[0]
        raise CannotOpen(
            f"the databases in {directory} cannot be opened: {reason}. "
            "Stop the warehouse that uses them, or use another --directory"
        ) from error
    return server.app


def _persistent(directory: Path) -> FakeSnow:
    """fakesnow on files. Stock ignores the directory in server mode and keeps stages and comments in memory."""
    fake = FakeSnow(db_path=str(directory), nop_regexes=inert.PATTERNS)
    fake.results_cache = results.RecentResults(limit=RESULTS_KEPT)
    duck = fake.duck_conn
    duck.execute(f"DETACH {GLOBAL_DATABASE_NAME}")
    duck.execute(f"ATTACH '{directory / 'catalog.duckdb'}' AS {GLOBAL_DATABASE_NAME}")
    duck.execute(info_schema.fs_global_creation_sql())
    duck.execute(show.fs_global_creation_sql())
    duck.execute(pipes.TABLE)
    for file in sorted(directory.glob("*.db")):
        duck.execute(f"ATTACH '{file}' AS \"{file.stem}\"")
        duck.execute(info_schema.per_db_creation_sql(file.stem))
        duck.execute(macros.creation_sql(file.stem))
    return fake
