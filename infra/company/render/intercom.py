"""Pay Ready's support inbox in Intercom: contacts, companies, conversations with their parts, tickets.

Shapes follow intercom/Intercom-OpenAPI, 2.15. All clocks are epoch seconds.
"""

import functools
from datetime import datetime, timedelta
from typing import Any

from ..chance import Chance
from ..crm import Record
from ..history import History, Version, once_per_world
from ..hours import business_seconds
from ..lives import Change, live, moments
from ..remarks import written
from ..signing import hexadecimal
from ..support import WORDED, Step, Thread, askers, redaction, threads
from ..world import AHEAD, World
from . import intercom_people
from .intercom_people import APP_ID as APP_ID

_SECOND = timedelta(seconds=1)
_BOT = {"type": "bot", "id": "5000099", "name": "Operator", "email": "operator+pr4y7x2q@intercom.example"}
_ASKED = (
    "Our residents are charged twice this month",
    "How do we turn off late fees for one property?",
    "The ledger of unit 14B is wrong",
    "¿Pueden enviar los estados de cuenta en español? 🙏",
)


def epoch(at: datetime) -> int:
    return int(at.timestamp())


def changing(**fields: Any) -> Change:
    return lambda record, at: {**fields, "updated_at": epoch(at)}


@once_per_world
def history(world: World) -> History:
    return History(_inbox(world).versions)


def origins(world: World) -> dict[str, str]:
    """Which company or contact of the market each company and contact is, by id. Residents are none."""
    return _inbox(world).origins


@functools.lru_cache(maxsize=4)
def _inbox(world: World) -> "_Inbox":
    return _Inbox(world)


def admins(world: World) -> list[dict[str, Any]]:
    """Who answers. Support has been staffed from the office."""
    return [
        {
            "type": "admin",
            "id": str(5_000_000 + number),
            "name": one.name,
            "email": one.email,
            "job_title": one.title,
            "away_mode_enabled": False,
            "has_inbox_seat": True,
            "team_ids": [7001],
        }
        for number, one in enumerate(one for one in world.staff if one.team == "office")
    ]


def teams() -> list[dict[str, Any]]:
    return [
        {"type": "team", "id": "7001", "name": "Support", "admin_ids": [5_000_000]},
        {"type": "team", "id": "7002", "name": "Onboarding", "admin_ids": []},
    ]


class _Inbox:
    def __init__(self, world: World) -> None:
        self.chance, self.world = Chance(world.seed, "intercom"), world
        self.first, self.last = world.started_at, world.now + AHEAD
        self.versions: list[Version] = []
        self.origins: dict[str, str] = {}
        self.admins = admins(world)
        people = askers(world, "intercom")
        self.contacts = {one.id: self._contact(number, one) for number, (_, one) in enumerate(people)}
        self.versions += intercom_people.residents(self.chance, self._at)
        for company_id, versions in intercom_people.companies(world, self.chance, self._at).items():
            self.versions += versions
            self.origins[versions[0].id] = company_id
        for thread in threads(world):
            if thread.desk == "intercom":
                self._conversation(thread)
        for number in range(8):
            self._ticket(number)

    def _at(self, count: int, first: datetime | None = None, last: datetime | None = None) -> list[datetime]:
        return moments(self.chance, first or self.first, last or self.last, count, _SECOND)

    def _contact(self, number: int, person: Record) -> dict[str, Any]:
        """Some are deleted, some archived, some change their address, which is told, or their name, which is not."""
        fates: dict[int, list[tuple[str, Change | None]]] = {
            3: [("contact.deleted", None)],
            5: [("contact.archive", None)],
            7: [("contact.email.updated", changing(email=f"new{number}@freemail.example"))],
            8: [("", changing(name="Known As Otherwise"))],
        }
        steps = fates.get(number, [])
        # What ends is told by webhooks alone, so these came after they were made. The others came with the inbox.
        if number in (3, 5):
            at = self._at(2, self.world.hooks_since)
        else:
            imported_by = self.first + timedelta(days=3)
            at = [*self._at(1, None, imported_by), *self._at(len(steps), imported_by)]
        about = {one: person.value(one, self.world.now) for one in ("email", "firstname", "lastname")}
        name, external_id = f"{about['firstname']} {about['lastname']}", None if number % 5 == 4 else person.id
        id_ = hexadecimal(self.chance, 24)
        contact = intercom_people.contact(id_, at[0], about["email"], name, external_id, is_lead=number % 6 == 0)
        born_as = f"contact.{'lead' if contact['role'] == 'lead' else 'user'}.created"
        self.versions += live("contact", contact["id"], at, contact, steps, born_as=born_as)
        self.origins[contact["id"]] = person.id
        return contact

    def _conversation(self, thread: Thread) -> None:
        """The first message is the conversation's own, every further step a part. A rating is no part."""
        contact, admin = self.contacts[thread.contact.id], self.chance.choice(self.admins)
        conversation_id = thread.id
        author = {"type": contact["role"], "id": contact["id"], "name": contact["name"], "email": contact["email"]}
        authors = {"customer": author, "colleague": {"type": "admin", **_named(admin)}, "bot": _BOT}
        first, *others = thread.steps
        parts_from = len(self.versions)
        born = conversation(self.world, thread, contact, authors[first.who])
        told: dict[str, Any] = {"count_conversation_parts": 1, "count_reopens": 0}
        steps: list[tuple[str, Change | None]] = []
        for place, step in enumerate(others, start=1):
            if step.kind not in ("rating", "urgent"):
                told = told | {"count_conversation_parts": told["count_conversation_parts"] + 1}
                self._part(thread, thread.number * 100 + place, step, authors[step.who])
            told = told | _statistics(thread, step, told)
            steps.append(_step(step, admin, told))
        at = [step.at for step in thread.steps]
        if thread.deleted_at:
            steps.append(("conversation.deleted", None))
            at.append(thread.deleted_at)
        elif lost := redaction(thread):
            step, redacted_at = lost
            [last] = [one for one in self.versions[parts_from:] if one.at == step.at]
            redacted = {**(last.record or {}), "body": None, "redacted": True, "updated_at": epoch(redacted_at)}
            self.versions.append(Version("conversation_part", last.id, redacted_at, redacted))
            steps.append(("", changing()))
            at.append(redacted_at)
        born_as = "conversation.user.created" if first.who == "customer" else "conversation.admin.single.created"
        self.versions += live("conversation", conversation_id, at, born, steps, born_as=born_as)

    def _part(self, thread: Thread, number: int, step: Step, author: dict[str, Any]) -> None:
        kind = {"message": "comment", "reopen": "open"}.get(step.kind, step.kind)
        words = written(self.world, thread, step, "Thank you, we are looking into it.")
        part: dict[str, Any] = {
            "type": "conversation_part",
            "id": str(number),
            "part_type": kind,
            "body": f"<p>{words}</p>" if step.kind in WORDED else None,
            "created_at": epoch(step.at),
            "updated_at": epoch(step.at),
            "notified_at": epoch(step.at),
            "assigned_to": author if kind == "assignment" else None,
            "author": author,
            "attachments": [],
            "external_id": None,
            "redacted": False,
        }
        self.versions.append(Version("conversation_part", f"{thread.id}/{number}", step.at, part))

    def _ticket(self, number: int) -> None:
        at = self._at(2)
        contact = list(self.contacts.values())[number]
        ticket: dict[str, Any] = {
            "type": "ticket",
            "id": str(215_480_000_000 + number),
            "ticket_id": str(40 + number),
            "open": True,
            "category": "Customer",
            "ticket_attributes": {"_default_title_": "Refund a double payment", "_default_description_": None},
            "ticket_state": {"type": "ticket_state", "id": "1", "category": "submitted", "internal_label": "Submitted"},
            "ticket_type": {"type": "ticket_type", "id": "100", "name": "Refund"},
            "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": contact["id"]}]},
            "admin_assignee_id": "0",
            "team_assignee_id": "7001",
            "created_at": epoch(at[0]),
            "updated_at": epoch(at[0]),
        }
        done = {"type": "ticket_state", "id": "4", "category": "resolved", "internal_label": "Resolved"}
        steps = [("ticket.state.updated", changing(open=False, ticket_state=done))]
        self.versions += live("ticket", ticket["id"], at, ticket, steps, born_as="ticket.created")


def conversation(world: World, thread: Thread, contact: dict[str, Any], author: dict[str, Any]) -> dict[str, Any]:
    """As it is when it begins."""
    is_theirs = thread.steps[0].who == "customer"
    began = epoch(thread.steps[0].at)
    asked = _ASKED[thread.number % len(_ASKED)] if is_theirs else "How is the new statement working for you?"
    return {
        "type": "conversation",
        "id": thread.id,
        "created_at": began,
        "updated_at": began,
        "waiting_since": began if is_theirs else None,
        "snoozed_until": None,
        "title": None,
        "open": True,
        "state": "open",
        "read": False,
        "priority": "not_priority",
        "admin_assignee_id": None,
        "team_assignee_id": 7001,
        "source": {
            "type": "conversation",
            "id": str(900_000 + thread.number),
            "delivered_as": "customer_initiated" if is_theirs else "admin_initiated",
            "subject": "",
            "body": f"<p>{written(world, thread, thread.steps[0], asked)}</p>",
            "author": author,
            "url": None,
        },
        "contacts": {
            "type": "contact.list",
            "contacts": [{"type": "contact", "id": contact["id"], "external_id": contact["external_id"]}],
        },
        "tags": {"type": "tag.list", "tags": []},
        "conversation_rating": None,
        "statistics": {"type": "conversation_statistics", "count_conversation_parts": 1, "count_reopens": 0},
        "custom_attributes": {},
        "ai_agent_participated": False,
    }


def _statistics(thread: Thread, step: Step, told: dict[str, Any]) -> dict[str, Any]:
    """What Intercom counts itself. Its time to a reply runs from the contact's first message, in office hours."""
    match step.kind, step.who:
        case "close", _:
            return {"first_close_at": told.get("first_close_at", epoch(step.at)), "last_close_at": epoch(step.at)}
        case "reopen", _:
            return {"count_reopens": told["count_reopens"] + 1}
        case "message", "colleague" if "time_to_admin_reply" not in told:
            asked = [one.at for one in thread.steps if one.who == "customer" and one.at < step.at]
            return {"time_to_admin_reply": int(business_seconds(thread.team, asked[0], step.at))} if asked else {}
    return {}


def _step(step: Step, admin: dict[str, Any], told: dict[str, Any]) -> tuple[str, Change]:
    counted = {"type": "conversation_statistics", **told}
    match step.kind, step.who:
        case "assignment", _:
            change = changing(admin_assignee_id=int(admin["id"]), statistics=counted)
            return "conversation.admin.assigned", change
        case "close", _:
            return "conversation.admin.closed", changing(open=False, state="closed", statistics=counted)
        case "reopen", _:
            change = changing(open=True, state="open", waiting_since=epoch(step.at), statistics=counted)
            return "conversation.user.replied", change
        case "rating", _:
            rating = {"rating": step.rating, "remark": None, "created_at": epoch(step.at)}
            return "conversation.rating.added", changing(conversation_rating=rating)
        case "note", _:
            return "conversation.admin.noted", changing(statistics=counted)
        case "urgent", _:
            return "", changing(priority="priority")
        case "message", "bot":
            return "conversation.operator.replied", changing(statistics=counted)
        case "message", "colleague":
            return "conversation.admin.replied", changing(statistics=counted, waiting_since=None)
    return "conversation.user.replied", changing(statistics=counted, waiting_since=epoch(step.at))


def _named(admin: dict[str, Any]) -> dict[str, Any]:
    return {key: admin[key] for key in ("id", "name", "email")}
