"""What Pay Ready keeps in Asana: projects with sections, tasks and subtasks that change, and what is said about them.

Facts: Asana's OpenAPI description (field lists of tasks, projects, stories), "Webhooks guide".
"""

import functools
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from ..chance import Chance
from ..history import History, Version, once_per_world
from ..staff import Employee
from ..world import AHEAD, World

Record = dict[str, Any]
_PROJECTS = ("Rent Payments Launch", "Resident Portal", "Collections Playbook", "Bank Migration", "Sandbox")
_SECTIONS = ("To do", "Doing", "Done")
_TASKS = (
    "Call the controller", "Review the fee schedule", "Write the résumé of findings", "Draft the notice",
    "Test the autopay flow", "Reconcile October", "Book the training", "Translate the reminder", "Check the ledger",
)  # fmt: skip
_STEPS = ("assignee", "completed", "completed", "due_on", "name", "comment", "comment", "comment")


def iso(at: datetime) -> str:
    """Asana's clock ticks in milliseconds."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def reference(kind: str, gid: str, name: str | None = None) -> Record:
    return {"gid": gid, "resource_type": kind} | ({"name": name} if name else {})


@functools.lru_cache(maxsize=4)
def people(world: World) -> dict[str, Record]:
    """The users, by gid."""
    chance = Chance(world.seed, "asana people")
    gids = [_gid(chance) for _ in world.staff]
    return {gid: _user(world, gid, one) for gid, one in zip(gids, world.staff, strict=True)}


@functools.lru_cache(maxsize=4)
def workspace(world: World) -> Record:
    return reference("workspace", _gid(Chance(world.seed, "asana workspace")), "Pay Ready")


@once_per_world
def history(world: World) -> History:
    return History(_Board(world).versions())


@functools.lru_cache(maxsize=4)
def homes(world: World) -> dict[str, tuple[str, ...]]:
    """By gid of a section, task or story, the projects in which it lives. Subtasks are in none."""
    found: dict[str, tuple[str, ...]] = {}
    for one in history(world).versions:
        if one.record is not None and one.id not in found:
            if one.stream == "story":
                found[one.id] = found[one.record["target"]["gid"]]
            elif one.stream == "section":
                found[one.id] = (one.record["project"]["gid"],)
            else:
                found[one.id] = tuple(project["gid"] for project in one.record.get("projects", ()))
    return found


class _Board:
    """Draws everything there is, in one order."""

    def __init__(self, world: World) -> None:
        self.world, self.chance = world, Chance(world.seed, "asana")
        self.people = [reference("user", gid, user["name"]) for gid, user in people(world).items()]
        self.sections: dict[str, list[Record]] = {}

    def versions(self) -> Iterator[Version]:
        """Two tasks edited together; one in two projects; three with subtasks; one deleted before anyone listened, one
        after, one brought back; a project renamed, one archived, an empty one deleted."""
        projects = list[Record]()
        for number, name in enumerate(_PROJECTS):
            told = list(self._project(number, name))
            projects.append(told[0].record or {})
            yield from told
        busy = projects[:-1]
        for number in range(48):
            wanted = [busy[number % len(busy)]] + ([busy[1]] if number == 4 else [])
            yield from self._task(number, wanted)

    def _project(self, number: int, name: str) -> Iterator[Version]:
        world, chance = self.world, self.chance
        gid, at = _gid(chance), world.started_at - timedelta(days=chance.randint(20, 200))
        record = {
            **reference("project", gid, name),
            "owner": chance.choice(self.people),
            "team": reference("team", _gid(chance), "Delivery"),
            "archived": False,
            "completed": False,
            "completed_at": None,
            "created_at": iso(at),
            "modified_at": iso(at),
            "due_on": None,
            "start_on": at.date().isoformat(),
            "notes": f"{name}, as agreed.",
            "current_status_update": self._status() if number == 0 else None,
            "custom_fields": [],
            "members": self.people[:3],
            "workspace": workspace(world),
            "permalink_url": f"https://app.asana.com/0/{gid}/list",
        }
        yield Version("project", gid, at, record, "added")
        self.sections[gid] = [self._section(title, record, at) for title in _SECTIONS] if name != "Sandbox" else []
        for section in self.sections[gid]:
            yield Version("section", section["gid"], at + timedelta(seconds=1), section, "added")
        changed_at = chance.office_instant(world.hooks_since, world.now)
        changes = {1: ("name", "Resident Portal 2"), 3: ("archived", True)}
        if number in changes:
            field, new = changes[number]
            yield Version(
                "project", gid, changed_at, {**record, field: new, "modified_at": iso(changed_at)}, f"changed {field}"
            )
        if name == "Sandbox":
            yield Version("project", gid, changed_at, None, "deleted")

    def _status(self) -> Record:
        told = {"title": "On track, week 46", "resource_subtype": "project_status_update"}
        return {**reference("status_update", _gid(self.chance)), **told}

    def _section(self, title: str, project: Record, at: datetime) -> Record:
        created_at = iso(at + timedelta(seconds=1))
        held = reference("project", project["gid"], project["name"])
        return {**reference("section", _gid(self.chance), title), "created_at": created_at, "project": held}

    def _task(self, number: int, projects: list[Record]) -> Iterator[Version]:
        world, chance = self.world, self.chance
        at = chance.office_instant(world.started_at, world.now + AHEAD)
        if number in (0, 1, 2):
            at = world.started_at + timedelta(hours=number + 1)
        if number in (3, 4):
            at = world.now - timedelta(days=30, hours=number)
        record = self._new_task(at, projects)
        yield Version("task", record["gid"], at, record, "added")
        if number < 3:
            yield from self._deleted(number, record)
            return
        if number in (6, 7, 8):
            yield from self._with_subtasks(record, at, levels=2 if number == 6 else 1)
            return
        if number in (3, 4):
            # Both chosen in the list and completed with one click.
            together = world.now - timedelta(days=20)
            record = {**record, "completed": True, "completed_at": iso(together), "modified_at": iso(together)}
            yield Version("task", record["gid"], together, record, "changed completed")
            return
        yield from self._changes(record, at)

    def _new_task(self, at: datetime, projects: list[Record], parent: Record | None = None) -> Record:
        chance = self.chance
        gid = _gid(chance)
        company = chance.choice(self.world.market.companies)
        memberships = [
            {
                "project": reference("project", one["gid"], one["name"]),
                "section": reference("section", *_named(chance.choice(self.sections[one["gid"]]))),
            }
            for one in projects
        ]
        return {
            **reference("task", gid, f"{chance.choice(_TASKS)}: {company.value('name', at) or 'all'}"),
            "resource_subtype": "default_task",
            "assignee": chance.choice([None, *self.people[:8]]),
            "completed": False,
            "completed_at": None,
            "completed_by": None,
            "created_at": iso(at),
            "created_by": chance.choice(self.people),
            "modified_at": iso(at),
            "due_on": (at + timedelta(days=chance.randint(3, 30))).date().isoformat(),
            "due_at": None,
            "start_on": None,
            "notes": "",
            "parent": parent,
            "projects": [membership["project"] for membership in memberships],
            "memberships": memberships,
            "tags": [],
            "followers": self.people[:2],
            "custom_fields": [{"gid": "1200000000000001", "name": "Priority", "type": "enum", "display_value": "High"}],
            "num_subtasks": 0,
            "actual_time_minutes": None,
            "approval_status": None,
            "permalink_url": f"https://app.asana.com/0/0/{gid}",
            "workspace": workspace(self.world),
        }

    def _deleted(self, number: int, record: Record) -> Iterator[Version]:
        """0: while we listen; 1: and brought back; 2: before anyone listened."""
        at = self.world.now - timedelta(days=12, hours=number)
        if number == 2:
            at = self.world.started_at + timedelta(days=4)
        yield Version("task", record["gid"], at, None, "deleted")
        if number == 1:
            back_at = at + timedelta(days=2)
            yield Version("task", record["gid"], back_at, {**record, "modified_at": iso(back_at)}, "undeleted")

    def _with_subtasks(self, record: Record, at: datetime, levels: int) -> Iterator[Version]:
        """What changes below does not modify the task; that it has gained children does."""
        children_at = at + timedelta(minutes=10)
        yield Version(
            "task", record["gid"], children_at, {**record, "num_subtasks": 2, "modified_at": iso(children_at)}
        )
        for _ in range(2):
            child = self._new_task(children_at, [], reference("task", record["gid"], record["name"]))
            child["num_subtasks"] = levels - 1
            yield Version("task", child["gid"], children_at, child)
            done_at = children_at + timedelta(hours=self.chance.randint(1, 40), seconds=self.chance.randint(0, 59))
            done = {**child, "completed": True, "completed_at": iso(done_at), "modified_at": iso(done_at)}
            yield Version("task", child["gid"], done_at, done)
            if levels > 1:
                grandchild = self._new_task(children_at, [], reference("task", child["gid"], child["name"]))
                yield Version("task", grandchild["gid"], children_at, grandchild)

    def _changes(self, record: Record, at: datetime) -> Iterator[Version]:
        chance, until = self.chance, self.world.now + AHEAD
        if chance.happens(0.7):
            until = min(until, at + timedelta(days=30))
        moments = sorted({chance.office_instant(at, until) for _ in range(chance.randint(1, 5))} - {at})
        for moment in moments:
            step = chance.choice(_STEPS)
            record = {**record, "modified_at": iso(moment)}
            if step == "comment":
                # Adding a story modifies the task, without an event of its own.
                yield Version("task", record["gid"], moment, record)
                yield from self._story(record, moment)
                continue
            if step == "completed":
                done = not record["completed"]
                someone = chance.choice(self.people) if done else None
                record |= {"completed": done, "completed_at": iso(moment) if done else None, "completed_by": someone}
                yield self._marking(record, moment, "marked_complete" if done else "marked_incomplete")
            else:
                record |= {step: self._new_value(step, record)}
            yield Version("task", record["gid"], moment, record, f"changed {step}")

    def _new_value(self, step: str, record: Record) -> Any:
        if step == "assignee":
            return self.chance.choice(self.people)
        return f"{record['name']} (again)" if step == "name" else "2026-12-15"

    def _marking(self, task: Record, at: datetime, subtype: str) -> Version:
        """Asana writes down by itself that a task was completed or opened again."""
        story: Record = {
            "gid": _gid(self.chance),
            "resource_type": "story",
            "type": "system",
            "resource_subtype": subtype,
            "created_at": iso(at),
            "created_by": task["completed_by"] or task["created_by"],
            "text": subtype.replace("_", " "),
            "is_edited": False,
            "target": reference("task", task["gid"], task["name"]),
        }
        return Version("story", story["gid"], at, story, "added")

    def _story(self, task: Record, at: datetime) -> Iterator[Version]:
        """One in six is edited, and one in twelve deleted; a story has no clock of that."""
        chance = self.chance
        story: Record = {
            "gid": _gid(chance),
            "resource_type": "story",
            "type": "comment",
            "resource_subtype": "comment_added",
            "created_at": iso(at),
            "created_by": chance.choice(self.people),
            "text": chance.choice(("Done, please look.", "The bank answered 👍", "Waiting for the owner's “yes”.")),
            "is_edited": False,
            "target": reference("task", task["gid"], task["name"]),
        }
        yield Version("story", story["gid"], at, story, "added")
        if chance.happens(1 / 6):
            edited = {**story, "text": f"{story['text']} (edited)", "is_edited": True}
            yield Version("story", story["gid"], at + timedelta(minutes=7), edited, "changed text")
        if chance.happens(1 / 12) and at > self.world.hooks_since:
            yield Version("story", story["gid"], at + timedelta(hours=9), None, "deleted")


def _user(world: World, gid: str, one: Employee) -> Record:
    return {**reference("user", gid, one.name), "email": one.email, "workspaces": [workspace(world)]}


def _named(record: Record) -> tuple[str, str]:
    return record["gid"], record["name"]


def _gid(chance: Chance) -> str:
    """Digits beyond what a double holds."""
    return f"12{chance.number(15)}"
