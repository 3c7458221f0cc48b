"""Pages, files, issues: a chunk is a section, with the path of its headings as context. Fenced code stays whole.

Headings and fences as CommonMark has them; spec.commonmark.org 0.31, "ATX headings" and "Fenced code blocks".
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .packing import Bounds, Level, Span, fitted, is_blank, paragraphs, sentences, words
from .tokens import Measured

_FENCE = re.compile(r" {0,3}(?P<fence>`{3,}(?=[^`]*$)|~{3,})(?P<info>.*)$")
_HEADING = re.compile(r" {0,3}(?P<marks>#{1,6})[ \t]+(?P<title>.*?)[ \t]*#*[ \t\r]*$")


@dataclass(frozen=True)
class Outline:
    """Sections with the headings above them, and where fenced code lies. Sections cover the text without a gap."""

    sections: list[tuple[Bounds, tuple[str, ...]]]
    fences: list[Bounds]


def spans(measured: Measured, title: str) -> Iterator[Span]:
    """Every section whole where it fits, else cut between paragraphs, sentences, words."""
    budget, shape = measured.budget, outline(measured.text)
    levels = _levels(shape.fences)
    for (start, end), headings in shape.sections:
        context = budget.clipped(title, " > ".join(headings))
        for bounds in fitted(measured, start, end, budget.room(context), levels):
            yield Span(*bounds, context=context)


def outline(text: str) -> Outline:
    """A heading with nothing below it but a deeper heading goes with that one's section, whose path names it."""
    headings, fences = _marks(text)
    sections: list[tuple[Bounds, tuple[str, ...]]] = []
    path: list[tuple[int, str]] = []
    begin, body = 0, 0
    for start, body_start, level, title in headings:
        is_bare = is_blank(text, body, start) and bool(path) and level > path[-1][0]
        if start > begin and not is_bare:
            sections.append(((begin, start), tuple(name for _, name in path)))
            begin = start
        path = [item for item in path if item[0] < level] + [(level, title)]
        body = body_start
    if begin < len(text):
        sections.append(((begin, len(text)), tuple(name for _, name in path)))
    return Outline(sections, fences)


def _marks(text: str) -> tuple[list[tuple[int, int, int, str]], list[Bounds]]:
    """(start, start of what follows, level, title) of each heading, and the spans of fenced code."""
    headings, fences = [], []
    opened, fence, at = 0, "", 0
    for line in text.splitlines(keepends=True) if "#" in text or "```" in text or "~~~" in text else ():
        bare = line.rstrip("\r\n")
        if found := _FENCE.match(bare):
            marks = found["fence"]
            if not fence:
                opened, fence = at, marks
            elif marks[0] == fence[0] and len(marks) >= len(fence) and not found["info"].strip():
                fences.append((opened, at + len(line)))
                fence = ""
        elif not fence and (found := _HEADING.match(bare)):
            headings.append((at, at + len(line), len(found["marks"]), found["title"]))
        at += len(line)
    if fence:
        fences.append((opened, len(text)))
    return headings, fences


def _levels(fences: list[Bounds]) -> tuple[Level, ...]:
    """The levels of prose, that leave fenced code whole until its lines are all that is left to cut at."""
    starts = [start for start, _ in fences]

    def is_fenced(at: int) -> bool:
        index = bisect_right(starts, at) - 1
        return index >= 0 and starts[index] < at < fences[index][1]

    def between_blocks(text: str, start: int, end: int) -> Iterable[int]:
        edges = (edge for fence in fences for edge in fence)
        return (cut for cut in (*paragraphs(text, start, end), *edges) if not is_fenced(cut))

    def between_sentences(text: str, start: int, end: int) -> Iterable[int]:
        return (cut for cut in sentences(text, start, end) if text[cut - 1] == "\n" or not is_fenced(cut))

    return between_blocks, between_sentences, words
