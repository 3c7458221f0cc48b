"""Accounts, contacts and leads of Pay Ready's Salesforce, made of the market: merged, doubled, deleted, misspelt."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..crm import Record
from ..lookalikes import SHARED_HOST

if TYPE_CHECKING:
    from .salesforce import Org

MERGED_INTO = "merged into "
"""How a deletion's event_type begins when it was a merge; the winner's id follows."""


def add_accounts(org: "Org") -> None:
    """Of two thirds of the market. Of a company and its double in HubSpot only the company."""
    market, world = org.world.market, org.world
    planted = market.planted
    companies = [one for one in market.companies if not one.merged_into and one not in planted.companies][:24]
    companies += [one for one in planted.companies if one.id not in planted.same_as]
    for number, company in enumerate(companies):
        _account(org, company, has_site=number != 10 or not _is_known_by_mail(org, company))
    for contact_id, company_id in planted.second_jobs.items():
        [contact] = [one for one in market.contacts if one.id == contact_id]
        _contact(org, contact, org.account_ids[company_id], world.started_at + timedelta(days=3))
    for made in org.chance.sample(list(org.account_ids.values()), 9):
        org.update("Account", made, org.lately(made), Type="Customer", NumberOfEmployees=org.chance.randint(20, 900))
    for contact_id, _ in org.chance.sample(org.contact_ids[6:], 12):
        org.update("Contact", contact_id, org.lately(contact_id, 80), Title="Vice President of Operations")
    _departures(org, companies[0].value("name", world.now), companies[0].value("domain", world.now))
    _doubles(org, companies)


def _account(org: "Org", company: Record, has_site: bool) -> None:
    """With three of its contacts, who came in one import: all of them within the same second."""
    market, world = org.world.market, org.world
    name, domain = company.value("name", world.now), company.value("domain", world.now)
    site = market.planted.sites.get(company.id, f"https://www.{domain}") if has_site else None
    fields = _fields(name, site, org.owner())
    fields["ParentId"] = org.account_ids.get(market.planted.parents.get(company.id, ""))
    made = org.create("Account", org.new_id("001"), company.created_at, fields)
    org.account_ids[company.id] = made
    org.origins[made] = company.id
    for contact in market.contacts_of(company.id)[:3]:
        if contact.id not in market.planted.second_jobs:
            at = max(world.started_at + timedelta(days=2), company.created_at)
            org.contact_ids.append((_contact(org, contact, made, at), made))


def _contact(org: "Org", contact: Record, account_id: str, at: datetime) -> str:
    """Some addresses in capitals, as people type them."""
    told = contact.properties(org.world.now)
    email = told["email"].title() if len(org.contact_ids) % 7 == 5 else told["email"]
    fields = {"AccountId": account_id, "Email": email, "FirstName": told["firstname"]}
    fields |= {"LastName": told["lastname"], "Title": told["jobtitle"], "OwnerId": org.owner()}
    made = org.create("Contact", org.new_id("003"), at, fields | {"MasterRecordId": None})
    org.origins[made] = contact.id
    return made


def _is_known_by_mail(org: "Org", company: Record) -> bool:
    """At least two of those imported write from its domain: then it is found without a website."""
    domain = company.value("domain", org.world.now)
    told = [one.value("email", org.world.now) for one in org.world.market.contacts_of(company.id)[:3]]
    return sum(one.endswith(f"@{domain}") for one in told) > 1


def _doubles(org: "Org", companies: list[Record]) -> None:
    """One company entered again, and a second person behind the mailbox of an office."""
    original = companies[2]
    name, domain = original.value("name", org.world.now), original.value("domain", org.world.now)
    at = max(original.created_at, org.world.started_at) + timedelta(days=6)
    double = org.create("Account", org.new_id("001"), at, _fields(f"{name} Inc", domain.upper(), org.owner()))
    org.origins[double] = original.id
    offices = [one for one in companies if one.value("domain", org.world.now) == SHARED_HOST]
    for number, first_name in enumerate(("Lou", "Kit")):
        fields: dict[str, Any] = {"AccountId": org.account_ids[offices[0].id], "Email": "desk14@maple-court.example"}
        fields |= {"FirstName": first_name, "LastName": "Frontdesk", "Title": None, "OwnerId": org.owner()}
        at = org.world.started_at + timedelta(days=7 + number)
        made = org.create("Contact", org.new_id("003"), at, fields | {"MasterRecordId": None})
        org.origins[made] = f"{first_name} Frontdesk"


def _departures(org: "Org", name: str, domain: str) -> None:
    """Deletions of the last days, which the recycle bin still shows; one was undone, one was a merge. And one from
    before anybody listened."""
    winner = next(iter(org.account_ids.values()))
    double = org.create(
        "Account",
        org.new_id("001"),
        org.world.now - timedelta(days=30),
        _fields(f"{name} LLC", f"https://www.{domain}", org.owner()),
    )
    org.origins[double] = org.origins[winner]
    org.delete("Account", double, org.lately(double, 8, 3), MERGED_INTO + winner)
    gone, back, early = (contact_id for contact_id, _ in org.contact_ids[:3])
    org.delete("Contact", gone, org.lately(gone, 9, 1))
    undone_at = org.delete("Contact", back, org.lately(back, 9, 4)) + timedelta(days=2)
    org.update("Contact", back, undone_at, Title="Controller")
    org.delete("Contact", early, org.world.started_at + timedelta(days=9))


def add_leads(org: "Org") -> None:
    """People of the last accounts, entered again by somebody who did not look."""
    for number, (contact_id, account_id) in enumerate(org.contact_ids[-14:]):
        contact = org.last[contact_id][1]
        fields = {"Email": contact["Email"], "FirstName": contact["FirstName"], "LastName": contact["LastName"]}
        fields |= {"Company": org.last[account_id][1]["Name"], "Status": "Open - Not Contacted"}
        fields |= {"IsConverted": False, "ConvertedDate": None, "ConvertedContactId": None, "MasterRecordId": None}
        made = org.create("Lead", org.new_id("00Q"), org.lately(contact_id, 100, 20), fields | {"OwnerId": org.owner()})
        org.origins[made] = org.origins[contact_id]
        if number % 4 == 1:
            at = org.lately(made, 19)
            converted = {"IsConverted": True, "ConvertedDate": f"{at:%Y-%m-%d}", "ConvertedContactId": contact_id}
            org.update("Lead", made, at, Status="Closed - Converted", **converted)
        if number == 7:
            org.delete("Lead", made, org.lately(made, 6, 1))


def _fields(name: str, site: str | None, owner_id: str) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "Name": name,
        "ParentId": None,
        "OwnerId": owner_id,
        "Type": "Prospect",
        "Industry": "Real Estate",
    }
    return fields | {"Website": site, "NumberOfEmployees": None, "MasterRecordId": None}
