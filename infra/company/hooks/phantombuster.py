"""What Pay Ready's phantoms do: agents that look for people at property managers, run by run, and tell when they end.

Facts: hub.phantombuster.com/docs/using-webhooks, /docs/api and /reference; integrations seen working (2nd-hand).
"""

import json
import random
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from ..chance import Chance
from ..delivery import Delivery, to_json
from ..history import History, Version, once_per_world
from ..signing import hexadecimal, shared
from ..vendor import Outgoing
from ..world import AHEAD, World

_AGENTS = (
    ("3107781526043912", "Property managers search", "linkedin-search-export.js", timedelta(days=1)),
    ("3107781526044870", "Profile visitor", "linkedin-profile-scraper.js", timedelta(days=9)),
    ("3107781526045003", "Company followers", "linkedin-company-followers.js", timedelta(days=13)),
)
_JOBS = ("Regional Manager", "Controller", "VP Operations", "Leasing Manager", "Asset Manager")


@once_per_world
def history(world: World) -> History:
    chance = Chance(world.seed, "phantombuster")
    return History([one for number in range(len(_AGENTS)) for one in _agent(world, chance, number)])


def _agent(world: World, chance: Chance, number: int) -> Iterator[Version]:
    """The second was renamed. The third was deleted before anyone listened, and its runs and rows with it."""
    agent_id, name, script, pause = _AGENTS[number]
    made_at = world.started_at - timedelta(days=5 - number)
    agent = {
        "id": agent_id,
        "name": name,
        "script": script,
        "scriptOrg": "phantombuster",
        "branch": "master",
        "launchType": "repeatedly",
        "lastEndStatus": None,
        "argument": json.dumps({"sessionCookie": f"AQED{hexadecimal(chance, 40)}", "numberOfProfiles": 20}),
        "orgS3Folder": f"org{hexadecimal(Chance(world.seed, 'phantombuster/org'), 16)}",
        "s3Folder": f"agent{hexadecimal(chance, 16)}",
    }
    yield Version("agent", agent_id, made_at, agent)
    if number == 2:
        yield Version("agent", agent_id, world.started_at + timedelta(days=10), None)
        return
    if number == 1:
        yield Version("agent", agent_id, world.now - timedelta(days=40), {**agent, "name": f"{name} (EMEA)"})
    for nth in range((world.now + AHEAD - world.started_at) // pause):
        at = world.started_at + pause * nth + timedelta(hours=8, milliseconds=chance.randint(0, 3_600_000))
        yield from _run(world, chance, agent, at, nth)


def _run(world: World, chance: Chance, agent: dict[str, Any], at: datetime, nth: int) -> Iterator[Version]:
    """One run in twelve fails, and is `finished` all the same."""
    container_id, took = str(6_000_000_000_000_000 + chance.number(14)), timedelta(seconds=chance.randint(30, 900))
    ended_at, is_failed = at + took, chance.happens(1 / 12)
    begun = {
        "id": container_id,
        "agentId": agent["id"],
        "status": "running",
        "createdAt": _ms(at),
        "launchedAt": _ms(at) + 800,
        "endedAt": None,
        "exitCode": None,
        "launchType": "repeatedly",
        "retryNumber": 0,
    }
    yield Version("container", container_id, at, begun)
    ended = {**begun, "status": "finished", "endedAt": _ms(ended_at), "exitCode": 1 if is_failed else 0}
    yield Version("container", container_id, ended_at, ended, "agent_end")
    if is_failed:
        return
    for contact in chance.sample(world.market.contacts, 3):
        yield _row(chance, agent["id"], contact.id, contact.properties(world.now), ended_at)
    if nth % 10 == 0:
        failure = {"query": "profileUrl", "error": "Not a LinkedIn URL", "timestamp": _iso(ended_at)}
        yield Version("result_error", f"{agent['id']}/{container_id}", ended_at, failure)


def _row(chance: Chance, agent_id: str, contact_id: str, about: Mapping[str, str], at: datetime) -> Version:
    """The search spells its columns otherwise than the scraper does."""
    url = f"https://linkedin.example/in/{about['firstname']}-{about['lastname']}-{contact_id}".lower()
    names = {"fullName": f"{about['firstname']} {about['lastname']}", "jobTitle": chance.choice(_JOBS)}
    company = about["email"].partition("@")[2].removesuffix(".example")
    if agent_id == _AGENTS[0][0]:
        row = {"profileUrl": url, **names, "company": company, "query": "property manager"}
    else:
        row = {"linkedinProfileUrl": url, "name": names["fullName"], "headline": names["jobTitle"]}
    return Version("result", f"{agent_id}/{url}", at, {**row, "timestamp": _iso(at)})


def deliveries(world: World, chance: Chance) -> list[Delivery]:
    """Every run's end, once; nothing repeats a delivery that was lost."""
    known = history(world)
    ended = [one for one in known.versions if one.event_type and one.at >= world.hooks_since]
    return [_delivery(known, one, chance) for one in ended]


def _delivery(known: History, one: Version, chance: Chance) -> Delivery:
    container = one.record or {}
    agent = (known.find(one.at, "agent", container["agentId"]) or one).record or {}
    rows = [each.record for each in known.versions if each.stream == "result" and each.at == one.at]
    body = {
        "agentId": container["agentId"],
        "agentName": agent["name"],
        "containerId": one.id,
        "script": agent["script"],
        "scriptOrg": agent["scriptOrg"],
        "branch": agent["branch"],
        "launchDuration": 800,
        "runDuration": container["endedAt"] - container["launchedAt"],
        "exitCode": container["exitCode"],
        "exitMessage": "finished",
        "resultObject": json.dumps(rows) if rows else None,
    }
    at = one.at + timedelta(milliseconds=chance.randint(200, 3000))
    return Delivery("phantombuster", "agent_end", to_json(body), one.id, at, (("container", one.id),))


def address(url: str, keys: Mapping[str, Any]) -> str:
    """The secret is part of the address that was entered in the Phantom's settings."""
    return f"{url}{'&' if '?' in url else '?'}key={keys['signing_secret']}"


def sign(outgoing: Outgoing) -> dict[str, str]:
    """Nothing is signed."""
    return {}


def new_credentials(rng: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    return shared(rng, api_key=hexadecimal(rng, 40))


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
