"""`sophia reconcile` and `sophia completeness`: is everything here that the vendors have?"""

from typing import Annotated

import typer

from . import show
from .command import Json, examples, one_of, stack

# ruff: noqa: PLC0415

app = typer.Typer()
_Source = Annotated[str, typer.Argument(help="One source only; all of them when left out.")]


@app.command(epilog=examples("sophia reconcile", "sophia reconcile hubspot"))
def reconcile(
    source: _Source = "",
    believes_listing: Annotated[
        bool,
        typer.Option(
            "--believe-listing",
            help="Bury what the vendor's whole listings leave out, however much it is: only after asking the vendor's "
            "administrator, for a lost permission looks the same.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Compare with what the vendors say they have, repair what is missing, count again, and show the ledger."""
    from .pull import wait_until_loaded
    from .reconcile import ledger, reconcile_now
    from .sources import pulled_streams

    if source:
        one_of("pulled source", source, list(pulled_streams()))
    elif believes_listing:
        raise typer.BadParameter("--believe-listing needs the source whose listings are to be believed")
    found, steps = stack(), show.Steps()
    checks = reconcile_now(found, steps, source=source, believes_listing=believes_listing)
    wait_until_loaded(found, steps)
    for check in checks:
        if check["error"]:
            show.problem(f"{check['source']} {check['connection']}: {check['error']}")
    rows = ledger(found, source=source)
    show.rows(rows, title="Completeness ledger", as_json=as_json)
    if any(check["error"] for check in checks) or not all(row["complete"] for row in rows):
        raise typer.Exit(1)


@app.command(epilog=examples("sophia completeness", "sophia completeness slack --json"))
def completeness(source: _Source = "", as_json: Json = False) -> None:
    """The ledger: per stream what the vendor lists, what each lane brought of it, what was repaired, what is open."""
    from .reconcile import ledger
    from .sources import pulled_streams

    if source:
        one_of("pulled source", source, list(pulled_streams()))
    rows = ledger(stack(), source=source)
    show.rows(rows, title="Completeness ledger", as_json=as_json)
    if not as_json and not rows:
        show.out.print("Nothing was checked yet: checks run every hour, or now with `sophia reconcile`.")
    if not all(row["complete"] for row in rows):
        raise typer.Exit(1)
