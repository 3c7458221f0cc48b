"""The main job on this machine: a simulated company's webhooks and pulls become the numbers its executives see."""

import time
from collections import Counter, defaultdict
from typing import Any

from . import main_job, show
from .company import entities
from .company.send import Ledger
from .local.processes import CannotStart, undisturbed
from .local.stack import Stack
from .reconcile import by_source, ledger
from .warehouse import query


def run(stack: Stack, *, seed: int = 42, keep: bool = True) -> bool:
    """Whether every event sent or pulled is staged and every model and test passed. Tables go to standard output."""
    steps, started, was_up = show.Steps(), time.monotonic(), stack.is_up()
    try:
        is_complete = _run(stack, steps, seed)
    except (CannotStart, TimeoutError) as error:
        show.problem(str(error))
        is_complete = False
    except (KeyboardInterrupt, SystemExit):
        with undisturbed():
            show.problem("interrupted" if was_up else "interrupted: stopping what it started; data stays under .sophia")
            if not was_up:
                stack.down()
        raise
    finally:
        if not keep:
            stack.down()
    if steps.taken:
        total = {"step": "total", "seconds": round(time.monotonic() - started, 1)}
        show.rows([*steps.taken, total], title="Time taken")
    return is_complete


def _run(stack: Stack, steps: show.Steps, seed: int) -> bool:
    with steps.step("imagine the company"):
        company = main_job.imagine(seed)
    stack.up(steps, vendor_options=company.vendor_options)
    done = main_job.run(stack, company, steps)
    complete = completeness(stack, done.ledger, entities.entities(company.world))
    lost = len(company.disturbed.lost)
    checked = by_source(ledger(stack))
    show.rows(complete, title=f"Completeness: {lost} webhooks were lost on purpose, pulls brought them")
    show.rows(checked, title="The ledger: what the vendors say they have, and what is here (sophia completeness)")
    show.rows(kpis(stack), title="What the executives see (EXECUTIVE_INTELLIGENCE.KPI_ROLLUPS)")
    show.rows(dashboard(stack), title="The last 30 days (EXECUTIVE_DASHBOARD.EXECUTIVE_DASHBOARD_30D)")
    _look_next(stack)
    for failure in done.failures():
        show.problem(failure)
    is_all_here = all(row["complete"] for row in (*complete, *checked))
    return done.is_built and not done.failures() and is_all_here


def completeness(stack: Stack, ledger: Ledger, known: entities.Entities) -> list[dict[str, Any]]:
    """One row per source and stream. sent, received: distinct events in webhooks sent, and answered 2xx. landed: those
    in the warehouse, pulled ones told apart. staged: both, folded. records: those staged of those
    the vendor has; what you sent yourself is not among them.
    """
    sent, received = ledger.sent(), ledger.answered()
    rows = query(stack.warehouse_port, "select * from ANALYTICS.COMPLETENESS order by source, stream")
    landed = Counter({(row["SOURCE"], row["STREAM"]): int(row["LANDED_BY_WEBHOOK"]) for row in rows})
    by_key = {(row["SOURCE"], row["STREAM"]): row for row in rows}
    staged = staged_records(stack)
    found = []
    for key in sorted({*sent, *by_key, *known}):
        row = by_key.get(key, {})
        missing = known.get(key, {}).keys() - staged[key]
        found.append(
            {
                "stream": " ".join(key),
                "sent": sent[key],
                "received": received[key],
                "landed": landed[key],
                "pulled": int(row.get("LANDED_BY_PULL", 0)),
                "staged": int(row.get("STAGED", 0)),
                "records": f"{len(known[key]) - len(missing)} of {len(known[key])}"
                if key in known
                else len(staged[key]),
                "complete": sent[key] <= received[key] <= landed[key]
                and int(row.get("LANDED", 0)) == int(row.get("STAGED", 0))
                and not missing,
            }
        )
    return found


def staged_records(stack: Stack) -> dict[tuple[str, str], set[str]]:
    """By source and stream, the ids of the records in staging, deleted ones among them."""
    found = defaultdict(set)
    for row in query(stack.warehouse_port, "select source, stream, entity_id from STAGING.BASE_RECORDS"):
        found[row["SOURCE"], row["STREAM"]].add(row["ENTITY_ID"])
    return found


def kpis(stack: Stack) -> list[dict[str, Any]]:
    """The newest five days."""
    return query(
        stack.warehouse_port, "select * from EXECUTIVE_INTELLIGENCE.KPI_ROLLUPS order by date_key desc limit 5"
    )


def dashboard(stack: Stack) -> list[dict[str, Any]]:
    return query(stack.warehouse_port, "select * from EXECUTIVE_DASHBOARD.EXECUTIVE_DASHBOARD_30D")


def _look_next(stack: Stack) -> None:
    event = query(stack.warehouse_port, "select max(event_id) as event_id from RAW_DATA.EVENTS where lane = 'webhook'")
    for line in (
        "Look next (. .venv/bin/activate first):",
        '  sophia sql "select * from EXECUTIVE_INTELLIGENCE.KPI_ROLLUPS order by 1 desc limit 5"',
        f"  sophia trace {event[0]['EVENT_ID']}",
        "  sophia send slack events/slack/samples/webhook__*.json",
        "  sophia sources, sophia completeness, sophia quarantine list, sophia doctor, sophia down",
        f"  any Snowflake client: account fakesnow, host 127.0.0.1, port {stack.warehouse_port}, protocol http",
    ):
        show.out.print(line, highlight=False)
