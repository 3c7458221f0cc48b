"""The command `sophia`: run the whole system on this machine, look into it, and mend it."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

import typer

from . import cli_completeness, cli_forecast, cli_intake, cli_memory, cli_sources, cli_state, command, show
from .cli_repair import dlq, quarantine
from .command import NOT_UP, Json, examples, fail, one_of, stack

# Each command imports what it needs itself: --help answers at once.
# ruff: noqa: PLC0415

app = typer.Typer(
    help="Sophia Intel carries business events to the numbers executives decide on, and proves every number.\n\n"
    'Start with `sophia demo`, then `sophia sql "select * from EXECUTIVE_INTELLIGENCE.KPI_ROLLUPS limit 5"`.\n\n'
    "It ends with 0 when done, 1 when something failed or is wrong, 2 when used wrongly, 3 when the local stack is "
    "not up, 130 after Ctrl-C.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(cli_completeness.app)
app.add_typer(cli_forecast.app)
app.add_typer(cli_intake.app)
app.add_typer(cli_memory.app)
app.add_typer(cli_sources.app)
app.add_typer(cli_state.app, name="state")
app.add_typer(dlq, name="dlq")
app.add_typer(quarantine, name="quarantine")


def _readable(files: list[Path]) -> list[Path]:
    for file in files:
        if str(file) != "-" and not file.is_file():
            raise typer.BadParameter(f"{str(file)!r} {'is a folder' if file.is_dir() else 'does not exist'}")
    return files


def main() -> None:
    command.run(app)


@app.command(epilog=examples("sophia up", "SOPHIA_PORT_OFFSET=100 sophia up  [dim]every port plus 100[/]"))
def up() -> None:
    """Start the local stack: cloud, warehouse, Snowpipe stand-in and simulated vendors. Safe to repeat."""
    found = stack(must_run=False)
    found.up(show.Steps())
    show.rows(found.status(), title="Local stack")


@app.command(epilog=examples("sophia down"))
def down() -> None:
    """Stop everything `up` started. Data stays under .sophia/."""
    stack(must_run=False).down()


@app.command(epilog=examples("sophia status", "sophia status --json"))
def status(as_json: Json = False) -> None:
    """Which parts of the local stack run, and where. Ends with 3 unless all do."""
    parts = stack(must_run=False).status()
    show.rows(parts, title="Local stack", as_json=as_json)
    if any(part["state"] != "up" for part in parts):
        raise typer.Exit(NOT_UP)


@app.command(epilog=examples("sophia demo", "sophia demo --seed 7 --no-keep"))
def demo(
    seed: Annotated[int, typer.Option(help="Another seed is another company history.")] = 42,
    keep: Annotated[bool, typer.Option(help="Leave the stack running at the end.")] = True,
) -> None:
    """Run the main job: a simulated company's webhooks and pulls become executive KPIs."""
    from . import demo as the_demo

    if not the_demo.run(stack(must_run=False), seed=seed, keep=keep):
        raise typer.Exit(1)


@app.command(epilog=examples("sophia sources", "sophia sources --json"))
def sources(as_json: Json = False) -> None:
    """The sources there are, their lanes, and where the stack runs how each of them fares."""
    from .sources import describe

    show.rows(describe(stack(must_run=False)), title="Sources", as_json=as_json)


@app.command(
    epilog=examples(
        "sophia send slack events/slack/samples/webhook__*.json",
        "sophia send github my-payload.json --event-type pull_request",
        "curl -s https://… | sophia send hubspot -",
    )
)
def send(
    source: Annotated[str, typer.Argument(help="Whose delivery to imitate: see `sophia sources`.")],
    files: Annotated[
        list[Path], typer.Argument(help="Payloads, one delivery each; - reads standard input.", callback=_readable)
    ],
    connection: Annotated[str, typer.Option(help="Which account of the vendor.")] = "default",
    event_type: Annotated[
        str, typer.Option(help="For vendors that name the event in a header (GitHub); else told from the file name.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Sign your own payloads as the vendor would and deliver them to the local API."""
    from .send import send_files
    from .sources import with_webhooks

    one_of("source with webhooks", source, with_webhooks())
    results = send_files(stack(), source, files, connection=connection, event_type=event_type)
    show.rows(results, title="Deliveries", as_json=as_json)
    if any(result["status"] // 100 != 2 for result in results):
        raise typer.Exit(1)


@app.command(epilog=examples("sophia pull", "sophia pull slack --stream message"))
def pull(
    source: Annotated[str, typer.Argument(help="One source only; all of them when left out.")] = "",
    stream: Annotated[str, typer.Option(help="One stream only.")] = "",
    as_json: Json = False,
) -> None:
    """Pull now what is new at the vendors, and wait until it is in the warehouse."""
    from .pull import pull_now, wait_until_loaded
    from .sources import pulled_streams

    known = pulled_streams()
    if source:
        one_of("pulled source", source, list(known))
    if stream:
        one_of(
            "pulled stream",
            stream,
            known[source] if source else sorted({one for each in known.values() for one in each}),
        )
    found, steps = stack(), show.Steps()
    results = pull_now(found, steps, source=source, stream=stream)
    wait_until_loaded(found, steps)
    show.rows(results, title="Pulls", as_json=as_json)
    if any(result["error"] for result in results):
        raise typer.Exit(1)


@app.command(epilog=examples("sophia build", "sophia build --select +kpi_rollups"))
def build(select: Annotated[str, typer.Option(help="dbt's node selection; everything when left out.")] = "") -> None:
    """Build the warehouse models from what has landed (dbt build)."""
    from .dbt import build as dbt_build

    if not dbt_build(stack(), show.Steps(), select=select):
        raise typer.Exit(1)


@app.command(epilog=examples("sophia docs", "open $(sophia docs)  [dim]Linux: xdg-open[/]"))
def docs() -> None:
    """Write the page of every model, its columns, words, tests and lineage (dbt docs), and say where it lies."""
    from .dbt import document

    page = document(stack(), show.Steps())
    if page is None:
        raise typer.Exit(1)
    print(page)


@app.command(epilog=examples("sophia trace fff0da85810b154a6dfc8d2281b703ba"))
def trace(
    event_id: Annotated[str, typer.Argument(help="As `sophia send` prints it, or from RAW_DATA.EVENTS.")],
    as_json: Json = False,
) -> None:
    """One event's way: answer, object and its proof, raw row, staging row, the marts that read it."""
    from .trace import trace as trace_event

    found = trace_event(stack(), event_id)
    if not found:
        fail(
            f"no event {event_id!r} in RAW_DATA.EVENTS; `sophia send` prints the ids of what it delivered, and half a "
            "minute may pass until an event is there"
        )
    show.rows(found, title=f"Event {event_id}", as_json=as_json)
    if any(step["verdict"] == "broken" for step in found):
        raise typer.Exit(1)


@app.command(
    context_settings={"ignore_unknown_options": True},  # a statement may begin with a comment: --
    epilog=examples(
        'sophia sql "select * from EXECUTIVE_INTELLIGENCE.KPI_ROLLUPS order by 1 desc limit 5"',
        "sophia sql --json - < question.sql",
    ),
)
def sql(
    query: Annotated[str, typer.Argument(help="One statement; - reads standard input.")], as_json: Json = False
) -> None:
    """Ask the warehouse."""
    from snowflake.connector.errors import Error

    from .warehouse import query as ask

    text = sys.stdin.read() if query == "-" else query
    if not text.strip():
        raise typer.BadParameter("the statement is empty")
    try:
        found = ask(stack().warehouse_port, text)
    except Error as error:
        fail(f"the warehouse refused: {error.msg}")
    show.rows(found, as_json=as_json)


@app.command(epilog=examples("sophia logs", "sophia logs api --find refused", "sophia logs pull --lines 5 --json"))
def logs(
    function: Annotated[
        Literal["api", "land", "pull", "tick", "background", "intake"],
        typer.Argument(help="Whose: api answers webhooks, land stores."),
    ] = "api",
    find: Annotated[str, typer.Option(help="Only lines with this text: a trace id, a reason, a source.")] = "",
    lines: Annotated[int, typer.Option(help="At most so many, the newest.", min=1)] = 20,
    minutes: Annotated[float, typer.Option(help="How far to look back.", min=0)] = 60,
    as_json: Json = False,
) -> None:
    """What the functions logged: every delivery's verdict, every object landed, every pull."""
    from .logs import tail

    found = tail(stack(), function, lines=lines, find=find, since=timedelta(minutes=minutes))
    show.rows(found, title=f"Log of {function}", as_json=as_json)


@app.command(epilog=examples("sophia doctor", "sophia doctor --json", "sophia doctor hubspot"))
def doctor(
    source: Annotated[str, typer.Argument(help="A source, to see what it lacks; without one, this machine.")] = "",
    as_json: Json = False,
) -> None:
    """Check the machine, the stack, queues, pulls and freshness; say what to do about each problem."""
    from .doctor import examine
    from .doctor_source import examine_source, known

    if source:
        one_of("source", source, known())
    found = examine_source(source) if source else examine(stack(must_run=False))
    show.rows(found, title=f"Doctor: {source}" if source else "Doctor", as_json=as_json)
    if any(check["verdict"] == "problem" for check in found):
        raise typer.Exit(1)
