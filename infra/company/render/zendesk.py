"""Pay Ready's help desk in Zendesk: organizations, users, tickets, what happened to them, and their metrics.

Shapes follow developer.zendesk.com, "Tickets", "Users", "Organizations", "Ticket metric events". Clocks tick in
seconds.
"""

import functools
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ..chance import Chance
from ..crm import Record
from ..history import History, Version, once_per_world
from ..lives import Change, live, moments
from ..remarks import written
from ..support import WORDED, Step, Thread, askers, threads
from ..world import AHEAD, World

ACCOUNT_ID = 12_514_403
SUBDOMAIN = "https://payready.zendesk.com/api/v2"
GROUPS = ((360_001, "Resident support"), (360_002, "Client success"))
_GOOD = 3
"""A rating above it is a good one: Zendesk asks for no more than that."""
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
    return History(_desk(world).versions)


@functools.lru_cache(maxsize=4)
def _desk(world: World) -> "_Desk":
    return _Desk(world)


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


class _Comment(NamedTuple):
    """What happened to a ticket, by whom, and what was written if anything was."""

    step: Step
    author_id: int
    body: str


class _Desk:
    def __init__(self, world: World) -> None:
        self.chance, self.world = Chance(world.seed, "zendesk"), world
        self.first, self.last = world.started_at, world.now + AHEAD
        self.versions: list[Version] = []
        self.comments: dict[tuple[str, datetime], _Comment] = {}
        people = askers(world, "zendesk")
        self.organizations = self._organizations(list(dict.fromkeys(company_id for company_id, _ in people)))
        self.agents = [self._agent(number) for number in range(4)]
        self.requesters = {one.id: self._requester(number, home, one) for number, (home, one) in enumerate(people)}
        for thread in threads(world):
            if thread.desk == "zendesk":
                self._ticket(thread)

    def _at(self, count: int, first: datetime | None = None) -> list[datetime]:
        return moments(self.chance, first or self.first, self.last, count, _SECOND)

    def _organizations(self, company_ids: list[str]) -> dict[str, dict[str, Any]]:
        """Imported in one second; one is renamed, one deleted."""
        imported_at = (self.first + timedelta(days=1)).replace(microsecond=0)
        found = {}
        companies = {one.id: one for one in self.world.market.companies}
        for number, company in enumerate(companies[id_] for id_ in company_ids):
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
            found[company.id] = organization
        return found

    def _user(self, id_: int, about: dict[str, Any], *steps: tuple[str, Change | None]) -> dict[str, Any]:
        """Imported with the organizations; what changes them comes later."""
        imported_by = self.first + timedelta(days=3)
        at = [*moments(self.chance, self.first, imported_by, 1, _SECOND), *self._at(len(steps), imported_by)]
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

    def _requester(self, number: int, company_id: str, person: Record) -> dict[str, Any]:
        """One is deleted: the export still lists that user, no longer active."""
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
            "organization_id": self.organizations[company_id]["id"],
        }
        return self._user(20_970_000 + number, about, *steps.get(number, []))

    def _ticket(self, thread: Thread) -> None:
        """Some are deleted, which leaves them in the export with that status."""
        id_, requester = int(thread.id), self.requesters[thread.contact.id]
        agent = self.chance.choice(self.agents)
        is_theirs = thread.steps[0].who == "customer"
        subject = self.chance.choice(_SUBJECTS)
        about = {
            "url": f"{SUBDOMAIN}/tickets/{id_}.json",
            "id": id_,
            "external_id": None,
            "via": {"channel": self.chance.choice(("email", "web", "api"))},
            "type": "incident",
            "subject": subject,
            "raw_subject": subject,
            "description": written(self.world, thread, thread.steps[0], f"{subject}. Please help."),
            "priority": thread.priority,
            "status": "new" if is_theirs else "open",
            "recipient": None,
            "requester_id": requester["id"],
            "submitter_id": requester["id"] if is_theirs else agent["id"],
            "assignee_id": None,
            "organization_id": requester["organization_id"],
            "group_id": GROUPS[thread.number % 2][0],
            "collaborator_ids": [],
            "tags": [],
            "custom_fields": [],
            "satisfaction_rating": {"score": "unoffered"},
            "brand_id": 1,
            "is_public": True,
        }
        steps = [_change(step, agent) for step in thread.steps[1:]]
        at = [step.at for step in thread.steps]
        if thread.deleted_at:
            steps.append(("ticket.soft_deleted", changing(status="deleted")))
            at.append(thread.deleted_at)
        born = {**about, "created_at": text(at[0]), **_dated(at[0])}
        self.versions += live("ticket", str(id_), at, born, steps, born_as="ticket.created")
        authors = {"customer": requester["id"], "colleague": agent["id"], "bot": -1}
        for step in thread.steps:
            body = born["description"] if step is thread.steps[0] else "Thank you, we are looking into it."
            comment = _Comment(step, authors[step.who], written(self.world, thread, step, body))
            self.comments[str(id_), step.at] = comment


def _change(step: Step, agent: dict[str, Any]) -> tuple[str, Change]:
    match step.kind, step.who:
        case "assignment", _:
            return "ticket.agent_assignment_changed", changing(assignee_id=agent["id"])
        case "urgent", _:
            return "ticket.priority_changed", changing(priority="urgent")
        case "close", _:
            return "ticket.status_changed", changing(status="solved")
        case "rating", _:
            rating = {"score": "good" if (step.rating or 0) > _GOOD else "bad"}
            return "", changing(satisfaction_rating=rating)
        case "message", "colleague":
            return "ticket.comment_added", changing(status="pending")
        case _, "customer":
            return "ticket.comment_added", changing(status="open")
    return "ticket.comment_added", changing()


def ticket_events(world: World, at: datetime) -> list[dict[str, Any]]:
    """Audits of tickets, oldest first."""
    desk = _desk(world)
    told, before = [], dict[str, dict[str, Any]]()
    for number, one in enumerate(history(world).versions):
        if one.stream != "ticket" or one.at > at or one.record is None:
            continue
        id_, past = 26_000_000 + number * 10, before.get(one.id)
        before[one.id] = one.record
        comment = desk.comments.get((one.id, one.at))
        author_id = comment.author_id if comment else None
        told.append(
            {
                "id": id_,
                "ticket_id": int(one.id),
                "timestamp": epoch(one.at),
                "created_at": text(one.at),
                "updater_id": author_id or one.record["assignee_id"] or one.record["requester_id"],
                "event_type": "Audit",
                "via": "Web form",
                "child_events": [
                    {"id": id_ + place, **child} for place, child in enumerate(_children(one, past, comment), 1)
                ],
            }
        )
    return told


def _children(one: Version, past: dict[str, Any] | None, comment: _Comment | None) -> Iterator[dict[str, Any]]:
    """The comment, if there is one, and the fields that are now otherwise; of a new ticket those it began with."""
    record = one.record or {}
    if comment and comment.step.kind in WORDED:
        about = {"event_type": "Comment", "type": "Comment", "public": comment.step.kind != "note"}
        yield {**about, "author_id": comment.author_id, "body": comment.body}
    if past is None:
        yield {"event_type": "Create", "status": record["status"], "priority": record["priority"]}
    elif changed := {key: value for key, value in record.items() if past.get(key) != value and key != "updated_at"}:
        if "satisfaction_rating" in changed:
            changed = {"satisfaction_score": changed["satisfaction_rating"]["score"]}
        yield {"event_type": "Change", **changed}


def ticket_metric_events(world: World, at: datetime) -> list[dict[str, Any]]:
    """The reply time of each ticket: it runs from the ticket's birth and is fulfilled by the first answer a customer
    sees."""
    desk, told, answered = _desk(world), [], set[str]()
    for number, one in enumerate(history(world).versions):
        comment = desk.comments.get((one.id, one.at))
        is_answer = comment is not None and (comment.step.kind, comment.step.who) == ("message", "colleague")
        is_answer = is_answer and one.id not in answered
        if one.stream != "ticket" or one.at > at or not (one.event_type == "ticket.created" or is_answer):
            continue
        answered |= {one.id} if is_answer else set()
        told.append(
            {
                "id": 926_000_000 + number,
                "ticket_id": int(one.id),
                "metric": "reply_time",
                "instance_id": 1,
                "type": "activate" if one.event_type == "ticket.created" else "fulfill",
                "time": text(one.at),
            }
        )
    return told
