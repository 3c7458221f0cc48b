"""What all stand-ins share: the world and its clock, credentials, limits, fault switches, counts, GitHub's hook log."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from ..world import World
from .hook_log import HookLog, Post
from .limits import Limiter

FaultKind = Literal["html", "error", "busy", "not_ok", "empty_page"]


@dataclass(slots=True)
class Fault:
    """The next `count` answers to paths containing `path` go wrong. error is a 500, busy a 429 with retry_after_s."""

    kind: FaultKind
    count: int = 1
    path: str = ""
    retry_after_s: int = 1


@dataclass
class Site:
    """One running set of stand-ins. credentials: per source, what the client must present (the stored form)."""

    world: World
    credentials: Mapping[str, Mapping[str, Any]]
    limiter: Limiter
    hook_log: HookLog
    now: datetime
    post: Post
    """How a redelivery reaches the receiver."""
    wall_clock: Callable[[], datetime]
    """The hook log's: the history is replayed within minutes, so attempts are dated when they are really made."""
    search_cap: int = 10_000
    """HubSpot's; smaller ones let a small world reach it."""
    page_cap: int = 50
    """Slack may list fewer than asked for, and Gong's page size is its own."""
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By vendor, what clients made it remember: webhook subscriptions, cursors given out, jobs."""
    located: Callable[[str], str] = lambda url: url
    """Where an address of ours is really served: vendors knock there while a webhook is being registered."""
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    """Per vendor and outcome: "slack ok", "slack busy"…"""

    def advance(self, seconds: float) -> datetime:
        """What was still to come up to then has happened."""
        self.now += timedelta(seconds=seconds)
        return self.now

    def take_fault(self, vendor: str, path: str) -> Fault | None:
        for fault in self.faults.get(vendor, []):
            if fault.count > 0 and fault.path in path:
                fault.count -= 1
                return fault
        return None
