"""What the tests of places and of the loop share: a clock that moves when told, and a job."""

from datetime import UTC, datetime, timedelta
from typing import Any

from events.gpu_job import Manifest, Shard
from gpu_jobs.models import LOCAL, model
from gpu_jobs.places.place import Lease

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
FLEET = "sophia-test"


class Clock:
    """Stands still until somebody sleeps or moves it."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> datetime:
        return self.at

    def seconds(self) -> float:
        return self.at.timestamp()

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    def forward(self, **duration: float) -> None:
        self.at += timedelta(**duration)


def job(job_id: str = "job1", *, shards: int = 2, characters: int = 2_000_000, **changed: Any) -> Manifest:
    """A job whose shards nobody has worked on."""
    told = {
        "job_id": job_id,
        "kind": "embed",
        "model_id": LOCAL,
        "model_version": model(LOCAL).version,
        "shards": tuple(
            Shard(shard_id=f"{job_id}shard{number}", key=f"gpu/shards/{number}", documents=10, characters=characters)
            for number in range(shards)
        ),
        "created_at": NOON,
        "ends_at": NOON,
        "max_usd": 50.0,
    }
    return Manifest(**{**told, **changed})


def lease(job_id: str = "job1", attempt: int = 1, place: str = "lambda_labs", **changed: Any) -> Lease:
    told = {
        "job_id": job_id,
        "attempt": attempt,
        "place": place,
        "started_at": NOON,
        "ends_at": NOON + timedelta(minutes=30),
        "price_usd_per_hour": 5.0,
        "reserved_usd": 4.0,
    }
    return Lease(**{**told, **changed})
