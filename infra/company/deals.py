"""Deals and the pipeline they walk through, stage by stage; a rival on a deal lowers its chance to be won.

Most deals of the companies that both CRMs know are kept in both. The few that only Salesforce knows are told by
only_in_salesforce: whoever reads a world's pursuits reads HubSpot's.
"""

import functools
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from .accounts import Market
from .chance import Chance
from .crm import Change, Link, Record
from .grammar import COMPETITORS
from .pipeline import PARTNERS, PARTNERS_ID, PIPELINE_ID, QUALIFIED_FROM
from .salesforce_ids import opportunity_id
from .staff import Employee, team
from .walk import Walk

if TYPE_CHECKING:
    from .world import World

_DELETED, _MERGED = (9, 20), 11
_CURRENCIES = {5: "CAD", 24: "EUR", 30: "GBP", 43: "CAD", 62: "EUR", 81: "CAD"}
"""By number of the deal; for the pound there is no rate."""


@dataclass(frozen=True, slots=True)
class Pursuit:
    """A deal, and what only the truth knows of it: which competitor is after the same customer, and which opportunity
    of Salesforce is the same deal."""

    record: Record
    company_id: str
    rival: str | None
    opportunity_id: str | None = None


def pursue(
    seed: int,
    scale: float,
    started_at: datetime,
    now: datetime,
    until: datetime,
    market: Market,
    staff: tuple[Employee, ...],
) -> tuple[Pursuit, ...]:
    """All deals of HubSpot, created evenly over the history; what they do goes on until `until`.

    Planted: deals lost and re-opened, won and re-opened, closed with a backdated date, in another currency, with an
    amount changed after the close, deleted, entered twice and merged, of a pipeline that is no revenue, without an
    amount, without a contact; and a redesign of the pipeline.
    """
    chance = Chance(seed, "deals")
    owners = _owners(staff)
    rivals = sorted(COMPETITORS)
    count = max(30, round(96 * scale))
    living = [one for one in market.companies if not one.merged_into]
    in_both = {one.id for one in living[: len(living) * 2 // 3]}
    pursuits = []
    for number in range(count):
        company = chance.choice(living)
        earliest = max(started_at + (now - started_at) * number / (count + 2), company.created_at + timedelta(days=2))
        created_at = chance.office_instant(earliest, earliest + timedelta(days=2))
        rival = chance.choice(rivals) if chance.happens(0.65) else None
        units = max(market.units[company.id], 120)
        walk = Walk(chance, created_at, until, units, number)
        walk.go(0.85 if rival else 0.93)
        contacts = market.contacts_of(company.id)[: 0 if number == 4 else 2]
        changes = [
            Change(created_at, "dealname", f"{company.value('name', created_at)} - {units} units"),
            Change(created_at, "pipeline", PIPELINE_ID),
            Change(created_at, "hubspot_owner_id", chance.choice(owners).owner_id),
            Change(created_at, "deal_currency_code", _CURRENCIES.get(number, "USD")),
            *(change for change in walk.changes if not (number == 6 and change.name == "amount")),
        ]
        links = [Link(created_at, "company", company.id, True)]
        links += [Link(max(created_at, one.created_at), "contact", one.id) for one in contacts]
        deal_id = str(9_000_000_000 + chance.number(8) * 10 + number % 10)
        kept_as = None
        if company.id in in_both and number not in (*_DELETED, _MERGED) and chance.happens(0.82):
            kept_as = opportunity_id(seed, deal_id)
            # An id is copied in either form.
            told = kept_as[:15] if number % 2 else kept_as
            changes.append(Change(created_at + timedelta(minutes=3), "hs_salesforceopportunityid", told))
        record = Record("deal", deal_id, created_at, tuple(sorted(changes, key=lambda change: change.at)), tuple(links))
        if number in _DELETED:
            deleted_at = chance.office_instant(created_at + timedelta(days=4), created_at + timedelta(days=20))
            seen = tuple(change for change in record.changes if change.at < deleted_at)
            record = replace(record, changes=seen, archivings=((deleted_at, True),))
        pursuit = Pursuit(record, company.id, None if walk.is_backdated else rival, kept_as)
        pursuits += _entered_twice(chance, pursuit) if number == _MERGED else [pursuit]
    pursuits.append(_begun_now(seed, chance, now, until, living[0], owners[0]))
    return (*pursuits, *_with_partners(chance, started_at, now, living, owners))


@functools.lru_cache(maxsize=4)
def only_in_salesforce(world: "World") -> tuple[Pursuit, ...]:
    """Deals that nobody entered in HubSpot, with HubSpot's names for their properties. One of them is deleted, where
    the recycle bin still shows it."""
    chance, now = Chance(world.seed, "deals only in salesforce"), world.now
    living = [one for one in world.market.companies if not one.merged_into]
    companies, owners = living[: min(24, len(living) * 2 // 3)], _owners(world.staff)
    count = max(4, round(len(world.pursuits) / 8))
    pursuits = []
    for number in range(count):
        company = chance.choice(companies)
        earliest = world.started_at + (now - world.started_at) * number / (count + 1)
        earliest = max(earliest, company.created_at + timedelta(days=2))
        created_at = chance.office_instant(earliest, earliest + timedelta(days=2))
        units = max(world.market.units[company.id], 120)
        walk = Walk(chance, created_at, now, units, number)
        walk.go(0.9)
        changes = [
            Change(created_at, "dealname", f"{company.value('name', created_at)} renewal"),
            Change(created_at, "hubspot_owner_id", chance.choice(owners).owner_id),
            Change(created_at, "deal_currency_code", "CAD" if number == 2 else "USD"),
            *walk.changes,
        ]
        record = Record("deal", f"salesforce-{number}", created_at, tuple(sorted(changes, key=lambda one: one.at)))
        if number == 1:
            gone_at = chance.office_instant(now - timedelta(days=8), now - timedelta(days=3))
            seen = tuple(change for change in record.changes if change.at < gone_at - timedelta(hours=1))
            record = replace(record, changes=seen, archivings=((gone_at, True),))
        pursuits.append(Pursuit(record, company.id, None, opportunity_id(world.seed, record.id)))
    return tuple(pursuits)


def _owners(staff: tuple[Employee, ...]) -> list[Employee]:
    return [owner for owner in team(staff, "sales") if owner.title == "Account Executive"]


def _begun_now(seed: int, chance: Chance, now: datetime, until: datetime, company: Record, owner: Employee) -> Pursuit:
    """A deal of the last hour, so that something is always about to happen in either CRM."""
    created_at = now - timedelta(hours=1)
    walk = Walk(chance, created_at, until, 200, number=0)
    deal_id = str(9_000_000_000 + chance.number(8) * 10)
    kept_as = opportunity_id(seed, deal_id)
    told = {
        "dealname": f"{company.value('name', created_at)} - 200 units",
        "pipeline": PIPELINE_ID,
        "hubspot_owner_id": owner.owner_id,
        "deal_currency_code": "USD",
        "hs_salesforceopportunityid": kept_as,
    }
    changes = [Change(created_at, name, value) for name, value in told.items()] + walk.changes
    changes.append(Change(now + timedelta(days=1), "dealstage", QUALIFIED_FROM))
    links = (Link(created_at, "company", company.id, True),)
    return Pursuit(Record("deal", deal_id, created_at, tuple(changes), links), company.id, None, kept_as)


def _entered_twice(chance: Chance, pursuit: Pursuit) -> list[Pursuit]:
    """A colleague entered the deal once more; days later the two were merged."""
    deal = pursuit.record
    created_at = chance.office_instant(deal.created_at + timedelta(days=1), deal.created_at + timedelta(days=4))
    merged_at = chance.office_instant(created_at + timedelta(days=3), created_at + timedelta(days=9))
    loser_id = str(int(deal.id) + 3)
    told = deal.properties(deal.created_at)
    kept = tuple(Change(created_at, name, value) for name, value in told.items())
    links = tuple(Link(created_at, link.to_kind, link.to_id, link.is_primary) for link in deal.links[:1])
    loser = Record("deal", loser_id, created_at, kept, links, merged_at=merged_at, merged_into=deal.id)
    ids = Change(merged_at, "hs_merged_object_ids", loser_id)
    changes = tuple(sorted((*deal.changes, ids), key=lambda change: change.at))
    winner = replace(deal, changes=changes, absorbed=((merged_at, loser_id),))
    return [replace(pursuit, record=winner), Pursuit(loser, pursuit.company_id, None)]


def _with_partners(
    chance: Chance, started_at: datetime, now: datetime, companies: list[Record], owners: list[Employee]
) -> list[Pursuit]:
    """Agreements with partners, of which two are signed: large amounts that no sales number may count."""
    made = []
    for number in range(3):
        company = companies[-1 - number]
        earliest = max(started_at, company.created_at) + timedelta(days=2)
        created_at = chance.office_instant(earliest, max(earliest + timedelta(days=1), now - timedelta(days=40)))
        signed_at = chance.office_instant(created_at + timedelta(days=3), created_at + timedelta(days=15))
        told = {
            "dealname": f"{company.value('name', created_at)} partnership",
            "pipeline": PARTNERS_ID,
            "hubspot_owner_id": owners[number % len(owners)].owner_id,
            "deal_currency_code": "USD",
            "amount": "1000000",
            "closedate": (created_at + timedelta(days=15)).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "dealstage": PARTNERS[0].id,
        }
        changes = [Change(created_at, name, value) for name, value in told.items()]
        if number:
            changes.append(Change(signed_at, "dealstage", PARTNERS[1].id))
            changes.append(Change(signed_at, "closedate", signed_at.strftime("%Y-%m-%dT%H:%M:%S.000Z")))
        deal_id = str(8_000_000_000 + chance.number(8) * 10 + number)
        links = (Link(created_at, "company", company.id, True),)
        made.append(Pursuit(Record("deal", deal_id, created_at, tuple(changes), links), company.id, None))
    return made
