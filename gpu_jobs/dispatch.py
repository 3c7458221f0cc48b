# ruff: noqa: PLC0415
"""Which places a job may go to, best first, and how they are opened: all that functions/ may know of gpu_jobs.

The choice is pure. Importing this module is cheap; a provider's client is imported with the place that needs it.
"""

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from events.gpu_job import Kind, Manifest

from .enrichers import ENRICHERS, enricher
from .models import MODELS, model
from .places.place import (
    Failed,
    Finished,
    Lease,
    NoCapacity,
    Offer,
    Owned,
    Place,
    PlaceError,
    PlaceRefuses,
    PlaceUnavailable,
    Running,
    Started,
    State,
)

if TYPE_CHECKING:
    from .places.lambda_labs_machine import Fetch

__all__ = [
    "STOPPED_WITHIN",
    "Failed",
    "Finished",
    "Lease",
    "NoCapacity",
    "Offer",
    "Owned",
    "Place",
    "PlaceError",
    "PlaceRefuses",
    "PlaceUnavailable",
    "Plan",
    "Running",
    "Started",
    "State",
    "fetch",
    "lambda_labs",
    "modal",
    "model_slug",
    "plans",
    "registered",
    "runs_on_gpu",
]

STOPPED_WITHIN = timedelta(minutes=10)
"""How long after its lease a run may still cost: the reaper's rhythm, and a stop that is tried again."""
_WAITING_USD_PER_HOUR = 1.0
"""What an hour until the result is worth: it weighs a slow free place against a fast one that must be paid."""
_PATIENCE = 3.0
"""A lease is so many times the estimate, for estimates are wrong; _TIGHT is the least that is worth starting."""
_TIGHT = 1.25
_SHORTEST = timedelta(minutes=20)
_MOST_HOURS = 1_000_000.0
"""More than any lease, and less than a timedelta holds."""


@dataclass(frozen=True)
class Plan:
    """A run that may be: where, for how long at most, and what that costs at the very most."""

    place: str
    offer: Offer
    lasts: timedelta
    reserved_usd: float


def plans(job: Manifest, offers: Mapping[str, Offer], *, left_usd: float, tried: Collection[str] = ()) -> list[Plan]:
    """Best first: by the cost of the run and of waiting for it, which depend on the size of the job. Places in tried,
    where an attempt has failed, come last. Left out is what left_usd does not suffice for, or its longest lease."""
    size = sum(shard.characters for shard in job.shards)
    weighed = []
    for place, offer in offers.items():
        estimate_s = offer.boot_s + size / offer.characters_per_s
        wanted = max(timedelta(seconds=_PATIENCE * estimate_s), _SHORTEST)
        lasts = min(wanted, offer.longest, _affordable(offer.price_usd_per_hour, left_usd))
        if lasts.total_seconds() < _TIGHT * estimate_s:
            continue
        reserved_usd = offer.price_usd_per_hour * _hours(lasts + STOPPED_WITHIN)
        cost = (offer.price_usd_per_hour + _WAITING_USD_PER_HOUR) * estimate_s / 3600
        weighed.append((place in tried, cost, place, Plan(place, offer, lasts, reserved_usd)))
    return [plan for *_, plan in sorted(weighed, key=lambda one: one[:3])]


def model_slug(job: Manifest) -> str:
    """As it stands in the keys of the job's results. Raises KeyError for a model that the registry has not."""
    return enricher(job.model_id).slug if job.kind == "enrich" else model(job.model_id).slug


def registered(kind: Kind, slug: str) -> tuple[str, str]:
    """Id and version of what serves under that slug. Raises KeyError that says which there are."""
    entries = ENRICHERS.values() if kind == "enrich" else MODELS.values()
    for entry in entries:
        if entry.slug == slug:
            return entry.model_id, entry.version
    raise KeyError(f"nothing that can {kind} is called {slug!r}; there are {', '.join(one.slug for one in entries)}")


def runs_on_gpu(job: Manifest) -> bool:
    """False for what a CPU does by rules: no place that rents GPUs has what it needs."""
    return job.kind == "embed" or enricher(job.model_id).method == "llm"


def fetch(name: str, url: str, sha256: str) -> "Fetch":
    """A file that a machine of Lambda Labs loads first."""
    from .places.lambda_labs_machine import Fetch

    return Fetch(name, url, sha256)


def modal(token_id: str, token_secret: str, *, lake: str, fleet: str, environment: str | None = None) -> Place:
    """Modal, by its own client. Raises PlaceRefuses where the token is not good."""
    from .places.on_modal import OnModal, connect

    return OnModal(connect(token_id, token_secret), lake, fleet, environment=environment)


def lambda_labs(
    api_key: str,
    *,
    lake: str,
    fleet: str,
    ssh_key_name: str,
    environment: Callable[[Manifest], Mapping[str, str]],
    fetches: Callable[[Manifest], "tuple[Fetch, ...]"],
) -> Place:
    """Lambda Labs. environment gives what the worker of a job may know, short-lived access to the lake and no more;
    fetches what its machine loads before it starts: the worker's wheel, and its model's weights."""
    from .places.lambda_labs_api import LambdaLabs, Pacer, connect
    from .places.on_lambda_labs import OnLambdaLabs

    return OnLambdaLabs(
        LambdaLabs(connect(api_key), Pacer()),
        lake,
        fleet,
        ssh_key_name=ssh_key_name,
        environment=environment,
        fetches=fetches,
    )


def _affordable(price_usd_per_hour: float, left_usd: float) -> timedelta:
    hours = left_usd / price_usd_per_hour if price_usd_per_hour > 0 else math.inf
    return timedelta(hours=min(hours, _MOST_HOURS)) - STOPPED_WITHIN


def _hours(duration: timedelta) -> float:
    return duration.total_seconds() / 3600
