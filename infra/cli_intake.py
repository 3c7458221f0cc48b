"""`sophia intake`: drop files as a person would."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from . import show
from .command import Json, examples, fail, stack

# ruff: noqa: PLC0415

app = typer.Typer()


@app.command(
    epilog=examples(
        "sophia intake costar properties__austin-multifamily__2026-10-31.csv",
        "sophia intake costar .sophia/drops/costar",
        "sophia intake costar november.xlsx --accept-fewer-rows",
    )
)
def intake(
    source: Annotated[str, typer.Argument(help="Whose files: costar.")],
    paths: Annotated[
        list[Path], typer.Argument(metavar="FILES_OR_FOLDER…", help="A folder is taken with all below it.")
    ],
    accept_fewer_rows: Annotated[
        bool, typer.Option("--accept-fewer-rows", help="Far fewer rows than the last edition had are right.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Drop files into the lake, where they are read row by row. A file that was read before is not read again."""
    from .intake import CannotDrop, upload

    running = stack()
    try:
        dropped = upload(running.client("s3"), running.lake_bucket, source, paths, accepts_fewer_rows=accept_fewer_rows)
    except CannotDrop as error:
        fail(str(error))
    show.rows([asdict(one) for one in dropped], title="Dropped", as_json=as_json)
