"""What of an answer is kept: each claim whose quote stands in the text word for word, with the place where it stands.

Nothing is mended: a quote with another apostrophe than the text's proves nothing. What is dropped is counted by the
code of what was wrong with it: `quote_not_found`, `name_not_in_quote`, `piece_unknown`.
"""

from collections import Counter
from collections.abc import Iterator

from events.enrichment import Claim, ClaimKind, Quoted, ScoredPiece, Understanding

from .reading import Reading

_Named = tuple[ClaimKind, str, Quoted]


def kept(reading: Reading, told: Understanding) -> tuple[list[ScoredPiece], list[Claim], dict[str, int]]:
    """Scored pieces in the order of the text, claims in the order they were told, and what was dropped, by its code.

    What is told twice is kept once, and is not counted.
    """
    dropped: Counter[str] = Counter()
    scores: dict[int, ScoredPiece] = {}
    for one in told.pieces:
        if one.piece >= len(reading.pieces):
            dropped["piece_unknown"] += 1
            continue
        of = reading.pieces[one.piece]
        scores.setdefault(one.piece, ScoredPiece(piece=one.piece, start=of.start, end=of.end, sentiment=one.sentiment))
    claims: dict[Claim, None] = {}
    for kind, label, quoted in _claims(told):
        claim = _checked(reading, kind, label, quoted)
        if isinstance(claim, str):
            dropped[claim] += 1
        else:
            claims[claim] = None
    return [scores[number] for number in sorted(scores)], list(claims), dict(dropped)


def mean_sentiment(reading: Reading, pieces: list[ScoredPiece]) -> float | None:
    """Of the scored pieces, by their length without blanks around them; None without any."""
    lengths = [len(reading.piece_text(one.piece)) for one in pieces]
    if not sum(lengths):
        return None
    total = sum(one.sentiment * length for one, length in zip(pieces, lengths, strict=True))
    return round(total / sum(lengths), 4)


def _claims(told: Understanding) -> Iterator[_Named]:
    yield from (("talking_point", one.talking_point, one) for one in told.talking_points)
    yield from (("objection", one.objection, one) for one in told.objections)
    if told.outcome:
        yield "outcome", told.outcome.category, told.outcome
    yield from (("summary", one.text, one) for one in told.summary)
    yield from (("competitor_mention", one.competitor, one) for one in told.competitor_mentions)


def _checked(reading: Reading, kind: ClaimKind, label: str, quoted: Quoted) -> Claim | str:
    start = _place(reading, quoted)
    if start is None:
        return "quote_not_found"
    heard_as = getattr(quoted, "heard_as", None)
    if heard_as is not None and _find(quoted.quote, heard_as, 0, len(quoted.quote)) is None:
        return "name_not_in_quote"
    return Claim(
        kind=kind,
        label=label,
        piece=reading.piece_at(start),
        start=start,
        end=start + len(quoted.quote),
        quote=quoted.quote,
        heard_as=heard_as,
        stance=getattr(quoted, "stance", None),
    )


def _place(reading: Reading, quoted: Quoted) -> int | None:
    """Where the quote begins: in the piece it was told to be in, else anywhere."""
    if quoted.piece < len(reading.pieces):
        piece = reading.pieces[quoted.piece]
        found = _find(reading.text, quoted.quote, piece.start, piece.end)
        if found is not None:
            return found
    return _find(reading.text, quoted.quote, 0, len(reading.text))


def _find(text: str, part: str, start: int, end: int) -> int | None:
    """Where it stands as whole words: an "a" is in every text, and proves nothing."""
    if not part.strip():
        return None
    at = text.find(part, start, end)
    while at >= 0:
        if _is_joint(text, at) and _is_joint(text, at + len(part)):
            return at
        at = text.find(part, at + 1, end)
    return None


def _is_joint(text: str, at: int) -> bool:
    return at == 0 or at == len(text) or not (text[at - 1].isalnum() and text[at].isalnum())
