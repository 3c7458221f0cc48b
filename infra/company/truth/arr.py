"""Recurring revenue that follows from the contracts, computed without SQL: by account and month, and NRR and GRR.

A month ends with its last business day in the company's time zone; the running one ends now. What is told of a month is
what was agreed by then. Money is rounded to cents contract by contract.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from ..billing import Contract, contracts, usage
from ..chance import company_date
from ..world import World
from . import deals
from .accounts import account_of

_NOTHING = Decimal(0)
_A_MOMENT = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Retention:
    """Twelve months up to one: what the accounts that paid then pay now, and who else pays. Money in USD at today's
    rates, where today is the month's end."""

    accounts: int
    before: Decimal
    now: Decimal
    kept: Decimal
    """Without what anybody pays more than before."""
    new_logos: Decimal
    """Of accounts that paid nothing a year ago and never before."""
    reactivated: Decimal
    """Of accounts that paid nothing a year ago but had paid earlier."""

    @property
    def nrr(self) -> Decimal | None:
        return self.now / self.before if self.before else None

    @property
    def grr(self) -> Decimal | None:
        return self.kept / self.before if self.before else None


def months(world: World) -> Iterator[date]:
    """The first of each month since the first contract, the running month included."""
    month = min(company_date(one.started_at) for one in contracts(world)).replace(day=1)
    while month <= company_date(world.now):
        yield month
        month = following(month)


def following(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def year_before(month: date) -> date:
    return month.replace(year=month.year - 1)


def account_arr(world: World, month: date) -> dict[str, Decimal]:
    """ARR in USD at the month's end by the account that billing names; accounts without any are left out."""
    found = _by_account(world, month, month)
    return {account: amount for account, amount in found.items() if amount}


def account_usage(world: World, month: date) -> dict[str, Decimal]:
    """USD invoiced in the month beside contracts, voided and deleted invoices left out."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for one in usage(world):
        # The invoice bears the UTC date. What became of it is what is known now.
        if one.fate == "paid" and one.issued_at.date().replace(day=1) == month and one.issued_at <= world.now:
            found[one.company_id] += Decimal(one.total_cents) / 100
    return dict(found)


def account_arr_at(world: World, at: datetime, rate_on: date) -> dict[str, Decimal]:
    """ARR in USD as known at an instant, of every account that had a contract by then: 0 where none earns."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for contract in _told(world):
        if contract.started_at < at:
            found[account_of(world, contract.company_id)] += _earned(contract, at, rate_on)
    return dict(found)


def under_contract(world: World, at: datetime) -> set[str]:
    """Accounts with a contract in force at the instant, as known then; a paused one is."""
    return {account_of(world, one.company_id) for one in _told(world) if one.is_in_force(at)}


def leavings(world: World) -> list[tuple[str, datetime]]:
    """Account and instant of each end of a contract after which the account has none."""
    ends = [(account_of(world, one.company_id), one.terms[-1].ended_at) for one in _told(world)]
    # What is told at the very instant is known just after it.
    return [(account, at) for account, at in ends if at and account not in under_contract(world, at + _A_MOMENT)]


def retention(world: World, month: date) -> Retention:
    """Of accounts as they are today, so a merged one is one with its winner in both months."""
    then = _by_parent(world, year_before(month), month)
    now = _by_parent(world, month, month)
    cohort = {account for account, amount in then.items() if amount}
    earlier = {
        parent
        for known in months(world)
        if known < year_before(month)
        for parent, amount in _by_parent(world, known, month).items()
        if amount
    }
    others = {account: amount for account, amount in now.items() if account not in cohort}
    return Retention(
        accounts=len(cohort),
        before=sum((then[account] for account in cohort), _NOTHING),
        now=sum((now.get(account, Decimal(0)) for account in cohort), _NOTHING),
        kept=sum((min(now.get(account, Decimal(0)), then[account]) for account in cohort), _NOTHING),
        new_logos=sum((amount for account, amount in others.items() if account not in earlier), _NOTHING),
        reactivated=sum((amount for account, amount in others.items() if account in earlier), _NOTHING),
    )


def _by_parent(world: World, month: date, rate_month: date) -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for account, amount in _by_account(world, month, rate_month).items():
        found[account_of(world, account)] += amount
    return found


def _by_account(world: World, month: date, rate_month: date) -> dict[str, Decimal]:
    at, rate_on = deals.end_of(world, _last_day(world, month)), _last_day(world, rate_month)
    found: dict[str, Decimal] = defaultdict(Decimal)
    for contract in _told(world):
        if contract.runs(at):
            found[contract.company_id] += _earned(contract, at, rate_on)
    return found


def _told(world: World) -> list[Contract]:
    return [one for one in contracts(world) if one.terms[0].at <= world.now]


def _earned(contract: Contract, at: datetime, rate_on: date) -> Decimal:
    if not contract.runs(at):
        return _NOTHING
    terms = contract.terms_at(at)
    yearly = Decimal(terms.units * terms.unit_amount_cents * 12) / 100
    in_usd = deals.in_usd(yearly, contract.currency.upper(), rate_on)
    assert in_usd is not None, "contracts are in currencies that have a rate"
    return in_usd


def _last_day(world: World, month: date) -> date:
    return min(following(month) - timedelta(days=1), company_date(world.now))
