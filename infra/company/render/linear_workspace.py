"""Pay Ready's workspace in Linear around its issues: people, teams, projects, cycles and customers.

Shapes follow linear/linear, packages/sdk/src/schema.graphql. What a record nests stands in it as {"id": …, …}.
"""

from datetime import datetime, timedelta
from typing import Any

from ..chance import Chance
from ..history import Version
from ..lives import Change, live, moments
from ..signing import guid
from ..world import AHEAD, World

ORGANIZATION_ID = "6f0c2f5e-7d0c-4d43-9c39-6a2d0a3c51aa"
URL = "https://linear.app/payready"
_STATES = (
    ("Backlog", "backlog"),
    ("Todo", "unstarted"),
    ("In Progress", "started"),
    ("Done", "completed"),
    ("Canceled", "canceled"),
)
_TITLES = (
    "Duplicate autopay charge after card update",
    "Late fee is posted before the grace period ends",
    "Move-out statement shows the deposit twice",
    "Property filter forgets its selection",
    "Ledger sync stops at a renamed unit",
    "Résumé of balances is slow for 5,000 units 🏢",
)
_PROJECTS = ("Autopay for residents", "Move-out balances", "Ledger sync", "Screening portal", "Collections dashboard")


def iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def dated(record: dict[str, Any], at: datetime) -> dict[str, Any]:
    return {"createdAt": iso(at), "updatedAt": iso(at), "archivedAt": None, **record}


def changing(**fields: Any) -> Change:
    return lambda record, at: {**fields, "updatedAt": iso(at)}


def stamping(field: str, **fields: Any) -> Change:
    """The time of the change in a field of that name."""
    return lambda record, at: {**fields, field: iso(at), "updatedAt": iso(at)}


class Workspace:
    """One draw of everything but the issues."""

    def __init__(self, world: World) -> None:
        self.chance, self.world = Chance(world.seed, "linear"), world
        self.first, self.last = world.started_at, world.now + AHEAD
        self.versions: list[Version] = []
        self.users = self._users()
        self.teams = [self._team(key, name) for key, name in (("PAY", "Payments"), ("RES", "Resident experience"))]
        self.states = {team["id"]: self._states(team) for team in self.teams}
        self.labels = [self._label(name) for name in ("Bug", "Compliance", "Customer request")]
        self.incident_label = self._label("Incident")
        self.initiative = self._initiative()
        self.projects = [self._project(name) for name in _PROJECTS]
        self.cycles = [cycle for team in self.teams for cycle in self._cycles(team)]
        self.customers = self._customers()

    def add(
        self, stream: str, born: dict[str, Any], at: list[datetime], *changes: tuple[str, Change | None]
    ) -> dict[str, Any]:
        record = dated({"id": guid(self.chance), **born}, at[0])
        self.versions += live(stream, record["id"], at, record, changes)
        return record

    def at(self, count: int, first: datetime | None = None) -> list[datetime]:
        start = first or self.first
        return moments(self.chance, start, max(self.last, start + timedelta(days=1)), count)

    def _users(self) -> list[dict[str, Any]]:
        found = []
        for one in self.world.staff:
            if one.team == "sales" and one.left_at is None:
                continue
            about = {
                "name": one.name,
                "displayName": one.first_name.lower(),
                "email": one.email,
                "title": one.title,
                "active": True,
                "admin": one.team == "office",
                "guest": False,
                "app": False,
                "url": f"{URL}/profiles/{one.github_login}",
            }
            at = [one.joined_at, *([one.left_at] if one.left_at else [])]
            found.append(self.add("user", about, at, *([("update", changing(active=False))] if one.left_at else [])))
        return found

    def _team(self, key: str, name: str) -> dict[str, Any]:
        at = [self.first - timedelta(days=400)]
        return self.add("team", {"key": key, "name": name, "description": None}, at)

    def _states(self, team: dict[str, Any]) -> list[dict[str, Any]]:
        at = [self.first - timedelta(days=399)]
        return [
            self.add(
                "workflow_state",
                {"name": name, "type": kind, "position": float(number), "color": "#bec2c8", "team": {"id": team["id"]}},
                at,
            )
            for number, (name, kind) in enumerate(_STATES)
        ]

    def _label(self, name: str) -> dict[str, Any]:
        about = {"name": name, "isGroup": False, "team": None, "parent": None, "color": "#eb5757"}
        return self.add("issue_label", about, [self.first - timedelta(days=398)])

    def _initiative(self) -> dict[str, Any]:
        about = {
            "name": "Every resident pays on time",
            "description": "",
            "status": "Active",
            "health": None,
            "targetDate": "2027-03-31",
            "owner": self.someone(),
            "startedAt": None,
            "completedAt": None,
            "trashed": None,
            "url": f"{URL}/initiative/on-time",
        }
        return self.add("initiative", about, self.at(2), ("update", changing(health="onTrack")))

    def someone(self) -> dict[str, Any]:
        user = self.chance.choice(self.users)
        return {"id": user["id"], "name": user["name"], "email": user["email"]}

    def _project(self, name: str) -> dict[str, Any]:
        slug = name.lower().replace(" ", "-")
        about: dict[str, Any] = {
            "name": name,
            "slugId": slug,
            "description": "",
            "health": None,
            "priority": self.chance.randint(0, 4),
            "progress": 0.0,
            "scope": 5.0,
            "startDate": None,
            "targetDate": "2026-12-15",
            "startedAt": None,
            "completedAt": None,
            "canceledAt": None,
            "trashed": None,
            "labelIds": [],
            "url": f"{URL}/project/{slug}",
            "status": {"id": guid(self.chance), "name": "Planned", "type": "planned"},
            "lead": self.someone(),
            "creator": self.someone(),
            "teams": {"nodes": [{"id": self.teams[0]["id"], "key": self.teams[0]["key"]}]},
        }
        started = {"id": guid(self.chance), "name": "In Progress", "type": "started"}
        health = self.chance.choice(("onTrack", "atRisk", "offTrack"))
        steps: list[tuple[str, Change | None]] = [
            ("update", changing(status=started)),
            ("update", changing(health=health, progress=0.4)),
        ]
        if name == _PROJECTS[-1]:
            steps.append(("remove", None))
        at = self.at(len(steps) + 1)
        project = self.add("project", about, at, *steps)
        told = {"body": f"We are {health}.", "health": health, "editedAt": None, "url": project["url"]}
        told |= {"project": {"id": project["id"], "name": name}, "user": self.someone()}
        self.add("project_update", told, [at[2] + timedelta(minutes=1)])
        return project

    def _cycles(self, team: dict[str, Any]) -> list[dict[str, Any]]:
        found = []
        for number in range(1, 27):
            starts_at = self.first + timedelta(days=14 * number)
            about = {
                "number": number,
                "name": None,
                "startsAt": iso(starts_at),
                "endsAt": iso(starts_at + timedelta(days=14)),
                "completedAt": None,
                "progress": 0.0,
                "team": {"id": team["id"], "key": team["key"], "name": team["name"]},
            }
            at = [starts_at - timedelta(days=7), starts_at + timedelta(days=14)]
            found.append(self.add("cycle", about, at, ("update", stamping("completedAt", progress=0.9))))
        return found

    def _customers(self) -> list[dict[str, Any]]:
        found = []
        for company in [one for one in self.world.market.companies if one.created_at <= self.first][:8]:
            name = company.value("name", self.world.now)
            about: dict[str, Any] = {
                "name": name,
                "domains": [company.value("domain", self.world.now)],
                "externalIds": [company.id],
                "revenue": self.chance.randint(20, 400) * 1000,
                "size": float(self.world.market.units.get(company.id, 0)),
                "approximateNeedCount": 0.0,
                "status": {"id": guid(self.chance), "name": "Active"},
                "tier": None,
                "owner": self.someone(),
                "url": f"{URL}/customer/{company.id}",
            }
            at = self.at(2)
            found.append(self.add("customer", about, at, ("update", changing(revenue=about["revenue"] + 5000))))
        return found


def short(record: dict[str, Any], *fields: str) -> dict[str, Any]:
    """The record as others nest it."""
    return {"id": record["id"], **{field: record[field] for field in fields}}


def new_issue(space: Workspace, team: dict[str, Any], number: int) -> dict[str, Any]:
    """In the first state of its team, in no cycle."""
    project = space.chance.choice(space.projects)
    return {
        "identifier": f"{team['key']}-{number}",
        "previousIdentifiers": [],
        "number": float(number),
        "title": _TITLES[number % len(_TITLES)],
        "description": "Seen by a property manager of 300 units.",
        "priority": float(space.chance.randint(0, 4)),
        "estimate": space.chance.choice((None, 1.0, 3.0, 5.0)),
        "dueDate": None,
        "labelIds": [space.chance.choice(space.labels)["id"]],
        "branchName": f"{team['key'].lower()}-{number}",
        "customerTicketCount": 0,
        "trashed": None,
        "url": f"{URL}/issue/{team['key']}-{number}",
        **dict.fromkeys(("startedAt", "triagedAt", "completedAt", "canceledAt", "slaStartedAt", "slaBreachesAt")),
        "state": short(space.states[team["id"]][0], "name", "type", "color"),
        "team": short(team, "key", "name"),
        "cycle": None,
        "project": short(project, "name", "url"),
        "projectMilestone": None,
        "assignee": None,
        "creator": space.someone(),
        "parent": None,
    }


def into(state: dict[str, Any], assignee: dict[str, Any], **fields: Any) -> Change:
    """Into a state, which a stamp of its own may tell."""
    when = {"started": "startedAt", "completed": "completedAt", "canceled": "canceledAt"}.get(state["type"])

    def change(record: dict[str, Any], at: datetime) -> dict[str, Any]:
        dates = {when: iso(at)} if when and not record[when] else {}
        about = {"state": short(state, "name", "type", "color"), "assignee": assignee, "updatedAt": iso(at)}
        return {**about, **dates, **fields}

    return change
