"""What a Notion page says, and what is said about it: its tree of blocks as one record, and its comments.

The blocks of a page are one record of the stream `page_content`, because nothing tells of a block that was removed: the
next reading simply lacks it. developers.notion.com, "Retrieve block children", "Retrieve comments".
"""

import itertools
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from ..ingest.bodies import instant, typed
from ..ingest.pages import Request, items, told, walk
from ..ingest.source import Event, Reading
from ._notion_listings import BY_QUERY, fetch, page_size, record, whole

if TYPE_CHECKING:
    from ..ingest.vendor_http import Response

_DEEPEST = 30
"""Estuary's connector goes as deep; a bound keeps a circle of synced blocks from being followed for ever."""
_MOST_BYTES = 8 * 1024 * 1024
"""Of one page: a warehouse row takes 16 MB. What goes beyond is left out, and is_whole says so."""
_ELSEWHERE = frozenset(("child_page", "child_database", "ai_block"))
"""Pages of their own, and what the API does not open."""


class _Block(msgspec.Struct):
    id: str
    type: str = ""
    has_children: bool = False


_block = msgspec.json.Decoder(_Block)


def content(page: bytes, part: str, floor: object, reading: Reading) -> Iterable[Event]:
    """The blocks of a page, each before those inside it. Nothing of a page that is closed to us."""
    event = told(page, reading, _content)
    return [event] if event else []


def fetch_content(reading: Reading, id_: str) -> Event | None:
    """What a page says now; None where it is in the trash or no longer shared with us."""
    page = fetch("page")(reading, id_)
    return page and _content(page.payload, reading)


def _content(page: bytes, reading: Reading) -> Event | None:
    one = record(page)
    blocks = _blocks_in(reading, one.id)
    if blocks is None:
        return None
    kept, size = list[msgspec.Raw](), 0
    is_whole = True
    for raw in blocks:
        size += len(raw)
        if size > _MOST_BYTES:
            is_whole = False
            break
        kept.append(msgspec.Raw(raw))
    told_of = {"page_id": one.id, "last_edited_time": one.last_edited_time, "is_whole": is_whole, "blocks": kept}
    made_at, edited_at = instant(one.created_time), instant(one.last_edited_time)
    payload = msgspec.json.encode(told_of)
    return Event("page_content", one.id, "upsert", payload, occurred_at=made_at, source_updated_at=edited_at)


def _blocks_in(reading: Reading, id_: str, levels: int = _DEEPEST) -> Iterator[bytes] | None:
    """None where the block is not shared with us, which Notion says with a 404."""
    asked = Request(f"blocks/{id_}/children", params={"page_size": page_size(reading)})
    answers = (response for response, _ in walk(reading.http, asked, BY_QUERY))
    first = next(answers)
    return _tree(reading, itertools.chain([first], answers), levels) if first.ruling.kind == "ok" else None


def _tree(reading: Reading, answers: Iterable["Response"], levels: int) -> Iterator[bytes]:
    for answer in answers:
        for raw in items(answer.body, "results"):
            yield raw
            block = typed(_block, raw)
            if block.has_children and block.type not in _ELSEWHERE and levels > 1:
                yield from _blocks_in(reading, block.id, levels - 1) or ()


def comments(page: bytes, part: str, floor: object, reading: Reading) -> Iterator[Event]:
    """The comments on a page that nobody has resolved."""
    asked = Request("comments", params={"block_id": record(page).id, "page_size": page_size(reading)})
    for response, _ in walk(reading.http, asked, BY_QUERY):
        for raw in items(response.body, "results") if response.ruling.kind == "ok" else ():
            yield told(raw, reading, lambda raw, _: whole("comment", raw))
