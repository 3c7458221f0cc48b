"""How healthy each customer was on a day, component by component, from what had truly happened by then.

The score rests on what the vendors tell; the latent health that made it happen is company/health.py, and calibration
compares the two.
"""

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from ..render import intercom, zendesk
from ..support import Thread, is_open
from ..world import World
from . import arr, deals, sales, support
from .accounts import account_of
from .job_changes import job_changes, told_since
from .touches import touches, whose

WEIGHTS = {"support": 20, "sentiment": 20, "engagement": 15, "relationship": 15, "usage": 15, "commercial": 10}
WEIGHTS |= {"competitive": 5}
_DAY = timedelta(days=1)
_EXECUTIVE = ("chief", "ceo", "cfo", "coo", "president", "owner")

Threats = Iterable[tuple[str, datetime, int]]
"""Account, instant and level of each mention of a competitor: another truth's business, so it is told here."""
Moods = Mapping[str, float]
"""What was heard of the customer in each scored call, -1 to 1, by its id: likewise."""


@dataclass(frozen=True, slots=True)
class Health:
    """One customer's components on one day, None where nothing is known, and what they make together."""

    components: dict[str, float | None]
    arr_usd: float | None

    @property
    def coverage(self) -> float:
        return sum(WEIGHTS[name] for name, value in self.components.items() if value is not None) / 100

    @property
    def score(self) -> float | None:
        known = {name: value for name, value in self.components.items() if value is not None}
        if self.coverage < 0.5 or len(known) < 2:
            return None
        return sum(WEIGHTS[name] * value for name, value in known.items()) / (100 * self.coverage)

    @property
    def segment(self) -> str:
        for name, least in (("large", 50_000), ("medium", 15_000)):
            if (self.arr_usd or 0) >= least:
                return name
        return "small" if self.arr_usd else "unknown"


def health(world: World, day: date, threats: Threats, moods: Moods) -> dict[str, Health]:
    """Of every customer on the day, by account."""
    at, told = deals.end_of(world, day), list(threats)
    now, before = (arr.account_arr_at(world, when, day) for when in (at, at - 90 * _DAY))
    return {
        account: Health(
            {
                "support": _support(world, account, at),
                "sentiment": _sentiment(world, account, at, moods),
                "engagement": _engagement(world, account, at),
                "relationship": _relationship(world, account, at),
                "usage": None,
                "commercial": _commercial(float(now[account]), float(before.get(account, 0)))
                if account in now
                else None,
                "competitive": _competitive(world, account, at, told),
            },
            float(now[account]) if account in now else None,
        )
        for account in customers(world, at)
    }


def adjusted(scores: dict[str, Health]) -> dict[str, float]:
    """Each score drawn towards the mean of its segment as far as it does not cover."""
    found = {}
    for account, one in scores.items():
        if one.score is not None:
            peers = [
                other.score for other in scores.values() if other.segment == one.segment and other.score is not None
            ]
            found[account] = one.coverage * one.score + (1 - one.coverage) * sum(peers) / len(peers)
    return found


def customers(world: World, at: datetime) -> set[str]:
    """Who has a contract in force, or a deal that stands as won in either CRM and never had one."""
    living = [one for one in deals.every(world) if one.record.is_live(at)]
    won = {account_of(world, one.company_id) for one in living if deals.as_of(one, at).status == "won"}
    return arr.under_contract(world, at) | (won - arr.account_arr_at(world, at, at.date()).keys())


def _support(world: World, account: str, at: datetime) -> float | None:
    if not _has_desk(world, account, at):
        return None
    since = at - 60 * _DAY
    own = [one for one in support.told_threads(world) if account_of(world, one.company_id) == account]
    turns = [one for one in support.turns(world, at) if account_of(world, one.thread.company_id) == account]
    asked = [turn for turn in turns if turn.started_at > since]
    late = sum(turn.is_within_target is False for turn in asked)
    urgent = sum(_is_urgent(thread, at) and is_open(thread.until(at)) for thread in own)
    worked = sum(_was_open(thread, since, at) for thread in own)
    steps = [(thread, step) for thread in own for step in thread.until(at) if step.at > since]
    reopened = sum(step.kind == "reopen" for _, step in steps)
    ratings = [
        step.rating if thread.desk == "intercom" else (5 if step.rating > 3 else 1)
        for thread, step in steps
        if step.rating
    ]
    penalty = 15 * min(urgent, 3) + (40 * late / len(asked) if asked else 0)
    penalty += 20 * min(reopened / worked, 1) if worked else 0
    penalty += 7.5 * (5 - sum(ratings) / len(ratings)) if ratings else 0
    return max(100 - penalty, 0)


def _engagement(world: World, account: str, at: datetime) -> float | None:
    known = [one for one in touches(world) if one.account_id == account and one.at <= at]
    if not known and not _has_desk(world, account, at):
        return None
    spoke = max((one.at for one in known if one.is_two_way), default=None)
    people = {one.person for one in known if one.person and one.at > at - 90 * _DAY}
    base = _line((at - spoke) / _DAY, ((7, 100), (30, 70), (90, 0))) if spoke else 0
    return max(base - 10 * max(3 - len(people), 0), 0)


def _sentiment(world: World, account: str, at: datetime, moods: Moods) -> float | None:
    heard = [
        (call.duration_s, moods[call.call_id])
        for call in sales.calls(world)
        if call.call_id in moods
        and at - 90 * _DAY < call.started_at <= at
        and account_of(world, call.company_id) == account
    ]
    if not heard:
        return None
    mood = sum(seconds * one for seconds, one in heard) / sum(seconds for seconds, _ in heard)
    return max(60 + 100 * mood, 0) if mood <= 0 else min(60 + 80 * mood, 100)


def _relationship(world: World, account: str, at: datetime) -> float | None:
    since = told_since(world)
    if since is None or since > at:
        return None
    left: dict[str, datetime] = {}
    for one in job_changes(world):
        is_felt = one.is_champion or any(word in one.previous_title.lower() for word in _EXECUTIVE)
        if one.previous_account == account and is_felt and one.at <= at:
            left[one.contact_id] = min(left.get(one.contact_id, at), one.at)
    ages = [(at - when) / _DAY for when in left.values()]
    return max(100 - sum(50 * 0.5 ** (age / 60) for age in ages if age < 120), 0)


def _commercial(now: float, before: float) -> float:
    return _line(now / before, ((0.8, 0), (1, 70), (1.1, 100))) if before else 70


def _competitive(world: World, account: str, at: datetime, threats: Threats) -> float | None:
    levels = [level for one, when, level in threats if one == account and at - 30 * _DAY < when <= at]
    has_called = any(
        at - 90 * _DAY < call.started_at <= at
        for call in sales.calls(world)
        if account_of(world, call.company_id) == account
    )
    return 125 - 25 * max(levels, default=1) if has_called or levels else None


def _line(x: float, points: tuple[tuple[float, float], ...]) -> float:
    """Straight from point to point, level beyond the ends."""
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        if x <= x1:
            return y0 + (y1 - y0) * max((x - x0) / (x1 - x0), 0)
    return points[-1][1]


def _is_urgent(thread: Thread, at: datetime) -> bool:
    """Intercom does not tell since when."""
    is_raised = any(step.kind == "urgent" for step in thread.until(at))
    return thread.desk == "zendesk" and (is_raised or thread.priority == "high")


def _was_open(thread: Thread, since: datetime, at: datetime) -> bool:
    """At some instant after since."""
    steps = thread.until(at)
    return bool(steps) and (is_open(tuple(step for step in steps if step.at <= since)) or steps[-1].at > since)


@lru_cache(maxsize=4)
def _desks(world: World) -> dict[str, datetime]:
    """Since when each contact can write to us; by contact."""
    found: dict[str, datetime] = {}
    for one in intercom.history(world).living(world.now, "contact"):
        record = one.record or {}
        who = record["external_id"] or (whose(world, record["email"]) or ("", ""))[1]
        found[who] = datetime.fromtimestamp(record["created_at"], UTC)
    for one in zendesk.history(world).living(world.now, "user"):
        if one.record and one.record["role"] == "end-user" and one.record["active"]:
            at = _instant(one.record["created_at"])
            found[one.record["external_id"]] = min(found.get(one.record["external_id"], at), at)
    return found


def _has_desk(world: World, account: str, at: datetime) -> bool:
    homes = _homes(world)
    return any(homes.get(contact) == account and when <= at for contact, when in _desks(world).items())


@lru_cache(maxsize=4)
def _homes(world: World) -> dict[str, str]:
    return {one.id: account_of(world, one.value("associatedcompanyid", world.now)) for one in world.market.contacts}


def _instant(told: str) -> datetime:
    return datetime.fromisoformat(told)
