"""What Pay Ready's customers pay for: contracts as they were agreed and changed, before anybody told them to us.

Every third company that was never merged away is a customer, and so is the one that was: it had a contract of its own.
Contracts older than the history are known only as they were when the billing service began to tell. A customer whose
health (health.py) ends in leaving has no contract after that.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from .chance import Chance
from .health import courses
from .world import World

_NOTICE, _AT_ONCE = timedelta(days=31), timedelta(0)
CENTS_PER_UNIT = (115, 140, 165)
PLANS = ("Collections", "Collections Plus", "Resident Pay")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a contract says from an instant on, which is also when the billing service tells of it."""

    at: datetime
    units: int
    unit_amount_cents: int
    status: str = "active"
    ended_at: datetime | None = None
    is_deleted: bool = False
    """It was entered by mistake, and is taken out."""


@dataclass(frozen=True, slots=True)
class Contract:
    """terms are in order. The first ones held since started_at, though they may have been told later or earlier."""

    id: str
    company_id: str
    plan: str
    currency: str
    started_at: datetime
    terms: tuple[Terms, ...]

    def terms_at(self, at: datetime) -> Terms:
        """As known then; before anything was told, as first told."""
        return ([one for one in self.terms if one.at < at] or [self.terms[0]])[-1]

    def is_in_force(self, at: datetime) -> bool:
        """Whether it binds anybody at that instant, as known then; a paused one does."""
        known = self.terms_at(at)
        is_over = known.ended_at is not None and known.ended_at <= at
        return self.started_at < at and not is_over and not known.is_deleted

    def runs(self, at: datetime) -> bool:
        """Whether it earns at that instant, as known then."""
        return self.is_in_force(at) and self.terms_at(at).status != "paused"


@dataclass(frozen=True, slots=True)
class Usage:
    """Transactions of a month, invoiced apart from any contract."""

    company_id: str
    issued_at: datetime
    total_cents: int
    fate: str
    """paid, void, or deleted while it was a draft."""


@functools.lru_cache(maxsize=4)
def contracts(world: World) -> tuple[Contract, ...]:
    """All of them, in a fixed order."""
    chance = Chance(world.seed, "contracts")
    customers = [one for one in world.market.companies if not one.merged_into][::3]
    made = []
    for number, company in enumerate(customers):
        story = _STORIES[number % len(_STORIES)]
        written = story(_Pen(world, chance, company.id))
        left_at = courses(world)[company.id].churned_at
        made += _until(list(written), left_at, _NOTICE if story is _leaves_with_notice else _AT_ONCE)
    for loser in world.market.companies:
        if loser.merged_into:
            days = (loser.created_at - world.started_at).total_seconds() / 86_400
            signed = _Pen(world, chance, loser.id).signs(days + 5)
            # Who leaves, leaves under both names.
            made += _until([signed], courses(world)[loser.merged_into].churned_at, _AT_ONCE)
    return tuple(made)


@functools.lru_cache(maxsize=4)
def usage(world: World) -> tuple[Usage, ...]:
    """Eight months of transactions of every twelfth customer: one invoice voided, one draft deleted."""
    chance = Chance(world.seed, "usage")
    customers = [one for one in world.market.companies if not one.merged_into][::3]
    return tuple(
        Usage(
            company.id,
            world.now - timedelta(days=30 * month + 3, milliseconds=chance.randint(0, 80_000_000)),
            chance.randint(20_000, 900_000),
            {2: "void", 5: "deleted"}.get(month, "paid"),
        )
        for company in customers[10::12]
        for month in range(8)
    )


class _Pen:
    """Writes the contracts of one company. Days count from the beginning of the history."""

    def __init__(self, world: World, chance: Chance, company_id: str) -> None:
        self.world, self.chance, self.company_id = world, chance, company_id
        self.units = max(world.market.units[company_id], 40)

    def day(self, number: float) -> datetime:
        """Some instant of that day, so that no two things happen at once."""
        whole = self.world.started_at + timedelta(days=number, milliseconds=self.chance.randint(1, 40_000_000))
        return whole.replace(microsecond=whole.microsecond // 1000 * 1000)

    def signs(self, day: float, currency: str = "usd", told_on: float | None = None) -> Contract:
        """A contract that runs from that day on. What began before the history is told on its first day."""
        started_at = self.day(day)
        told_at = self.day(told_on) if told_on is not None else started_at
        terms = Terms(max(told_at, self.world.started_at), self.units, self.chance.choice(CENTS_PER_UNIT))
        plan = self.chance.choice(PLANS)
        return Contract(f"sub_{self.chance.code(14)}", self.company_id, plan, currency, started_at, (terms,))

    def long_ago(self) -> float:
        """A day between 400 and 30 days before the history."""
        return -self.chance.randint(30, 400)

    def amends(self, contract: Contract, day: float, share: str) -> Contract:
        """More units or fewer."""
        last = contract.terms[-1]
        units = int(last.units * Decimal(share))
        return replace(contract, terms=(*contract.terms, replace(last, at=self.day(day), units=units)))

    def reprices(self, contract: Contract, day: float, cents: int) -> Contract:
        last = contract.terms[-1]
        dearer = replace(last, at=self.day(day), unit_amount_cents=last.unit_amount_cents + cents)
        return replace(contract, terms=(*contract.terms, dearer))

    def ends(self, contract: Contract, day: float) -> Contract:
        """Told on that day, and over."""
        at = self.day(day)
        last = replace(contract.terms[-1], at=at, status="canceled", ended_at=at)
        return replace(contract, terms=(*contract.terms, last))

    def lapsed(self, first_day: float, last_day: float) -> Contract:
        """Over before the history began, and told as that on its first day."""
        contract = self.signs(first_day)
        over = replace(contract.terms[0], status="canceled", ended_at=self.day(last_day))
        return replace(contract, terms=(over,))

    def pauses(self, contract: Contract, first_day: float, last_day: float) -> Contract:
        last = contract.terms[-1]
        pause = replace(last, at=self.day(first_day), status="paused")
        return replace(contract, terms=(*contract.terms, pause, replace(last, at=self.day(last_day))))

    def deletes(self, contract: Contract, day: float) -> Contract:
        last = replace(contract.terms[-1], at=self.day(day), is_deleted=True)
        return replace(contract, terms=(*contract.terms, last))


def _until(written: list[Contract], left_at: datetime | None, notice: timedelta) -> list[Contract]:
    """The contracts of a customer who leaves: what begins later is never signed, what is in force is canceled."""
    if left_at is None:
        return written
    signed = [one for one in written if one.started_at < left_at]
    return [_canceled(one, left_at, left_at - notice) if one.is_in_force(left_at) else one for one in signed]


def _canceled(contract: Contract, left_at: datetime, told_at: datetime) -> Contract:
    kept = [one for one in contract.terms if one.at < told_at] or [contract.terms[0]]
    last = replace(kept[-1], at=max(told_at, kept[-1].at), status="canceled", ended_at=left_at)
    return replace(contract, terms=(*[one for one in kept if one.at < last.at], last))


def _stays(pen: _Pen) -> Iterator[Contract]:
    yield pen.signs(pen.long_ago())


def _grows(pen: _Pen) -> Iterator[Contract]:
    yield pen.amends(pen.signs(pen.long_ago()), 120, "1.25")


def _shrinks(pen: _Pen) -> Iterator[Contract]:
    yield pen.amends(pen.signs(pen.long_ago()), 150, "0.7")


def _leaves_with_notice(pen: _Pen) -> Iterator[Contract]:
    """When is the health's to say. The notice spans the end of a month: until then it earns."""
    yield pen.signs(pen.long_ago())


def _leaves_and_returns(pen: _Pen) -> Iterator[Contract]:
    yield pen.ends(pen.signs(pen.long_ago()), 90)
    yield pen.signs(210)


def _pays_in_canada(pen: _Pen) -> Iterator[Contract]:
    yield pen.amends(pen.signs(max(pen.long_ago(), -300), currency="cad"), 250, "1.1")


def _comes_new(pen: _Pen) -> Iterator[Contract]:
    """And has agreed on more, which has not begun."""
    yield pen.signs(100)
    yield pen.signs(390, told_on=340)


def _pauses(pen: _Pen) -> Iterator[Contract]:
    yield pen.pauses(pen.signs(pen.long_ago()), 180, 245)


def _moves_to_another_plan(pen: _Pen) -> Iterator[Contract]:
    yield pen.ends(pen.signs(pen.long_ago()), 220)
    yield pen.amends(pen.signs(pen.long_ago()), 230, "1.5")


def _is_repriced(pen: _Pen) -> Iterator[Contract]:
    """And once had a contract by mistake, which counted until it was taken out."""
    yield pen.reprices(pen.signs(pen.long_ago()), 300, 12)
    yield pen.deletes(pen.signs(60), 95)


def _lapsed_and_returns(pen: _Pen) -> Iterator[Contract]:
    """It had left before the history began: it is in no cohort until a year after it came back."""
    yield pen.lapsed(-400, -300)
    yield pen.signs(40)


_STORIES = (
    _stays,
    _grows,
    _shrinks,
    _leaves_with_notice,
    _leaves_and_returns,
    _pays_in_canada,
    _comes_new,
    _pauses,
    _moves_to_another_plan,
    _is_repriced,
    _stays,  # and pays for transactions besides: `usage`
    _lapsed_and_returns,
)
