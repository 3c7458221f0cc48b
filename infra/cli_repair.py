"""`sophia dlq` and `sophia quarantine`: what failed, why, and the way back."""

from typing import Annotated, Literal

import typer

from . import show
from .command import Json, examples, fail, stack

# Each command imports what it needs itself: --help answers at once.
# ruff: noqa: PLC0415

dlq = typer.Typer(
    help="Dead letters: deliveries and pulls that failed five times, with their reason.",
    no_args_is_help=True,
    epilog=examples("sophia dlq list", "sophia dlq show 1f0c…", "sophia dlq redrive --queue pulls"),
)
quarantine = typer.Typer(
    help="Authentic deliveries that could not be read, with their reason.",
    no_args_is_help=True,
    epilog=examples("sophia quarantine list", "sophia quarantine redrive"),
)
Queue = Annotated[
    Literal["ingest", "pulls", "background", "drops"], typer.Option(help="ingest holds deliveries, the others orders.")
]


@dlq.command("list", epilog=examples("sophia dlq list", "sophia dlq list --queue pulls --json"))
def dlq_list(queue: Queue = "ingest", as_json: Json = False) -> None:
    """The dead letters of a queue, oldest first."""
    from . import dead_letters

    show.rows(dead_letters.listed(stack(), queue), title=f"Dead letters of {queue}", as_json=as_json)


@dlq.command("show", epilog=examples("sophia dlq show 1f0c2d9e-8c1b-4f55-9d0e-2f9a7f1f2b11"))
def dlq_show(
    message_id: Annotated[str, typer.Argument(help="As `sophia dlq list` shows it.")], queue: Queue = "ingest"
) -> None:
    """One dead letter, whole, as it lay in its queue."""
    from . import dead_letters

    found = dead_letters.shown(stack(), queue, message_id)
    if found is None:
        fail(f"no dead letter {message_id!r} in {queue}; `sophia dlq list --queue {queue}` shows what there is")
    typer.echo(found)


@dlq.command("redrive", epilog=examples("sophia dlq redrive", "sophia dlq redrive 1f0c… --queue pulls"))
def dlq_redrive(
    message_id: Annotated[str, typer.Argument(help="One dead letter; all of them when left out.")] = "",
    queue: Queue = "ingest",
) -> None:
    """Send dead letters back to their queue. One whose fault is not mended comes back here."""
    from . import dead_letters

    count = dead_letters.redriven(stack(), queue, message_id)
    if message_id and not count:
        fail(f"no dead letter {message_id!r} in {queue}; `sophia dlq list --queue {queue}` shows what there is")
    typer.echo(f"{count} sent back to {queue}")


@quarantine.command("list", epilog=examples("sophia quarantine list", "sophia quarantine list --json"))
def quarantine_list(as_json: Json = False) -> None:
    """What was authentic but unreadable, newest first."""
    from .quarantine import listed

    show.rows(listed(stack()), title="Quarantine", as_json=as_json)


@quarantine.command("redrive", epilog=examples("sophia quarantine redrive", "sophia quarantine redrive 7c33c6e5…"))
def quarantine_redrive(
    event_id: Annotated[str, typer.Argument(help="One quarantined delivery; all of them when left out.")] = "",
) -> None:
    """Read quarantined deliveries again with the present code, and land what can be read now."""
    from .quarantine import redriven

    read, still = redriven(stack(), event_id)
    if event_id and not read + still:
        fail(f"no quarantined delivery {event_id!r}; `sophia quarantine list` shows what there is")
    typer.echo(f"{read} read and landed, {still} still unreadable")
