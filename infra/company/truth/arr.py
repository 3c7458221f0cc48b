"""Recurring revenue that follows from the contracts, computed without SQL: by account and month, and NRR and GRR.

A month ends with its last business day in the company's time zone; the running one ends now. What is told of a month is
what was agreed by then. Money is rounded to cents contract by contract.
"""

import csv
import functools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from ..billing import Contract, contracts, usage
from ..chance import COMPANY_TZ, company_date
from ..world import World

_RATES = Path(__file__).parents[3] / "dbt_project/seeds/dated_rates.csv"
_CENT = Decimal("0.01")
_NOTHING = Decimal(0)


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


def retention(world: World, month: date) -> Retention:
    """Of parents as they are today, so a merged account is one with its winner in both months."""
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


def parent_of(world: World, account: str) -> str:
    """The company it was merged into by now, or itself."""
    merged = {one.id: one.merged_into for one in world.market.companies if one.merged_at and one.merged_at <= world.now}
    return merged.get(account) or account


def _by_parent(world: World, month: date, rate_month: date) -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for account, amount in _by_account(world, month, rate_month).items():
        found[parent_of(world, account)] += amount
    return found


def _by_account(world: World, month: date, rate_month: date) -> dict[str, Decimal]:
    at, rate_on = _ends_at(world, month), _last_day(world, rate_month)
    found: dict[str, Decimal] = defaultdict(Decimal)
    for contract in contracts(world):
        if contract.terms[0].at <= world.now and contract.runs(at):
            amount = _yearly(contract, at) / _per_usd(contract.currency, rate_on)
            found[contract.company_id] += amount.quantize(_CENT, ROUND_HALF_UP)
    return found


def _yearly(contract: Contract, at: datetime) -> Decimal:
    terms = contract.terms_at(at)
    return Decimal(terms.units * terms.unit_amount_cents * 12) / 100


def _per_usd(currency: str, day: date) -> Decimal:
    if currency == "usd":
        return Decimal(1)
    return [rate for first, rate in _rates()[currency.upper()] if first <= day][-1]


@functools.cache
def _rates() -> dict[str, list[tuple[date, Decimal]]]:
    """What the warehouse is told currencies are worth; oldest first."""
    found: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
    with _RATES.open() as file:
        for row in csv.DictReader(file):
            found[row["iso_code"]].append((date.fromisoformat(row["start_date"]), Decimal(row["conversion_rate"])))
    return {currency: sorted(dated) for currency, dated in found.items()}


def _last_day(world: World, month: date) -> date:
    return min(following(month) - timedelta(days=1), company_date(world.now))


def _ends_at(world: World, month: date) -> datetime:
    midnight = datetime.combine(following(month), time(0), COMPANY_TZ)
    return min(midnight.astimezone(UTC), world.now)
