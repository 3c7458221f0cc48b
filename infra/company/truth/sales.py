"""The numbers that follow from the world, computed without SQL: what the marts must say, to the cent.

Days are business days in the company's time zone. A deal's state on a day is what was known at the end of that day,
and never later than known_at (the world's now, unless time was advanced).
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from ..calls import Call
from ..chance import COMPANY_TZ, company_date
from ..crm import Record
from ..deals import LOST, PIPELINE, WON
from ..world import World

_PROBABILITY = {stage.id: stage.probability for stage in PIPELINE}
_CLOSED = {stage.id for stage in PIPELINE if stage.is_closed}
_NOT_QUALIFIED = ("duplicate", "disqualified", "test")
WIN_WINDOW_DAYS = 90
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
class Ratio:
    """value is None below the smallest sample."""

    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        return self.numerator / self.denominator if self.denominator >= WIN_MIN_N else None


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The last 30 complete days. Sentiment is None until something scores it."""

    total_calls: int
    unique_accounts: int
    competitors_mentioned: int
    avg_sentiment: None = None


def revenue_mtd(world: World, day: date, known_at: datetime | None = None) -> Decimal | None:
    """Bookings: amounts of deals won as of the day whose close date lies in its month, up to the day. None while there
    is no deal at all."""
    at = _as_of(world, day, known_at)
    deals = _deals(world, at)
    if not deals:
        return None
    won = (deal for deal in deals if deal.value("dealstage", at) == WON)
    first = day.replace(day=1)
    return sum((_amount(deal, at) for deal in won if first <= closed_on(deal, at) <= day), Decimal(0))


def pipeline_value(
    world: World, day: date, known_at: datetime | None = None, is_weighted: bool = True
) -> Decimal | None:
    """Amounts of deals open as of the day, each times the probability of its stage; None while there is no deal."""
    at = _as_of(world, day, known_at)
    deals = _deals(world, at)
    if not deals:
        return None
    total = Decimal(0)
    for deal in deals:
        stage = deal.value("dealstage", at)
        if stage not in _CLOSED:
            total += _amount(deal, at) * (_PROBABILITY[stage] if is_weighted else 1)
    return total


def competitive_win_rate(world: World, day: date, known_at: datetime | None = None) -> Ratio:
    """Won among won and qualified lost, of competitive deals closed within the 90 days that end with the day.

    A deal is competitive when a competitor was named in a call linked to it, no earlier than 30 days before it was
    created and no later than the day it closed.
    """
    at = _as_of(world, day, known_at)
    closed = [deal for deal in _deals(world, at) if deal.value("dealstage", at) in _CLOSED]
    recent = [deal for deal in closed if day - timedelta(days=WIN_WINDOW_DAYS) < closed_on(deal, at) <= day]
    counted = [deal for deal in recent if deal.value("closed_lost_reason", at) not in _NOT_QUALIFIED]
    competitive = [deal for deal in counted if _is_competitive(world, deal, at)]
    won = sum(deal.value("dealstage", at) == WON for deal in competitive)
    lost = sum(deal.value("dealstage", at) == LOST for deal in competitive)
    return Ratio(won, won + lost)


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


def mentions_per_day(world: World, known_at: datetime | None = None) -> Counter[date]:
    return Counter(company_date(mention.at) for mention in mentions(world, known_at))


def slack_mentions(world: World, known_at: datetime | None = None) -> list[ChatMention]:
    """Live messages that name a competitor, in channels the app hears."""
    at = known_at or world.now
    heard = {channel.channel_id for channel in world.workspace.channels if channel.is_member}
    named = ((one, one.competitor) for one in world.workspace.messages if one.is_live(at) and one.channel_id in heard)
    return [ChatMention(one.channel_id, one.ts, competitor, one.at) for one, competitor in named if competitor]


def dashboard_30d(world: World, known_at: datetime | None = None) -> Dashboard:
    """Calls, accounts called and competitors named in calls or chat, from 30 days ago to yesterday."""
    at = known_at or world.now
    last = company_date(at) - timedelta(days=1)
    first = last - timedelta(days=29)
    recent = [call for call in calls(world, at) if first <= company_date(call.started_at) <= last]
    told = [(one.competitor, one.at) for one in mentions(world, at)]
    told += [(one.competitor, one.at) for one in slack_mentions(world, at)]
    named = {competitor for competitor, when in told if first <= company_date(when) <= last}
    accounts = {call.company_id for call in recent if call.company_id}
    return Dashboard(len(recent), len(accounts), len(named))


def days(world: World) -> Iterator[date]:
    """Every business day of the history, today included."""
    first, last = company_date(world.started_at), company_date(world.now)
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def closed_on(deal: Record, at: datetime) -> date:
    """The business day of its close date."""
    return company_date(datetime.fromisoformat(deal.value("closedate", at)))


def _as_of(world: World, day: date, known_at: datetime | None) -> datetime:
    """The last instant of the day."""
    midnight = datetime.combine(day + timedelta(days=1), time(0), COMPANY_TZ)
    return min(midnight.astimezone(UTC) - timedelta(microseconds=1), known_at or world.now)


def _deals(world: World, at: datetime) -> list[Record]:
    return [pursuit.record for pursuit in world.pursuits if pursuit.record.is_live(at)]


def _amount(deal: Record, at: datetime) -> Decimal:
    """0 where no amount is set."""
    return Decimal(deal.value("amount", at) or 0)


def _is_competitive(world: World, deal: Record, at: datetime) -> bool:
    linked = {call.call_id for call in world.calls if call.deal and call.deal.id == deal.id}
    first, last = deal.created_at - MENTION_BEFORE_DEAL, closed_on(deal, at)
    heard = (one for one in mentions(world, at) if one.call_id in linked)
    return any(first <= one.at and company_date(one.at) <= last for one in heard)
