"""What is remembered of the company's decisions: their last state, every edit, and what became of the number."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from events.decision import Decision

from ..chance import company_date
from ..decisions import Recorded
from ..world import World
from . import sales

_KPIS: dict[str, Callable[[World, date], Decimal | None]] = {
    "revenue_mtd": sales.revenue_mtd,
    "pipeline_value": sales.pipeline_value,
}
_TOLD = ("title", "context", "rationale", "owner", "review_on", "alternatives", "expected_outcome")
_TOLD_LATER = ("reversed_at", "reversal_reason", "superseded_by")


@dataclass(frozen=True, slots=True)
class Edit:
    """One version that says something else than the one before; the first has changed nothing."""

    decision_id: str
    number: int
    changed: tuple[str, ...]
    version: Decision


@dataclass(frozen=True, slots=True)
class Outcome:
    """The mean of the number over the window before the day of the decision, and after it; None while it is running."""

    before: Decimal | None
    after: Decimal | None


def edits(recorded: Recorded) -> list[Edit]:
    """Oldest first. Recorded again without a change is no edit."""
    found: list[Edit] = []
    for version in recorded.versions:
        changed = tuple(
            name for name in _TOLD + _TOLD_LATER if found and getattr(found[-1].version, name) != getattr(version, name)
        )
        if changed or not found:
            found.append(Edit(version.decision_id, len(found) + 1, changed, version))
    return found


def outcome(world: World, decision: Decision) -> Outcome:
    """Of the days before the decision's, and of those after it when all of them are over."""
    assert decision.expected_outcome
    day, days = company_date(decision.decided_at), decision.expected_outcome.window_days
    kpi = _KPIS[decision.expected_outcome.kpi]

    def mean(first: date) -> Decimal | None:
        values = [kpi(world, first + timedelta(days=number)) for number in range(days)]
        known = [round(value, 6) for value in values if value is not None]
        return sum(known, Decimal(0)) / len(known) if known else None

    is_over = day + timedelta(days=days) < company_date(world.now)
    return Outcome(mean(day - timedelta(days=days)), mean(day + timedelta(days=1)) if is_over else None)
