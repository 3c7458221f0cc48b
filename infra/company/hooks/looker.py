"""What Pay Ready keeps in Looker, and what its scheduled plans deliver: a token in a header, and data as text.

Facts: looker-open-source/sdk-codegen, Looker 4.0 API; lookerbot and other receivers for what a delivery looks like.
"""

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from ..chance import Chance
from ..delivery import Delivery, to_json
from ..history import History, Version, once_per_world
from ..signing import hexadecimal, sha256, shared
from ..staff import Employee
from ..vendor import Outgoing
from ..world import World

HOST = "https://payready.looker.example"
LOOKS_PULLED = ("11", "12")
QUERIES_PULLED = {
    "units by company": {
        "model": "payready",
        "view": "companies",
        "fields": ["companies.name", "companies.units"],
        "sorts": ["companies.name"],
    }
}
_DASHBOARDS, _LOOKS = 30, 120
_TITLES = ("Collections by portfolio", "Late fees", "Autopay adoption", "Churn risk", "Pipeline by stage", "Funnel")


@once_per_world
def history(world: World) -> History:
    chance = Chance(world.seed, "looker")
    people = [employee for employee in world.staff if employee.team != "engineering"]
    versions = [one for number, employee in enumerate(world.staff) for one in _user(world, employee, number)]
    for number in range(_DASHBOARDS):
        versions += _content(world, chance, "dashboard", str(1 + number), chance.randrange(len(people)))
    for number in range(_LOOKS):
        versions += _content(world, chance, "look", str(10 + number), chance.randrange(len(people)))
    versions += [_plan(world, number) for number in range(4)]
    return History(versions)


def _user(world: World, employee: Employee, number: int) -> Iterator[Version]:
    """Who leaves is disabled, which no clock shows."""
    user = {
        "id": str(number + 1),
        "email": employee.email,
        "first_name": employee.first_name,
        "last_name": employee.last_name,
        "display_name": employee.name,
        "is_disabled": False,
        "created_at": _iso(employee.joined_at),
    }
    yield Version("user", user["id"], employee.joined_at, user)  # type: ignore[arg-type]
    if employee.left_at:
        yield Version("user", user["id"], employee.left_at, {**user, "is_disabled": True})  # type: ignore[arg-type]


def _content(world: World, chance: Chance, kind: str, id_: str, owner: int) -> Iterator[Version]:
    """A third came with one import, at one instant; some were edited since, one in ten lies in the trash."""
    imported_at = world.started_at - timedelta(days=40)
    is_imported = chance.happens(1 / 3)
    at = imported_at if is_imported else chance.office_instant(imported_at, world.now - timedelta(days=12))
    made = {
        "id": id_,
        "title": f"{chance.choice(_TITLES)} {id_}",
        "description": None,
        "folder_id": str(chance.randint(1, 6)),
        "user_id": str(owner + 1),
        "view_count": chance.randint(0, 900),
        "created_at": _iso(at),
        "updated_at": _iso(at),
        "last_viewed_at": _iso(at + timedelta(days=1)),
        "deleted": False,
        "deleted_at": None,
    }
    if kind == "look":
        made["query_id"] = str(5000 + int(id_))
    yield Version(kind, id_, at, made)
    if id_ in LOOKS_PULLED:
        return
    if chance.happens(0.4):
        edited_at = chance.instant(at + timedelta(hours=1), world.now - timedelta(days=10))
        yield Version(kind, id_, edited_at, {**made, "title": f"{made['title']} v2", "updated_at": _iso(edited_at)})
    if chance.happens(0.1):
        yield Version(kind, id_, world.now - timedelta(days=9, minutes=int(id_)), None)


def _plan(world: World, number: int) -> Version:
    at = world.started_at - timedelta(days=10 - number)
    plan = {
        "id": str(70 + number),
        "name": f"Weekly {_TITLES[number]}",
        "title": f"Weekly {_TITLES[number]}",
        "user_id": str(number + 1),
        "look_id": LOOKS_PULLED[number % 2],
        "dashboard_id": None,
        "query_id": None,
        "enabled": number != 3,
        "crontab": f"0 8 * * {number + 1}",
        "created_at": _iso(at),
        "updated_at": _iso(at),
        "last_run_at": None,
        "next_run_at": None,
    }
    return Version("scheduled_plan", str(70 + number), at, plan)


def rows(world: World) -> list[dict[str, Any]]:
    """What any query finds: the companies and how many units they manage."""
    companies = [(one.value("name", world.started_at), one.id) for one in world.market.companies]
    return [
        {"companies.name": name, "companies.units": world.market.units[company_id]}
        for name, company_id in sorted(companies)
        if name
    ]


def deliveries(world: World, chance: Chance) -> list[Delivery]:
    """Each enabled plan once a week, always with that week's numbers."""
    plans = [one for one in history(world).living(world.now, "scheduled_plan") if one.record and one.record["enabled"]]
    weeks = range((world.now - world.hooks_since).days // 7)
    return [
        _delivery(world, plan, world.hooks_since + timedelta(days=7 * week, hours=number))
        for number, plan in enumerate(plans)
        for week in weeks
    ]


def _delivery(world: World, plan: Version, at: datetime) -> Delivery:
    record = plan.record or {}
    data = [{"week": _iso(at)[:10], **row} for row in rows(world)[:5]]
    body = to_json(
        {
            "type": "query",
            "scheduled_plan": {
                "scheduled_plan_id": plan.id,
                "title": record["title"],
                "type": "Look",
                "url": f"{HOST}/looks/{record['look_id']}",
                "query_id": str(5000 + int(record["look_id"])),
            },
            "attachment": {"mimetype": "application/json", "extension": "json", "data": json.dumps(data)},
            "data": {},
            "form_params": {},
        }
    )
    key = f"{plan.id}/{sha256(body)[:16]}"
    return Delivery("looker", "scheduled_plan", body, key, at, (("scheduled_plan_run", key),), is_repairable=False)


def sign(outgoing: Outgoing) -> dict[str, str]:
    """The same for every delivery of the instance."""
    return {"X-Looker-Webhook-Token": outgoing.keys["signing_secret"], "X-Looker-Instance": "payready.looker.example"}


def new_credentials(rng: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    return shared(rng, client_id=hexadecimal(rng, 20), client_secret=hexadecimal(rng, 24))


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+00:00"
