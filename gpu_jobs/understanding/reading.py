"""A document as it is given to be understood: its text, and the pieces it was said or written in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from events.gpu_job import Refused

from ..chunking.packing import Span
from ..chunking.speech import StructureUnfit, turns

SPOKEN = ("call", "thread", "ticket")
"""Kinds of documents in which people answer each other, so that they may end in something."""


@dataclass(frozen=True)
class Reading:
    """pieces lie in the order of the text and cover it; a piece's number is its place among them, from 0. They are the
    rows of int_documents__pieces, whose piece_number counts from 1."""

    document_id: str
    content_hash: str
    document_type: str
    title: str
    text: str
    pieces: tuple[Span, ...]

    def piece_text(self, number: int) -> str:
        piece = self.pieces[number]
        return self.text[piece.start : piece.end].strip()

    def piece_at(self, offset: int) -> int:
        """The piece that the character at the offset is of."""
        return next(number for number, piece in enumerate(self.pieces) if offset < piece.end)


def read(document: Mapping[str, Any], max_characters: int) -> Reading | Refused:
    """The document, or why it cannot be read: `nothing_to_read`, `too_long`, `structure_…`."""
    text = document["text"] or ""
    if not text.strip():
        return refused(document, "nothing_to_read")
    if len(text) > max_characters:
        return refused(document, "too_long")
    try:
        pieces = tuple(turns(text, document["structure"]))
    except StructureUnfit as error:
        return refused(document, str(error))
    return Reading(
        document["document_id"],
        document["content_hash"],
        document["document_type"],
        document["title"] or "",
        text,
        pieces,
    )


def refused(document: Mapping[str, Any], reason: str) -> Refused:
    return Refused(document_id=document["document_id"], content_hash=document["content_hash"], reason=reason)
