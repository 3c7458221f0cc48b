"""Who left which account for which, of what UserGems has told."""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from ..deliveries import deliveries
from ..world import World
from .touches import host, owners


@dataclass(frozen=True, slots=True)
class JobChange:
    """Accounts are under HubSpot's ids; None where the employer's domain is no account's alone."""

    contact_id: str
    previous_account: str | None
    new_account: str | None
    previous_title: str
    is_champion: bool
    at: datetime


@lru_cache(maxsize=4)
def job_changes(world: World) -> list[JobChange]:
    """Each once, however often it was told; promotions and new hires are not among them."""
    homes = owners(world)
    return [
        JobChange(
            contact_id=one["custom"],
            previous_account=homes.get(host(one["previousCompanyDomain"])),
            new_account=homes.get(host(one["companyDomain"])),
            previous_title=one["previousTitle"],
            is_champion=one["relationshipType"] == "Champion",
            at=datetime.fromisoformat(one["detectedAt"]),
        )
        for one in _signals(world)
        if one["previousCompany"] and one["previousCompany"] != one["company"]
    ]


def told_since(world: World) -> datetime | None:
    """When UserGems first told anything at all."""
    return min((datetime.fromisoformat(one["detectedAt"]) for one in _signals(world)), default=None)


@lru_cache(maxsize=4)
def _signals(world: World) -> list[dict[str, str]]:
    """What is told again is written otherwise and says the same."""
    told = [json.loads(one.body) for one in deliveries(world, sources=["usergems"])]
    return list({json.dumps(one, sort_keys=True): one for one in told}.values())
