"""Spans that fit a model: whole where they may be, else cut at the best place there is.

Levels say where a text may be cut, best first: between paragraphs, then sentences, then words. What a cut makes too
small is joined again, so a chunk is as full as it can be.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .tokens import Measured

Bounds = tuple[int, int]
Level = Callable[[str, int, int], Iterable[int]]
"""Places inside text[start:end] where it may be cut, in order."""

_PARAGRAPH = re.compile(r"\n[ \t\r]*\n\s*")
_SENTENCE = re.compile(r"(?<=[.?!…])[ \t\n\r]+|\n|(?<=[。！？])")  # noqa: RUF001
_LINE = re.compile(r"\n")
_WORD = re.compile(r"[ \t\n\r]+")


@dataclass(frozen=True)
class Span:
    """text[start:end] of a document and what is known of it. context is for the model alone."""

    start: int
    end: int
    context: str = ""
    speakers: tuple[str, ...] = ()
    start_ms: int | None = None
    end_ms: int | None = None


def _at(pattern: re.Pattern[str]) -> Level:
    return lambda text, start, end: (match.end() for match in pattern.finditer(text, start, end))


paragraphs, sentences, lines, words = _at(_PARAGRAPH), _at(_SENTENCE), _at(_LINE), _at(_WORD)
PROSE: Sequence[Level] = (paragraphs, sentences, words)
CODE: Sequence[Level] = (paragraphs, lines, words)


def fitted(measured: Measured, start: int, end: int, room: int, levels: Sequence[Level] = PROSE) -> list[Bounds]:
    """text[start:end] in spans of at most `room` tokens each, in order and without a gap. Blank ones are left out."""
    return [bounds for bounds in _fitted(measured, start, end, room, levels) if not is_blank(measured.text, *bounds)]


def _fitted(measured: Measured, start: int, end: int, room: int, levels: Sequence[Level]) -> list[Bounds]:
    if measured.fits(start, end, room):
        return [(start, end)]
    if not levels:
        return list(_forced(measured, start, end, room))
    parts: list[Bounds] = []
    for part in split(start, end, levels[0](measured.text, start, end)):
        parts += _fitted(measured, *part, room, levels[1:])
    return _joined(measured, parts, room)


def split(start: int, end: int, cuts: Iterable[int]) -> list[Bounds]:
    """The span cut at those places; what is no place inside it cuts nothing."""
    places = [start, *sorted({cut for cut in cuts if start < cut < end}), end]
    return list(pairwise(places))


def is_blank(text: str, start: int, end: int) -> bool:
    return not text[start:end].strip()


def _joined(measured: Measured, parts: list[Bounds], room: int) -> list[Bounds]:
    """Neighbours together while they fit. Inside a word nothing is joined: there tokens do not add up."""
    joined = parts[:1]
    for start, end in parts[1:]:
        begin = joined[-1][0]
        if measured.is_joint(start) and measured.fits(begin, end, room):
            joined[-1] = (begin, end)
        else:
            joined.append((start, end))
    return joined


def _forced(measured: Measured, start: int, end: int, room: int) -> Iterator[Bounds]:
    """A word longer than the room, cut between tokens. A cut can make a token or two more, so it may have to shrink."""
    while start < end:
        stop = min(measured.after(start, room), end)
        while stop - start > 1 and not measured.fits(start, stop, room):
            stop = start + max(1, (stop - start) * 7 // 8)
        yield start, stop
        start = stop
