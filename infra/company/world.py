"""The truth about Pay Ready: everything that happened, from a year before `now` to two days after it.

What lies after `now` has not happened yet: whoever looks at the world looks at it as of an instant.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from . import accounts, calls, chat, deals, engineering, staff, workshop

DEFAULT_NOW = datetime(2026, 11, 20, 17, tzinfo=UTC)
HISTORY = timedelta(days=365)
AHEAD = timedelta(days=2)
HOOKS_LIVE = timedelta(days=30)


@dataclass(frozen=True, eq=False)
class World:
    """Same seed, now and scale: the same world, to the byte of everything made from it."""

    seed: int
    now: datetime
    started_at: datetime
    hooks_since: datetime
    """When the webhooks of Slack, GitHub and Gong were set up: what is older can only be pulled. HubSpot's are older
    than the history."""
    staff: tuple[staff.Employee, ...]
    market: accounts.Market
    pursuits: tuple[deals.Pursuit, ...]
    calls: tuple[calls.Call, ...]
    workspace: chat.Workspace
    workshop: workshop.Workshop


def build(seed: int = 42, now: datetime = DEFAULT_NOW, scale: float = 1.0) -> World:
    """Scale 1 makes some 600 webhook deliveries and 1,500 records to pull."""
    started_at, until = now - HISTORY, now + AHEAD
    everyone = staff.hire(seed, scale, started_at)
    market = accounts.found(seed, scale, started_at, now, everyone)
    pursuits = deals.pursue(seed, scale, started_at, now, until, market, everyone)
    return World(
        seed=seed,
        now=now,
        started_at=started_at,
        hooks_since=now - HOOKS_LIVE,
        staff=everyone,
        market=market,
        pursuits=pursuits,
        calls=calls.hold(seed, scale, started_at, until, market, pursuits, everyone),
        workspace=chat.talk(seed, scale, started_at, until, everyone),
        workshop=engineering.engineer(seed, scale, started_at, until, everyone),
    )
