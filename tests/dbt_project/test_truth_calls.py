"""What the marts say of calls, mentions and competitors against what the company knows of itself."""

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from infra.company.calls import Call
from infra.company.chance import company_date
from infra.company.grammar import COMPETITORS
from infra.company.truth import calls as truth
from infra.company.truth import sales
from infra.company.truth.accounts import account_of
from tests.dbt_project.account_keys import companies_by_key
from tests.dbt_project.known_company import KnownCompany
from tests.dbt_project.ranks import spearman

LEAST_PRECISION = 0.98
LEAST_RECALL = 0.95
LEAST_SPEARMAN = 0.85
LEAST_WORDS_AGREE = 0.9
ROUNDING = Decimal("0.0001")
"""The emulator divides in floating point; a mean of four places may differ in its last."""


@pytest.fixture(scope="module")
def calls(company: KnownCompany) -> list[Call]:
    return truth.told(company.world)


@pytest.fixture(scope="module")
def facts(company: KnownCompany) -> dict[str, dict[str, Any]]:
    return {row["call_id"]: row for row in company.warehouse.query("select * from ANALYTICS.FCT_CALL")}


@pytest.fixture(scope="module")
def utterances(company: KnownCompany) -> dict[str, dict[int, float]]:
    """Sentiment by call and start in milliseconds."""
    rows = company.warehouse.query(
        "select sentences.call_id, sentences.start_ms, scores.sentiment "
        "from STAGING.STG_GONG__TRANSCRIPT_SENTENCES as sentences "
        "inner join ANALYTICS.INT_CALLS__UTTERANCE_SCORES as scores on scores.sentence_key = sentences.sentence_key"
    )
    found: dict[str, dict[int, float]] = defaultdict(dict)
    for row in rows:
        found[row["call_id"]][int(row["start_ms"])] = float(row["sentiment"])
    return found


@pytest.fixture(scope="module")
def mentions(company: KnownCompany) -> dict[tuple[str, str, datetime], dict[str, Any]]:
    rows = company.warehouse.query("select * from ANALYTICS.INT_COMPETITORS__SCORED")
    return {
        (row["source_record_id"], row["competitor_name"], row["detected_at"].replace(tzinfo=UTC)): row for row in rows
    }


def test_every_call_is_told_once_with_its_customer(company: KnownCompany, facts: dict[str, dict[str, Any]]) -> None:
    real = sales.calls(company.world)
    assert {one.call_id: (one.company_id, one.started_at, one.duration_s) for one in real} == {
        call_id: (row["account_id"], row["started_at"].replace(tzinfo=UTC), row["duration_s"])
        for call_id, row in facts.items()
    }


def test_a_call_is_of_the_account_that_all_tools_together_make(
    company: KnownCompany, facts: dict[str, dict[str, Any]]
) -> None:
    """The customer may be in HubSpot twice."""
    accounts = companies_by_key(company)
    assert {call_id: accounts.get(row["account_key"]) for call_id, row in facts.items()} == {
        one.call_id: account_of(company.world, one.company_id) for one in sales.calls(company.world)
    }


def test_chunks_make_up_the_transcript(company: KnownCompany, calls: list[Call]) -> None:
    rows = company.warehouse.query("select call_id, transcript_chunks from GONG_INTELLIGENCE.CALL_TRANSCRIPTS")
    chunks = {row["call_id"]: json.loads(row["transcript_chunks"]) for row in rows}
    for call in calls:
        told = sorted(chunks[call.call_id], key=lambda chunk: chunk["chunk_number"])
        assert " ".join(chunk["text"] for chunk in told) == " ".join(one.line.text for one in call.sentences)
    without = {one.call_id for one in sales.calls(company.world)} - {one.call_id for one in calls}
    assert all(chunks[call_id] == [] for call_id in without)


def test_every_mention_of_a_competitor_is_found_and_nothing_else(
    company: KnownCompany,
    mentions: dict[tuple[str, str, datetime], dict[str, Any]],
    record_property: Callable[[str, float], None],
) -> None:
    real, found = set(truth.threats(company.world)), set(mentions)
    right = len(real & found)
    record_property("mention_precision", right / len(found))
    record_property("mention_recall", right / len(real))
    assert right / len(found) >= LEAST_PRECISION
    assert right / len(real) >= LEAST_RECALL


def test_a_mention_is_of_whoever_made_it_and_where(
    company: KnownCompany, mentions: dict[tuple[str, str, datetime], dict[str, Any]]
) -> None:
    """At the desks a customer is known by the address; what colleagues write is of no account."""
    accounts = companies_by_key(company)
    real = truth.threats(company.world)
    both = real.keys() & mentions.keys()
    assert {key: (accounts.get(mentions[key]["account_key"]), mentions[key]["is_by_customer"]) for key in both} == {
        key: (real[key].account_id, real[key].customer > 0) for key in both
    }
    sources = {one.desk for one in sales.desk_mentions(company.world) if one.account_id}
    assert sources == {"intercom", "zendesk"}


def test_threat_levels_are_exact_where_the_words_are_understood(
    company: KnownCompany,
    mentions: dict[tuple[str, str, datetime], dict[str, Any]],
    record_property: Callable[[str, float], None],
) -> None:
    """What follows from speakers, deals and earlier mentions is exact throughout."""
    real = truth.threats(company.world)
    both = [(real[key], mentions[key]) for key in real.keys() & mentions.keys()]
    record_property("threat_level_agreement", sum(row["threat_level"] == one.level for one, row in both) / len(both))
    understood = 0
    for one, row in both:
        told = (row["customer_points"], row["deal_points"], row["decision_maker_points"], row["repeat_points"])
        assert tuple(map(Decimal, told)) == (one.customer, one.deal, one.decision_maker, one.repeat)
        if (row["language"] is not None, row["sentiment_points"]) == (one.language is not None, -one.towards_us):
            understood += 1
            assert row["threat_level"] == one.level
    record_property("threat_words_understood", understood / len(both))
    assert understood / len(both) >= LEAST_WORDS_AGREE
    assert {row["threat_level"] for _, row in both} == {1, 2, 3, 4, 5}


def test_a_call_is_scored_when_its_customer_said_enough(calls: list[Call], facts: dict[str, dict[str, Any]]) -> None:
    scored = {call_id for call_id, row in facts.items() if row["sentiment_score"] is not None}
    assert scored == {one.call_id for one in calls if truth.is_scored(one)}
    assert 0 < len(scored) < len(facts)


def test_a_calls_score_is_the_mean_of_its_customers_utterances(
    calls: list[Call], facts: dict[str, dict[str, Any]], utterances: dict[str, dict[int, float]]
) -> None:
    for call in filter(truth.is_scored, calls):
        by_start, row = utterances[call.call_id], facts[call.call_id]
        said = truth.customer_sentences(call)
        mean = truth.mean(said, [by_start[one.start_ms] for one in said])
        assert mean is not None
        assert abs(row["sentiment_score"] - Decimal(mean)) <= ROUNDING
        parts = truth.thirds(call)
        assert (row["sentiment_trend"] is None) == (parts is None)
        if parts:
            first, last = (truth.mean(part, [by_start[one.start_ms] for one in part]) or 0.0 for part in parts)
            assert abs(row["sentiment_trend"] - Decimal(last - first)) <= ROUNDING


def test_scores_rank_calls_as_people_would(
    calls: list[Call], facts: dict[str, dict[str, Any]], record_property: Callable[[str, float], None]
) -> None:
    scored = [one for one in calls if truth.is_scored(one)]
    rank = spearman(
        [truth.mood(one) or 0.0 for one in scored], [float(facts[one.call_id]["sentiment_score"]) for one in scored]
    )
    record_property("sentiment_spearman", rank)
    assert rank >= LEAST_SPEARMAN


def test_what_came_of_a_call_is_what_was_said(calls: list[Call], facts: dict[str, dict[str, Any]]) -> None:
    assert {one.call_id: facts[one.call_id]["outcome_category"] for one in calls} == {
        one.call_id: truth.outcome(one) for one in calls
    }


def test_talking_points_are_those_our_side_used(company: KnownCompany, calls: list[Call]) -> None:
    rows = company.warehouse.query("select call_id, talking_points_used from GONG_INTELLIGENCE.CALL_TRANSCRIPTS")
    used = {row["call_id"]: set(json.loads(row["talking_points_used"])) for row in rows}
    assert {one.call_id: used[one.call_id] for one in calls} == {
        one.call_id: truth.talking_points(one) for one in calls
    }


@pytest.mark.parametrize("days_ago", [1, 33, 90])
def test_a_competitors_record_is_as_known_on_its_day(company: KnownCompany, days_ago: int) -> None:
    day = company_date(company.world.now) - timedelta(days=days_ago)
    rows = company.warehouse.query(
        f"select * from COMPETITIVE_INTELLIGENCE.COMPETITOR_SCORECARD_DAILY where date_key = '{day}'"  # noqa: S608
    )
    per_day = truth.mentions_per_day(company.world)
    of_30_days = {
        name: sum(n for (whose, when), n in per_day.items() if whose == name and 0 <= (day - when).days < 30)
        for name in COMPETITORS
    }
    heard = [
        (name, one)
        for (_, name, at), one in truth.threats(company.world).items()
        if 0 <= (day - company_date(at)).days < 30
    ]
    every = sum(of_30_days.values())
    assert {row["competitor_name"] for row in rows} == set(COMPETITORS)
    for row in rows:
        name = row["competitor_name"]
        record = truth.record_90d(company.world, name, day)
        assert (row["mentions"], row["mentions_30d"]) == (per_day[name, day], of_30_days[name])
        assert row["customer_mentions_30d"] == sum(one.customer > 0 for whose, one in heard if whose == name)
        assert row["accounts_30d"] == len({one.account_id for whose, one in heard if whose == name} - {None})
        assert (row["won_90d"], row["decided_90d"]) == (record.won, record.decided)
        assert row["share_30d"] == (_round(of_30_days[name] / every, 6) if every else None)
        expected = _round(record.won / record.decided, 6) if record.decided >= sales.WIN_MIN_N else None
        assert row["win_rate_90d"] == expected


@pytest.mark.parametrize(
    "clock",
    [
        pytest.param("2026-11-20 17:00:00", id="now"),
        pytest.param("2026-11-02 08:30:00", id="half an hour into the day after the clocks went back"),
        pytest.param("2026-04-01 06:30:00", id="half an hour before the end of March"),
    ],
)
def test_the_dashboard_is_exact_at_any_clock(
    company: KnownCompany, facts: dict[str, dict[str, Any]], clock: str
) -> None:
    """What is known now of the thirty days before the clock's."""
    first, last = truth.window_30d(company_date(datetime.fromisoformat(clock).replace(tzinfo=UTC)))
    replace(company.warehouse, as_of=clock).dbt("run", "--select", "executive_dashboard_30d")
    [row] = company.warehouse.query("select * from EXECUTIVE_DASHBOARD.EXECUTIVE_DASHBOARD_30D")
    company.warehouse.dbt("run", "--select", "executive_dashboard_30d")
    held = [one for one in sales.calls(company.world) if first <= company_date(one.started_at) <= last]
    named = {name for (name, day), n in truth.mentions_per_day(company.world).items() if n and first <= day <= last}
    scores = [facts[one.call_id]["sentiment_score"] for one in held if one in truth.told(company.world)]
    known = [score for score in scores if score is not None]
    assert row["total_calls"] == len(held)
    assert row["unique_accounts"] == len({account_of(company.world, one.company_id) for one in held if one.company_id})
    assert row["competitors_mentioned"] == len(named)
    if known:
        assert abs(row["avg_sentiment"] - sum(known) / len(known)) <= ROUNDING
    else:
        assert row["avg_sentiment"] is None


def _round(ratio: float, places: int) -> Decimal:
    return Decimal(ratio).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
