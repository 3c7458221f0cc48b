"""`sophia state`: what is remembered of every stream, and an operator's hand on it."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import typer

from . import show
from .command import Json, examples, fail, one_of, stack

# Each command imports what it needs itself: --help answers at once.
# ruff: noqa: PLC0415

app = typer.Typer(
    help="Cursors and leases: what is remembered of every pull, backfill, check and subscription.",
    no_args_is_help=True,
    epilog=examples("sophia state show", "sophia state show hubspot", "sophia state reset slack message"),
)
_Connection = Annotated[str, typer.Option(help="Which account of the vendor.")]
_Kind = Annotated[Literal["cursor", "backfill", "check", "subscription"], typer.Option(help="Which of its records.")]
_Force = Annotated[bool, typer.Option("--force", help="Also while a run holds it: that run can then save nothing.")]
_Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@app.command("show", epilog=examples("sophia state show", "sophia state show slack --json"))
def show_state(
    source: Annotated[str, typer.Argument(help="One source only; all of them when left out.")] = "",
    as_json: Json = False,
) -> None:
    """Where every stream stopped, who holds it, and how its last run ended."""
    from chalicelib import sources

    from . import state as states
    from .local.connections import connections, state_table

    if source:
        one_of("source", source, list(sources.names()))
    cloud = stack().cloud
    rows = states.listed(state_table(cloud), connections(cloud), datetime.now(UTC), source)
    show.rows(rows if as_json else states.shortened(rows), title="State", as_json=as_json)


@app.command("set", epilog=examples("""sophia state set slack message '{"since": "2026-11-01T00:00:00+00:00"}'"""))
def set_cursor(
    source: Annotated[str, typer.Argument(help="Whose.")],
    stream: Annotated[str, typer.Argument(help="Which record, as `sophia state show` names it.")],
    cursor: Annotated[str, typer.Argument(help="The cursor, a JSON object.")],
    kind: _Kind = "cursor",
    connection: _Connection = "default",
    force: _Force = False,
    yes: _Yes = False,
) -> None:
    """Let a stream go on from another cursor. What lands twice stays one record."""
    from . import state as states

    try:
        wanted = states.cursor_of(cursor)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    _overwrite(kind, (source, connection, stream), wanted, force=force, yes=yes)


@app.command("reset", epilog=examples("sophia state reset slack message", "sophia state reset gong call --yes"))
def reset(
    source: Annotated[str, typer.Argument(help="Whose.")],
    stream: Annotated[str, typer.Argument(help="Which record, as `sophia state show` names it.")],
    kind: _Kind = "cursor",
    connection: _Connection = "default",
    force: _Force = False,
    yes: _Yes = False,
) -> None:
    """Forget where a stream stopped: its next run reads from the start. What lands twice stays one record."""
    _overwrite(kind, (source, connection, stream), {}, force=force, yes=yes)


def _overwrite(kind: Any, key: tuple[str, str, str], cursor: dict[str, Any], *, force: bool, yes: bool) -> None:
    from . import state as states
    from .local.connections import connections, state_table

    one_of("source", key[0], _known_sources())
    cloud = stack().cloud
    rows = states.listed(state_table(cloud), connections(cloud), datetime.now(UTC), key[0])
    of_kind = [row for row in rows if (row["kind"], row["connection"]) == (kind, key[1])]
    one_of(f"{kind} of {key[0]}/{key[1]}", key[2], [row["stream"] for row in of_kind])
    if not yes:
        (old,) = [row["cursor"] for row in of_kind if row["stream"] == key[2]]
        show.out.print(f"now {old}", markup=False)
        typer.confirm(f"replace it with {cursor or 'nothing'}?", abort=True)
    if not states.overwrite(state_table(cloud), kind, key, cursor, is_forced=force):
        fail("a run holds it just now: wait for its end, or use --force and that run saves nothing more")
    typer.echo(f"{key[0]} {key[2]} is due at once, from {cursor or 'the start'}")


def _known_sources() -> list[str]:
    from chalicelib import sources

    return list(sources.names())
