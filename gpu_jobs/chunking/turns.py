"""Calls: whole speaker turns together up to the model's limit, who speaks and what was said just before as context."""

from collections.abc import Iterator

from .packing import Span
from .speech import packed, turns
from .tokens import Measured

_HEARD_BEFORE = 200
"""Characters of the turn before: an answer says little without its question."""


def spans(measured: Measured, title: str, structure: str | None) -> Iterator[Span]:
    """Raises speech.StructureUnfit."""
    text = measured.text
    parts = turns(text, structure)

    def context(first: int, speakers: tuple[str, ...]) -> str:
        before = text[parts[first - 1].start : parts[first - 1].end].strip() if first else ""
        if len(before) > _HEARD_BEFORE:
            before = before[-_HEARD_BEFORE:].partition(" ")[2]
        return measured.budget.clipped(title, ", ".join(speakers), before.replace("\n", " "))

    return packed(measured, parts, context)
