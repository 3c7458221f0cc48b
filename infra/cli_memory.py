"""`sophia embed`, `sophia search` and `sophia enrich`: what the company wrote and said, found and understood."""

from datetime import datetime
from typing import Annotated, Any

import typer

from . import show
from .command import Json, examples, fail, stack

# ruff: noqa: PLC0415

app = typer.Typer()


@app.command(epilog=examples("sophia embed", 'sophia search "who complained about late fees?"'))
def embed(as_json: Json = False) -> None:
    """Cut and embed every document that has no current vector, with the model that serves on this machine.

    A second run finds nothing to do. Stopped in the middle, it goes on where it stopped: shards that are done are kept.
    """
    from gpu_jobs.models import LOCAL, model

    from .embed import embed as embed_all

    _spare_the_log()
    _show(embed_all(stack(), show.Steps(), model(LOCAL)), as_json)


@app.command(
    epilog=examples(
        "sophia enrich",
        "sophia sql \"select claim_kind, label, quote from AI_MEMORY.DOCUMENT_CLAIMS where account_id = '…'\"",
    )
)
def enrich(as_json: Json = False) -> None:
    """Understand every document that is not understood yet, by rules that run on this machine.

    What it feels like, talking points, objections, outcome, summary and competitors: each claim stands in
    AI_MEMORY.DOCUMENT_CLAIMS with the words that prove it. Rules are weaker than a language model: every row tells its
    method. What nothing can be made of is told with its reason, and left alone until it says something else.
    """
    from gpu_jobs.enrichers import RULES, enricher

    from .enrich import enrich as enrich_all

    _spare_the_log()
    _show(enrich_all(stack(), show.Steps(), enricher(RULES)), as_json)


@app.command(
    epilog=examples(
        'sophia search "who complained about late fees?"',
        'sophia search "price increase" --source gong --since 2026-10-01 --limit 5 --json',
    )
)
def search(
    question: Annotated[str, typer.Argument(help="what you want to know, in your own words")],
    source: Annotated[str, typer.Option(help="of one vendor: gong, slack, zendesk …")] = "",
    account: Annotated[str, typer.Option(help="of one account, by its account_id")] = "",
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="of documents begun since")] = None,
    private: Annotated[bool, typer.Option("--private", help="private channels too")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100, help="how many chunks")] = 10,
    as_json: Json = False,
) -> None:
    """Find what was said or written about something, nearest first. Needs `sophia embed` before it."""
    from gpu_jobs.engines.encoder import CACHE, open_encoder
    from gpu_jobs.models import LOCAL, model

    from .search import OPEN, Filters
    from .search import search as search_all

    serving = model(LOCAL)
    encoder = open_encoder(serving, "onnx", None, CACHE)
    filters = Filters(
        account_id=account or None,
        source=source or None,
        since=since.date() if since else None,
        sensitivities=(*OPEN, "private") if private else OPEN,
    )
    found = search_all(stack().warehouse_port, question, encoder.encode, serving, filters, limit)
    if not found and not as_json:
        fail("nothing found: run `sophia embed` first, or leave out a filter")
    show.rows(found if as_json else [_shortened(row) for row in found], title=question, as_json=as_json)


def _spare_the_log() -> None:
    """The functions' log lines are no answer to a person."""
    import os

    os.environ.setdefault("POWERTOOLS_LOG_LEVEL", "CRITICAL")


def _show(told: dict[str, Any], as_json: bool) -> None:
    show.rows([told], title="Documents", as_json=as_json)
    if told["outcome"] not in ("finished", "nothing to do"):
        fail(f"the job ended as {told['outcome']}; see .sophia/log/gpu")


def _shortened(row: dict[str, object]) -> dict[str, object]:
    """For people, who have 120 columns."""
    text = " ".join(str(row["CHUNK_TEXT"]).split())
    return {
        "similarity": round(float(str(row["SIMILARITY"])), 3),
        "on": str(row["OCCURRED_AT"])[:10],
        "where": f"{row['SOURCE']} {row['DOCUMENT_TYPE']}",
        "title": row["TITLE"],
        "text": text if len(text) <= 60 else text[:59] + "…",
    }
