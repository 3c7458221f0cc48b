"""Asana's webhooks: what happened in a project within a minute travels in one body; and the heartbeat.

developers.asana.com, "Webhooks guide": events are compact, bubble up from story to task to project, and have no id.
"""

import hashlib
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from ..chance import Chance
from ..delivery import Delivery, to_json
from ..history import Version
from ..render.asana import Record, history, homes, iso, people, reference, workspace
from ..signing import decimal, hexadecimal, keyed_digest, shared
from ..vendor import Outgoing
from ..world import World

_LATENCY = timedelta(seconds=40)
_HEARTBEAT = timedelta(hours=8)


def deliveries(world: World, chance: Chance) -> list[Delivery]:
    """Since the webhooks were made, one for each project and one for the workspace. The heartbeats are those of two
    days: they are all the same."""
    resources = [workspace(world)["gid"], *sorted({home for found in homes(world).values() for home in found})]
    made = [_delivery(batch) for resource in resources for batch in _batches(world, resource)]
    beats = [world.hooks_since, *(world.now - _HEARTBEAT * n for n in range(6))]
    silence = to_json({"events": []})
    made += [
        Delivery("asana", "heartbeat", silence, f"heartbeat-{at}", at, (("heartbeat", "-"),), False) for at in beats
    ]
    return made


def happenings(world: World, resource: str) -> list[tuple[Version, Record]]:
    """What is told about a project, or about the projects of the workspace: versions and their events, oldest first."""
    is_workspace = resource == workspace(world)["gid"]
    return [
        (one, event)
        for one in history(world).versions
        if one.event_type and (one.stream == "project" if is_workspace else resource in homes(world).get(one.id, ()))
        for event in _events(world, one, resource)
    ]


def _events(world: World, one: Version, resource: str) -> Iterator[Record]:
    """A task that is added names its project; one that is deleted has also left it."""
    action, _, field = one.event_type.partition(" ")
    told: dict[str, Any] = {
        "user": reference("user", next(iter(people(world)))),
        "created_at": iso(one.at),
        "type": one.stream,
        "action": action,
        "resource": {**reference(one.stream, one.id)},
        "parent": None,
    }
    record = one.record or {}
    if action == "added" and one.stream == "story":
        told["parent"] = reference("task", record["target"]["gid"])
    if action == "added" and one.stream in ("task", "section"):
        told["parent"] = reference("project", resource)
    if action == "changed":
        new = record.get(field)
        told["change"] = {"field": field, "action": "changed"}
        if isinstance(new, dict):
            told["change"]["new_value"] = reference(new["resource_type"], new["gid"])
    if action == "deleted" and one.stream == "task":
        yield {**told, "action": "removed", "parent": reference("project", resource)}
    yield told


def key_of(event: Record) -> str:
    parent, change = event.get("parent") or {}, event.get("change") or {}
    said = (event["action"], event["created_at"], change.get("field", ""), parent.get("gid", ""))
    return "/".join((event["resource"]["gid"], *said))


def _batches(world: World, resource: str) -> Iterator[list[tuple[Version, Record]]]:
    live = [pair for pair in happenings(world, resource) if pair[0].at >= world.hooks_since]
    for _, together in groupby(live, key=lambda pair: pair[0].at.replace(second=0, microsecond=0)):
        yield list(together)


def _delivery(batch: list[tuple[Version, Record]]) -> Delivery:
    """A pull brings back neither a deletion nor the news that one was undone."""
    events = [event for _, event in batch]
    body = to_json({"events": events})
    told = tuple((event["resource"]["resource_type"], key_of(event)) for event in events)
    is_repairable = not any("deleted" in event["action"] for event in events)
    id_ = hashlib.sha256(body).hexdigest()[:32]
    return Delivery("asana", "events", body, id_, batch[-1][0].at + _LATENCY, told, is_repairable)


def _heartbeat(at: datetime) -> Delivery:
    return Delivery("asana", "heartbeat", to_json({"events": []}), f"beat-{at}", at, (("heartbeat", "-"),), False)


def sign(outgoing: Outgoing) -> dict[str, str]:
    return {"X-Hook-Signature": keyed_digest(outgoing.keys["signing_secret"], outgoing.body).hex()}


def new_credentials(rng: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """In truth each webhook has a secret of its own, which the handshake brings."""
    token = f"2/{decimal(rng, 16)}/{decimal(rng, 16)}:{hexadecimal(rng, 32)}"
    return shared(rng, hexadecimal(rng, 64), access_token=token)
