"""The numbers that follow from the world, computed without SQL: what the marts must say, to the cent.

Days are business days in the company's time zone. A deal's state on a day is what was known at the end of that day,
and never later than known_at (the world's now, unless time was advanced); deals.py tells it.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from ..calls import Call
from ..chance import company_date
from ..grammar import Line
from ..remarks import remarks
from ..render import zendesk
from ..world import World
from . import deals
from .accounts import account_of

WIN_MIN_N = 10
MENTION_BEFORE_DEAL = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Mention:
    """A competitor named in one sentence of a call; is_customer tells whether the customer said it."""

    call_id: str
    sentence: int
    competitor: str
    at: datetime
    is_customer: bool


@dataclass(frozen=True, slots=True)
class ChatMention:
    """A competitor named in a message."""

    channel_id: str
    ts: str
    competitor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DeskMention:
    """A competitor named at a help desk, and whose customer did so: account_id is None of a colleague, and of a user
    whom Zendesk deleted, for it no longer tells who that was."""

    desk: str
    record_id: str
    account_id: str | None
    at: datetime
    line: Line

    @property
    def competitor(self) -> str:
        return str(self.line.competitor)


@dataclass(frozen=True, slots=True)
class Ratio:
    """value is None below the smallest sample."""

    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        return self.numerator / self.denominator if self.denominator >= WIN_MIN_N else None


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The last 30 complete days, but for the sentiment (calls.py)."""

    total_calls: int
    unique_accounts: int
    competitors_mentioned: int


def revenue_mtd(world: World, day: date, known_at: datetime | None = None) -> Decimal | None:
    """Bookings: USD of deals won as of the day whose close date lies in its month, up to the day. None while there is
    no deal at all."""
    found = deals.known(world, day, known_at)
    if not found:
        return None
    first = day.replace(day=1)
    won = [deal for deal in found if deal.status == "won" and first <= deal.close_date <= day]
    return sum((deal.amount_usd or Decimal(0) for deal in won), Decimal(0))


def pipeline_value(
    world: World, day: date, known_at: datetime | None = None, is_weighted: bool = True, is_stale: bool | None = None
) -> Decimal | None:
    """USD of deals open as of the day, each times the probability its stage had then; None while there is no deal.

    is_stale: only those whose close date has passed, or only the others.
    """
    found = deals.known(world, day, known_at)
    if not found:
        return None
    counted = [deal for deal in found if deal.status == "open" and is_stale in (None, deal.close_date < day)]
    weights = [deal.probability if is_weighted else Decimal(1) for deal in counted]
    return sum(((deal.amount_usd or 0) * one for deal, one in zip(counted, weights, strict=True)), Decimal(0))


def decided(world: World, day: date, known_at: datetime | None = None, window_days: int = 90) -> list[deals.Deal]:
    """Won and qualified lost, of deals closed within the days that end with the day."""
    first = day - timedelta(days=window_days)
    return [deal for deal in deals.known(world, day, known_at) if deal.is_decided and first < deal.close_date <= day]


def win_rate(world: World, day: date, known_at: datetime | None = None) -> Ratio:
    """Won among decided."""
    return _won_of(decided(world, day, known_at))


def competitive_win_rate(world: World, day: date, known_at: datetime | None = None) -> Ratio:
    """Won among decided of competitive deals.

    A deal is competitive when a competitor was named in a call linked to it, no earlier than 30 days before it was
    created and no later than the day it closed.
    """
    heard = named(world)
    return _won_of([deal for deal in decided(world, day, known_at) if rivals(deal, heard)])


def named(world: World) -> dict[str, list[Mention]]:
    """What was said of competitors, by the deal whose calls said it."""
    of_deal = {call.call_id: call.deal.merged_into or call.deal.id for call in world.calls if call.deal}
    found: dict[str, list[Mention]] = {}
    for one in mentions(world):
        if one.call_id in of_deal:
            found.setdefault(of_deal[one.call_id], []).append(one)
    return found


def rivals(deal: deals.Deal, heard: dict[str, list[Mention]]) -> set[str]:
    """Those named before it closed."""
    first = deal.record.created_at - MENTION_BEFORE_DEAL
    told = heard.get(deal.record.id, [])
    return {one.competitor for one in told if first <= one.at and company_date(one.at) <= deal.close_date}


def _won_of(counted: list[deals.Deal]) -> Ratio:
    return Ratio(sum(deal.status == "won" for deal in counted), len(counted))


def calls(world: World, known_at: datetime | None = None) -> list[Call]:
    """Those the recorder has processed."""
    return [call for call in world.calls if call.visible_at <= (known_at or world.now)]


def mentions(world: World, known_at: datetime | None = None) -> list[Mention]:
    """One per sentence that names a competitor, of calls whose transcript is there."""
    at = known_at or world.now
    return [
        Mention(
            call.call_id,
            number,
            sentence.line.competitor,
            call.started_at + timedelta(milliseconds=sentence.start_ms),
            sentence.speaker.employee is None,
        )
        for call in calls(world, at)
        if call.digested_at <= at
        for number, sentence in enumerate(call.sentences)
        if sentence.line.competitor
    ]


def calls_per_day(world: World, known_at: datetime | None = None) -> Counter[date]:
    return Counter(company_date(call.started_at) for call in calls(world, known_at))


def slack_mentions(world: World, known_at: datetime | None = None) -> list[ChatMention]:
    """Live messages that name a competitor, in channels the app hears."""
    at = known_at or world.now
    heard = {channel.channel_id for channel in world.workspace.channels if channel.is_member}
    named = ((one, one.competitor) for one in world.workspace.messages if one.is_live(at) and one.channel_id in heard)
    return [ChatMention(one.channel_id, one.ts, competitor, one.at) for one, competitor in named if competitor]


def desk_mentions(world: World, known_at: datetime | None = None) -> list[DeskMention]:
    """In messages and notes that are there, of conversations and tickets that are there."""
    at = known_at or world.now
    users = [one.record for one in zendesk.history(world).living(at, "user") if one.record]
    gone = {("zendesk", one["external_id"]) for one in users if not one["active"]}
    found = []
    for one in remarks(world).values():
        if one.line.competitor and one.is_there(at):
            is_known = one.step.who == "customer" and (one.thread.desk, one.thread.contact.id) not in gone
            account_id = account_of(world, one.thread.company_id) if is_known else None
            found.append(DeskMention(one.thread.desk, one.thread.id, account_id, one.step.at, one.line))
    return found


def every_mention(world: World, known_at: datetime | None = None) -> list[tuple[str, str, datetime]]:
    """Source, competitor and instant: in calls, in the chat and at the desks."""
    told = [("gong", one.competitor, one.at) for one in mentions(world, known_at)]
    told += [("slack", one.competitor, one.at) for one in slack_mentions(world, known_at)]
    return told + [(one.desk, one.competitor, one.at) for one in desk_mentions(world, known_at)]


def dashboard_30d(world: World, known_at: datetime | None = None) -> Dashboard:
    """Calls, accounts called and competitors named anywhere, from 30 days ago to yesterday."""
    at = known_at or world.now
    last = company_date(at) - timedelta(days=1)
    first = last - timedelta(days=29)
    recent = [call for call in calls(world, at) if first <= company_date(call.started_at) <= last]
    named = {competitor for _, competitor, when in every_mention(world, at) if first <= company_date(when) <= last}
    accounts = {account_of(world, call.company_id) for call in recent if call.company_id}
    return Dashboard(len(recent), len(accounts), len(named))


def days(world: World) -> Iterator[date]:
    """Every business day of the history, today included."""
    first, last = company_date(world.started_at), company_date(world.now)
    return (first + timedelta(days=n) for n in range((last - first).days + 1))
