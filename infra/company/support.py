"""What customers asked for and when somebody answered: the threads that Intercom and Zendesk tell, each in its way.

A customer who fares badly asks more often, waits longer and is answered less surely (company/health.py).
"""

import functools
import math
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from .chance import COMPANY_TZ, Chance
from .crm import Record
from .health import Course, courses
from .hours import CLIENT_SUPPORT, HOLIDAYS, RESIDENT_SUPPORT, Team, clock_changes
from .world import AHEAD, World

Desk = Literal["intercom", "zendesk"]
Who = Literal["customer", "colleague", "bot"]
Priority = Literal["normal", "high"]
Kind = Literal["message", "note", "assignment", "urgent", "close", "reopen", "rating"]
WORDED: frozenset[Kind] = frozenset(("message", "note", "reopen"))
"""Steps in which something is written."""

_THREADS = {"intercom": 40, "zendesk": 45}
_COMPANIES = 36
"""At which size of the market there are that many threads."""
_SECOND = timedelta(seconds=1)
BULK_CLOSE = timedelta(hours=7)
BULK_URGENT = timedelta(hours=3)
"""How long before the world's now many threads were closed, or raised, in one second."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened in a thread, at a whole second. Messages are seen by both sides, notes by us alone.

    kind reopen is a customer's message to a closed thread. rating is from 1 to 5, of a step of that kind.
    """

    at: datetime
    kind: Kind
    who: Who
    rating: int | None = None


@dataclass(frozen=True, slots=True)
class Thread:
    """One conversation or ticket: number counts those of its desk. Its first step is its first message.

    priority is what a ticket begins with.
    """

    desk: Desk
    number: int
    contact: Record
    company_id: str
    team: Team
    steps: tuple[Step, ...]
    deleted_at: datetime | None = None
    priority: Priority | None = None

    @property
    def id(self) -> str:
        """The vendor's id of it."""
        return str(215_470_000_000 + self.number * 17 if self.desk == "intercom" else 35_400 + self.number)

    def until(self, at: datetime) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.at <= at)


def askers(world: World, desk: Desk) -> list[tuple[str, Record]]:
    """Who writes to a desk: company id and contact. Every third company writes to Intercom, most of them to Zendesk
    too, with two others that write nowhere else."""
    companies = [one for one in world.market.companies if not one.merged_into]
    size = max(1, round(len(companies) / _COMPANIES))
    chosen = companies[::3] if desk == "intercom" else [*companies[::3][: 8 * size], *companies[1 : 1 + 2 * size]]
    found = []
    for company in chosen:
        lasting = [
            one
            for one in world.market.contacts_of(company.id)
            if one.created_at <= world.now
            and one.value("associatedcompanyid", world.now) == company.id
            and not (one.archivings or one.erased_at or one.merged_at)
        ]
        found += [(company.id, one) for one in lasting[:2]]
    return found


@functools.lru_cache(maxsize=4)
def threads(world: World) -> tuple[Thread, ...]:
    """Of both desks, each in the order of their numbers."""
    return (*_desk(world, "intercom"), *_desk(world, "zendesk"))


def _desk(world: World, desk: Desk) -> list[Thread]:
    chance, course = Chance(world.seed, f"support/{desk}"), courses(world)
    people = askers(world, desk)
    if desk == "intercom":
        # One is deleted there, one archived, and nothing would tell of a part that went along: they write nothing.
        people = [one for number, one in enumerate(people) if number not in (3, 5)]
    count = max(_THREADS[desk], round(_THREADS[desk] * len(course) / _COMPANIES))
    starts = _starts(chance, world, people, course, count)
    made = [
        _thread(chance, world, desk, number, company_id, contact, course[company_id], at)
        for number, (company_id, contact, at) in enumerate(starts)
    ]
    _plant(chance, world, made)
    return _all_at_once(world, desk, made)


def _starts(
    chance: Chance, world: World, people: list[tuple[str, Record]], course: dict[str, Course], count: int
) -> list[tuple[str, Record, datetime]]:
    """Weeks of people, the worse they fare the likelier; nobody asks after having left."""
    weeks = [
        (company_id, contact, world.started_at + timedelta(days=7 * week))
        for company_id, contact in people
        for week in range(53)
    ]
    weights = []
    for company_id, contact, at in weeks:
        one = course[company_id]
        is_there = at > contact.created_at and (one.churned_at is None or at + timedelta(days=7) < one.churned_at)
        weights.append(math.exp(1.2 * (1 - one.at(at))) if is_there else 0.0)
    chosen = chance.choices(weeks, weights, k=count)
    return [(company_id, contact, _some_time(chance, at, world.now + AHEAD)) for company_id, contact, at in chosen]


def _some_time(chance: Chance, first: datetime, until: datetime) -> datetime:
    """In a week: mostly in office hours, now and then at night or on a weekend."""
    last = min(first + timedelta(days=7), until)
    at = chance.office_instant(first, last) if chance.happens(0.8) else chance.instant(first, last)
    return at.replace(microsecond=0)


def _thread(
    chance: Chance,
    world: World,
    desk: Desk,
    number: int,
    company_id: str,
    contact: Record,
    course: Course,
    at: datetime,
) -> Thread:
    health = course.at(at)
    is_outbound = number % 13 == 7
    is_deleted = desk == "intercom" and number in (11, 23)
    team = RESIDENT_SUPPORT if desk == "zendesk" and number % 2 == 0 else CLIENT_SUPPORT
    if is_deleted:
        # Deleted unanswered, and only a webhook tells of it.
        at = chance.office_instant(world.hooks_since, world.now - timedelta(days=2)).replace(microsecond=0)
        gone_at = at + timedelta(hours=chance.randint(2, 30))
        return Thread(desk, number, contact, company_id, team, (Step(at, "message", "customer"),), gone_at)
    steps = [Step(at, "message", "colleague" if is_outbound else "customer")]
    if is_outbound:
        steps.append(Step(at + _minutes(chance, 30, 3000), "message", "customer"))
    steps += _turn(chance, health, steps[-1].at, is_first=True)
    if chance.happens(0.4):
        again_at = steps[-1].at + _minutes(chance, 20, 2500)
        steps += [Step(again_at, "message", "customer"), *_turn(chance, health, again_at)]
    if chance.happens(0.8 if _is_answered(steps) else 0.3):
        steps.append(Step(steps[-1].at + _minutes(chance, 5, 600), "close", "colleague"))
        if chance.happens(0.5):
            rating = min(max(round(chance.gauss(1.5 + 4 * health, 0.8)), 1), 5)
            steps.append(Step(steps[-1].at + _minutes(chance, 5, 900), "rating", "customer", rating))
        if chance.happens(0.45 * (1 - health)):
            again_at = steps[-1].at + _minutes(chance, 60, 6000)
            steps += [Step(again_at, "reopen", "customer"), *_turn(chance, health, again_at)]
    if is_open(tuple(steps)) and chance.happens(0.6):
        steps.append(Step(steps[-1].at + timedelta(days=chance.randint(10, 30)), "close", "colleague"))
    if desk == "intercom":
        return Thread(desk, number, contact, company_id, team, _in_order(steps))
    deleted_at = steps[-1].at + timedelta(hours=3) if number % 15 == 0 else None
    priorities: tuple[Priority | None, ...] = (None, "normal", "normal", "high")
    return Thread(desk, number, contact, company_id, team, _in_order(steps), deleted_at, chance.choice(priorities))


def _turn(chance: Chance, health: float, asked_at: datetime, is_first: bool = False) -> list[Step]:
    """What follows a question: perhaps a bot, a second question, a note, an assignment, an answer."""
    steps = []
    lag = timedelta(minutes=math.exp(chance.gauss(math.log(35 * (1 + 16 * (1 - health) ** 2)), 1.1)))
    if chance.happens(0.25):
        steps.append(Step(asked_at + timedelta(seconds=chance.randint(3, 40)), "message", "bot"))
    if is_first and chance.happens(0.7):
        steps.append(Step(asked_at + lag * 0.4, "assignment", "colleague"))
    if chance.happens(0.3):
        steps.append(Step(asked_at + lag * 0.6, "note", "colleague"))
    if chance.happens(0.25):
        steps.append(Step(asked_at + lag * 0.8, "message", "customer"))
    if is_first and chance.happens(0.9 * (1 - health) ** 1.5):
        steps.append(Step(asked_at + lag * 0.9, "urgent", "colleague"))
    if chance.happens(min(0.97, 0.6 + 0.6 * health)):
        steps.append(Step(asked_at + lag, "message", "colleague"))
    return steps


def _minutes(chance: Chance, least: int, most: int) -> timedelta:
    return timedelta(minutes=chance.randint(least, most), seconds=chance.randint(0, 59))


def _is_answered(steps: list[Step]) -> bool:
    return [step.who for step in steps if step.kind == "message" and step.who != "bot"][-1] == "colleague"


def _in_order(steps: list[Step]) -> tuple[Step, ...]:
    """By time, no two in the same second."""
    found: list[Step] = []
    for step in sorted(steps, key=lambda one: one.at):
        at = step.at.replace(microsecond=0)
        found.append(replace(step, at=max(at, found[-1].at + _SECOND) if found else at))
    return tuple(found)


def _plant(chance: Chance, world: World, made: list[Thread]) -> None:
    """The spans that a calendar gets wrong: over each change of clocks on a team that works Sundays, and over the last
    holidays on one that does not."""
    past = world.now - timedelta(days=5)
    zone = ZoneInfo(RESIDENT_SUPPORT.time_zone)
    spans = [
        (_local(day - timedelta(days=1), time(21, 13, 5), zone), _local(day, time(8, 1, 44), zone), RESIDENT_SUPPORT)
        for day in clock_changes(world.started_at, past)
    ]
    kept = [day for day in HOLIDAYS if world.started_at + timedelta(days=3) < _local(day, time(0), COMPANY_TZ) < past]
    spans += [
        (
            _local(day - timedelta(days=1), time(17, 31, 2), COMPANY_TZ),
            _local(day + timedelta(days=4), time(9, 12, 40), COMPANY_TZ),
            CLIENT_SUPPORT,
        )
        for day in sorted(kept)[-2:]
    ]
    free = [one for one in made if one.deleted_at is None and one.number not in (11, 17, 23)]
    for asked_at, answered_at, team in spans:
        if not (places := [one for one in free if one.team == team]):
            continue
        taken = chance.choice(places)
        free.remove(taken)
        steps = (Step(asked_at, "message", "customer"), Step(answered_at, "message", "colleague"))
        made[taken.number] = replace(taken, steps=steps)


def _local(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)


def _all_at_once(world: World, desk: Desk, made: list[Thread]) -> list[Thread]:
    """A macro closes six conversations in one second, a bulk action raises the priority of every open ticket."""
    at = (world.now - (BULK_CLOSE if desk == "intercom" else BULK_URGENT)).replace(microsecond=0)
    kind: Kind = "close" if desk == "intercom" else "urgent"
    last = world.now + AHEAD
    quiet = [
        one.number
        for one in made
        if is_open(one.until(at)) and all(step.at < at for step in one.steps) and one.deleted_at is None
    ]
    chosen = set(quiet[:6] if desk == "intercom" else quiet)
    return [
        replace(
            one,
            steps=(*(step for step in one.steps if step.at <= last), Step(at, kind, "colleague"))
            if one.number in chosen
            else tuple(step for step in one.steps if step.at <= last),
        )
        for one in made
    ]


def redaction(thread: Thread) -> tuple[Step, datetime] | None:
    """The message that was taken out of a thread later, and when: in Intercom one may."""
    worded = [step for step in thread.steps[1:] if step.kind in WORDED]
    if (thread.desk, thread.number) != ("intercom", 17) or not worded:
        return None
    return worded[-1], thread.steps[-1].at + timedelta(hours=2)


def is_open(steps: tuple[Step, ...]) -> bool:
    """Whether a thread with these steps is waiting for somebody: begun, and not closed since the last message to it."""
    state = [step.kind for step in steps if step.kind in ("message", "close", "reopen")]
    return bool(state) and state[-1] != "close"
