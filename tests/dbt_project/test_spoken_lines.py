"""How the rules for mentions and sentiment fare on lines that were written by hand, not by the company's grammar.

The company's sentences flatter the rules, because the same hands made both. So there are two sets of lines, each
labelled before any rule had seen it, the second by somebody who knew no rule:

- spoken_lines.csv is what rules may be chosen on: look at what they miss there, and mend the rule.
- spoken_lines_held_out.csv is the measure that docs/accuracy.md tells: look at its totals, never at its lines. Whoever
  has looked, or has fitted a rule to them, moves them to the other set and writes new ones.

A line names no competitor, or one, or several with ; between them. Its sentiment is the tone of the speaker, of
whomever it speaks. The floors only tell when a change makes the rules worse.
"""

import csv
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.dbt_project.ranks import spearman
from tests.dbt_project.story import LANDED_AT, Told
from tests.dbt_project.warehouse import Warehouse

CHOSEN_ON = Path(__file__).with_name("spoken_lines.csv")
HELD_OUT = Path(__file__).with_name("spoken_lines_held_out.csv")
CALL_ID = "900"
STARTED_AT = "2026-03-10 18:00:00"
SECONDS_A_LINE = 4
LABELS = (-1, 0, 1)


@dataclass(frozen=True)
class Spoken:
    """A line and what a person makes of it; then what the rules make of it."""

    text: str
    named: frozenset[str]
    feeling: int
    found: frozenset[str]
    sentiment: float

    @property
    def label(self) -> int:
        return (self.sentiment >= 0.25) - (self.sentiment <= -0.25)


@pytest.fixture(scope="module")
def warehouse(story: Warehouse) -> Warehouse:
    """One call in which a customer says all of both sets."""
    texts = [line["text"] for lines in (CHOSEN_ON, HELD_OUT) for line in _lines(lines)]
    starts = [number * SECONDS_A_LINE * 1000 for number in range(len(texts))]
    sentences = [{"start": start, "end": start + 3000, "text": text} for start, text in zip(starts, texts, strict=True)]
    party = {"id": "p", "speakerId": "s", "affiliation": "External", "title": "Controller"}
    metadata = {"id": CALL_ID, "started": STARTED_AT.replace(" ", "T") + "Z", "duration": len(texts) * SECONDS_A_LINE}
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
def spoken(warehouse: Warehouse) -> dict[Path, list[Spoken]]:
    """The lines of either set."""
    found = defaultdict(set)
    for row in warehouse.query("select mention_context, competitor_name from ANALYTICS.INT_COMPETITORS__RAW_MENTIONS"):
        found[row["mention_context"]].add(row["competitor_name"])
    scores = {row["sentence_text"]: float(row["sentiment"]) for row in warehouse.query(_SCORES)}
    return {
        lines: [
            Spoken(
                text=line["text"],
                named=frozenset(filter(None, line["competitor"].split(";"))),
                feeling=int(line["sentiment"]),
                found=frozenset(found[line["text"]]),
                sentiment=scores[line["text"]],
            )
            for line in _lines(lines)
        ]
        for lines in (CHOSEN_ON, HELD_OUT)
    }


_SCORES = (
    "select sentences.sentence_text, scores.sentiment from STAGING.STG_GONG__TRANSCRIPT_SENTENCES as sentences "
    "inner join ANALYTICS.INT_CALLS__UTTERANCE_SCORES as scores on scores.sentence_key = sentences.sentence_key"
)


def accuracy(spoken: list[Spoken]) -> dict[str, float]:
    """What docs/accuracy.md tells of the lines."""
    right = sum(len(one.named & one.found) for one in spoken)
    return {
        "mention_precision": right / sum(len(one.found) for one in spoken),
        "mention_recall": right / sum(len(one.named) for one in spoken),
        "sentiment_macro_f1": sum(_f1(spoken, label) for label in LABELS) / len(LABELS),
        "sentiment_agreement": sum(one.label == one.feeling for one in spoken) / len(spoken),
        "sentiment_turned_round": sum(one.label * one.feeling < 0 for one in spoken) / len(spoken),
        "sentiment_spearman": spearman([one.feeling for one in spoken], [one.sentiment for one in spoken]),
    }


@pytest.mark.parametrize(
    ("lines", "told_as", "least"),
    [
        (
            HELD_OUT,
            "spoken",
            {"mention_precision": 0.98, "mention_recall": 0.95, "sentiment_macro_f1": 0.5},
        ),
        (
            CHOSEN_ON,
            "chosen_on",
            {"mention_precision": 0.98, "mention_recall": 0.95, "sentiment_macro_f1": 0.5},
        ),
    ],
    ids=["held out", "chosen on"],
)
def test_the_rules_hold_on_lines_the_grammar_did_not_make(
    spoken: dict[Path, list[Spoken]],
    lines: Path,
    told_as: str,
    least: dict[str, float],
    record_property: Callable[[str, float], None],
) -> None:
    told = accuracy(spoken[lines])
    for name, value in told.items():
        record_property(f"{told_as}_{name}", value)
    assert {name: value for name, value in told.items() if value < least.get(name, value)} == {}


def test_no_line_is_in_both_sets() -> None:
    either = [{line["text"].casefold() for line in _lines(lines)} for lines in (CHOSEN_ON, HELD_OUT)]
    assert not either[0] & either[1]
    assert min(map(len, either)) >= 120


def _lines(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _f1(spoken: list[Spoken], label: int) -> float:
    right = sum(one.label == label == one.feeling for one in spoken)
    return 2 * right / (sum(one.label == label for one in spoken) + sum(one.feeling == label for one in spoken))
