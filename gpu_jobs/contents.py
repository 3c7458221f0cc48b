"""A shard's contents, as every kind of job takes them: each once; one that an engine fails at costs no other."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from .job import Document

Item = TypeVar("Item")
Made = TypeVar("Made")


def distinct(documents: Sequence[Document]) -> list[Document]:
    """The first document of each content; what reads the results joins by content_hash."""
    known = {document["content_hash"]: document for document in reversed(documents)}
    return list(known.values())[::-1]


def made_of_each(
    make: Callable[[Sequence[Item]], Sequence[Made]], items: Sequence[Item], is_well: Callable[[], object]
) -> list[Made | None]:
    """What the engine makes of each item, None of one that it fails at: where it fails at many, each half is tried.

    is_well gives the engine something harmless; where it fails at that too, it is broken and not a document, and what
    it raises is raised.
    """
    try:
        return list(make(items))
    except Exception:
        is_well()
        if len(items) == 1:
            return [None]
        half = len(items) // 2
        return made_of_each(make, items[:half], is_well) + made_of_each(make, items[half:], is_well)
