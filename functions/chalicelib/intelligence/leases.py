"""What is known of each GPU job: who works on it, where, until when, at what price; and how it ended.

One item per job in the state table, written before anything is started. Its revision fences: of two dispatchers that
want one job, one gets it, and whoever slept through a change can write nothing.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from gpu_jobs.dispatch import Lease

from ..errors import LeaseLost
from ..ingest.state_table import Item, StateTable

_PK = "gpu_job"
_KEPT = timedelta(days=7)
"""How long an ended job stays known: a machine it left behind shows up before that."""


@dataclass(frozen=True)
class JobRecord:
    """One job. attempt counts the runs that may have been started. While `leased` the fields from place to
    reserved_usd are the lease's; handle is None until the place has answered. tried are the places where an attempt
    failed; refusals counts the times in a row that no place took it. Instants are UTC."""

    job_id: str
    state: Literal["waiting", "leased", "finished", "dead"] = "waiting"
    attempt: int = 0
    place: str | None = None
    handle: str | None = None
    started_at: datetime | None = None
    ends_at: datetime | None = None
    price_usd_per_hour: float = 0.0
    reserved_usd: float = 0.0
    first_started_at: datetime | None = None
    not_before: datetime | None = None
    tried: str = ""
    refusals: int = 0
    reason: str | None = None
    is_told: bool = False
    """Whether the event of its end has landed with all that its runs have cost."""
    expires_at: int | None = None
    """Epoch seconds after which DynamoDB may delete the item."""

    def leased(self, lease: Lease) -> "JobRecord":
        return replace(
            self,
            state="leased",
            attempt=lease.attempt,
            place=lease.place,
            handle=None,
            started_at=lease.started_at,
            ends_at=lease.ends_at,
            price_usd_per_hour=lease.price_usd_per_hour,
            reserved_usd=lease.reserved_usd,
            first_started_at=self.first_started_at or lease.started_at,
            not_before=None,
            reason=None,
        )

    def waiting(self, reason: str, not_before: datetime, **changed: Any) -> "JobRecord":
        return replace(self, state="waiting", handle=None, reason=reason, not_before=not_before, **changed)

    def ended(self, state: Literal["finished", "dead"], reason: str | None, now: datetime) -> "JobRecord":
        return replace(self, state=state, reason=reason, expires_at=int((now + _KEPT).timestamp()))


class Leases:
    """The records of all jobs."""

    def __init__(self, table: StateTable) -> None:
        self._table = table

    def of(self, job_id: str) -> "Held":
        """The job's record, a new one where there is none."""
        return Held(self._table, job_id, self._table.read(_PK, job_id))

    def all(self) -> list["Held"]:
        """Jobs that wait or run, and those that ended within the last days."""
        return [Held(self._table, job_id, item) for job_id, item in self._table.listed(_PK).items()]


class Held:
    """A record as it was read."""

    def __init__(self, table: StateTable, job_id: str, item: Item) -> None:
        self._table = table
        self._item = item
        self.record = _record(job_id, item)

    def write(self, record: JobRecord) -> None:
        """Raises LeaseLost where somebody else wrote since it was read."""
        written = self._table.swap(_PK, record.job_id, self._item, _attributes(record))
        if written is None:
            raise LeaseLost(f"GPU job {record.job_id!r} was taken up by another run: leave it to that one")
        self._item, self.record = written, record


_INSTANTS = ("started_at", "ends_at", "first_started_at", "not_before")


def _attributes(record: JobRecord) -> dict[str, str | int | float | None]:
    plain: dict[str, Any] = {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(record).items()
    }
    del plain["job_id"]
    return plain


def _record(job_id: str, item: Item) -> JobRecord:
    told: Mapping[str, Any] = item.attributes
    instants = {name: datetime.fromisoformat(told[name]) for name in _INSTANTS if name in told}
    return JobRecord(job_id, **{**told, **instants})
