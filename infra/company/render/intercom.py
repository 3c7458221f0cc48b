"""Pay Ready's support inbox in Intercom: contacts, companies, conversations with their parts, tickets.

Shapes follow intercom/Intercom-OpenAPI, 2.15. All clocks are epoch seconds.
"""

import functools
from datetime import datetime, timedelta
from typing import Any

from ..chance import Chance
from ..history import History, Version, once_per_world
from ..lives import Change, live, moments
from ..signing import hexadecimal
from ..world import AHEAD, World
from . import intercom_people
from .intercom_people import APP_ID as APP_ID

_SECOND = timedelta(seconds=1)
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
        self.contacts = [self._contact(number) for number in range(24)]
        self.versions += intercom_people.residents(self.chance, self._at)
        for company_id, versions in intercom_people.companies(world, self.chance, self._at).items():
            self.versions += versions
            self.origins[versions[0].id] = company_id
        for number in range(40):
            self._conversation(number)
        self._close_at_once()
        for number in range(8):
            self._ticket(number)

    def _at(self, count: int, first: datetime | None = None, last: datetime | None = None) -> list[datetime]:
        return moments(self.chance, first or self.first, last or self.last, count, _SECOND)

    def _contact(self, number: int) -> dict[str, Any]:
        """Some are deleted, some archived, some change their address, which is told, or their name, which is not."""
        person = self.world.market.contacts[number]
        fates: dict[int, list[tuple[str, Change | None]]] = {
            3: [("contact.deleted", None)],
            5: [("contact.archive", None)],
            7: [("contact.email.updated", changing(email=f"new{number}@freemail.example"))],
            8: [("", changing(name="Known As Otherwise"))],
        }
        steps = fates.get(number, [])
        # What ends is told by webhooks alone, so these came after they were made.
        at = self._at(1 + len(steps), self.world.hooks_since if number in (3, 5) else None)
        about = {one: person.value(one, self.world.now) for one in ("email", "firstname", "lastname")}
        name, external_id = f"{about['firstname']} {about['lastname']}", None if number % 5 == 4 else person.id
        id_ = hexadecimal(self.chance, 24)
        contact = intercom_people.contact(id_, at[0], about["email"], name, external_id, is_lead=number % 6 == 0)
        born_as = f"contact.{'lead' if contact['role'] == 'lead' else 'user'}.created"
        self.versions += live("contact", contact["id"], at, contact, steps, born_as=born_as)
        self.origins[contact["id"]] = person.id
        return contact

    def _conversation(self, number: int) -> None:
        """Asked, assigned, answered, closed; each step is a part. One part is redacted later. Two conversations are
        deleted unanswered: nothing would tell of a part that went with its conversation."""
        is_deleted = number in (11, 23)
        contact, admin = self.chance.choice(self.contacts), self.chance.choice(self.admins)
        told = ["assignment", "comment", "comment", "close"][: 0 if is_deleted else self.chance.randint(1, 4)]
        at = self._at(1 + len(told) + is_deleted, self.world.hooks_since if is_deleted else None)
        conversation_id = str(215_470_000_000 + number * 17)
        author = {"type": contact["role"], "id": contact["id"], "name": contact["name"], "email": contact["email"]}
        asked = self.chance.choice(_ASKED)
        about = {
            "type": "conversation",
            "id": conversation_id,
            "created_at": epoch(at[0]),
            "updated_at": epoch(at[0]),
            "waiting_since": epoch(at[0]),
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
                "id": str(900_000 + number),
                "delivered_as": "customer_initiated",
                "subject": "",
                "body": f"<p>{asked}</p>",
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
        steps: list[tuple[str, Change | None]] = []
        for place, (kind, when) in enumerate(zip(told, at[1:], strict=False), start=1):
            by = author if kind == "comment" and place % 2 else {"type": "admin", **_named(admin)}
            self._part(conversation_id, number * 100 + place, kind, when, by)
            steps.append(_step(kind, by, admin, place + 1, when))
        if is_deleted:
            steps.append(("conversation.deleted", None))
        elif number == 17:
            redacted_at = at[-1] + timedelta(hours=2)
            last = self.versions[-1]
            redacted = {**(last.record or {}), "body": None, "redacted": True, "updated_at": epoch(redacted_at)}
            self.versions.append(Version("conversation_part", last.id, redacted_at, redacted))
            steps.append(("", changing()))
            at.append(redacted_at)
        made = live("conversation", conversation_id, at, about, steps, born_as="conversation.user.created")
        self.versions += made

    def _part(self, conversation_id: str, number: int, kind: str, at: datetime, author: dict[str, Any]) -> None:
        part: dict[str, Any] = {
            "type": "conversation_part",
            "id": str(number),
            "part_type": kind,
            "body": "<p>Thank you, we are looking into it.</p>" if kind == "comment" else None,
            "created_at": epoch(at),
            "updated_at": epoch(at),
            "notified_at": epoch(at),
            "assigned_to": author if kind == "assignment" else None,
            "author": author,
            "attachments": [],
            "external_id": None,
            "redacted": False,
        }
        self.versions.append(Version("conversation_part", f"{conversation_id}/{number}", at, part))

    def _close_at_once(self) -> None:
        """A macro closes many conversations in one second."""
        at = (self.world.now - timedelta(hours=7)).replace(microsecond=0)
        later = {one.id for one in self.versions if one.at >= at}
        open_ones = [one for one in History(self.versions).living(at, "conversation") if one.id not in later]
        for number, one in enumerate([one for one in open_ones if one.record and one.record["open"]][:6]):
            kind, change = _step("close", {}, self.admins[0], 9, at)
            self._part(one.id, 90_000 + number, "close", at, {"type": "admin", **_named(self.admins[0])})
            record = one.record or {}
            self.versions.append(Version("conversation", one.id, at, {**record, **change(record, at)}, kind))

    def _ticket(self, number: int) -> None:
        at = self._at(2)
        contact = self.contacts[number]
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


def _step(kind: str, by: dict[str, Any], admin: dict[str, Any], parts: int, at: datetime) -> tuple[str, Change]:
    counted = {"type": "conversation_statistics", "count_conversation_parts": parts, "count_reopens": 0}
    match kind:
        case "assignment":
            return "conversation.admin.assigned", changing(admin_assignee_id=int(admin["id"]), statistics=counted)
        case "close":
            closed = {**counted, "first_close_at": epoch(at), "last_close_at": epoch(at)}
            return "conversation.admin.closed", changing(open=False, state="closed", statistics=closed)
    who = "admin" if by.get("type") == "admin" else "user"
    return f"conversation.{who}.replied", changing(
        statistics=counted, waiting_since=None if who == "admin" else epoch(at)
    )


def _named(admin: dict[str, Any]) -> dict[str, Any]:
    return {key: admin[key] for key in ("id", "name", "email")}
