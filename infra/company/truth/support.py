"""How long customers waited for a human's answer, walked through step by step from what truly happened."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from ..hours import business_seconds
from ..support import Thread, threads
from ..world import World


@dataclass(frozen=True, slots=True)
class Turn:
    """From the first message nobody had answered. replied_at and closed_at are None while it waits; never both are
    set. until is when the waiting ended, or the instant up to which it is known."""

    thread: Thread
    message_count: int
    started_at: datetime
    replied_at: datetime | None
    closed_at: datetime | None
    until: datetime

    @property
    def calendar_minutes(self) -> Decimal:
        return _minutes((self.until - self.started_at).total_seconds())

    @property
    def business_minutes(self) -> Decimal:
        return _minutes(business_seconds(self.thread.team, self.started_at, self.until))

    @property
    def is_within_target(self) -> bool | None:
        """None while it waits and its time is not up."""
        is_late = business_seconds(self.thread.team, self.started_at, self.until) > 60 * self.thread.team.target_minutes
        if self.replied_at:
            return not is_late
        return False if self.closed_at or is_late else None


def told_threads(world: World) -> list[Thread]:
    """Those the desks still have: what was deleted counts nowhere, from the beginning."""
    return [one for one in threads(world) if not (one.deleted_at and one.deleted_at <= world.now)]


@lru_cache(maxsize=16)
def turns(world: World, known_at: datetime | None = None) -> list[Turn]:
    """As known at an instant, of the threads that are there today."""
    at = known_at or world.now
    return [turn for thread in told_threads(world) for turn in _turns(thread, at)]


def _turns(thread: Thread, at: datetime) -> Iterator[Turn]:
    asked: list[datetime] = []
    for step in thread.until(at):
        if step.who == "customer" and step.kind in ("message", "reopen"):
            asked.append(step.at)
        elif asked and step.who == "colleague" and step.kind == "message":
            yield Turn(thread, len(asked), asked[0], step.at, None, step.at)
            asked = []
        elif asked and step.kind == "close":
            yield Turn(thread, len(asked), asked[0], None, step.at, step.at)
            asked = []
    if asked:
        yield Turn(thread, len(asked), asked[0], None, None, at)


def _minutes(seconds: float) -> Decimal:
    return round(Decimal(int(seconds)) / 60, 2)
