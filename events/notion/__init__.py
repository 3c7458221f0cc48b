"""Notion's records as far as staging reads them, and samples of what Notion sends.

A sample named `webhook__*.json` is the body of one delivery, a signal without content; `pull__*.json` is one answer of
the API. Nothing of a delivery's meaning lies in its headers. `page_content` is a record of our own making: the blocks
of a page, in the order of reading.
"""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: str


class User(_Record):
    type: str | None = None
    name: str | None = None
    person: dict[str, Any] | None = None
    """Holds the e-mail address, where the integration may see it."""


class Reference(_Record):
    """Another record, by its id."""


class Page(_Record):
    """properties is by name: {id, type, <type>: …} each. Names change, ids do not, and are URL-encoded."""

    parent: dict[str, Any]
    properties: dict[str, dict[str, Any]] = {}
    created_by: Reference | None = None
    last_edited_by: Reference | None = None
    url: str | None = None
    in_trash: bool | None = None
    is_locked: bool | None = None
    created_time: datetime
    last_edited_time: datetime


class Block(_Record):
    """What it holds stands under the name of its type."""

    model_config = ConfigDict(frozen=True, extra="allow")

    type: str
    has_children: bool = False
    parent: dict[str, Any] | None = None
    last_edited_time: datetime | None = None


class PageContent(BaseModel):
    page_id: str
    last_edited_time: datetime | None = None
    is_whole: bool
    """Whether all blocks fitted in."""
    blocks: tuple[Block, ...]


class Comment(_Record):
    parent: dict[str, Any]
    discussion_id: str | None = None
    rich_text: tuple[dict[str, Any], ...] = ()
    created_by: Reference | None = None
    created_time: datetime
    last_edited_time: datetime | None = None
