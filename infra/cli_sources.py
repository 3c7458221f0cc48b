"""`sophia subscribe`, `backfill`, `test` and `new`: the life of a source, from its first stub on."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from . import show
from .command import Json, examples, fail, one_of, stack

# Each command imports what it needs itself: --help answers at once.
# ruff: noqa: PLC0415

app = typer.Typer()
new = typer.Typer(help="Stubs to start from.", no_args_is_help=True, epilog=examples("sophia new source stripe"))
app.add_typer(new, name="new")

_Connection = Annotated[str, typer.Option(help="Which account of the vendor.")]


@app.command(
    epilog=examples(
        "sophia subscribe linear",
        "sophia subscribe linear --list",
        "sophia subscribe slack --wait",
        "sophia subscribe linear --remove",
    )
)
def subscribe(
    source: Annotated[str, typer.Argument(help="Whose webhooks: see `sophia sources`.")],
    connection: _Connection = "default",
    list_: Annotated[bool, typer.Option("--list", help="Only show what stands at the vendor.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Remove ours, and keep them removed.")] = False,
    renew: Annotated[bool, typer.Option("--renew", help="Renew ours now, whenever they end.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the handshake or the first delivery.")] = False,
    within: Annotated[float, typer.Option(help="Minutes to wait at most.", min=0)] = 10,
    as_json: Json = False,
) -> None:
    """Register our webhooks with the vendor and keep them, or tell the steps where it has only a screen.

    Safe to repeat: what stands is left alone. From then on they are looked after every hour.
    """
    from chalicelib import sources

    from .local.vendor_services import keeper
    from .sources import with_webhooks
    from .subscribe import connected, listed

    one_of("source with webhooks", source, with_webhooks())
    if list_ + remove + renew > 1:
        raise typer.BadParameter("choose one of --list, --remove and --renew")
    told = sources.load(source)
    assert told
    if told.subscriptions is None and (list_ or remove or renew):
        raise typer.BadParameter(f"{told.title} has no API for webhooks: `sophia subscribe {source}` tells the steps")
    if renew and told.subscriptions and told.subscriptions.renew is None:
        raise typer.BadParameter(f"webhooks of {told.title} do not end: there is nothing to renew")
    found = stack()
    ours = keeper(found)
    account = connected(ours, told, connection)
    if list_:
        show.rows(listed(ours, told, account), title=f"Webhooks at {told.title}", as_json=as_json)
    elif told.subscriptions is None:
        _tell_steps(ours, told, account, as_json)
    else:
        _keep(ours, told, account, "remove" if remove else "renew" if renew else "keep", as_json)
    if wait and not (list_ or remove):
        _await_delivery(found, source, connection, within)


def _tell_steps(ours: Any, told: Any, account: Any, as_json: bool) -> None:
    from .subscribe import steps_by_hand

    steps = steps_by_hand(ours, told, account)
    if as_json:
        show.rows([{"step": number, "do": step} for number, step in enumerate(steps, 1)], as_json=True)
        return
    show.out.print(f"{told.title} registers webhooks in its own screens alone:", highlight=False)
    for number, step in enumerate(steps, 1):
        show.out.print(f"  {number}. {step}", highlight=False, markup=False, soft_wrap=True)


def _keep(ours: Any, told: Any, account: Any, do: str, as_json: bool) -> None:
    import json

    from chalicelib.ingest.webhook_address import address

    from .subscribe import row

    ends_at = datetime.now(UTC) + timedelta(minutes=10)
    order = {"source": told.name, "connection_id": account.connection_id, "is_forced": True, "do": do}
    with show.Steps().step(f"{do} the webhooks of {told.title}"):
        kept = ours.run(json.dumps(order), lambda: int((ends_at - datetime.now(UTC)).total_seconds() * 1000))
    if kept.ended == "skipped" and kept.error == "held_or_early":
        fail("another run is looking after them just now: ask again in a minute")
    if kept.error:
        fail(f"{kept.error}{': ' + kept.words if kept.words else ''}; it is tried again every hour")
    url = address(ours.public_base_url, told, account.connection_id)
    show.rows([row(one, url) for one in kept.subscriptions], title=f"Our webhooks at {told.title}", as_json=as_json)
    if not as_json:
        show.out.print(f"made {kept.made}, renewed {kept.renewed}, gone before {kept.lost}", highlight=False)
        if kept.gap:
            show.out.print(
                f"pulled again since {show.as_text(kept.gap.start)} UTC: see `sophia state show {told.name}`"
            )


def _await_delivery(found: Any, source: str, connection: str, within: float) -> None:
    from .logs import tail
    from .subscribe import first_delivery

    began = datetime.now(UTC)

    def answered() -> Sequence[dict[str, Any]]:
        lines = tail(found, "api", lines=200, find="delivery_answered", since=datetime.now(UTC) - began)
        told = [line["said"] for line in lines]
        return [one for one in told if (one.get("source"), one.get("connection_id")) == (source, connection)]

    with show.Steps().step("wait for the first delivery"):
        first = first_delivery(answered, within * 60)
    if first is None:
        fail(f"nothing came within {within:g} minutes; `sophia logs api --find {source}` shows what was refused")
    show.out.print(f"first delivery answered {first['status']} ({first['reason']})", highlight=False)


@app.command(
    epilog=examples(
        "sophia backfill hubspot --from 2026-01-01 --to 2026-02-01", "sophia backfill slack message --from 2026-11-01"
    )
)
def backfill(
    source: Annotated[str, typer.Argument(help="Whose past: see `sophia sources`.")],
    stream: Annotated[str, typer.Argument(help="One stream only; all of them when left out.")] = "",
    told_from: Annotated[str, typer.Option("--from", help="The first day, or instant, UTC.")] = ...,  # type: ignore[assignment]
    told_to: Annotated[
        str, typer.Option("--to", help="Before which day or instant it ends; the last midnight if left out.")
    ] = "",
    connection: Annotated[str, typer.Option(help="One account only; all of them when left out.")] = "",
    again: Annotated[bool, typer.Option("--again", help="Also what was done before.")] = False,
    as_json: Json = False,
) -> None:
    """Pull a span of the past again, at half the vendor's pace, behind everything that is new.

    Ctrl-C leaves it running; the same command shows where it is.
    """
    from . import backfill as past
    from .sources import pulled_streams

    known = pulled_streams()
    one_of("pulled source", source, list(known))
    if stream:
        one_of(f"pulled stream of {source}", stream, known[source])
    try:
        start, end = past.span(told_from, told_to, datetime.now(UTC))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    found = stack()
    wanted = past.orders(found, source, stream, connection, start, end)
    if not wanted:
        fail(f"no connection {connection!r} of {source}" if connection else f"{source} has no connection")
    try:
        rows = past.run(found, show.Steps(), wanted, again=again)
    except (KeyboardInterrupt, SystemExit):
        show.problem("it goes on by itself; the same command with the same dates shows where it is")
        raise
    show.rows(rows, title=f"Backfill from {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC", as_json=as_json)
    if any(row["state"] != "done" for row in rows):
        raise typer.Exit(1)


@app.command(epilog=examples("sophia test hubspot", "sophia test slack --json"))
def test(
    source: Annotated[str, typer.Argument(help="Whose: see `sophia sources`.")],
    connection: _Connection = "default",
    as_json: Json = False,
) -> None:
    """Check credentials, scopes and reachability: each stream's first page, in the vendor's own words where it refuses.

    Nothing lands, no cursor moves, no secret is shown.
    """
    from chalicelib import sources

    from .local.vendor_services import keeper, services
    from .subscribe import connected
    from .try_source import tried

    one_of("source", source, list(sources.names()))
    told, found = sources.load(source), stack()
    assert told
    ours = keeper(found)
    account, rows = connected(ours, told, connection), list[dict[str, Any]]()
    total = len(told.pull.streams) if told.pull else 0
    with show.Steps().step(f"ask {told.title}", total=total + bool(told.webhook) + bool(told.subscriptions)) as report:
        for row in tried(services(found), ours, told, account):
            rows.append(row)
            report(1)
    show.rows(rows, title=f"{told.title}, connection {connection}", as_json=as_json)
    if any(row["verdict"] == "problem" for row in rows):
        raise typer.Exit(1)


@new.command("source", epilog=examples("sophia new source stripe", 'sophia new source stripe --title "Stripe"'))
def new_source(
    name: Annotated[str, typer.Argument(help="Lower case, letters, digits and underscores: its name everywhere.")],
    title: Annotated[str, typer.Option(help="As the vendor writes it; made of the name when left out.")] = "",
    as_json: Json = False,
) -> None:
    """Write a source's stubs, every door of it: they work together and pass its tests, though nothing is true yet."""
    from .scaffold import ROOT, CannotScaffold, scaffold

    try:
        written = scaffold(ROOT, name, title)
    except CannotScaffold as error:
        raise typer.BadParameter(str(error)) from None
    show.rows([{"file": path, "holds": holds} for path, holds in written.items()], title=name, as_json=as_json)
    if not as_json:
        for line in (
            "Next: read the vendor's documents and replace what the stubs guess, the source and its samples first.",
            f"  sophia doctor {name}                     what is missing",
            f"  pytest tests/test_every_source.py -k {name}",
        ):
            show.out.print(line, highlight=False)
