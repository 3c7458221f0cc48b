"""Notes and tickets: what the record is and belongs to (its title) stands before each of its chunks."""

from collections.abc import Iterator

from .packing import Span, fitted
from .tokens import Measured


def spans(measured: Measured, title: str) -> Iterator[Span]:
    """The text whole where it fits, else cut between paragraphs, sentences, words."""
    context = measured.budget.clipped(title)
    for bounds in fitted(measured, 0, len(measured.text), measured.budget.room(context)):
        yield Span(*bounds, context=context)
