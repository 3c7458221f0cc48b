"""The stages deals walk through in HubSpot, as the administrator set them up and, on one day, redesigned them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

PIPELINE_ID, PARTNERS_ID = "default", "4417902"
WON, LOST = "closedwon", "closedlost"
REDESIGNED_AT = datetime(2026, 5, 19, 16, tzinfo=UTC)
"""A date of its own, because pipeline_map.csv tells what the vendor forgets: how the stages were before it."""
DELETED_STAGE, MOVED_TO = "decisionmakerboughtin", "contractsent"
"""HubSpot deletes a stage for good; the deals in it had to be moved first."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a pipeline, as the CRM's administrator set it up."""

    id: str
    label: str
    probability: Decimal
    is_closed: bool = False


BEFORE: tuple[Stage, ...] = (
    Stage("appointmentscheduled", "Appointment scheduled", Decimal("0.2")),
    Stage("qualifiedtobuy", "Qualified to buy", Decimal("0.4")),
    Stage("presentationscheduled", "Presentation scheduled", Decimal("0.6")),
    Stage(DELETED_STAGE, "Decision maker bought in", Decimal("0.8")),
    Stage(MOVED_TO, "Contract sent", Decimal("0.9")),
    Stage(WON, "Closed won", Decimal("1.0"), True),
    Stage(LOST, "Closed lost", Decimal("0.0"), True),
)
AFTER: tuple[Stage, ...] = (
    BEFORE[0],
    Stage("qualifiedtobuy", "Qualified to buy", Decimal("0.3")),
    Stage("presentationscheduled", "Solution presented", Decimal("0.5")),
    *BEFORE[4:],
)
PARTNERS: tuple[Stage, ...] = (
    Stage("partnerproposed", "Proposed", Decimal("0.5")),
    Stage("partnersigned", "Signed", Decimal("1.0"), True),
)
"""Agreements with partners: a pipeline whose deals are no revenue."""
QUALIFIED_FROM = "qualifiedtobuy"


def stages(at: datetime) -> tuple[Stage, ...]:
    """Of the sales pipeline at that time."""
    return BEFORE if at < REDESIGNED_AT else AFTER


def stage(stage_id: str, at: datetime) -> Stage:
    """As it was set up then, or when it was last there."""
    return next(one for one in (*stages(at), *PARTNERS, *BEFORE) if one.id == stage_id)


def following(stage_id: str, at: datetime) -> str | None:
    """The next open stage that exists then; None after the last."""
    order = [one.id for one in BEFORE if not one.is_closed]
    there = {one.id for one in stages(at)}
    return next((one for one in order[order.index(stage_id) + 1 :] if one in there), None)
