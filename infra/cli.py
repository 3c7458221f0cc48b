"""The command `sophia`: run the whole system on this machine, look into it, and mend it."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from . import show

# Each command imports what it needs itself: --help answers at once.
# ruff: noqa: PLC0415

app = typer.Typer(
    help="Sophia Intel carries business events to the numbers executives decide on, and proves every number.\n\n"
    'Start with `sophia demo`, then `sophia sql "select * from EXECUTIVE_INTELLIGENCE.KPI_ROLLUPS limit 5"`.',
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
dlq = typer.Typer(
    help="Dead letters: deliveries and pulls that failed five times, with their reason.", no_args_is_help=True
)
quarantine = typer.Typer(help="Authentic deliveries that could not be read, with their reason.", no_args_is_help=True)
app.add_typer(dlq, name="dlq")
app.add_typer(quarantine, name="quarantine")

Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
Queue = Annotated[str, typer.Option(help="ingest (deliveries) or pulls.")]


def main() -> None:
    """The console script: what can be expected to go wrong is a sentence and an exit code, not a traceback."""
    try:
        app()
    except Exception as error:
        if not _is_expected(error):
            raise
        show.err.print(f"[red]✗[/] {error}", highlight=False)
        sys.exit(1)


def _is_expected(error: Exception) -> bool:
    from botocore.exceptions import BotoCoreError
    from snowflake.connector.errors import Error as WarehouseError

    from chalicelib.errors import SophiaError

    from .local.processes import CannotStart
    from .send import CannotSend

    return isinstance(
        error, SophiaError | CannotStart | CannotSend | TimeoutError | OSError | BotoCoreError | WarehouseError
    )


def stack(must_run: bool = True):
    """The local stack; exits with advice when it is needed and not up."""
    from .local.stack import Stack

    found = Stack()
    if must_run and not found.is_up():
        fail("the local stack is not up; start it with `sophia up`", code=3)
    return found


def fail(message: str, code: int = 1) -> None:
    show.err.print(f"[red]✗[/] {message}", highlight=False)
    raise typer.Exit(code)


@app.command()
def up() -> None:
    """Start the local stack: cloud, warehouse, Snowpipe stand-in and simulated vendors. Safe to repeat."""
    stack(must_run=False).up(show.Steps())
    status()


@app.command()
def down() -> None:
    """Stop everything `up` started. Data stays under .sophia/."""
    stack(must_run=False).down()


@app.command()
def status(as_json: Json = False) -> None:
    """Which parts of the local stack run, and where."""
    show.rows(stack(must_run=False).status(), title="Local stack", as_json=as_json)


@app.command()
def demo(
    seed: Annotated[int, typer.Option(help="Another seed is another company history.")] = 42,
    keep: Annotated[bool, typer.Option(help="Leave the stack running at the end.")] = True,
) -> None:
    """Run the main job: a simulated company's webhooks and pulls become executive KPIs."""
    from . import demo as the_demo

    if not the_demo.run(stack(must_run=False), seed=seed, keep=keep):
        raise typer.Exit(1)


@app.command()
def sources(as_json: Json = False) -> None:
    """The sources there are and what each lane carries."""
    from .sources import describe

    show.rows(describe(), title="Sources", as_json=as_json)


@app.command()
def send(
    source: Annotated[str, typer.Argument(help="Whose delivery to imitate: see `sophia sources`.")],
    files: Annotated[list[Path], typer.Argument(help="Payloads, one delivery each; - reads standard input.")],
    connection: Annotated[str, typer.Option(help="Which account of the vendor.")] = "default",
    event_type: Annotated[
        str, typer.Option(help="For vendors that name the event in a header (GitHub); else told from the file name.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Sign your own payloads as the vendor would and deliver them to the local API."""
    from .send import send_files

    results = send_files(stack(), source, files, connection=connection, event_type=event_type)
    show.rows(results, title="Deliveries", as_json=as_json)
    if any(result["status"] // 100 != 2 for result in results):
        raise typer.Exit(1)


@app.command()
def pull(
    source: Annotated[str, typer.Argument(help="One source only; all of them when left out.")] = "",
    stream: Annotated[str, typer.Option(help="One stream only.")] = "",
    as_json: Json = False,
) -> None:
    """Pull now what is new at the vendors, and wait until it has landed."""
    from .pull import pull_now

    results = pull_now(stack(), show.Steps(), source=source, stream=stream)
    show.rows(results, title="Pulls", as_json=as_json)
    if any(result["error"] for result in results):
        raise typer.Exit(1)


@app.command()
def build(select: Annotated[str, typer.Option(help="dbt's node selection; everything when left out.")] = "") -> None:
    """Build the warehouse models from what has landed (dbt build)."""
    from .dbt import build as dbt_build

    if not dbt_build(stack().warehouse_port, show.Steps(), select=select):
        raise typer.Exit(1)


@app.command()
def trace(event_id: str, as_json: Json = False) -> None:
    """One event's way: answer, object and its proof, raw row, staging row, the marts that read it."""
    from .trace import trace as trace_event

    found = trace_event(stack(), event_id)
    if not found:
        fail(f"no event {event_id!r} in RAW_DATA.EVENTS; `sophia send` prints the ids of what it delivered")
    show.rows(found, title=f"Event {event_id}", as_json=as_json)
    if any(step["verdict"] == "broken" for step in found):
        raise typer.Exit(1)


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="One statement; - reads standard input.")], as_json: Json = False
) -> None:
    """Ask the warehouse."""
    from snowflake.connector.errors import Error

    from .warehouse import query as ask

    text = sys.stdin.read() if query == "-" else query
    try:
        found = ask(stack().warehouse_port, text)
    except Error as error:
        fail(f"the warehouse refused: {error.msg}")
    show.rows(found, as_json=as_json)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Check the machine, the stack, queues, pulls and freshness; say what to do about each problem."""
    from .doctor import examine

    found = examine(stack(must_run=False))
    show.rows(found, title="Doctor", as_json=as_json)
    if any(check["verdict"] == "problem" for check in found):
        raise typer.Exit(1)


@dlq.command("list")
def dlq_list(queue: Queue = "ingest", as_json: Json = False) -> None:
    """The dead letters of a queue, oldest first."""
    from . import dead_letters

    show.rows(dead_letters.listed(stack(), queue), title=f"Dead letters of {queue}", as_json=as_json)


@dlq.command("show")
def dlq_show(message_id: str, queue: Queue = "ingest") -> None:
    """One dead letter, whole."""
    from . import dead_letters

    found = dead_letters.shown(stack(), queue, message_id)
    if found is None:
        fail(f"no dead letter {message_id!r} in {queue}; `sophia dlq list --queue {queue}` shows what there is")
    typer.echo(found)


@dlq.command("redrive")
def dlq_redrive(
    message_id: Annotated[str, typer.Argument(help="One dead letter; all of them when left out.")] = "",
    queue: Queue = "ingest",
) -> None:
    """Send dead letters back to their queue."""
    from . import dead_letters

    typer.echo(f"{dead_letters.redriven(stack(), queue, message_id)} sent back to {queue}")


@quarantine.command("list")
def quarantine_list(as_json: Json = False) -> None:
    """What was authentic but unreadable, newest first."""
    from .quarantine import listed

    show.rows(listed(stack()), title="Quarantine", as_json=as_json)


@quarantine.command("redrive")
def quarantine_redrive(
    event_id: Annotated[str, typer.Argument(help="One quarantined delivery; all of them when left out.")] = "",
) -> None:
    """Read quarantined deliveries again with the present code, and land what can be read now."""
    from .quarantine import redriven

    read, still = redriven(stack(), event_id)
    typer.echo(f"{read} read and landed, {still} still unreadable")
