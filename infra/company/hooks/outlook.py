"""The mail of three colleagues who sell, and the change notifications that Outlook sends about it."""

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from ..chance import Chance
from ..delivery import Delivery
from ..history import History, Version, once_per_world
from ..signing import guid
from ..staff import Employee, team
from ..world import World
from . import graph

MAILBOXES = 3
_PER_MAILBOX = 16
_FOLDERS = ("Inbox", "Sent Items", "Archive", "Renewals")
_SUBJECTS = (
    "Resident fees on ACH payments",
    "Re: pilot at two properties",
    "Returned payments in September",
    "Contract für 2027: Entwurf",
    "Rent roll export",
    "Invoice question",
)


def mailboxes(world: World) -> list[Employee]:
    return team(world.staff, "sales")[:MAILBOXES]


@once_per_world
def history(world: World) -> History:
    """Messages that come, are read, tagged, moved (and then have another id) and deleted; a folder that is renamed and
    one that is deleted after the world's now."""
    chance = Chance(world.seed, "outlook")
    versions: list[Version] = []
    newsletter_at = _second(chance.office_instant(world.hooks_since, world.now - timedelta(days=1)))
    for owner in mailboxes(world):
        folders = {name: _id(chance, "AQMk", 44) for name in _FOLDERS}
        for name, folder in folders.items():
            versions.append(_folder(folder, name, owner, world.started_at))
        renamed_at = _second(chance.office_instant(world.started_at, world.now))
        versions.append(_folder(folders["Renewals"], "Renewals 2027", owner, renamed_at))
        if owner is mailboxes(world)[0]:
            old = _id(chance, "AQMk", 44)
            versions.append(_folder(old, "Old leads", owner, world.started_at))
            versions.append(Version("mail_folder", old, world.now + timedelta(hours=5), None, owner.email))
        for _ in range(_PER_MAILBOX):
            at = _second(chance.office_instant(world.started_at, world.now + timedelta(days=2)))
            versions += _message(chance, world, owner, folders, at)
        # The same second in every mailbox.
        versions += _message(chance, world, owner, folders, newsletter_at)
    return History(versions)


def _message(chance: Chance, world: World, owner: Employee, folders: dict[str, str], at: datetime) -> Iterator[Version]:
    contact = chance.choice(world.market.contacts)
    customer = _person(f"{contact.changes[1].value} {contact.changes[2].value}", str(contact.changes[0].value))
    colleague = _person(owner.name, owner.email)
    is_sent = chance.happens(0.3)
    sender, receiver = (colleague, customer) if is_sent else (customer, colleague)
    subject = chance.choice(_SUBJECTS)
    record: dict[str, Any] = {
        "@odata.type": "#microsoft.graph.message",
        "@odata.etag": "",
        "id": _id(chance, "AAMk", 60),
        "createdDateTime": _iso(at),
        "lastModifiedDateTime": _iso(at),
        "changeKey": chance.code(12),
        "categories": [],
        "receivedDateTime": _iso(at),
        "sentDateTime": _iso(at - timedelta(seconds=2)),
        "hasAttachments": chance.happens(0.2),
        "internetMessageId": f"<{chance.code(24)}@mail.example>",
        "subject": subject,
        "bodyPreview": f"Hello, about {subject.lower()}: could we talk this week?",
        "importance": "normal",
        "parentFolderId": folders["Sent Items" if is_sent else "Inbox"],
        "conversationId": _id(chance, "AAQk", 30),
        "isRead": is_sent,
        "isDraft": False,
        "body": {"contentType": "html", "content": f"<p>Hello, about {subject.lower()}: could we talk this week?</p>"},
        "sender": sender,
        "from": sender,
        "toRecipients": [receiver],
        "ccRecipients": [],
    }
    yield _version(record, at, owner)
    for change in ({"isRead": True}, {"categories": ["Pricing"]}, "moved", "deleted"):
        if not chance.happens(0.5 if change == {"isRead": True} else 0.25):
            continue
        at = _second(at + timedelta(minutes=chance.randint(1, 6_000)))
        if isinstance(change, dict):
            record = {**record, **change, "lastModifiedDateTime": _iso(at), "changeKey": chance.code(12)}
            yield _version(record, at, owner)
            continue
        yield Version("message", record["id"], at, None, owner.email)
        if change == "deleted":
            return
        record = {**record, "id": _id(chance, "AAMk", 60), "parentFolderId": folders["Archive"]}
        record = {**record, "lastModifiedDateTime": _iso(at), "changeKey": chance.code(12)}
        yield _version(record, at, owner)


def _version(record: dict[str, Any], at: datetime, owner: Employee) -> Version:
    record = {**record, "@odata.etag": f'W/"CQAAABYAAAB{record["changeKey"]}"'}
    return Version("message", record["id"], at, record, owner.email)


def _folder(folder: str, name: str, owner: Employee, at: datetime) -> Version:
    record = {"id": folder, "displayName": name, "parentFolderId": "AQMkroot", "childFolderCount": 0, "isHidden": False}
    return Version("mail_folder", folder, at, record, owner.email)


def deliveries(world: World, chance: Chance) -> list[Delivery]:
    """What changed since the subscriptions were made, one batch for what changed in the same second; and what befell
    the subscriptions themselves."""
    subscriptions = {owner.email: (guid(chance), guid(chance)) for owner in mailboxes(world)}
    seen: set[str] = set()
    told = []
    for version in history(world).versions:
        if version.stream != "message":
            continue
        change = "deleted" if version.record is None else "updated" if version.id in seen else "created"
        seen.add(version.id)
        if version.at >= world.hooks_since:
            told.append((version, change))
    made = []
    for at, group in itertools.groupby(told, key=lambda pair: pair[0].at):
        pairs = list(group)
        items = [_notification(version, change, *subscriptions[version.event_type]) for version, change in pairs]
        events = [("message", _key(one)) for one in items]
        is_repairable = all(change != "deleted" for _, change in pairs)
        made.append(graph.batch("outlook", at + timedelta(seconds=20), items, events, is_repairable=is_repairable))
    for number, (subscription_id, _) in enumerate(subscriptions.values()):
        happening = "missed" if number else "reauthorizationRequired"
        at = world.hooks_since + timedelta(days=2 + number)
        one = graph.item(subscription_id, at, lifecycleEvent=happening)
        event = ("lifecycle_event", f"{subscription_id}/{happening}")
        made.append(graph.batch("outlook", at, [one], [event], is_repairable=False))
    return made


def _notification(version: Version, change: str, subscription_id: str, user_id: str) -> dict[str, Any]:
    about = {"@odata.type": "#Microsoft.Graph.Message", "@odata.id": f"Users/{user_id}/Messages/{version.id}"}
    etag = {"@odata.etag": version.record["@odata.etag"]} if version.record else {}
    return graph.item(
        subscription_id,
        version.at,
        changeType=change,
        resource=f"Users/{user_id}/Messages/{version.id}",
        resourceData={**about, **etag, "id": version.id},
    )


def _key(one: dict[str, Any]) -> str:
    about = one["resourceData"]
    return "/".join((one["subscriptionId"], about["id"], about.get("@odata.etag", ""), one["changeType"]))


def _person(name: str, address: str) -> dict[str, Any]:
    return {"emailAddress": {"name": name, "address": address}}


def _id(chance: Chance, begins: str, length: int) -> str:
    return f"{begins}{chance.code(length)}-_AAA="


def _second(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
