"""What is understood of one document: how it feels, what was said for us and against, how it ended, who else was named.

Two shapes. `Understanding` is what an engine answers, and its JSON schema is what a language model is held to: a claim
quotes the text, since models cannot count characters. `Enrichment` is what is kept of the answer: every claim with the
span of the text that proves it. A claim whose quote is not in the text is dropped and counted (gpu_jobs.understanding).
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

VERSION = 1
Method = Literal["rules+prototypes", "llm"]
"""Rules and prototypes are weaker, and never shown as the other."""
OutcomeCategory = Literal["decision", "next_step", "objection", "pricing"]
"""As in seed call_outcome_phrases."""
Stance = Literal["for_us", "against_us", "neutral"]
ClaimKind = Literal["talking_point", "objection", "outcome", "summary", "competitor_mention"]

Name = Annotated[str, Field(min_length=1, max_length=80)]
Score = Annotated[float, Field(ge=-1, le=1)]


class _Told(BaseModel):
    """Nothing beside what is asked for, and no text for a number."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class PieceSentiment(_Told):
    """How a turn, message or paragraph feels: -1 bad, 0 neither, 1 good. piece is its number, from 0."""

    piece: int = Field(ge=0)
    sentiment: Score


class Quoted(_Told):
    """quote is copied from the piece, letter by letter, and proves what is claimed beside it."""

    piece: int = Field(ge=0)
    quote: str = Field(min_length=1, max_length=500)


class TalkingPoint(Quoted):
    """An argument for our product that somebody of ours made."""

    talking_point: Name


class Objection(Quoted):
    """What a customer holds against buying or keeping our product, in a few words."""

    objection: Name


class Outcome(Quoted):
    """How the conversation ended: a decision was taken, else a next step agreed, else an objection stood, else the
    price was asked for."""

    category: OutcomeCategory


class SummarySentence(Quoted):
    """A sentence of the summary. quote is the part of the text it rests on most."""

    text: str = Field(min_length=1, max_length=300)


class CompetitorMention(Quoted):
    """Another vendor that was named. heard_as are the very words in the quote; stance is what it means for us."""

    competitor: Name
    heard_as: Name
    stance: Stance


class Understanding(_Told):
    """What an engine says of a document. Lists are empty where there is nothing to say."""

    pieces: list[PieceSentiment]
    talking_points: list[TalkingPoint] = Field(max_length=20)
    objections: list[Objection] = Field(max_length=20)
    outcome: Outcome | None
    summary: list[SummarySentence] = Field(max_length=5)
    competitor_mentions: list[CompetitorMention] = Field(max_length=20)


class ScoredPiece(_Told):
    """A piece with its place in the document's text, in characters, end exclusive."""

    piece: int
    start: int
    end: int
    sentiment: Score


class Claim(_Told):
    """One thing understood, and its evidence: quote is text[start:end] of the document, in characters, exactly.

    label is the talking point, the objection, the outcome's category, the sentence of the summary or the competitor's
    name. heard_as and stance are of a competitor's mention alone.
    """

    kind: ClaimKind
    label: str
    piece: int
    start: int
    end: int
    quote: str
    heard_as: str | None = None
    stance: Stance | None = None


class Enrichment(_Told):
    """What is kept of one document. sentiment is the mean of its pieces by their length, None where none has a score.

    prompt_version names what was asked: prompt, schema, rules and vocabulary. dropped are the claims left out, by the
    code of what was wrong with them.
    """

    document_id: str
    content_hash: str
    method: Method
    model_version: str
    prompt_version: str
    sentiment: Score | None
    pieces: list[ScoredPiece]
    claims: list[Claim]
    dropped: dict[str, int]
    enrichment_version: int = VERSION
