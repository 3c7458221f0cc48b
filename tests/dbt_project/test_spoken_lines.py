"""How the rules for mentions and sentiment fare on 200 lines that people wrote, not the company's grammar.

The company's sentences flatter the rules, because the same hands made both. These lines were labelled before the rules
had seen them and no rule was fitted to them since, so what docs/accuracy.md tells is the honest figure; the floors only
tell when a change makes the rules worse.
"""

import csv
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.dbt_project.ranks import spearman
from tests.dbt_project.story import LANDED_AT, Told
from tests.dbt_project.warehouse import Warehouse

LINES = Path(__file__).with_name("spoken_lines.csv")
CALL_ID = "900"
STARTED_AT = "2026-03-10 18:00:00"
LEAST_PRECISION = 0.9
LEAST_RECALL = 0.85
LEAST_MACRO_F1 = 0.5
LABELS = (-1, 0, 1)


@dataclass(frozen=True)
class Spoken:
    """A line and what a person makes of it; then what the rules make of it."""

    text: str
    competitor: str
    feeling: int
    found: frozenset[str]
    sentiment: float

    @property
    def label(self) -> int:
        return (self.sentiment >= 0.25) - (self.sentiment <= -0.25)


@pytest.fixture(scope="module")
def warehouse(story: Warehouse) -> Warehouse:
    """One call in which a customer says all of it."""
    texts = [line["text"] for line in _lines()]
    sentences = [
        {"start": number * 4000, "end": number * 4000 + 3000, "text": text} for number, text in enumerate(texts)
    ]
    party = {"id": "p", "speakerId": "s", "affiliation": "External", "title": "Controller"}
    metadata = {"id": CALL_ID, "started": STARTED_AT.replace(" ", "T") + "Z", "duration": 900}
    call = {"metaData": metadata, "parties": [party]}
    transcript = {"callId": CALL_ID, "transcript": [{"speakerId": "s", "sentences": sentences}]}
    story.forget()
    story.land(
        [
            Told("gong", "call", CALL_ID, "upsert", None, call, "2026-03-10 19:00:00", "pull"),
            Told("gong", "transcript", CALL_ID, "upsert", None, transcript, "2026-03-10 19:05:00", "pull"),
        ],
        LANDED_AT,
    )
    story.run_again("+int_competitors__raw_mentions", "+int_calls__utterance_scores", full_refresh=True)
    return story


@pytest.fixture(scope="module")
def spoken(warehouse: Warehouse) -> list[Spoken]:
    mentioned = Counter(
        (row["mention_context"], row["competitor_name"])
        for row in warehouse.query("select * from ANALYTICS.INT_COMPETITORS__RAW_MENTIONS")
    )
    scores = {row["sentence_text"]: float(row["sentiment"]) for row in warehouse.query(_SCORES)}
    return [
        Spoken(
            text=line["text"],
            competitor=line["competitor"],
            feeling=int(line["sentiment"]),
            found=frozenset(name for text, name in mentioned if text == line["text"]),
            sentiment=scores[line["text"]],
        )
        for line in _lines()
    ]


_SCORES = (
    "select sentences.sentence_text, scores.sentiment from STAGING.STG_GONG__TRANSCRIPT_SENTENCES as sentences "
    "inner join ANALYTICS.INT_CALLS__UTTERANCE_SCORES as scores on scores.sentence_key = sentences.sentence_key"
)


def accuracy(spoken: list[Spoken]) -> dict[str, Any]:
    """What docs/accuracy.md tells of the lines."""
    found = sum(len(one.found) for one in spoken)
    real = sum(bool(one.competitor) for one in spoken)
    right = sum(one.competitor in one.found for one in spoken)
    return {
        "lines": len(spoken),
        "mention_precision": right / found,
        "mention_recall": right / real,
        "sentiment_macro_f1": sum(_f1(spoken, label) for label in LABELS) / len(LABELS),
        "sentiment_agreement": sum(one.label == one.feeling for one in spoken) / len(spoken),
        "sentiment_turned_round": sum(one.label * one.feeling < 0 for one in spoken) / len(spoken),
        "sentiment_spearman": spearman([one.feeling for one in spoken], [one.sentiment for one in spoken]),
    }


def test_the_rules_hold_on_lines_the_grammar_did_not_make(
    spoken: list[Spoken], record_property: Callable[[str, float], None]
) -> None:
    told = accuracy(spoken)
    for name, value in told.items():
        record_property(f"spoken_{name}", value)
    assert told["lines"] >= 200
    assert told["mention_precision"] >= LEAST_PRECISION
    assert told["mention_recall"] >= LEAST_RECALL
    assert told["sentiment_macro_f1"] >= LEAST_MACRO_F1


def _lines() -> list[dict[str, str]]:
    with LINES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _f1(spoken: list[Spoken], label: int) -> float:
    right = sum(one.label == label == one.feeling for one in spoken)
    return 2 * right / (sum(one.label == label for one in spoken) + sum(one.feeling == label for one in spoken))
