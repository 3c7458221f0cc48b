"""Vercel's webhooks: what becomes of deployments and projects. Facts: vercel.com/docs/webhooks; vercel/sdk.

Every push to a pull request, which answers a review, deploys each project of its repository at the same instant;
merging deploys to production.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from ..chance import Chance
from ..delivery import Delivery, to_json
from ..history import History, Version, once_per_world
from ..signing import keyed_digest, shared
from ..vendor import Outgoing
from ..workshop import PullRequest
from ..world import World

TEAM_ID = "team_9QkzPayReadyLabs7Wm2"
_REGION = "sfo1"
_PROJECTS = {
    "resident-portal": ("resident-portal", "manager-console"),
    "ledger": ("ledger-docs",),
    "payments-api": ("status-page", "api-reference"),
}
_FAILED, _GIVEN_UP = 0.1, 0.04


@once_per_world
def history(world: World) -> History:
    chance = Chance(world.seed, "vercel")
    projects = {name: f"prj_{chance.code(24)}" for names in _PROJECTS.values() for name in names}
    versions = [*_projects(world, chance, projects)]
    # A sixth of them touches what Vercel hosts, so that it does not outweigh the rest of the company.
    for pull in world.workshop.pull_requests[::6]:
        pushes = [(at, None) for at in (pull.opened_at, *(review.at for review in pull.reviews))]
        merges = [(pull.merged_at, "production")] if pull.merged_at else []
        for at, target in (*pushes, *merges):
            created_at = at + timedelta(milliseconds=chance.randint(4_000, 40_000))
            for name in _PROJECTS.get(pull.repository.name, ()):
                versions += _deployed(world, chance, pull, name, projects[name], created_at, target)
    return History(versions)


def _projects(world: World, chance: Chance, projects: dict[str, str]) -> Iterator[Version]:
    """One more project was tried out and removed, one was renamed."""
    for number, (name, project_id) in enumerate(projects.items()):
        created_at = world.started_at - timedelta(days=200 - number)
        made = {"id": project_id, "name": name, "accountId": TEAM_ID, "createdAt": _ms(created_at), "framework": None}
        yield Version("project", project_id, created_at, made, "project.created")
        if number == 1:
            renamed_at = world.now - timedelta(days=30)
            told = {**made, "name": f"{name}-next", "updatedAt": _ms(renamed_at)}
            yield Version("project", project_id, renamed_at, told, "project.renamed")
    tried_id, tried_at = f"prj_{chance.code(24)}", world.now - timedelta(days=20)
    tried = {"id": tried_id, "name": "fee-calculator", "accountId": TEAM_ID, "createdAt": _ms(tried_at)}
    yield Version("project", tried_id, tried_at, tried, "project.created")
    yield Version("project", tried_id, tried_at + timedelta(days=3), None, "project.removed")


def _deployed(
    world: World, chance: Chance, pull: PullRequest, name: str, project_id: str, at: datetime, target: str | None
) -> Iterator[Version]:
    uid = f"dpl_{chance.code(24)}"
    record = {
        "uid": uid,
        "name": name,
        "projectId": project_id,
        "url": f"{name}-{chance.code(9).lower()}-payready.vercel.example",
        "created": _ms(at),
        "createdAt": _ms(at),
        "source": "git",
        "type": "LAMBDAS",
        "target": target,
        "creator": {
            "uid": f"usr{pull.author.github_id}",
            "email": pull.author.email,
            "username": pull.author.github_login,
        },
        "meta": {
            "githubCommitSha": pull.merge_sha if target else pull.head_sha,
            "githubCommitRef": "main" if target else f"work-{pull.number}",
            "githubCommitMessage": pull.title,
            "githubCommitRepo": pull.repository.name,
            "githubPrId": str(pull.number),
        },
        "inspectorUrl": f"https://vercel.example/payready/{name}/{uid}",
    }
    built_at = at + timedelta(milliseconds=chance.randint(20_000, 240_000))
    building = {"state": "BUILDING", "readyState": "BUILDING", "buildingAt": _ms(at) + 900}
    yield Version("deployment", uid, at, record | {"state": "QUEUED", "readyState": "QUEUED"}, "deployment.created")
    yield Version("deployment", uid, at + timedelta(milliseconds=900), record | building)
    fate = chance.random()
    if fate < _FAILED + _GIVEN_UP:
        state, kind = ("ERROR", "deployment.error") if fate < _FAILED else ("CANCELED", "deployment.canceled")
        yield Version("deployment", uid, built_at, record | building | {"state": state, "readyState": state}, kind)
        return
    ready = building | {"state": "READY", "readyState": "READY", "ready": _ms(built_at), "readySubstate": "STAGED"}
    yield Version("deployment", uid, built_at, record | ready, "deployment.succeeded")
    if target:
        promoted_at = built_at + timedelta(milliseconds=chance.randint(500, 3000))
        promoted = record | ready | {"readySubstate": "PROMOTED"}
        yield Version("deployment", uid, promoted_at, promoted, "deployment.promoted")
    elif chance.happens(0.3):
        # Previews are kept for a while, by the team's retention policy.
        yield Version("deployment", uid, built_at + timedelta(days=21), None, "deployment.cleanup")


def deliveries(world: World, chance: Chance) -> list[Delivery]:
    told = {one.id: one.record for one in history(world).versions if one.record is not None}
    happened = [one for one in history(world).versions if one.event_type and one.at >= world.hooks_since]
    return [_delivery(one, told[one.id], chance) for one in happened]


def _delivery(one: Version, record: dict[str, Any], chance: Chance) -> Delivery:
    event_id = f"evt_{chance.code(20).lower()}"
    is_event = one.event_type == "deployment.promoted"
    body = {
        "id": event_id,
        "type": one.event_type,
        "createdAt": _ms(one.at),
        "region": _REGION,
        "payload": _project(one.id, record) if one.stream == "project" else _deployment(one, record),
    }
    stream = "deployment_promoted" if is_event else one.stream
    is_repairable = one.record is not None and not is_event
    return Delivery("vercel", one.event_type, to_json(body), event_id, one.at, ((stream, event_id),), is_repairable)


def _project(project_id: str, record: dict[str, Any]) -> dict[str, Any]:
    return {"team": {"id": TEAM_ID}, "user": {"id": "usr1"}, "project": {"id": project_id, "name": record["name"]}}


def _deployment(one: Version, record: dict[str, Any]) -> dict[str, Any]:
    links = {"deployment": record["inspectorUrl"], "project": record["inspectorUrl"].rpartition("/")[0]}
    return {
        "team": {"id": TEAM_ID},
        "user": {"id": record["creator"]["uid"]},
        "deployment": {"id": one.id, "name": record["name"], "url": record["url"], "meta": record["meta"]},
        "links": links,
        "target": record["target"],
        "project": {"id": record["projectId"]},
        "plan": "pro",
        "regions": [_REGION],
        "alias": [],
    }


def sign(outgoing: Outgoing) -> dict[str, str]:
    """SHA-1 in hex without a prefix; there is no clock in it."""
    digest = keyed_digest(outgoing.keys["signing_secret"], outgoing.body, "sha1")
    return {"x-vercel-signature": digest.hex()}


def new_credentials(rng: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    return shared(rng, token="".join(rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789", k=24)))


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
