"""Two document libraries of the company, and the notifications that something in them changed."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from ..chance import Chance
from ..delivery import Delivery
from ..history import History, Version, once_per_world
from ..signing import guid, hexadecimal
from ..staff import team
from ..world import World
from . import graph

_LIBRARIES = ("Contracts", "Board")
_FILES = 22
_KINDS = (
    ("Order form {}.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("Rent roll {}.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("Renewal {} (unterschrieben, geprüft).pdf", "application/pdf"),
)


def drives(world: World) -> list[str]:
    chance = Chance(world.seed, "sharepoint/drives")
    return [f"b!{chance.code(62)}-_" for _ in _LIBRARIES]


@once_per_world
def history(world: World) -> History:
    """Roots, folders and files that are edited (twice within one second, too), renamed, deleted and restored under
    their old date. Ids are the drive's and the item's, as drives/items."""
    chance = Chance(world.seed, "sharepoint")
    versions: list[Version] = []
    for drive, library in zip(drives(world), _LIBRARIES, strict=True):
        root = _item(chance, world, drive, "root", world.started_at, folder={"childCount": 3}, root={})
        versions.append(root)
        folders = []
        for company in world.market.companies[:3]:
            name = company.value("name", world.now)
            at = _second(chance.office_instant(world.started_at, world.started_at + timedelta(days=9)))
            folders.append(_item(chance, world, drive, f"{name} {library}", at, root, folder={"childCount": 0}))
        versions += folders
        for number in range(_FILES):
            at = _second(chance.office_instant(world.started_at + timedelta(days=10), world.now + timedelta(days=2)))
            versions += _file(chance, world, drive, number, chance.choice(folders), at)
    return History(versions)


def _file(chance: Chance, world: World, drive: str, number: int, folder: Version, at: datetime) -> Iterator[Version]:
    pattern, kind = chance.choice(_KINDS)
    mime = {"mimeType": kind, "hashes": {"quickXorHash": f"{chance.code(27)}="}}
    made = _item(
        chance, world, drive, pattern.format(number), at, folder, file=mime, size=chance.randint(2_000, 900_000)
    )
    yield made
    record = dict(made.record or {})
    for turn in range(chance.randint(0, 3)):
        # Dates are whole seconds, changes are not: two may bear the same date.
        at += timedelta(milliseconds=400) if turn == 1 else timedelta(hours=chance.randint(1, 200))
        changed = {"name": f"v{turn + 2} {record['name']}"} if chance.happens(0.3) else {"size": record["size"] + 512}
        record |= changed | {"lastModifiedDateTime": _iso(at), "eTag": _etag(chance, turn + 2)}
        yield Version("drive_item", made.id, at, dict(record))
    if chance.happens(0.3):
        at += timedelta(hours=chance.randint(5, 300))
        yield Version("drive_item", made.id, at, None)
        if chance.happens(0.5):
            # From the recycle bin: as it was, its dates included.
            yield Version("drive_item", made.id, at + timedelta(hours=chance.randint(1, 90)), dict(record))


def _item(
    chance: Chance, world: World, drive: str, name: str, at: datetime, parent: Version | None = None, **facets: Any
) -> Version:
    item_id = f"01{chance.code(32)}"
    person = chance.choice(team(world.staff, "sales"))
    by = {"user": {"email": person.email, "id": guid(chance), "displayName": person.name}}
    reference = {"driveType": "documentLibrary", "driveId": drive}
    if parent and parent.record:
        reference |= {"id": parent.record["id"], "path": f"/drives/{drive}/root:"}
    record = {
        "@odata.type": "#microsoft.graph.driveItem",
        "createdDateTime": _iso(at),
        "eTag": _etag(chance, 1),
        "id": item_id,
        "lastModifiedDateTime": _iso(at),
        "name": name,
        "webUrl": f"https://payready.sharepoint.example/sites/sales/{name.replace(' ', '%20')}",
        "cTag": f'"c:{{{guid(chance).upper()}}},1"',
        "size": 0,
        "createdBy": by,
        "lastModifiedBy": by,
        "parentReference": reference,
        "fileSystemInfo": {"createdDateTime": _iso(at), "lastModifiedDateTime": _iso(at)},
        **facets,
    }
    return Version("drive_item", f"{drive}/{item_id}", at, record)


def deliveries(world: World, chance: Chance) -> list[Delivery]:
    """One notification for what changed within a minute; and one that asks to authorise again. Those of one drive are
    all alike."""
    subscriptions = {drive: guid(chance) for drive in drives(world)}
    minutes = {
        (one.at.replace(second=0, microsecond=0), one.id.partition("/")[0])
        for one in history(world).versions
        if one.at >= world.hooks_since
    }
    made = [_notification(drive, subscriptions[drive], at + timedelta(minutes=1)) for at, drive in sorted(minutes)]
    number = next(iter(subscriptions.values()))
    at = world.hooks_since + timedelta(days=3)
    one = graph.item(number, at, lifecycleEvent="reauthorizationRequired")
    return [*made, graph.batch("sharepoint", at, [one], [("lifecycle_event", number)], is_repairable=False)]


def _notification(drive: str, subscription_id: str, at: datetime) -> Delivery:
    about = {"@odata.type": "#Microsoft.Graph.DriveItem"}
    one = graph.item(subscription_id, at, changeType="updated", resource=f"drives/{drive}/root", resourceData=about)
    one["subscriptionExpirationDateTime"] = "2027-01-15T11:00:00.0000000+00:00"
    return graph.batch("sharepoint", at, [one], [("notification", drive)], is_repairable=True)


def download_url() -> str:
    """Another one at each asking: whoever holds it may read the file for an hour."""
    return f"https://payready.sharepoint.example/_layouts/15/download.aspx?tempauth={hexadecimal(_urls, 32)}"


_urls = Chance(0, "sharepoint/download")


def _etag(chance: Chance, version: int) -> str:
    return f'"{{{guid(chance).upper()}}},{version}"'


def _second(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
