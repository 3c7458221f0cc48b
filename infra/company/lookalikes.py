"""Companies that are hard to tell apart or together: what resolving identities has to get right, planted.

Names and domains are the same in every seed, because what people decided about some of them is written down by domain
(dbt_project/seeds/identity_overrides.csv, shared_host_domains.csv, free_mail_domains.csv).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .chance import Chance
from .crm import Change, Link, Record
from .staff import Employee

FREE_MAIL = "freemail.example"
SHARED_HOST = "rentfolio.example"
SISTERS = ("twinpeaks-north.example", "twinpeaks-south.example")
"""Two companies that a data vendor takes for one; people wrote down that they are two."""
REBRANDED = ("marlowe-living.example", "marlowe-homes.example")
"""The domain of today, and the one Salesforce still has."""
OPERATOR = 7
"""The place in the market of the company whose properties are listed as companies of their own."""
SECOND_JOB = (3, 8)
"""Somebody with a free mail address works for the first of these companies, and in Salesforce for the second."""


@dataclass(frozen=True)
class Lookalikes:
    """What was planted. same_as: a double and the company it is. parents: a property and its operator. sites: the
    website where it is not that of the domain. second_jobs: a contact and the other company that person works for."""

    companies: list[Record] = field(default_factory=list)
    contacts: list[Record] = field(default_factory=list)
    same_as: dict[str, str] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    sites: dict[str, str] = field(default_factory=dict)
    second_jobs: dict[str, str] = field(default_factory=dict)


def plant(
    seed: int,
    companies: list[Record],
    first_contact: int,
    persons: list[tuple[str, str]],
    owners: list[Employee],
    started_at: datetime,
    now: datetime,
) -> Lookalikes:
    """Nearly all of them are older than the history."""
    planting = _Planting(seed, first_contact, persons, owners, started_at)
    known = [one for one in companies if not one.merged_into]
    planting.doubles(known, now)
    planting.shared_sites()
    planting.properties(known[OPERATOR], now)
    planting.relatives()
    planting.person_with_two_jobs(known[SECOND_JOB[0]].id, known[SECOND_JOB[1]].id)
    return planting.made


class _Planting:
    def __init__(
        self, seed: int, first_contact: int, persons: list[tuple[str, str]], owners: list[Employee], at: datetime
    ) -> None:
        self.chance = Chance(seed, "lookalikes")
        self.owners, self.persons, self.next_contact = owners, persons, first_contact
        self.first, self.last = at - timedelta(days=420), at - timedelta(days=20)
        self.made = Lookalikes()

    def company(self, name: str, domain: str, hosts: list[str], at: datetime | None = None, parent: str = "") -> str:
        """With a contact per host, whose address is there."""
        at = at or self.chance.office_instant(self.first, self.last)
        company_id = str(30_000_000_000 + self.chance.number(9) * 10 + len(self.made.companies) % 10)
        owner = self.chance.choice(self.owners)
        changes = [
            Change(at, "name", name),
            Change(at, "domain", domain),
            Change(at, "industry", "REAL_ESTATE"),
            Change(at, "hubspot_owner_id", owner.owner_id),
            Change(at, "numberofemployees", str(self.chance.randint(5, 300))),
        ]
        if parent:
            changes.append(Change(at, "hs_parent_company_id", parent))
            self.made.parents[company_id] = parent
        self.made.companies.append(Record("company", company_id, at, tuple(changes)))
        for host in hosts:
            self.contact(company_id, host, owner, at)
        return company_id

    def contact(self, company_id: str, host: str, owner: Employee, at: datetime, handle: str = "") -> str:
        first, last = self.persons.pop()
        handle = handle or f"{first}.{last}".lower().replace("ü", "ue").replace("ö", "oe")
        changes = (
            Change(at, "email", f"{handle}@{host}"),
            Change(at, "firstname", first),
            Change(at, "lastname", last),
            Change(at, "jobtitle", self.chance.choice(("Owner", "Regional Manager", "Leasing Manager"))),
            Change(at, "lifecyclestage", "lead"),
            Change(at, "hubspot_owner_id", owner.owner_id),
            Change(at, "associatedcompanyid", company_id),
        )
        contact_id = str(100_000 + self.next_contact * 50 + 1)
        self.next_contact += 1
        link = Link(at, "company", company_id, True)
        self.made.contacts.append(Record("contact", contact_id, at, changes, (link,)))
        return contact_id

    def doubles(self, companies: list[Record], now: datetime) -> None:
        """Entered again under another spelling, and never merged; the second one lately."""
        for original, ending, host, since, until in (
            (companies[1], " LLC", "www.", self.first, self.last),
            (companies[4], ", Inc.", "", now - timedelta(days=25), now - timedelta(days=3)),
        ):
            name, domain = (original.value(one, now) for one in ("name", "domain"))
            born_after = original.created_at + timedelta(days=1)
            at = self.chance.office_instant(max(since, born_after), max(until, born_after))
            double = self.company(name.upper() + ending, host + domain, [domain], at)
            self.made.same_as[double] = original.id

    def shared_sites(self) -> None:
        """Two on one host under different paths, one on a subdomain of it, two who entered their mail provider."""
        for name, mail in (("Maple Court Lofts", "maple-court.example"), ("Quarry Yard Lofts", "quarry-yard.example")):
            made = self.company(name, SHARED_HOST, [mail, mail])
            self.made.sites[made] = f"https://www.{SHARED_HOST}/{mail.removesuffix('.example')}"
        self.company("Willow Bend Homes", f"willowbend.{SHARED_HOST}", [FREE_MAIL])
        for name in ("Sutter Rentals", "Dunes Rentals"):
            self.company(name, FREE_MAIL, [FREE_MAIL])

    def properties(self, operator: Record, now: datetime) -> None:
        """Three buildings; their people write from the operator's domain, and one has not even a site of its own."""
        domain = operator.value("domain", now)
        for name, own in (("Oakline Terrace", True), ("Lamar Commons", True), ("Riverside Lofts", False)):
            site = name.lower().replace(" ", "-") + ".example" if own else domain
            at = self.chance.office_instant(max(self.first, operator.created_at), max(self.last, operator.created_at))
            self.company(name, site, [domain], max(at, operator.created_at), operator.id)

    def relatives(self) -> None:
        for name, domain in zip(("Twin Peaks North", "Twin Peaks South"), SISTERS, strict=True):
            self.company(name, domain, [domain])
        made = self.company("Marlowe Living", REBRANDED[0], [REBRANDED[0]])
        self.made.sites[made] = f"http://{REBRANDED[1]}:8080/home"

    def person_with_two_jobs(self, company_id: str, other_id: str) -> None:
        made = self.contact(company_id, FREE_MAIL, self.owners[0], self.chance.office_instant(self.first, self.last))
        self.made.second_jobs[made] = other_id
