"""A place where a job may run: what each promises, and the words in which places and the loop speak of a run.

A run is one attempt at one job. Its name says whose it is, so that whatever a provider lists can be told from what
belongs to somebody else, even when the answer to our order was lost.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from events.gpu_job import Kind, Manifest

EXITS = {1: "failed", 3: "stopped", 4: "refused", 5: "bad_host"}
"""What the worker's exit codes mean, as `python -m gpu_jobs.run --help` tells them; 0 is finished."""
_FLEET = re.compile(r"[a-z][a-z0-9-]{0,15}")
_JOB = re.compile(r"[a-z0-9]{1,32}")


@dataclass(frozen=True)
class Lease:
    """The right of one attempt to run in one place until ends_at. price_usd_per_hour is what it may cost at most,
    reserved_usd what the day's budget holds back for it."""

    job_id: str
    attempt: int
    place: str
    started_at: datetime
    ends_at: datetime
    price_usd_per_hour: float
    reserved_usd: float


@dataclass(frozen=True)
class Offer:
    """What a place asks and gives now. The price is the highest that a run started now may meet."""

    price_usd_per_hour: float
    boot_s: float
    characters_per_s: float
    longest: timedelta
    """A lease is never longer."""


@dataclass(frozen=True)
class Started:
    handle: str
    price_usd_per_hour: float


@dataclass(frozen=True)
class Owned:
    """A run that the place lists under a name of ours. Price as far as the place tells it."""

    handle: str
    job_id: str
    attempt: int
    started_at: datetime
    price_usd_per_hour: float | None = None


@dataclass(frozen=True)
class Running:
    """is_up: it works, or could; else it is queued or boots."""

    is_up: bool = True


@dataclass(frozen=True)
class Finished:
    """The worker ended by itself and without an error. The markers in the lake say what it made."""


@dataclass(frozen=True)
class Failed:
    """kind is a code. What is not retryable would fail everywhere."""

    kind: str
    is_retryable: bool
    reason: str = ""


State = Running | Finished | Failed


class PlaceError(Exception):
    """A place did not do what we asked.

    PlaceError
    ├── NoCapacity         nothing was started; the place is sound, and full
    ├── PlaceUnavailable   no usable answer; may_have_started tells whether a start may have been carried out
    └── PlaceRefuses       a key, a setting or a quota of ours is wrong: an operator must act
    """


class NoCapacity(PlaceError):
    """Nothing was started; another place, or later."""


class PlaceUnavailable(PlaceError):
    """No usable answer."""

    def __init__(self, message: str, *, may_have_started: bool = False) -> None:
        super().__init__(message)
        self.may_have_started = may_have_started


class PlaceRefuses(PlaceError):
    """A refusal that trying again will not change."""


class Place(Protocol):
    """Every method may raise PlaceUnavailable and PlaceRefuses."""

    name: str
    is_billed_until_stopped: bool
    """Whether it costs on after the work has ended, until somebody stops it."""

    def offer(self, kind: Kind) -> Offer:
        """Raises NoCapacity where there is nothing to be had now."""

    def start(self, manifest: Manifest, lease: Lease) -> Started:
        """One run, under the lease's name. Raises NoCapacity, and then nothing was started."""

    def poll(self, handle: str) -> State: ...

    def stop(self, handle: str) -> None:
        """Nothing runs under that handle once it returns, whether anything did or not."""

    def owned(self) -> list[Owned]:
        """Everything of our fleet that runs or costs, whoever started it. What others own is not among it."""


def run_name(fleet: str, lease: Lease) -> str:
    """As the run is called wherever it runs: fleet, job, attempt, and when its lease began. At most 63 characters.

    Raises ValueError for a fleet or job that another name could be mistaken for.
    """
    if not _FLEET.fullmatch(fleet) or fleet.endswith("-"):
        raise ValueError(f"fleet {fleet!r}: lower case, digits and inner hyphens, at most 16")
    if not _JOB.fullmatch(lease.job_id):
        raise ValueError(f"job id {lease.job_id!r}: lower case and digits, at most 32")
    return f"{fleet}-{lease.job_id}-a{lease.attempt}-t{int(lease.started_at.timestamp())}"


def parse_run_name(fleet: str, name: str) -> tuple[str, int, datetime] | None:
    """Job, attempt and start of a run of this very fleet; None for any other name, a longer fleet's included."""
    told = re.fullmatch(rf"{re.escape(fleet)}-([a-z0-9]{{1,32}})-a([0-9]{{1,2}})-t([0-9]{{10}})", name)
    if told is None:
        return None
    return told[1], int(told[2]), datetime.fromtimestamp(int(told[3]), UTC)
