"""Apollo's callbacks: the result of each enrichment request, to the URL that the request named, and sometimes again."""

import functools
import random
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from ..chance import Chance
from ..delivery import Delivery, to_json
from ..history import History, Version, once_per_world
from ..lookalikes import SISTERS
from ..render import salesforce
from ..signing import hexadecimal, shared
from ..vendor import Outgoing
from ..world import World

STAGES = {"contact": ("Cold", "Approaching", "Replied"), "account": ("Cold", "Current Client")}


def stage_id(kind: str, number: int) -> str:
    return f"{kind == 'account':d}{number}aa0c0ffee0ddba11ca11ab1e"[:24]


@once_per_world
def history(world: World) -> History:
    """What the sales team saved: accounts and contacts of the market, most bearing the ids of the CRM they came from.
    Two sisters are taken for one: the first bears the Salesforce id of the second."""
    return History(_saved(world)[0])


@functools.lru_cache(maxsize=4)
def _saved(world: World) -> tuple[list[Version], dict[str, str]]:
    chance = Chance(world.seed, "apollo")
    versions: list[Version] = []
    about: dict[str, str] = {}
    imported_at = world.started_at + timedelta(days=4, milliseconds=250)
    owners = [hexadecimal(chance, 24) for _ in range(3)]
    companies = [one for one in world.market.companies[:20] if not one.merged_into]
    planted = [one for one in world.market.planted.companies if one.id not in world.market.planted.same_as]
    accounts = {about: made for made, about in salesforce.origins(world).items() if made.startswith("001")}
    people = {about: made for made, about in salesforce.origins(world).items() if made.startswith("003")}
    for number, company in enumerate([*companies, *planted]):
        domain, at = company.value("domain", world.now), max(company.created_at, imported_at)
        crm = _crm_ids(company.id, accounts, 1 if company in planted else number % 4)
        if domain == SISTERS[0]:
            [sister] = [one.id for one in planted if one.value("domain", world.now) == SISTERS[1]]
            crm, domain = crm | {"salesforce_id": accounts[sister]}, ""
        account = {
            "id": hexadecimal(chance, 24),
            "name": company.value("name", world.now),
            "domain": domain or None,
            "organization_id": hexadecimal(chance, 24),
            "owner_id": chance.choice(owners),
            "account_stage_id": stage_id("account", number % 2),
            **crm,
            "crm_id": company.id,
        }
        about[str(account["id"])] = company.id
        _tell(versions, chance, world, "account", account, at, {"account_stage_id": stage_id("account", 1)})
        for place, contact in enumerate(world.market.contacts_of(company.id)[:3]):
            known = _crm_ids(contact.id, people, place + 1)
            told = contact.properties(world.now)
            person: dict[str, Any] = {
                "id": hexadecimal(chance, 24),
                "person_id": hexadecimal(chance, 24),
                "account_id": account["id"],
                "organization_id": account["organization_id"],
                "organization_name": account["name"],
                "owner_id": chance.choice(owners),
                "contact_stage_id": stage_id("contact", number % 3),
                "first_name": told["firstname"],
                "last_name": told["lastname"],
                "name": f"{told['firstname']} {told['lastname']}",
                "title": told["jobtitle"],
                "email": told["email"],
                "email_status": "verified",
                "hubspot_vid": known["hubspot_id"],
                "salesforce_contact_id": known["salesforce_id"],
                "label_ids": [],
                "typed_custom_fields": {},
            }
            about[person["id"]] = contact.id
            _tell(versions, chance, world, "contact", person, at, {"title": "Vice President of Operations"})
    return versions, about


def _crm_ids(about: str, salesforce_ids: dict[str, str], way: int) -> dict[str, str | None]:
    """Whose ids it bears: of both CRMs, Salesforce's short as its user interface shows it; of neither; of HubSpot."""
    short = salesforce_ids.get(about, "")[:15] or None
    return {
        "hubspot_id": None if way == 2 else about,
        "salesforce_id": short if way == 1 else None,
    }


def origins(world: World) -> dict[str, str]:
    """Which company or contact of the market each account and contact is, by id."""
    return _saved(world)[1]


def _tell(
    versions: list[Version],
    chance: Chance,
    world: World,
    kind: str,
    record: dict[str, Any],
    at: Any,
    changed: dict[str, Any],
) -> None:
    """Saved, in a third of the cases changed, and rarely removed after now: of that the API says nothing."""
    created = {"created_at": _time(at)}
    versions.append(Version(kind, record["id"], at, {**record, **created, "updated_at": _time(at)}))
    if chance.happens(0.35):
        at = chance.office_instant(max(at + timedelta(hours=1), world.now - timedelta(days=50)), world.now)
        versions.append(Version(kind, record["id"], at, {**record, **created, **changed, "updated_at": _time(at)}))
    if chance.happens(0.04):
        versions.append(Version(kind, record["id"], world.now + timedelta(hours=chance.randint(2, 40)), None))


def _time(at: Any) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def deliveries(world: World, chance: Chance) -> list[Delivery]:
    """A request every few days, of one to four people; one found nobody."""
    contacts = [one for one in history(world).versions if one.stream == "contact" and one.record]
    made = []
    for number in range(14):
        at = chance.office_instant(world.hooks_since, world.now)
        request_id = str(chance.number(18))
        some = [one.record for one in chance.sample(contacts, 0 if number == 9 else chance.randint(1, 4))]
        people = {one["person_id"]: _person(one, chance) for one in some if one}
        result = {
            "status": "success",
            "total_requested_enrichments": max(1, len(people)),
            "unique_enriched_records": len(people),
            "missing_records": int(not people),
            "credits_consumed": 8 * len(people),
            "people": list(people.values()),
        }
        wrapped = {"request_id": int(request_id), "webhook_status": "completed", "webhook_result": result}
        body = to_json(wrapped if number % 2 else {"request_id": int(request_id), **result})
        events = tuple(("enrichment", f"{request_id}/{one}") for one in people) or (("enrichment", request_id),)
        made.append(Delivery("apollo", "enrichment", body, request_id, at, events, is_repairable=False))
    return made


def _person(contact: dict[str, Any], chance: Chance) -> dict[str, Any]:
    number = f"+1555{chance.number(7)}"
    phone = {"raw_number": number, "sanitized_number": number, "type_cd": "mobile", "status_cd": "valid_number"}
    return {"id": contact["person_id"], "status": "success", "phone_numbers": [{**phone, "confidence_cd": "high"}]}


def sign(outgoing: Outgoing) -> dict[str, str]:
    """Apollo documents no signature: the address is all there is."""
    return {}


def address(url: str, keys: Any) -> str:
    """The webhook_url as the request named it."""
    return f"{url}?key={quote(keys['signing_secret'])}"


def new_credentials(rng: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    return shared(rng, api_key=hexadecimal(rng, 22))
