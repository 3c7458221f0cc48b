"""Property managers who buy, or might buy, from Pay Ready, and the people who work there."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from .chance import Chance
from .crm import Change, Link, Record
from .lookalikes import FREE_MAIL, Lookalikes, plant
from .staff import Employee, people, team

_NAME_LIST = (
    "Alder Birchwood Cedarline Driftwood Elmhurst Foxglove Granite Harborview Ironbridge Juniper Kingsway Larkspur "
    "Meadowbrook Northgate Oakridge Pinecrest Quarry Riverbend Stonefield Thornbury Upland Valecrest Westmoor Yewtree"
)
_NAMES = _NAME_LIST.split()
_FORMS = ("Residential", "Property Group", "Homes", "Communities", "Living")
_SPARE_PERSONS = 30
_TITLES = ("Chief Financial Officer", "Director of Operations", "Regional Manager", "Controller", "Leasing Manager")


@dataclass(frozen=True, slots=True)
class Market:
    """All companies and contacts, and who of them is bought together: units is the size of each company's portfolio.
    Companies and contacts of planted are among them, last."""

    companies: tuple[Record, ...]
    contacts: tuple[Record, ...]
    units: dict[str, int]
    planted: Lookalikes = field(default_factory=Lookalikes)

    def contacts_of(self, company_id: str) -> list[Record]:
        return [one for one in self.contacts if any(link.to_id == company_id for link in one.links)]


def found(seed: int, scale: float, started_at: datetime, now: datetime, staff: tuple[Employee, ...]) -> Market:
    """Two thirds are older than the history. One company is a duplicate merged away, two are renamed; contacts move
    titles, one is deleted, one deleted and restored, one erased for privacy. Then come the lookalikes."""
    chance = Chance(seed, "accounts")
    owners = team(staff, "sales")
    count = max(12, round(36 * scale))
    names = [f"{name} {form}" for form in _FORMS for name in _NAMES]
    names = [names[n % len(names)] + (f" {n // len(names) + 1}" if n >= len(names) else "") for n in range(count)]
    companies: list[Record] = []
    contacts: list[Record] = []
    units: dict[str, int] = {}
    persons = people(chance, count * 5 + _SPARE_PERSONS)
    spare = persons[count * 5 :]
    del persons[count * 5 :]
    for number, name in enumerate(names):
        owner = chance.choice(owners)
        company_id = str(20_000_000_000 + chance.number(9) * 10 + number % 10)
        created_at = _since(chance, number, started_at, now)
        domain = name.lower().replace(" ", "-") + ".example"
        units[company_id] = chance.randint(3, 60) * chance.randint(40, 180)
        changes = [
            Change(created_at, "name", name),
            Change(created_at, "domain", domain),
            Change(created_at, "industry", "REAL_ESTATE"),
            Change(created_at, "hubspot_owner_id", owner.owner_id),
            Change(created_at, "numberofemployees", str(chance.randint(12, 900))),
        ]
        if number in (2, 5):
            renamed_at = chance.office_instant(max(created_at, started_at) + timedelta(days=5), now)
            changes.append(Change(renamed_at, "name", f"{name} Partners"))
        companies.append(Record("company", company_id, created_at, tuple(changes)))
        for _ in range(chance.randint(2, 4)):
            contacts.append(_contact(chance, persons.pop(), domain, created_at, now, owner, company_id, len(contacts)))
    _plant_merge(chance, companies, units, started_at, now)
    contacts = _plant_departures(chance, contacts, started_at, now)
    planted = plant(seed, companies, len(contacts), spare, owners, started_at, now)
    units |= {one.id: chance.randint(40, 400) for one in planted.companies}
    return Market((*companies, *planted.companies), (*contacts, *planted.contacts), units, planted)


def _since(chance: Chance, number: int, started_at: datetime, now: datetime) -> datetime:
    if number % 3 == 2:
        return chance.office_instant(started_at, now - timedelta(days=30))
    return chance.office_instant(started_at - timedelta(days=500), started_at - timedelta(days=5))


def _contact(
    chance: Chance,
    person: tuple[str, str],
    domain: str,
    company_at: datetime,
    now: datetime,
    owner: Employee,
    company_id: str,
    number: int,
) -> Record:
    first, last = person
    # Most came with the company, in one import; the others were met later.
    created_at = company_at + timedelta(milliseconds=chance.randint(60_000, 86_400_000)) * chance.happens(0.15)
    host = FREE_MAIL if chance.happens(0.08) else domain
    handle = f"{first}.{last}".lower().replace("ü", "ue").replace("ö", "oe")
    changes = [
        Change(created_at, "email", f"{handle}@{host}"),
        Change(created_at, "firstname", first),
        Change(created_at, "lastname", last),
        Change(created_at, "jobtitle", chance.choice(_TITLES)),
        Change(created_at, "lifecyclestage", "lead"),
        Change(created_at, "hubspot_owner_id", owner.owner_id),
        Change(created_at, "associatedcompanyid", company_id),
    ]
    if chance.happens(0.2):
        promoted_at = chance.office_instant(max(created_at, now - timedelta(days=100)), now)
        changes.append(Change(max(promoted_at, created_at), "lifecyclestage", "opportunity"))
    contact_id = str(100_000 + number * 50 + 1)
    return Record("contact", contact_id, created_at, tuple(changes), (Link(created_at, "company", company_id, True),))


def _plant_merge(
    chance: Chance, companies: list[Record], units: dict[str, int], started_at: datetime, now: datetime
) -> None:
    """The duplicate of the first company, merged into it. It never had a contact, a deal or a call."""
    winner = companies[0]
    loser_id = str(int(winner.id) + 7)
    created_at = chance.office_instant(started_at + timedelta(days=3), started_at + timedelta(days=20))
    merged_at = chance.office_instant(created_at + timedelta(days=10), now - timedelta(days=10))
    name = winner.value("name", created_at).upper() + " LLC"
    changes = (Change(created_at, "name", name), Change(created_at, "domain", winner.value("domain", created_at)))
    companies.append(
        Record("company", loser_id, created_at, changes, merged_at=merged_at, merged_into=winner.id),
    )
    merged_ids = Change(merged_at, "hs_merged_object_ids", loser_id)
    companies[0] = replace(winner, changes=(*winner.changes, merged_ids), absorbed=((merged_at, loser_id),))
    units[loser_id] = 0


def _plant_departures(chance: Chance, contacts: list[Record], started_at: datetime, now: datetime) -> list[Record]:
    """The last contact of each third company or so leaves: enough are many to choose from, three are taken."""
    deleted, restored, erased = (len(contacts) - 1, len(contacts) - 4, len(contacts) - 7)
    first = max(contacts[n].created_at for n in (deleted, restored, erased))
    gone_at = chance.office_instant(max(first, started_at) + timedelta(days=2), now - timedelta(days=4))
    back_at = gone_at + timedelta(days=3, milliseconds=chance.randint(0, 40_000_000))
    for gone in (deleted, erased):  # nobody changes what is not there any more
        changes = tuple(change for change in contacts[gone].changes if change.at < gone_at)
        contacts[gone] = replace(contacts[gone], changes=changes)
    contacts[deleted] = replace(contacts[deleted], archivings=((gone_at, True),))
    contacts[restored] = replace(contacts[restored], archivings=((gone_at, True), (back_at, False)))
    contacts[erased] = replace(contacts[erased], erased_at=gone_at)
    return contacts
