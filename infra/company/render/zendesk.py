"""Pay Ready's help desk in Zendesk: organizations, users, tickets, what happened to them, and their metrics.

Shapes follow developer.zendesk.com, "Tickets", "Users", "Organizations", "Ticket metric events". Clocks tick in
seconds.
"""

from datetime import datetime, timedelta
from typing import Any

from ..chance import Chance
from ..history import History, Version, once_per_world
from ..lives import Change, live, moments
from ..world import AHEAD, World

ACCOUNT_ID = 12_514_403
SUBDOMAIN = "https://payready.zendesk.com/api/v2"
GROUPS = ((360_001, "Resident support"), (360_002, "Client success"))
_SECOND = timedelta(seconds=1)
_SUBJECTS = (
    "Autopay did not run",
    "Deposit refund is missing",
    "Cannot log in to the resident portal",
    "Pago duplicado: ayuda 🙏",
    "Export of delinquencies is empty",
)


def text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def epoch(at: datetime) -> int:
    return int(at.timestamp())


def changing(**fields: Any) -> Change:
    return lambda record, at: {**fields, **_dated(at)}


def _dated(at: datetime) -> dict[str, Any]:
    return {"updated_at": text(at)}


@once_per_world
def history(world: World) -> History:
    return History(_Desk(world).versions)


def groups(world: World) -> list[dict[str, Any]]:
    at = text(world.started_at)
    return [
        {"url": f"{SUBDOMAIN}/groups/{id_}.json", "id": id_, "name": name, "deleted": False}
        | {
            "created_at": at,
            "updated_at": at,
        }
        for id_, name in GROUPS
    ]


class _Desk:
    def __init__(self, world: World) -> None:
        self.chance, self.world = Chance(world.seed, "zendesk"), world
        self.first, self.last = world.started_at, world.now + AHEAD
        self.versions: list[Version] = []
        self.organizations = self._organizations()
        self.agents = [self._agent(number) for number in range(4)]
        self.requesters = [self._requester(number) for number in range(20)]
        for number in range(45):
            self._ticket(35_400 + number)
        self._raise_at_once()

    def _at(self, count: int, first: datetime | None = None) -> list[datetime]:
        return moments(self.chance, first or self.first, self.last, count, _SECOND)

    def _organizations(self) -> list[dict[str, Any]]:
        """Imported in one second; one is renamed, one deleted."""
        imported_at = (self.first + timedelta(days=1)).replace(microsecond=0)
        found = []
        for number, company in enumerate(self.world.market.companies[:10]):
            id_ = 40_000_000 + number
            organization = {
                "url": f"{SUBDOMAIN}/organizations/{id_}.json",
                "id": id_,
                "name": company.value("name", max(imported_at, company.created_at)),
                "domain_names": [company.value("domain", max(imported_at, company.created_at))],
                "external_id": company.id,
                "group_id": None,
                "tags": [],
                "created_at": text(imported_at),
                **_dated(imported_at),
            }
            steps: dict[int, list[tuple[str, Change | None]]] = {
                2: [("organization.name_changed", changing(name=f"{organization['name']} Partners"))],
                9: [("organization.deleted", None)],
            }
            at = [imported_at, *self._at(len(steps.get(number, [])), self.world.hooks_since)]
            made = live(
                "organization", str(id_), at, organization, steps.get(number, []), born_as="organization.created"
            )
            self.versions += made
            found.append(organization)
        return found

    def _user(self, id_: int, about: dict[str, Any], *steps: tuple[str, Change | None]) -> dict[str, Any]:
        at = self._at(1 + len(steps))
        user = {
            "url": f"{SUBDOMAIN}/users/{id_}.json",
            "id": id_,
            "phone": None,
            "time_zone": "Pacific Time (US & Canada)",
            "verified": True,
            "active": True,
            "suspended": False,
            "tags": [],
            "last_login_at": None,
            "created_at": text(at[0]),
            **_dated(at[0]),
            **about,
        }
        self.versions += live("user", str(id_), at, user, steps, born_as="user.created")
        return user

    def _agent(self, number: int) -> dict[str, Any]:
        one = [each for each in self.world.staff if each.team == "office"][number]
        about = {"name": one.name, "email": one.email, "role": "agent", "external_id": None, "organization_id": None}
        return self._user(20_900_000 + number, about)

    def _requester(self, number: int) -> dict[str, Any]:
        """One is deleted: the export still lists that user, no longer active."""
        person = self.world.market.contacts[number]
        steps: dict[int, list[tuple[str, Change | None]]] = {
            4: [("user.deleted", changing(active=False))],
            6: [("user.name_changed", changing(name="Known As Otherwise"))],
        }
        now = max(self.world.now, person.created_at)
        about = {
            "name": f"{person.value('firstname', now)} {person.value('lastname', now)}",
            "email": person.value("email", now),
            "role": "end-user",
            "external_id": person.id,
            "organization_id": self.organizations[number % 9]["id"],
        }
        return self._user(20_970_000 + number, about, *steps.get(number, []))

    def _ticket(self, id_: int) -> None:
        """Most are answered and solved; some are deleted, which leaves them in the export with that status."""
        requester, agent = self.chance.choice(self.requesters), self.chance.choice(self.agents)
        subject = self.chance.choice(_SUBJECTS)
        about = {
            "url": f"{SUBDOMAIN}/tickets/{id_}.json",
            "id": id_,
            "external_id": None,
            "via": {"channel": self.chance.choice(("email", "web", "api"))},
            "type": "incident",
            "subject": subject,
            "raw_subject": subject,
            "description": f"{subject}. Please help.",
            "priority": self.chance.choice((None, "normal", "high")),
            "status": "new",
            "recipient": None,
            "requester_id": requester["id"],
            "submitter_id": requester["id"],
            "assignee_id": None,
            "organization_id": requester["organization_id"],
            "group_id": GROUPS[id_ % 2][0],
            "collaborator_ids": [],
            "tags": [],
            "custom_fields": [],
            "satisfaction_rating": {"score": "unoffered"},
            "brand_id": 1,
            "is_public": True,
        }
        steps: list[tuple[str, Change | None]] = [
            ("ticket.agent_assignment_changed", changing(assignee_id=agent["id"], status="open")),
            ("ticket.priority_changed", changing(priority="urgent")),
            ("ticket.status_changed", changing(status="solved")),
        ]
        steps = steps[: self.chance.randint(0, 3)]
        if id_ % 15 == 0:
            steps.append(("ticket.soft_deleted", changing(status="deleted")))
        at = self._at(1 + len(steps))
        born = {**about, "created_at": text(at[0]), **_dated(at[0])}
        self.versions += live("ticket", str(id_), at, born, steps, born_as="ticket.created")

    def _raise_at_once(self) -> None:
        """A bulk action raises the priority of many tickets in one second."""
        at = (self.world.now - timedelta(hours=3)).replace(microsecond=0)
        later = {one.id for one in self.versions if one.at >= at}
        for one in History(self.versions).living(at, "ticket"):
            if one.record and one.id not in later and one.record["status"] in ("new", "open"):
                record = {**one.record, **changing(priority="high")(one.record, at)}
                self.versions.append(Version("ticket", one.id, at, record, "ticket.priority_changed"))


def ticket_events(world: World, at: datetime) -> list[dict[str, Any]]:
    """Audits of tickets, oldest first."""
    told, before = [], dict[str, dict[str, Any]]()
    for number, one in enumerate(history(world).versions):
        if one.stream != "ticket" or one.at > at or one.record is None:
            continue
        id_, past = 26_000_000 + number * 10, before.get(one.id)
        before[one.id] = one.record
        told.append(
            {
                "id": id_,
                "ticket_id": int(one.id),
                "timestamp": epoch(one.at),
                "created_at": text(one.at),
                "updater_id": one.record["assignee_id"] or one.record["requester_id"],
                "event_type": "Audit",
                "via": "Web form",
                "child_events": [_child(id_, one.record, past)],
            }
        )
    return told


def _child(id_: int, record: dict[str, Any], past: dict[str, Any] | None) -> dict[str, Any]:
    if past is None:
        return {
            "id": id_ + 1,
            "event_type": "Comment",
            "type": "Comment",
            "public": True,
            "author_id": record["requester_id"],
            "body": record["description"],
        }
    changed = {key: value for key, value in record.items() if past.get(key) != value and key != "updated_at"}
    return {"id": id_ + 1, "event_type": "Change", **changed}


def ticket_metric_events(world: World, at: datetime) -> list[dict[str, Any]]:
    """The reply time of each ticket: it runs from the ticket's birth and is fulfilled by its assignment."""
    told = []
    kinds = {"ticket.created": "activate", "ticket.agent_assignment_changed": "fulfill"}
    for number, one in enumerate(history(world).versions):
        if one.event_type in kinds and one.at <= at:
            told.append(
                {
                    "id": 926_000_000 + number,
                    "ticket_id": int(one.id),
                    "metric": "reply_time",
                    "instance_id": 1,
                    "type": kinds[one.event_type],
                    "time": text(one.at),
                }
            )
    return told
