"""How a GPU job ended, what it made and what that cost, in an envelope of source `sophia` and stream `gpu_job`."""

from datetime import datetime
from typing import Literal

import msgspec

from .gpu_job import Kind


class GpuJobEnded(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One job, told at its end; told again when a machine it left behind turns out to have cost more.

    Field names are the columns of staging. attempts are the runs that were started, place is where the last one ran.
    cost_usd is the price of the time from a run's lease to its end, of every attempt: never less than what was billed
    by the second. reason is why it was given up.
    """

    job_id: str
    kind: Kind
    model_version: str
    outcome: Literal["finished", "dead_lettered"]
    attempts: int
    documents: int
    chunks: int
    tokens: int
    cost_usd: float
    created_at: datetime
    ended_at: datetime
    place: str | None = None
    reason: str | None = None

    @property
    def entity_id(self) -> str:
        return self.job_id

    @property
    def cost_usd_per_1000_chunks(self) -> float | None:
        """None where no chunk was made."""
        return self.cost_usd / self.chunks * 1000 if self.chunks else None
