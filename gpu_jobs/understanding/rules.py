"""Understanding without a language model: MiniLM's vectors against sentences that stand for something, and phrases.

Weaker than a model that reads: it knows neither irony nor who of the speakers is ours, and its summary is made of
sentences of the text. What it says it can prove: all it claims are sentences that were said.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from events.enrichment import (
    CompetitorMention,
    Objection,
    Outcome,
    PieceSentiment,
    Stance,
    SummarySentence,
    TalkingPoint,
    Understanding,
)
from events.gpu_job import Vocabulary

from ..chunking.packing import sentences, split
from ..engines.encoder import Encoder, open_encoder
from ..models import LOCAL, model
from .reading import SPOKEN, Reading
from .rule_words import FEELINGS, OBJECTION_PHRASES, OBJECTIONS, OUTCOMES
from .understander import Answer

_QUOTE = 500
"""Characters of the longest quote; a longer sentence is quoted in part."""
_SHARPNESS = 0.05
"""How far apart cosines must lie to count: the lower, the nearer to -1, 0 and 1 is what comes out."""
_STRONG = 0.25
"""As in int_calls__scores: from here on a feeling is one."""
_OBJECTS_FROM = 0.5
_MOST_CLAIMS, _MOST_SUMMARY, _LEAST_WORDS = 20, 3, 5
_LAST_PART = 0.2
"""Where a talk ends: what was agreed before is often taken up again."""


@dataclass(frozen=True)
class Sentence:
    """What stands in a piece between two ends of sentences, without blanks around it."""

    piece: int
    text: str

    @property
    def quote(self) -> str:
        """Of a sentence over the limit its beginning, cut between words where it has any."""
        if len(self.text) <= _QUOTE:
            return self.text
        return self.text[:_QUOTE].rpartition(" ")[0].rstrip() or self.text[:_QUOTE]


class Rules:
    """encoder is MiniLM's; the vectors of what the rules go by are made once."""

    def __init__(self, encoder: Encoder, vocabulary: Vocabulary) -> None:
        self._encoder = encoder
        self.name = f"rules/{encoder.name}"
        told = repr((FEELINGS, OBJECTIONS, OBJECTION_PHRASES, OUTCOMES, vocabulary))
        self.prompt_version = hashlib.sha256(told.encode()).hexdigest()[:12]
        self._feelings = [(feeling, encoder.encode(lines)) for feeling, lines in FEELINGS.items()]
        self._objections = {name: encoder.encode(lines) for name, lines in OBJECTIONS.items()}
        self._objection_phrases = {name: _pattern(phrases) for name, phrases in OBJECTION_PHRASES.items()}
        self._competitors = [
            (name, _pattern([alias], is_exact=kind == "ordinary_words")) for name, alias, kind in vocabulary.competitors
        ]
        points: dict[str, list[str]] = {}
        for point, phrase in vocabulary.talking_points:
            points.setdefault(point, []).append(phrase)
        self._points = [(point, _pattern(phrases)) for point, phrases in points.items()]
        self._outcomes = [(category, _pattern(phrases)) for category, phrases in OUTCOMES]

    def understand(self, readings: Sequence[Reading]) -> list[Answer]:
        said = [list(_sentences(reading)) for reading in readings]
        distinct = sorted({one.text for of in said for one in of})
        vectors = self._encoder.encode(distinct)
        place = {text: number for number, text in enumerate(distinct)}
        answers = []
        for reading, of in zip(readings, said, strict=True):
            own = vectors[[place[one.text] for one in of]]
            answers.append(Answer(self._understood(reading, of, own), tokens=0))
        return answers

    def _understood(self, reading: Reading, said: list[Sentence], vectors: np.ndarray) -> Understanding:
        feelings = self._sentiments(vectors)
        is_talk = reading.document_type in SPOKEN
        return Understanding(
            pieces=_by_piece(said, feelings),
            talking_points=self._talking_points(said) if is_talk else [],
            objections=self._objected(said, vectors, feelings) if is_talk else [],
            outcome=self._outcome(reading, said) if is_talk else None,
            summary=_summary(said, vectors),
            competitor_mentions=self._mentions(said, feelings),
        )

    def _sentiments(self, vectors: np.ndarray) -> list[float]:
        """Of each sentence, from -1 to 1: what it is nearest to, weighed by how much nearer."""
        if not len(vectors):
            return []
        near = np.stack([_nearness(vectors, known) for _, known in self._feelings], axis=1)
        weights = np.exp((near - near.max(axis=1, keepdims=True)) / _SHARPNESS)
        weights /= weights.sum(axis=1, keepdims=True)
        found = weights @ np.array([feeling for feeling, _ in self._feelings])
        return [round(float(one), 4) for one in np.clip(found, -1, 1)]

    def _talking_points(self, said: list[Sentence]) -> list[TalkingPoint]:
        found = (
            TalkingPoint(piece=one.piece, quote=one.quote, talking_point=point)
            for point, pattern in self._points
            for one in said
            if pattern.search(one.quote)
        )
        return list(found)[:_MOST_CLAIMS]

    def _objected(self, said: list[Sentence], vectors: np.ndarray, feelings: list[float]) -> list[Objection]:
        """What a phrase tells, and else what is near to sentences that object and does not feel good."""
        if not said:
            return []
        near = {name: _nearness(vectors, known) for name, known in self._objections.items()}
        found = []
        for number, one in enumerate(said):
            name = next((name for name, pattern in self._objection_phrases.items() if pattern.search(one.quote)), None)
            if name is None:
                nearest = max(near, key=lambda name: near[name][number])
                if near[nearest][number] < _OBJECTS_FROM or feelings[number] > -_STRONG:
                    continue
                name = nearest
            found.append(Objection(piece=one.piece, quote=one.quote, objection=name))
        return found[:_MOST_CLAIMS]

    def _outcome(self, reading: Reading, said: list[Sentence]) -> Outcome | None:
        """What the last part of the talk says of it, the last word of the strongest kind first."""
        begins = int(len(reading.pieces) * (1 - _LAST_PART))
        for category, pattern in self._outcomes:
            for one in reversed(said):
                if one.piece >= begins and pattern.search(one.quote):
                    return Outcome(piece=one.piece, quote=one.quote, category=category)
        return None

    def _mentions(self, said: list[Sentence], feelings: list[float]) -> list[CompetitorMention]:
        found: list[CompetitorMention] = []
        for one, feeling in zip(said, feelings, strict=True):
            heard: set[str] = set()
            for name, pattern in self._competitors:
                match = pattern.search(one.quote)
                if match is None or name in heard:
                    continue
                heard.add(name)
                stance = _stance(one.text, feeling)
                found.append(
                    CompetitorMention(
                        piece=one.piece, quote=one.quote, competitor=name, heard_as=match.group(), stance=stance
                    )
                )
        return found[:_MOST_CLAIMS]


def open_rules(vocabulary: Vocabulary, cache: Path) -> Rules:
    """On the CPU, with the packaged weights. Raises weights.WeightsRefused."""
    return Rules(open_encoder(model(LOCAL), "onnx", None, cache), vocabulary)


def _sentences(reading: Reading) -> Iterator[Sentence]:
    for number, piece in enumerate(reading.pieces):
        for start, end in split(piece.start, piece.end, sentences(reading.text, piece.start, piece.end)):
            if text := reading.text[start:end].strip():
                yield Sentence(number, text)


def _nearness(vectors: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The mean of the two highest cosines: one that stands for the kind may be near by chance."""
    return np.sort(vectors @ known.T, axis=1)[:, -2:].mean(axis=1)


def _by_piece(said: list[Sentence], feelings: list[float]) -> list[PieceSentiment]:
    """A piece feels as its sentences do, by their length."""
    told: dict[int, list[tuple[float, int]]] = {}
    for one, feeling in zip(said, feelings, strict=True):
        told.setdefault(one.piece, []).append((feeling, len(one.text)))
    return [
        PieceSentiment(
            piece=piece,
            sentiment=round(sum(feeling * size for feeling, size in of) / sum(size for _, size in of), 4),
        )
        for piece, of in told.items()
    ]


def _summary(said: list[Sentence], vectors: np.ndarray) -> list[SummarySentence]:
    """The sentences nearest to all that is said and least like each other, in the order of the text."""
    long = [number for number, one in enumerate(said) if len(one.text.split()) >= _LEAST_WORDS and len(one.text) <= 300]
    if not long:
        return []
    own = vectors[long]
    middle = own.mean(axis=0)
    to_all = own @ (middle / max(float(np.linalg.norm(middle)), 1e-9))
    chosen: list[int] = []
    while len(chosen) < min(_MOST_SUMMARY, len(long)):
        like = (own @ own[chosen].T).max(axis=1) if chosen else np.zeros(len(long))
        worth = 0.7 * to_all - 0.3 * like
        worth[chosen] = -np.inf
        chosen.append(int(worth.argmax()))
    return [
        SummarySentence(piece=said[long[one]].piece, quote=said[long[one]].text, text=said[long[one]].text)
        for one in sorted(chosen)
    ]


_YOU = re.compile(r"\b(you|your|yours)\b", re.IGNORECASE)


def _stance(text: str, feeling: float) -> Stance:
    """What is said well of a competitor is said against us, unless the sentence speaks to us."""
    if abs(feeling) < _STRONG:
        return "neutral"
    return "for_us" if (feeling > 0) == bool(_YOU.search(text)) else "against_us"


def _pattern(phrases: Sequence[str], is_exact: bool = False) -> re.Pattern[str]:
    """Any of the phrases as whole words. Ordinary words are a name only where they are written as one."""
    either = "|".join(r"\s+".join(re.escape(word) for word in phrase.split()) for phrase in phrases)
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)", 0 if is_exact else re.IGNORECASE)
