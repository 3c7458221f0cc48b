"""What was said and what it means, from the world: scores' labels, outcomes, threats, a competitor's record.

Labels are those of the sentences as they were made up, never what a scorer finds in them. Numbers that rest on time,
speakers and deals are exact.
"""

import functools
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from ..calls import Call, Sentence
from ..chance import company_date
from ..crm import Record
from ..grammar import RUMOURS
from ..world import World
from . import deals, sales
from .accounts import account_of

LEAST_UTTERANCES = 10
LEAST_TALK_MS = 60_000
LEAST_IN_A_THIRD = 3
LEAST_OPEN_DEALS = 4
_DECISION_MAKERS = ("Chief Financial Officer", "Director of Operations", "Owner")
_OUTCOMES = ("decision", "next_step", "objection", "pricing")
_Heard = dict[tuple[str | None, str], list[tuple[datetime, str]]]
"""When and in which record, by account and competitor."""
_LEVELS = ((Decimal(1), 1), (Decimal("2.5"), 2), (Decimal(4), 3), (Decimal(6), 4))


@dataclass(frozen=True, slots=True)
class Threat:
    """A mention's points. language and towards_us are labels of the sentence; the rest follows from the company.

    account_id is None of what colleagues write.
    """

    account_id: str | None
    customer: Decimal
    language: str | None
    deal: Decimal
    towards_us: int
    decision_maker: Decimal
    repeat: Decimal

    @property
    def level(self) -> int:
        points = self.customer + self.deal + self.decision_maker + self.repeat - self.towards_us
        points += 2 if self.language else 0
        return next((level for below, level in _LEVELS if points < below), 5)


@dataclass(frozen=True, slots=True)
class Record90:
    """A competitor's deals with us, decided in 90 days."""

    won: int
    decided: int


def told(world: World, known_at: datetime | None = None) -> list[Call]:
    """Calls whose transcript is there."""
    at = known_at or world.now
    return [call for call in sales.calls(world, at) if call.digested_at <= at]


def customer_sentences(call: Call) -> list[Sentence]:
    return [one for one in call.sentences if one.speaker.employee is None]


def is_scored(call: Call) -> bool:
    said = customer_sentences(call)
    return len(said) >= LEAST_UTTERANCES and _talk_ms(said) >= LEAST_TALK_MS


def mean(said: list[Sentence], feelings: Iterable[float]) -> float | None:
    """By how long each sentence is; None of nothing."""
    talk_ms = _talk_ms(said)
    weighted = sum((one.end_ms - one.start_ms) * feeling for one, feeling in zip(said, feelings, strict=True))
    return weighted / talk_ms if talk_ms else None


def mood(call: Call) -> float | None:
    """What a person would say of the customer's side, sentence by sentence, from -1 to 1."""
    said = customer_sentences(call)
    return mean(said, [one.line.feeling for one in said])


def thirds(call: Call) -> tuple[list[Sentence], list[Sentence]] | None:
    """What the customer said in the first and the last third of the time anybody spoke; None if that is too little."""
    first, last = call.sentences[0].start_ms, max(one.end_ms for one in call.sentences)
    third = (last - first) / 3
    said = customer_sentences(call)
    early = [one for one in said if one.start_ms < first + third]
    late = [one for one in said if one.start_ms >= last - third]
    return (early, late) if min(len(early), len(late)) >= LEAST_IN_A_THIRD else None


def outcome(call: Call) -> str | None:
    """What the rep chose; else the strongest thing that was said."""
    if call.outcome:
        return call.outcome.lower()
    return next((one for one in _OUTCOMES if any(_shows(sentence, one) for sentence in call.sentences)), None)


def _shows(sentence: Sentence, outcome: str) -> bool:
    """Some things only a customer can say; calls without one have a colleague say the customer's lines."""
    line = sentence.line
    return line.outcome == outcome and (line.who == "rep" or outcome == "next_step" or not sentence.speaker.employee)


def talking_points(call: Call) -> set[str]:
    return {one.line.talking_point for one in call.sentences if one.line.talking_point}


def threats(world: World, known_at: datetime | None = None) -> dict[tuple[str, str, datetime], Threat]:
    """By record, competitor and instant, of every mention in calls, in the chat and at the desks."""
    at, nothing = known_at or world.now, Decimal(0)
    found = {}
    heard: _Heard = defaultdict(list)
    spoken = [(call, one) for call in told(world, at) for one in call.sentences if one.line.competitor]
    for call, one in spoken:
        heard[account_of(world, call.company_id), str(one.line.competitor)].append((_when(call, one), call.call_id))
    written = sales.desk_mentions(world, at)
    for message in written:
        heard[message.account_id, message.competitor].append((message.at, message.record_id))
    for call, one in spoken:
        when, is_customer, competitor = _when(call, one), one.speaker.employee is None, str(one.line.competitor)
        account_id = account_of(world, call.company_id)
        found[call.call_id, competitor, when] = Threat(
            account_id=account_id,
            customer=Decimal(2 if is_customer else 0),
            language=one.line.language,
            deal=_deal_points(world, call.deal, when, at),
            towards_us=one.line.towards_us if is_customer else 0,
            decision_maker=Decimal(is_customer and one.speaker.title in _DECISION_MAKERS),
            repeat=_repeat(heard, account_id, competitor, when, call.call_id),
        )
    for message in written:
        is_customer = message.account_id is not None
        found[message.record_id, message.competitor, message.at] = Threat(
            account_id=message.account_id,
            customer=Decimal(2 if is_customer else 0),
            language=message.line.language,
            deal=nothing,
            towards_us=message.line.towards_us if is_customer else 0,
            decision_maker=nothing,
            repeat=_repeat(heard, message.account_id, message.competitor, message.at, message.record_id),
        )
    texts = {(one.channel_id, one.ts): one.text for one in world.workspace.messages}
    for rumour in sales.slack_mentions(world, at):
        language = _rumour_language(texts[rumour.channel_id, rumour.ts])
        key = f"{rumour.channel_id}/{rumour.ts}", rumour.competitor, _ts_instant(rumour.ts)
        found[key] = Threat(None, nothing, language, nothing, 0, nothing, nothing)
    return found


def mentions_per_day(world: World) -> Counter[tuple[str, date]]:
    """By competitor and business day."""
    return Counter((competitor, company_date(at)) for _, competitor, at in sales.every_mention(world))


def record_90d(world: World, competitor: str, day: date) -> Record90:
    """Deals closed within the 90 days that end with the day, in which a call named the competitor in time."""
    heard = sales.named(world)
    contested = [deal for deal in sales.decided(world, day) if competitor in sales.rivals(deal, heard)]
    return Record90(sum(deal.status == "won" for deal in contested), len(contested))


def window_30d(today: date) -> tuple[date, date]:
    """The last 30 days that are over."""
    return today - timedelta(days=30), today - timedelta(days=1)


def _repeat(heard: _Heard, account_id: str | None, competitor: str, when: datetime, record_id: str) -> Decimal:
    """One if the account named it elsewhere in the thirty days before."""
    earlier = (there for there, where in heard[account_id, competitor] if where != record_id)
    return Decimal(account_id is not None and any(when - timedelta(days=30) <= there < when for there in earlier))


def _talk_ms(said: list[Sentence]) -> int:
    return sum(one.end_ms - one.start_ms for one in said)


def _when(call: Call, sentence: Sentence) -> datetime:
    return call.started_at + timedelta(milliseconds=sentence.start_ms)


def _ts_instant(ts: str) -> datetime:
    seconds, fraction = ts.split(".")
    return datetime.fromtimestamp(int(seconds), UTC) + timedelta(microseconds=int(fraction))


def _rumour_language(text: str) -> str | None:
    """Each is known by the words between the name and the city."""
    return next(
        (language for rumour, language in RUMOURS.items() if rumour.split("{name}")[1].split("{city}")[0] in text), None
    )


def _deal_points(world: World, record: Record | None, when: datetime, known_at: datetime) -> Decimal:
    """Half for an open deal, one if its amount is in the upper quarter of what was open when the day ended."""
    pursuit = next((one for one in deals.every(world, known_at) if one.record is record), None)
    if pursuit is None or not pursuit.record.is_live(when) or deals.as_of(pursuit, when).status != "open":
        return Decimal(0)
    amounts = _open_amounts(world, company_date(when), known_at)
    amount = deals.as_of(pursuit, when).amount_usd
    if len(amounts) < LEAST_OPEN_DEALS or not amount:
        return Decimal("0.5")
    place = Decimal("0.75") * (len(amounts) - 1)
    below = amounts[int(place)]
    above = amounts[min(int(place) + 1, len(amounts) - 1)]
    return Decimal(1) if amount >= below + (above - below) * (place - int(place)) else Decimal("0.5")


@functools.lru_cache(maxsize=512)
def _open_amounts(world: World, day: date, known_at: datetime) -> list[Decimal]:
    """In dollars, the smallest first, of the deals that were open when the day ended."""
    evening = [deal for deal in deals.known(world, day, known_at) if deal.status == "open"]
    return sorted(deal.amount_usd for deal in evening if deal.amount_usd is not None)
