"""UserGems' campaign action "Send to Webhook": a record a request, behind the one header its user chose.

UserGems publishes no payload. This one has the entities its help pages name, in the spelling of its own API
(firstName, relationshipType, custom: app.usergems.com/api/documentation), and is otherwise a guess.
"""

import hashlib
import json
import random
from datetime import datetime
from typing import Any

from ..chance import Chance
from ..crm import Record
from ..delivery import Delivery, to_json
from ..signing import shared
from ..vendor import Outgoing
from ..world import World

_SIGNALS = ("Job Change", "Job Change", "Job Change", "Promotion", "New Hire")
_TITLES = ("Chief Operating Officer", "Vice President of Finance", "Director of Resident Experience")


def deliveries(world: World, chance: Chance) -> list[Delivery]:
    """Contacts of the market who moved on, and hires at companies not won yet; some are told again, rewritten."""
    companies = [one for one in world.market.companies if not one.merged_into]
    contacts = world.market.contacts
    made = []
    for number, contact in enumerate(chance.sample(contacts, min(40, len(contacts)))):
        at = chance.office_instant(world.hooks_since, world.now)
        old, new = chance.sample(companies, 2)
        payload = _payload(contact, old, new, world.now, at, chance)
        made.append(_delivery(payload, at))
        if number % 10 == 3:
            made.append(_delivery(dict(sorted(payload.items())), chance.instant(at, world.now)))
    return made


def _payload(contact: Record, old: Record, new: Record, now: datetime, at: datetime, chance: Chance) -> dict[str, Any]:
    told, signal = contact.properties(now), chance.choice(_SIGNALS)
    first, last = told["firstname"], told["lastname"]
    domain = new.value("domain", now)
    is_move = signal == "Job Change"
    return {
        "signal": signal,
        "relationshipType": chance.choice(("Champion", "User", "Prospect")),
        "firstName": first,
        "lastName": last,
        "email": f"{first}.{last}@{domain}".lower(),
        "linkedinUrl": f"https://www.linkedin.example/in/{first}-{last}".lower(),
        "title": chance.choice(_TITLES),
        "company": new.value("name", now),
        "companyDomain": domain,
        "previousTitle": told["jobtitle"] if is_move else None,
        "previousCompany": old.value("name", now) if is_move else None,
        "previousCompanyDomain": old.value("domain", now) if is_move else None,
        "detectedAt": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "custom": contact.id,
    }


def _delivery(payload: dict[str, Any], at: datetime) -> Delivery:
    content = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
    delivery_id = hashlib.sha256(to_json(payload)).hexdigest()
    return Delivery(
        "usergems", "signal", to_json(payload), delivery_id, at, (("signal", content),), is_repairable=False
    )


def sign(outgoing: Outgoing) -> dict[str, str]:
    """help.usergems.com: a header with a key; HMAC is not supported."""
    return {"X-Api-Key": outgoing.keys["signing_secret"]}


def new_credentials(rng: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    return shared(rng)
