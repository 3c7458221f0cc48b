"""Deals and the pipeline they walk through, stage by stage; a rival on a deal lowers its chance to be won."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from .accounts import Market
from .chance import Chance
from .crm import Change, Link, Record, iso_ms
from .grammar import COMPETITORS
from .staff import Employee, team

PIPELINE_ID = "default"
WON, LOST = "closedwon", "closedlost"


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the pipeline, as the CRM's administrator set it up."""

    id: str
    label: str
    probability: Decimal
    is_closed: bool = False


PIPELINE: tuple[Stage, ...] = (
    Stage("appointmentscheduled", "Appointment scheduled", Decimal("0.2")),
    Stage("qualifiedtobuy", "Qualified to buy", Decimal("0.4")),
    Stage("presentationscheduled", "Presentation scheduled", Decimal("0.6")),
    Stage("decisionmakerboughtin", "Decision maker bought in", Decimal("0.8")),
    Stage("contractsent", "Contract sent", Decimal("0.9")),
    Stage(WON, "Closed won", Decimal("1.0"), True),
    Stage(LOST, "Closed lost", Decimal("0.0"), True),
)
LOST_REASONS = ("price", "competitor", "price", "no decision", "duplicate")


@dataclass(frozen=True, slots=True)
class Pursuit:
    """A deal, and what only the truth knows of it: which competitor is after the same customer."""

    record: Record
    company_id: str
    rival: str | None


def pursue(
    seed: int,
    scale: float,
    started_at: datetime,
    now: datetime,
    until: datetime,
    market: Market,
    staff: tuple[Employee, ...],
) -> tuple[Pursuit, ...]:
    """All deals, created evenly over the history; what they do goes on until `until`.

    Planted: re-opened and won deals, backdated close dates, an amount changed after the close, two deleted deals, one
    without an amount, one without a contact.
    """
    chance = Chance(seed, "deals")
    owners = [owner for owner in team(staff, "sales") if owner.title == "Account Executive"]
    rivals = sorted(COMPETITORS)
    count = max(30, round(96 * scale))
    pursuits = []
    for number in range(count):
        company = chance.choice([one for one in market.companies if not one.merged_into])
        earliest = max(started_at + (now - started_at) * number / (count + 2), company.created_at + timedelta(days=2))
        created_at = chance.office_instant(earliest, earliest + timedelta(days=2))
        rival = chance.choice(rivals) if chance.happens(0.65) else None
        units = max(market.units[company.id], 120)
        walk = _Walk(chance, created_at, until, units, is_reopened=number % 16 == 3, is_backdated=number % 24 == 7)
        walk.go(0.85 if rival else 0.93)
        name = f"{company.value('name', created_at)} - {units} units"
        contacts = market.contacts_of(company.id)[: 0 if number == 4 else 2]
        changes = [
            Change(created_at, "dealname", name),
            Change(created_at, "pipeline", PIPELINE_ID),
            Change(created_at, "hubspot_owner_id", chance.choice(owners).owner_id),
            Change(created_at, "deal_currency_code", "USD"),
            *(change for change in walk.changes if not (number == 6 and change.name == "amount")),
        ]
        links = [Link(created_at, "company", company.id, True)]
        links += [Link(max(created_at, one.created_at), "contact", one.id) for one in contacts]
        deal_id = str(9_000_000_000 + chance.number(8) * 10 + number % 10)
        record = Record("deal", deal_id, created_at, tuple(sorted(changes, key=lambda change: change.at)), tuple(links))
        if number in (9, 20):
            deleted_at = chance.office_instant(created_at + timedelta(days=4), created_at + timedelta(days=20))
            seen = tuple(change for change in record.changes if change.at < deleted_at)
            record = replace(record, changes=seen, archivings=((deleted_at, True),))
        pursuits.append(Pursuit(record, company.id, None if walk.is_backdated else rival))
    return tuple(pursuits)


class _Walk:
    """Rolls one deal through the stages, collecting the changes of its properties."""

    def __init__(
        self, chance: Chance, created_at: datetime, until: datetime, units: int, is_reopened: bool, is_backdated: bool
    ) -> None:
        self.chance, self.at, self.until = chance, created_at, until
        self.is_reopened, self.is_backdated = is_reopened, is_backdated
        self.amount = Decimal(units * chance.randint(6, 14)) + Decimal(chance.choice(("0", "0.50", "0.25")))
        self.changes = [Change(created_at, "amount", str(self.amount))]
        self._set("dealstage", PIPELINE[0].id)
        self._set("closedate", iso_ms(created_at + timedelta(days=45)))

    def go(self, probability: float) -> None:
        """Forward with that probability per stage, else lost. Stops where the history does."""
        stages = [stage.id for stage in PIPELINE if not stage.is_closed]
        for stage in stages[1:]:
            if not self._wait(2, 9):
                return
            if not self.chance.happens(probability):
                return self._lose(probability)
            self._set("dealstage", stage)
            if self.chance.happens(0.15):
                self._amend()
        if self._wait(2, 10):
            self._close(WON) if self.chance.happens(probability) else self._lose(probability)

    def _lose(self, probability: float) -> None:
        self._close(LOST)
        if self.is_reopened and self._wait(3, 9):
            self._set("dealstage", "decisionmakerboughtin")
            self._set("closed_lost_reason", "")
            self._set("closedate", iso_ms(self.at + timedelta(days=20)))
            if self._wait(4, 12):
                self._close(WON)

    def _close(self, stage: str) -> None:
        self._set("dealstage", stage)
        back = timedelta(days=9) if self.is_backdated and stage == WON else timedelta(0)
        self._set("closedate", iso_ms(self.at - back))
        if stage == LOST:
            self._set("closed_lost_reason", self.chance.choice(LOST_REASONS))
        elif self.chance.happens(0.12) and self._wait(2, 8):
            self._amend()

    def _amend(self) -> None:
        self.amount = (self.amount * Decimal(self.chance.choice(("0.85", "0.9", "1.1", "1.2")))).quantize(Decimal("1"))
        self._set("amount", str(self.amount))

    def _wait(self, first_day: int, last_day: int) -> bool:
        """Move on by some days, to office hours; False when that is beyond the history."""
        after = self.at + timedelta(days=first_day)
        moved = self.chance.office_instant(after, self.at + timedelta(days=last_day))
        if moved > self.until:
            return False
        self.at = moved
        return True

    def _set(self, name: str, value: str) -> None:
        self.changes.append(Change(self.at, name, value))
