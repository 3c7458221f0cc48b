"""Slack threads: whole messages together up to the model's limit, the message that began the thread as context."""

from collections.abc import Iterator

from .packing import Span
from .speech import packed, turns
from .tokens import Measured

_SUBJECT = 200
"""Characters of the first message: most threads say there what they are about."""


def spans(measured: Measured, title: str, structure: str | None) -> Iterator[Span]:
    """Raises speech.StructureUnfit."""
    text = measured.text
    parts = turns(text, structure)
    subject = text[parts[0].start : parts[0].end][:_SUBJECT].strip().replace("\n", " ") if parts else ""

    def context(first: int, speakers: tuple[str, ...]) -> str:
        return measured.budget.clipped(title, ", ".join(speakers), subject if first else "")

    return packed(measured, parts, context)
