"""Every deal as it was known at the end of a day, told without SQL: one per real deal, whichever CRM keeps it.

HubSpot's story counts where both tell one. Which records are one deal is today's knowledge; what a deal was like is the
day's. Left out for good: what was merged into another deal, and agreements with partners, which are no revenue.
"""

import csv
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from ..chance import COMPANY_TZ, company_date
from ..crm import Record
from ..deals import Pursuit, only_in_salesforce
from ..pipeline import BEFORE, LOST, PIPELINE_ID, QUALIFIED_FROM, WON, stage
from ..world import World

_RATES = Path(__file__).parents[3] / "dbt_project/seeds/dated_rates.csv"
"""The treasury's file: the one fact about money that the world does not make up."""
_NOT_QUALIFIED = ("duplicate", "disqualified", "test")
_ORDER = [one.id for one in BEFORE]


@dataclass(frozen=True)
class Deal:
    """As known at an instant. amount_usd is None without an amount or a rate, lost_reason empty in Salesforce."""

    pursuit: Pursuit
    stage: str
    probability: Decimal
    amount: Decimal | None
    currency: str
    amount_usd: Decimal | None
    close_date: date
    lost_reason: str
    was_qualified: bool
    created_on: date

    @property
    def record(self) -> Record:
        return self.pursuit.record

    @property
    def status(self) -> str:
        return {WON: "won", LOST: "lost"}.get(self.stage, "open")

    @property
    def is_decided(self) -> bool:
        """Won, or lost when it was worth losing."""
        return self.status == "won" or (
            self.status == "lost" and self.was_qualified and self.lost_reason not in _NOT_QUALIFIED
        )


def known(world: World, day: date, known_at: datetime | None = None) -> list[Deal]:
    """All deals that exist at the end of the day, or at known_at where that is earlier."""
    at = end_of(world, day, known_at)
    return [as_of(one, at) for one in every(world, known_at) if one.record.is_live(at)]


def every(world: World, known_at: datetime | None = None) -> Iterator[Pursuit]:
    """Every deal that counts, living or deleted, by what is known at the end about which records are one."""
    at = known_at or world.now
    for one in world.pursuits:
        is_merged = one.record.merged_at and one.record.merged_at <= at
        if not is_merged and one.record.changes[0].at <= at and one.record.value("pipeline", at) in (PIPELINE_ID, ""):
            yield one
    yield from only_in_salesforce(world)


def end_of(world: World, day: date, known_at: datetime | None = None) -> datetime:
    """The last instant of the day."""
    midnight = datetime.combine(day + timedelta(days=1), time(0), COMPANY_TZ)
    return min(midnight.astimezone(UTC) - timedelta(microseconds=1), known_at or world.now)


def key(pursuit: Pursuit) -> tuple[str, str]:
    """The CRM and the id by which the warehouse names the deal."""
    deal_id = pursuit.record.id
    return ("hubspot", deal_id) if deal_id.isdigit() else ("salesforce", pursuit.opportunity_id or "")


def in_usd(amount: Decimal, currency: str, closes_on: date) -> Decimal | None:
    """By the rate of the close date, as Salesforce converts; None before the first rate and for an unknown currency."""
    if currency == "USD":
        return amount
    rates = [rate for start, rate in _dated_rates().get(currency, ()) if start <= closes_on]
    return (amount / rates[-1]).quantize(Decimal("0.01"), ROUND_HALF_UP) if rates else None


@functools.cache
def _dated_rates() -> dict[str, list[tuple[date, Decimal]]]:
    found: dict[str, list[tuple[date, Decimal]]] = {}
    with _RATES.open() as lines:
        for row in csv.DictReader(lines):
            dated = date.fromisoformat(row["start_date"]), Decimal(row["conversion_rate"])
            found.setdefault(row["iso_code"], []).append(dated)
    return {code: sorted(rates) for code, rates in found.items()}


def told_of(world: World, day: date) -> list[Deal]:
    """HubSpot's deals that existed before the day, those deleted by then included, as they were last."""
    at = datetime.combine(day, time(0), COMPANY_TZ).astimezone(UTC)
    counted = [one for one in every(world) if one.record.id.isdigit()]
    return [as_of(one, at) for one in counted if one.record.created_at < at]


def order(stage_id: str) -> int:
    """Of the stage among all that ever were; 0 is the first."""
    return _ORDER.index(stage_id)


def as_of(pursuit: Pursuit, at: datetime) -> Deal:
    """The deal as it was known at that instant."""
    record = pursuit.record
    told = record.properties(at)
    is_hubspot = record.id.isdigit()
    stage_id = told["dealstage"]
    amount = Decimal(told["amount"]) if told.get("amount") else None
    currency = told["deal_currency_code"]
    closes_on = company_date(datetime.fromisoformat(told["closedate"]))
    passed = [change.value for change in record.changes if change.name == "dealstage" and change.at <= at]
    return Deal(
        pursuit=pursuit,
        stage=stage_id,
        # Salesforce's stages were never redesigned.
        probability=(stage(stage_id, at) if is_hubspot else {one.id: one for one in BEFORE}[stage_id]).probability,
        amount=amount,
        currency=currency,
        amount_usd=None if amount is None else in_usd(amount, currency, closes_on),
        close_date=closes_on,
        lost_reason=told.get("closed_lost_reason", "") if is_hubspot else "",
        was_qualified=any(one != LOST and order(one) >= order(QUALIFIED_FROM) for one in passed),
        created_on=company_date(record.created_at),
    )


def is_open_qualified(deal: Deal) -> bool:
    return deal.status == "open" and order(deal.stage) >= order(QUALIFIED_FROM)
