"""A decision as somebody records it: what was chosen among what, why, by whom, and the number it is to move.

Every edit is the whole decision again, under the same id with a later recorded_at; so its history is in the events.
A decision taken back stays and says so.
"""

from datetime import date, datetime
from typing import Literal

import msgspec


class Alternative(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One way that was open. rejected_because is for those not chosen."""

    name: str
    summary: str
    is_chosen: bool = False
    rejected_because: str | None = None


class ExpectedOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """The KPI (one of kpi_definitions) that is to move, where to, and over how many days before and after."""

    kpi: str
    direction: Literal["up", "down"]
    window_days: int


class Decision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One version of a decision. owner and recorded_by are e-mail addresses of colleagues.

    decided_at is when it was decided, which may be long before it was recorded. reversed_at and reversal_reason are set
    when it no longer holds, superseded_by when another one took its place.
    """

    decision_id: str
    title: str
    context: str
    rationale: str
    alternatives: list[Alternative]
    owner: str
    decided_at: datetime
    recorded_at: datetime
    recorded_by: str
    review_on: date | None = None
    expected_outcome: ExpectedOutcome | None = None
    reversed_at: datetime | None = None
    reversal_reason: str | None = None
    superseded_by: str | None = None

    @property
    def entity_id(self) -> str:
        return self.decision_id
