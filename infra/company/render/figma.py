"""What Pay Ready designs in Figma: one team, its projects and files, their saved versions and the comments on them.

Facts: Figma's REST API description (figma/rest-api-spec).
"""

import functools
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from ..chance import Chance
from ..history import History, Version, once_per_world
from ..world import AHEAD, World

Record = dict[str, Any]
_PROJECTS = ("Resident app", "Portal for managers", "Brand")
_FILES = ("Payment flow", "Onboarding", "Receipts", "Statement", "Reminder e-mails", "Icons", "Späti kiosk")
_COUNT = 16
_SAID = ("Is this the new fee?", "Align it with the portal 👍", "Please use “due on”.", "Done.")


def iso(at: datetime) -> str:
    """Figma's clock ticks in seconds."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


@functools.lru_cache(maxsize=4)
def team(world: World) -> str:
    return str(Chance(world.seed, "figma team").number(19))


@functools.lru_cache(maxsize=4)
def people(world: World) -> tuple[Record, ...]:
    chance = Chance(world.seed, "figma people")
    return tuple({"id": str(chance.number(18)), "handle": one.name, "img_url": ""} for one in world.staff)


@once_per_world
def history(world: World) -> History:
    return History(_Studio(world).versions())


class _Studio:
    """Draws everything there is, in one order. A file's record also says in which project it lies."""

    def __init__(self, world: World) -> None:
        self.world, self.chance = world, Chance(world.seed, "figma")
        self.people = people(world)

    def versions(self) -> Iterator[Version]:
        """One file deleted before anyone listened, one after: neither was ever versioned or spoken of."""
        world, chance = self.world, self.chance
        projects = [str(chance.number(9)) for _ in _PROJECTS]
        for id_, name in zip(projects, _PROJECTS, strict=True):
            yield Version("project", id_, world.started_at - timedelta(days=200), {"id": id_, "name": name})
        for number in range(_COUNT):
            yield from self._file(number, projects[number % len(projects)])

    def _file(self, number: int, project: str) -> Iterator[Version]:
        world, chance = self.world, self.chance
        at = _second(chance.office_instant(world.started_at, world.now - timedelta(days=3)))
        if number in (2, 3):
            # Made by one import in the same second.
            at = _second(world.started_at + timedelta(days=1))
        key = "".join(chance.choices("abcdefghijkmnopqrstuvwxyzABCDEFGH0123456789", k=22))
        record = {"key": key, "name": f"{chance.choice(_FILES)} {number}", "last_modified": iso(at), "project": project}
        yield Version("file", key, at, record, "FILE_UPDATE")
        if number in (2, 3):
            gone_at = _second(world.now - timedelta(days=20)) if number == 2 else at + timedelta(days=3)
            yield Version("file", key, gone_at, None, "FILE_DELETE")
            return
        moments = {_second(chance.office_instant(at, world.now + AHEAD)) for _ in range(chance.randint(1, 6))} - {at}
        for moment in sorted(moments):
            record = {**record, "last_modified": iso(moment)}
            yield Version("file", key, moment, record, "FILE_UPDATE")
            yield from self._saved(key, record["name"], moment)
            if chance.happens(0.5):
                yield from self._comment(key, moment + timedelta(minutes=chance.randint(1, 300)))
        if number == 5:
            yield from self._published(key, record["name"], _second(world.now - timedelta(days=6)))

    def _saved(self, key: str, name: str, at: datetime) -> Iterator[Version]:
        """Named by someone at once, or saved by Figma when nobody has edited for half an hour."""
        chance, is_named = self.chance, self.chance.happens(0.4)
        saved_at = at if is_named else at + timedelta(minutes=30)
        version = {
            "id": str(chance.number(13)),
            "created_at": iso(saved_at),
            "label": "Ready for review" if is_named else None,
            "description": "Fees shown before the total." if is_named else None,
            "user": chance.choice(self.people),
        }
        told = {**version, "file_name": name}
        event_type = "FILE_VERSION_UPDATE" if is_named else ""
        yield Version("version", f"{key}/{version['id']}", saved_at, told, event_type)

    def _comment(self, key: str, at: datetime) -> Iterator[Version]:
        """Half are answered, half resolved, which nothing tells; one in eight had been deleted before we listened."""
        world, chance = self.world, self.chance
        comment = self._said(key, at, "")
        yield Version("comment", f"{key}/{comment['id']}", at, comment, "FILE_COMMENT")
        if at < world.hooks_since - timedelta(days=1) and chance.happens(1 / 8):
            yield Version("comment", f"{key}/{comment['id']}", at + timedelta(minutes=40), None)
            return
        if chance.happens(0.5):
            answered_at = at + timedelta(minutes=25)
            answer = self._said(key, answered_at, comment["id"])
            yield Version("comment", f"{key}/{answer['id']}", answered_at, answer, "FILE_COMMENT")
        if chance.happens(0.5):
            resolved_at = at + timedelta(hours=2)
            resolved = {**comment, "resolved_at": iso(resolved_at)}
            yield Version("comment", f"{key}/{comment['id']}", resolved_at, resolved)

    def _said(self, key: str, at: datetime, parent_id: str) -> Record:
        chance = self.chance
        return {
            "id": str(chance.number(10)),
            "file_key": key,
            "parent_id": parent_id,
            "user": chance.choice(self.people),
            "created_at": iso(at),
            "resolved_at": None,
            "message": chance.choice(_SAID),
            "client_meta": {"x": chance.randint(0, 900), "y": chance.randint(0, 900)},
            "order_id": None if parent_id else str(chance.number(2)),
            "reactions": [],
        }

    def _published(self, key: str, name: str, at: datetime) -> Iterator[Version]:
        """One publication, in a delivery for its components and one for its styles; and a node that is ready."""
        button, red = {"key": "c1", "name": "Button"}, {"key": "s1", "name": "Red"}
        parts = (
            {"created_components": [button], "modified_styles": []},
            {"created_components": [], "modified_styles": [red]},
        )
        for number, part in enumerate(parts):
            told = {"file_key": key, "file_name": name, "description": "Autumn", **part}
            yield Version("library_publish", f"{key}/{number}", at, told, "LIBRARY_PUBLISH")
        ready = {"file_key": key, "file_name": name, "node_id": "43:2", "status": "READY_FOR_DEV", "related_links": []}
        yield Version("dev_mode_status_update", f"{key}/43:2", at, ready, "DEV_MODE_STATUS_UPDATE")


def _second(at: datetime) -> datetime:
    return at.replace(microsecond=0)
