"""What Pay Ready writes in Notion: pages of a handbook, two data sources with rows, what they say, and comments.

Facts: makenotion/notion-sdk-js (shapes of pages, blocks, data sources, comments); developers.notion.com.
"""

import functools
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from ..chance import Chance
from ..history import History, Version, once_per_world
from ..signing import guid
from ..world import AHEAD, World

Record = dict[str, Any]
_HANDBOOK = ("How we bill", "Fee schedule", "On-call", "Security review", "Onboarding", "Glossary", "Résumé guide")
_SAID = ("Rent is due on the first.", "Late fees begin on day five — no exceptions.", "Ask the controller 👍.")
_DATA_SOURCES = ("Account plans", "Incidents")
_PAGES = 56


def iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def minute(at: datetime) -> str:
    """Records are dated to the minute."""
    return iso(at.replace(second=0, microsecond=0))


@functools.lru_cache(maxsize=4)
def users(world: World) -> tuple[Record, ...]:
    chance = Chance(world.seed, "notion people")
    people = [
        {
            "object": "user",
            "id": guid(chance),
            "name": one.name,
            "avatar_url": None,
            "type": "person",
            "person": {"email": one.email},
        }
        for one in world.staff
    ]
    bot: Record = {"object": "user", "id": guid(chance), "name": "Sophia", "avatar_url": None, "type": "bot", "bot": {}}
    return (*people, bot)


@once_per_world
def history(world: World) -> History:
    return History(_Workspace(world).versions())


class _Workspace:
    """Draws everything there is, in one order."""

    def __init__(self, world: World) -> None:
        self.world, self.chance = world, Chance(world.seed, "notion")
        self.people = [{"object": "user", "id": one["id"]} for one in users(world) if one["type"] == "person"]

    def versions(self) -> Iterator[Version]:
        """One page deleted before anyone listened, one after, one brought back; rows made in one minute by an import;
        a data source whose schema changed."""
        sources = []
        for number, name in enumerate(_DATA_SOURCES):
            told = list(self._data_source(number, name))
            sources.append(told[0].id)
            yield from told
        for number in range(_PAGES):
            # Two of three pages are rows.
            yield from self._page(number, sources[number % 2] if number % 3 else None)

    def _data_source(self, number: int, name: str) -> Iterator[Version]:
        chance = self.chance
        at = self.world.started_at - timedelta(days=90 - number, minutes=chance.randint(0, 900))
        id_ = guid(chance)
        status = {"id": "XGe%40", "name": "Status", "type": "select", "select": {"options": []}}
        record = {
            "object": "data_source",
            "id": id_,
            "created_time": minute(at),
            "last_edited_time": minute(at),
            "title": _text(name),
            "description": [],
            "parent": {"type": "database_id", "database_id": guid(chance)},
            "properties": {"Name": {"id": "title", "name": "Name", "type": "title", "title": {}}, "Status": status},
            "archived": False,
            "in_trash": False,
            "url": f"https://www.notion.so/{id_.replace('-', '')}",
        }
        yield Version("data_source", id_, at, record, "data_source.created")
        if number == 0:
            changed_at = self.world.now - timedelta(days=25)
            units = {"id": "wX%7Bd", "name": "Units", "type": "number", "number": {"format": "number"}}
            properties = {**record["properties"], "Units": units}  # type: ignore[dict-item]
            changed = {**record, "properties": properties, "last_edited_time": minute(changed_at)}
            yield Version("data_source", id_, changed_at, changed, "data_source.schema_updated")

    def _page(self, number: int, data_source: str | None) -> Iterator[Version]:
        world, chance = self.world, self.chance
        at = chance.office_instant(world.started_at, world.now + AHEAD)
        if number in (1, 3, 5):
            at = world.started_at + timedelta(hours=number)
        if 10 <= number < 16:
            # An import makes its rows within one minute.
            at = (world.now - timedelta(days=40)).replace(second=number, microsecond=0)
        record = self._new_page(at, data_source)
        id_, blocks = record["id"], self._blocks(record["id"], at)
        yield Version("page", id_, at, record, "page.created")
        yield Version("page_content", id_, at, {"blocks": blocks})
        if number in (1, 3, 5):
            yield from self._deleted(number, record, blocks)
            return
        moments = sorted({chance.office_instant(at, world.now + AHEAD) for _ in range(chance.randint(0, 4))} - {at})
        for moment in moments:
            record = {**record, "last_edited_time": minute(moment), "last_edited_by": chance.choice(self.people)}
            change = chance.choice(("properties_updated", "content_updated", "content_updated", "locked"))
            if change == "content_updated":
                # Sometimes a paragraph goes, and nothing else tells of it.
                blocks = blocks[:-1] if chance.happens(0.4) and len(blocks) > 2 else [*blocks, self._block(id_, moment)]
                yield Version("page_content", id_, moment, {"blocks": blocks})
            elif change == "locked":
                record = {**record, "is_locked": True}
            else:
                record = {**record, "properties": self._properties(moment, data_source)}
            yield Version("page", id_, moment, record, f"page.{change}")
        if chance.happens(0.4):
            yield from self._comment(record, chance.office_instant(max(at, world.hooks_since), world.now + AHEAD))

    def _deleted(self, number: int, record: Record, blocks: list[Record]) -> Iterator[Version]:
        """1: while we listen; 3: and brought back, which edits nothing; 5: before anyone listened."""
        at = self.world.now - timedelta(days=number + 9)
        if number == 5:
            at = self.world.started_at + timedelta(days=4)
        yield Version("page", record["id"], at, None, "page.deleted")
        yield Version("page_content", record["id"], at, None)
        if number == 3:
            back_at = at + timedelta(days=1)
            yield Version("page", record["id"], back_at, record, "page.undeleted")
            yield Version("page_content", record["id"], back_at, {"blocks": blocks})

    def _new_page(self, at: datetime, data_source: str | None) -> Record:
        chance = self.chance
        id_, author = guid(chance), chance.choice(self.people)
        home = {"type": "workspace", "workspace": True}
        return {
            "object": "page",
            "id": id_,
            "created_time": minute(at),
            "last_edited_time": minute(at),
            "created_by": author,
            "last_edited_by": author,
            "cover": None,
            "icon": None,
            "parent": {"type": "data_source_id", "data_source_id": data_source} if data_source else home,
            "archived": False,
            "in_trash": False,
            "is_locked": False,
            "properties": self._properties(at, data_source),
            "url": f"https://www.notion.so/{id_.replace('-', '')}",
            "public_url": None,
        }

    def _properties(self, at: datetime, data_source: str | None) -> Record:
        chance = self.chance
        if data_source is None:
            return {"title": {"id": "title", "type": "title", "title": _text(chance.choice(_HANDBOOK))}}
        company = chance.choice(self.world.market.companies)
        status = chance.choice(("On track", "At risk", "Won"))
        return {
            "Name": {"id": "title", "type": "title", "title": _text(company.value("name", at) or "New account")},
            "Status": {"id": "XGe%40", "type": "select", "select": {"id": "a", "name": status, "color": "blue"}},
            "Units": {"id": "wX%7Bd", "type": "number", "number": self.world.market.units.get(company.id)},
        }

    def _blocks(self, page: str, at: datetime) -> list[Record]:
        """Paragraphs; under the first one more, and a page below, which is no part of this one."""
        blocks = [self._block(page, at) for _ in range(self.chance.randint(1, 4))]
        inner = self._block(blocks[0]["id"], at, "block_id")
        blocks[0] = {**blocks[0], "has_children": True, "children": [inner]}
        if self.chance.happens(0.2):
            title = {
                "child_page": {"title": "Minutes"},
                "type": "child_page",
                "has_children": True,
                "children": [inner],
            }
            blocks.append({**_without(self._block(page, at), "paragraph"), **title})
        return blocks

    def _block(self, parent: str, at: datetime, kind: str = "page_id") -> Record:
        return {
            "object": "block",
            "id": guid(self.chance),
            "parent": {"type": kind, kind: parent},
            "created_time": minute(at),
            "last_edited_time": minute(at),
            "has_children": False,
            "in_trash": False,
            "type": "paragraph",
            "paragraph": {"rich_text": _text(self.chance.choice(_SAID)), "color": "default"},
        }

    def _comment(self, page: Record, at: datetime) -> Iterator[Version]:
        """One in four is changed, and one in six deleted."""
        chance = self.chance
        comment: Record = {
            "object": "comment",
            "id": guid(chance),
            "parent": {"type": "page_id", "page_id": page["id"]},
            "discussion_id": guid(chance),
            "created_time": minute(at),
            "last_edited_time": minute(at),
            "created_by": chance.choice(self.people),
            "rich_text": _text(chance.choice(_SAID)),
        }
        yield Version("comment", comment["id"], at, comment, "comment.created")
        if chance.happens(1 / 4):
            changed_at = at + timedelta(minutes=5)
            changed = {**comment, "rich_text": _text("Changed my mind."), "last_edited_time": minute(changed_at)}
            yield Version("comment", comment["id"], changed_at, changed, "comment.updated")
        if chance.happens(1 / 6):
            yield Version("comment", comment["id"], at + timedelta(hours=5), None, "comment.deleted")


def _text(content: str) -> list[Record]:
    return [{"type": "text", "text": {"content": content, "link": None}, "plain_text": content, "href": None}]


def _without(record: Record, name: str) -> Record:
    return {key: told for key, told in record.items() if key != name}
