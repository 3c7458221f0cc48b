"""When customers and we were in contact, over any channel, and with whom."""

import itertools
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from ..hooks import outlook
from ..render import zendesk
from ..world import World
from . import sales, support
from .accounts import account_of

_ANSWERS_WITHIN = timedelta(days=14)
"""A mail the other way after longer than that is a new beginning."""


@dataclass(frozen=True, slots=True)
class Touch:
    """person is a contact's id or an address; two-way touches name nobody."""

    account_id: str
    at: datetime
    is_two_way: bool
    person: str | None = None


@lru_cache(maxsize=4)
def _addresses(world: World) -> dict[str, tuple[str, str]]:
    """Account and person of each address that is a contact's, or lies in a company's domain."""
    contacts = {one.value("email", world.now): one for one in world.market.contacts if one.is_live(world.now)}
    return {
        email: (account_of(world, one.value("associatedcompanyid", world.now)), one.id)
        for email, one in contacts.items()
    }


def whose(world: World, email: str) -> tuple[str, str] | None:
    """Account and person of an address: a known contact's, else those of a domain that is one account's alone."""
    known = _addresses(world).get(email.lower())
    account = owners(world).get(email.lower().rpartition("@")[2])
    return known or ((account, email.lower()) if account else None)


@lru_cache(maxsize=4)
def owners(world: World) -> dict[str, str]:
    """The account of each domain that only one has."""
    found: dict[str, set[str]] = {}
    for one in world.market.companies:
        found.setdefault(host(one.value("domain", world.now)), set()).add(account_of(world, one.id))
    return {domain: accounts.pop() for domain, accounts in found.items() if domain and len(accounts) == 1}


def host(site: str) -> str:
    """Of a site as people enter it."""
    return re.sub(r"^(https?://)?(www\.)?", "", site.lower()).split("/")[0]


@lru_cache(maxsize=4)
def touches(world: World) -> list[Touch]:
    """Every one so far, in no order."""
    found = []
    users = [one.record for one in zendesk.history(world).living(world.now, "user") if one.record]
    gone = {one["external_id"] for one in users if not one["active"]}
    for call in sales.calls(world):
        if call.company_id:
            account = account_of(world, call.company_id)
            found.append(Touch(account, call.started_at, True))
            for guest in (party for party in call.parties if party.employee is None):
                _, name = whose(world, guest.email) or ("", guest.email)
                found.append(Touch(account, call.started_at, False, name))
    for turn in support.turns(world):
        if turn.replied_at:
            found.append(Touch(account_of(world, turn.thread.company_id), turn.replied_at, True))
    for thread in support.told_threads(world):
        asked = [step for step in thread.until(world.now) if step.who == "customer" and step.kind != "rating"]
        # Who that was, the help desk no longer says of a user it deleted.
        person = None if thread.desk == "zendesk" and thread.contact.id in gone else thread.contact.id
        account = account_of(world, thread.company_id)
        found += [Touch(account, step.at, False, person) for step in asked]
    return found + _mails(world)


def _mails(world: World) -> list[Touch]:
    records = {
        one.record["internetMessageId"]: one.record
        for one in outlook.history(world).living(world.now, "message")
        if one.record
    }
    letters: dict[str, list[tuple[datetime, bool]]] = {}
    found = []
    for record in sorted(records.values(), key=lambda one: str(one["sentDateTime"])):
        at = datetime.fromisoformat(record["sentDateTime"])
        if sender := whose(world, record["from"]["emailAddress"]["address"]):
            letters.setdefault(sender[0], []).append((at, True))
            found.append(Touch(sender[0], at, False, sender[1]))
            continue
        receivers = [whose(world, one["emailAddress"]["address"]) for one in record["toRecipients"]]
        for account in {one[0] for one in receivers if one}:
            letters.setdefault(account, []).append((at, False))
            found.append(Touch(account, at, False))
    for account, told in letters.items():
        pairs = itertools.pairwise(told)
        found += [
            Touch(account, b, True) for (a, was_in), (b, is_in) in pairs if was_in != is_in and b - a <= _ANSWERS_WITHIN
        ]
    return found
