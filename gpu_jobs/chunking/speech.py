"""Who said which part of a text, as the column `structure` of a call or a thread tells it, and parts put together.

Where the structure contradicts the text nothing is guessed: the document is refused.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import msgspec

from .packing import Span, fitted, is_blank
from .tokens import Measured


class StructureUnfit(ValueError):
    """The structure does not describe this text. Its message is a code."""


class _Turn(msgspec.Struct):
    start: int
    end: int
    speaker: str | None = None
    start_ms: int | None = None
    end_ms: int | None = None


def turns(text: str, structure: str | None) -> list[Span]:
    """Every turn in the order of the text, and what lies between turns as one without a speaker. No structure is one
    turn of nobody. Blanks between turns belong to the one before.

    Raises StructureUnfit where it cannot be read, leaves the text, or turns overlap.
    """
    try:
        told = msgspec.json.decode(structure or "[]", type=list[_Turn])
    except msgspec.DecodeError:
        raise StructureUnfit("structure_unreadable") from None
    found: list[Span] = []
    at = 0
    for turn in sorted(told, key=lambda turn: (turn.start, turn.end)):
        if not 0 <= turn.start <= turn.end <= len(text):
            raise StructureUnfit("structure_leaves_the_text")
        if turn.start < at:
            raise StructureUnfit("turns_overlap")
        found = _and_between(text, found, at, turn.start)
        speakers = (turn.speaker.strip(),) if turn.speaker and turn.speaker.strip() else ()
        found.append(Span(turn.start, turn.end, "", speakers, turn.start_ms, turn.end_ms))
        at = turn.end
    return _and_between(text, found, at, len(text))


def packed(measured: Measured, parts: list[Span], context: Callable[[int, tuple[str, ...]], str]) -> Iterator[Span]:
    """Turns put together up to the room there is. context is given the index of a chunk's first turn and its speakers.

    A turn that alone is too long is cut between sentences, and each part keeps the times of the whole.
    """
    budget = measured.budget
    open_span: Span | None = None
    first = 0
    for index, turn in enumerate(parts):
        if open_span:
            speakers = tuple(dict.fromkeys(open_span.speakers + turn.speakers))
            shown = open_span.context if speakers == open_span.speakers else context(first, speakers)
            if measured.is_joint(turn.start) and measured.fits(open_span.start, turn.end, budget.room(shown)):
                open_span = Span(
                    open_span.start,
                    turn.end,
                    shown,
                    speakers,
                    _least(open_span.start_ms, turn.start_ms),
                    _most(open_span.end_ms, turn.end_ms),
                )
                continue
            yield open_span
        first = index
        shown = context(index, turn.speakers)
        *whole, last = fitted(measured, turn.start, turn.end, budget.room(shown)) or [(turn.start, turn.start)]
        for start, end in whole:
            yield replace(turn, start=start, end=end, context=shown)
        open_span = replace(turn, start=last[0], end=last[1], context=shown) if last[0] < last[1] else None
    if open_span:
        yield open_span


def _and_between(text: str, found: list[Span], start: int, end: int) -> list[Span]:
    if start == end:
        return found
    if found and is_blank(text, start, end):
        return [*found[:-1], replace(found[-1], end=end)]
    return [*found, Span(start, end)]


def _least(one: int | None, other: int | None) -> int | None:
    return min((value for value in (one, other) if value is not None), default=None)


def _most(one: int | None, other: int | None) -> int | None:
    return max((value for value in (one, other) if value is not None), default=None)
