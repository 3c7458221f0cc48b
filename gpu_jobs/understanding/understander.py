"""What every engine that understands documents offers a job."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from events.enrichment import Understanding

from ..chunking.packing import Span
from .reading import Reading

HARMLESS = Reading("harmless", "harmless", "thread", "", "Good morning.", (Span(0, 13),))
"""What an engine that is well makes something of."""


@dataclass(frozen=True)
class Answer:
    """What was understood, unchecked, and what that took; or None and the code of why there is nothing."""

    understanding: Understanding | None
    tokens: int
    reason: str = ""


class Understander(Protocol):
    """name says which engine and which version of it answered; prompt_version what it was asked."""

    @property
    def name(self) -> str: ...

    @property
    def prompt_version(self) -> str: ...

    def understand(self, readings: Sequence[Reading]) -> list[Answer]:
        """An answer for each, in their order. Raises where it fails at one of them, or at all."""
        ...
