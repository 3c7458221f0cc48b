"""The company's Google Drive, and the messages of the channels that were opened upon its change feed."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

from ..chance import Chance
from ..delivery import Delivery
from ..drive_texts import DOC, WRITTEN, Written, minutes
from ..history import History, Version, once_per_world
from ..signing import decimal, guid, hexadecimal, shared
from ..vendor import Outgoing
from ..world import World

_FILES = 60
_CHANNEL_LIFE = timedelta(days=7)
_KINDS = (
    ("Pricing sheet {}", "application/vnd.google-apps.spreadsheet"),
    ("Notes: call {} (näher ansehen)", DOC),
    ("Case study {}.pdf", "application/pdf"),
)


@once_per_world
def history(world: World) -> History:
    """Files that are edited, renamed, given an older modifiedTime, put into the trash and taken out, and removed; many
    at once, too. A record that is None is removed: deleted, or not shared with us any more. The stream `text` is what
    they say."""
    chance = Chance(world.seed, "google_drive")
    root = _id(chance)
    versions: list[Version] = []
    imported_at = chance.office_instant(world.started_at, world.now)
    for number in range(_FILES):
        at = chance.office_instant(world.started_at - timedelta(days=20), world.now + timedelta(days=2))
        if number % 10 == 9:
            at = imported_at  # one upload of many files
        versions += _file(chance, world, number, root, at)
    chance = Chance(world.seed, "google_drive texts")
    for number, one in enumerate(WRITTEN, start=_FILES):
        versions += _written(chance, world, number, root, one)
    return History(versions)


def feed(world: World, at: datetime) -> list[Version]:
    """Every change of a file up to an instant; the change feed's tokens count them."""
    return [one for one in history(world).versions if one.stream == "file" and one.at <= at]


def _file(chance: Chance, world: World, number: int, root: str, at: datetime) -> Iterator[Version]:
    pattern, kind = _KINDS[number % len(_KINDS)]
    record = _record(chance, world, pattern.format(number), kind, number, root, at)
    version, edits = int(record["version"]), 0
    if kind == "application/pdf":
        record |= {"size": str(chance.randint(9_000, 9_000_000)), "md5Checksum": hexadecimal(chance, 32)}
    yield Version("file", record["id"], at, dict(record))
    if kind == DOC:
        yield _text(record["id"], at, minutes(number, edits))
    for change in chance.choices(
        ("edit", "rename", "older", "trash", "remove"), (5, 3, 1, 1, 1), k=chance.randint(0, 4)
    ):
        at += timedelta(milliseconds=chance.randint(60_000, 900_000_000))
        version += chance.randint(1, 4)
        if change == "remove":
            yield Version("file", record["id"], at, None)
            return
        record = {**record, **_changed(change, record, at), "version": str(version)}
        yield Version("file", record["id"], at, record)
        if kind == DOC and change == "edit":
            edits += 1
            yield _text(record["id"], at, minutes(number, edits))
        if change == "trash" and chance.happens(0.5):
            at += timedelta(hours=chance.randint(1, 50))
            version += 1
            record = {**record, "trashed": False, "version": str(version)}
            yield Version("file", record["id"], at, record)
        elif change == "trash":
            return


def _written(chance: Chance, world: World, number: int, root: str, one: Written) -> Iterator[Version]:
    """Written long ago; what happens to it later has happened by now."""
    at = chance.office_instant(world.started_at, world.now - timedelta(days=60))
    record = _record(chance, world, one.name, one.kind, number, root, at)
    if one.kind != DOC:
        record["size"] = str(one.size_bytes or len(one.text.encode()))
    yield Version("file", record["id"], at, record)
    yield _text(record["id"], at, one.text, one.size_bytes)
    if one.added or one.is_trashed:
        at = chance.office_instant(world.now - timedelta(days=40), world.now - timedelta(days=5))
        record = {**record, "version": str(int(record["version"]) + 2)}
        record |= _changed("trash" if one.is_trashed else "edit", record, at)
        yield Version("file", record["id"], at, record)
    if one.added:
        yield _text(record["id"], at, one.text + one.added)


def _text(file_id: str, at: datetime, text: str, size_bytes: int | None = None) -> Version:
    return Version("text", file_id, at, {"text": text, "size_bytes": size_bytes or len(text.encode())})


def _record(chance: Chance, world: World, name: str, kind: str, number: int, root: str, at: datetime) -> dict[str, Any]:
    owner, editor = chance.choice(world.staff), chance.choice(world.staff)
    version = chance.randint(1, 8)
    return {
        "kind": "drive#file",
        "id": _id(chance),
        "name": name,
        "mimeType": kind,
        "parents": [root],
        "createdTime": _iso(at),
        "modifiedTime": _iso(at),
        "version": str(version),
        "trashed": False,
        "owners": [{"displayName": owner.name, "emailAddress": owner.email}],
        "lastModifyingUser": {"displayName": editor.name, "emailAddress": editor.email},
        "webViewLink": f"https://drive.google.example/file/d/{number}/view",
    }


def _changed(change: str, record: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Renaming and trash leave modifiedTime alone, and an upload may bring one from long ago."""
    match change:
        case "rename":
            return {"name": f"{record['name']} (final)"}
        case "trash":
            return {"trashed": True}
        case "older":
            return {"modifiedTime": _iso(at - timedelta(days=400))}
    return {"modifiedTime": _iso(at)}


def deliveries(world: World, chance: Chance) -> list[Delivery]:
    """A message for what changed within a minute, numbered with gaps. A channel begins with `sync`, and the next one is
    opened before it ends: for a while both tell the same."""
    minutes = sorted({one.at.replace(second=0, microsecond=0) for one in history(world).versions})
    until = world.now + timedelta(days=2)
    made, opened_at = [], world.hooks_since
    while opened_at < until:
        ends_at = opened_at + _CHANNEL_LIFE
        channel, number = guid(chance), 1
        made.append(_message(channel, number, "sync", opened_at, ends_at))
        for at in minutes:
            if opened_at < at <= min(ends_at, until):
                number += chance.randint(1, 9)
                state = chance.choice(("change", "change", "changed"))
                made.append(_message(channel, number, state, at + timedelta(seconds=75), ends_at))
        opened_at = ends_at - timedelta(hours=6)
    return made


def _message(channel: str, number: int, state: str, at: datetime, ends_at: datetime) -> Delivery:
    headers = {
        "Content-Type": "application/json; utf-8",
        "X-Goog-Channel-ID": channel,
        "X-Goog-Channel-Expiration": format_datetime(ends_at.replace(microsecond=0), usegmt=True),
        "X-Goog-Message-Number": str(number),
        "X-Goog-Resource-ID": "ret08u3rv24htgh289g",
        "X-Goog-Resource-State": state,
        "X-Goog-Resource-URI": "https://www.googleapis.com/drive/v3/changes?alt=json",
    }
    event = ("notification", f"{channel}/{number}")
    return Delivery("google_drive", state, b"", event[1], at, (event,), headers=headers)


def sign(outgoing: Outgoing) -> dict[str, str]:
    """developers.google.com/workspace/drive/api/guides/push: no signature, the channel's own token."""
    return {
        "User-Agent": "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)",
        "X-Goog-Channel-Token": outgoing.keys["signing_secret"],
    }


def new_credentials(rng: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """A person's agreement, which needs no key of ours."""
    client = f"{decimal(rng, 12)}.apps.googleusercontent.example"
    return shared(rng, client_id=client, client_secret=hexadecimal(rng, 24), refresh_token=f"1//{hexadecimal(rng, 40)}")


def _id(chance: Chance) -> str:
    return f"1{chance.code(30)}-_"


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
