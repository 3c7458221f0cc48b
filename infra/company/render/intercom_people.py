"""Who and what is in Pay Ready's Intercom besides the contacts who are asked about: residents, and companies."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ..chance import Chance
from ..history import Version
from ..lives import live
from ..signing import hexadecimal
from ..world import World
from . import salesforce

APP_ID = "pr4y7x2q"
RESIDENTS = ("tenant.one@freemail.example", "unit14b@freemail.example", "night.shift@mercy-hospital.example")


def contact(
    id_: str, at: datetime, email: str, name: str, external_id: str | None, *, is_lead: bool = False
) -> dict[str, Any]:
    """A contact as it is born. Who only wrote an e-mail never signed in, and has no external id."""
    return {
        "type": "contact",
        "id": id_,
        "workspace_id": APP_ID,
        "external_id": external_id,
        "role": "lead" if is_lead else "user",
        "email": email,
        "name": name,
        "phone": None,
        "owner_id": None,
        "created_at": int(at.timestamp()),
        "updated_at": int(at.timestamp()),
        "signed_up_at": int(at.timestamp()),
        "last_seen_at": None,
        "unsubscribed_from_emails": False,
        "companies": {"type": "list", "data": [], "total_count": 0, "has_more": False},
        "custom_attributes": {},
    }


def residents(chance: Chance, moments: Callable[[int], list[datetime]]) -> list[Version]:
    """Tenants who found the widget: consumers, nobody's contact. One writes from work."""
    made = []
    for number, email in enumerate(RESIDENTS):
        at = moments(1)
        id_ = hexadecimal(chance, 24)
        record = contact(id_, at[0], email, f"Resident {number + 1}", f"lease-{88_140 + number}")
        made += live("contact", id_, at, record, [], born_as="contact.user.created")
    return made


def companies(world: World, chance: Chance, moments: Callable[[int], list[datetime]]) -> dict[str, list[Version]]:
    """The first of the market, by its ids. Most bear HubSpot's id, one Salesforce's, one an id of its own and a
    website."""
    accounts = {about: made for made, about in salesforce.origins(world).items() if made.startswith("001")}
    found = {}
    for number, one in enumerate(world.market.companies[:9]):
        at = moments(2)
        record: dict[str, Any] = {
            "type": "company",
            "id": hexadecimal(chance, 24),
            "company_id": {4: accounts[one.id], 6: "portfolio-6"}.get(number, one.id),
            "app_id": APP_ID,
            "name": one.value("name", max(world.now, one.created_at)),
            "plan": {"type": "plan", "id": "1", "name": "Portfolio"},
            "monthly_spend": chance.randint(5, 90) * 100,
            "user_count": chance.randint(1, 9),
            "session_count": chance.randint(0, 500),
            "industry": "Property management",
            "website": f"https://{one.value('domain', world.now)}/about" if number == 6 else None,
            "remote_created_at": int(at[0].timestamp()),
            "created_at": int(at[0].timestamp()),
            "updated_at": int(at[0].timestamp()),
            "last_request_at": None,
            "custom_attributes": {},
        }
        spends = {"monthly_spend": record["monthly_spend"] + 100, "updated_at": int(at[1].timestamp())}
        steps = [("", lambda before, when, spends=spends: spends)]
        found[one.id] = live("company", record["id"], at, record, steps, born_as="company.created")
    return found
