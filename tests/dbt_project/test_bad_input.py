"""What arrives other than it should is kept, flagged and counted; nothing stops, and no number moves in silence.

Each case is one thing gone wrong in the story, with the flaw that must be told and the numbers it may move.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from snowflake.connector.errors import ProgrammingError

from tests.dbt_project.compared import Tables, tables
from tests.dbt_project.known_company import KnownCompany, copy_of
from tests.dbt_project.story import EVENTS, LANDED_AT, Told
from tests.dbt_project.warehouse import Warehouse

DAY = date(2026, 3, 20)
MODELS = ("+kpi_rollups", "+executive_dashboard_30d", "+call_transcripts", "+competitor_mentions", "+data_health")
Flaw = tuple[str, str, str]
"""Of the record concerned: stream, flaw and field."""


@dataclass(frozen=True)
class Case:
    """moved: by how much a number of KPI_ROLLUPS_DETAIL (`kpi.column`) or of the dashboard may change."""

    name: str
    events: tuple[Told, ...]
    flaws: frozenset[Flaw]
    moved: dict[str, Decimal] = field(default_factory=dict)


def _deal(deal_id: str, **properties: Any) -> Told:
    """An open deal of 3 March, as a pull lists it, but for the properties told; one that is `...` is left out."""
    whole = {
        "pipeline": "default",
        "deal_currency_code": "USD",
        "createdate": "2026-03-01T17:00:00Z",
        "dealname": deal_id,
        "amount": "1000",
        "dealstage": "new",
        "closedate": "2026-04-10T07:00:00Z",
    }
    told = {name: value for name, value in (whole | properties).items() if value is not ...}
    at = "2026-03-03 17:00:00"
    return Told("hubspot", "deal", deal_id, "upsert", at, {"id": deal_id, "properties": told}, at, "pull")


def _call(call_id: str, **told: Any) -> Told:
    payload = {"metaData": {"id": call_id, "started": "2026-03-10T18:00:00Z", "duration": 60}, **told}
    return Told("gong", "call", call_id, "upsert", None, payload, "2026-03-10 19:00:00", "pull", "pulled")


def _transcript(call_id: str, turns: Any) -> Told:
    payload = {"callId": call_id, "transcript": turns}
    return Told("gong", "transcript", call_id, "upsert", None, payload, "2026-03-10 19:05:00", "pull", "pulled")


_PARTIES = [{"id": "p9", "speakerId": "s9", "affiliation": "External", "emailAddress": "zoe@elsewhere.example"}]
_TURNS = [{"speakerId": "s9", "sentences": [{"start": 0, "end": 900, "text": "Hello."}]}]

CASES = [
    Case("a_deal_lost_its_stage", (_deal("901", dealstage=...),), frozenset({("deal", "field_missing", "dealstage")})),
    Case(
        "an_amount_became_words",
        (_deal("902", amount="about a thousand"),),
        frozenset({("deal", "field_mistyped", "amount")}),
        # Counted among the open deals, known of none.
        {
            "pipeline_value.sample_n": Decimal(1),
            "pipeline_unweighted.sample_n": Decimal(1),
            "pipeline_empirical.sample_n": Decimal(1),
        },
    ),
    Case(
        "a_creation_date_is_json_null",
        (_deal("903", createdate=None, dealstage="closedlost", closed_lost_reason="duplicate"),),
        frozenset({("deal", "field_missing", "createdate")}),
    ),
    Case(
        "a_stage_nobody_listed",
        (_deal("904", dealstage="negotiation_2"),),
        frozenset({("deal", "unknown_stage", "dealstage")}),
        # Taken for open, of unknown probability: in the unweighted pipeline alone.
        {
            "pipeline_value.sample_n": Decimal(1),
            "pipeline_empirical.sample_n": Decimal(1),
            "pipeline_unweighted.sample_n": Decimal(1),
            "pipeline_unweighted.numerator": Decimal(1000),
            "pipeline_unweighted.value": Decimal(1000),
        },
    ),
    Case(
        "a_currency_nobody_listed",
        (_deal("905", deal_currency_code="ZZZ", dealstage="closedwon", closedate="2026-03-09T17:00:00Z"),),
        frozenset({("deal", "unknown_currency", "deal_currency_code")}),
        # Won, for an unknown sum.
        {
            "revenue_mtd.sample_n": Decimal(1),
            "win_rate.sample_n": Decimal(1),
            "win_rate.numerator": Decimal(1),
            "win_rate_by_value.sample_n": Decimal(1),
        },
    ),
    Case(
        "a_deal_of_next_year",
        (
            Told(
                *("hubspot", "deal", "906", "upsert", "2027-03-03 17:00:00"),
                {"properties": {**_deal("906").payload["properties"], "createdate": "2027-03-01T17:00:00Z"}},
                *("2026-03-03 17:00:00", "pull"),
            ),
        ),
        frozenset({("deal", "in_the_future", "createdate")}),
    ),
    Case(
        "a_call_without_participants",
        (_call("907", parties=[]), _transcript("907", _TURNS)),
        frozenset({("call", "call_without_participants", "parties")}),
        {"total_calls": Decimal(1)},  # it was a call all the same, with nobody we know
    ),
    Case(
        "a_transcript_without_turns",
        (_call("908", parties=_PARTIES), _transcript("908", [])),
        frozenset({("transcript", "transcript_without_turns", "transcript")}),
        {"total_calls": Decimal(1)},
    ),
    Case(
        "a_call_that_began_at_no_time",
        (_call("909", parties=_PARTIES, metaData={"id": "909", "started": "yesterday", "duration": [1]}),),
        frozenset({("call", "field_mistyped", "metaData.started"), ("call", "field_mistyped", "metaData.duration")}),
    ),
]


@pytest.fixture(scope="module")
def sound(in_order: Tables) -> dict[str, Decimal]:
    return _numbers(in_order)


@pytest.fixture(scope="module")
def odd(story: Warehouse) -> dict[str, Decimal]:
    """Everything that can go wrong, besides all that is sound."""
    story.forget()
    story.land([*EVENTS, *(event for case in CASES for event in case.events)], LANDED_AT)
    story.run_again(*MODELS, full_refresh=True)
    return _numbers(tables(story))


def test_no_number_moves_but_those_told(sound: dict[str, Decimal], odd: dict[str, Decimal]) -> None:
    moved = {name: odd[name] - sound[name] for name in sound if odd[name] != sound[name]}
    expected: dict[str, Decimal] = {}
    for case in CASES:
        for name, by in case.moved.items():
            expected[name] = expected.get(name, Decimal(0)) + by
    assert moved == expected


def test_what_is_counted_but_not_known_lowers_the_coverage(story: Warehouse, odd: dict[str, Decimal]) -> None:
    """So a number that rests on less than it should says so beside itself."""
    rows = story.query(
        "select kpi, coverage from EXECUTIVE_INTELLIGENCE.KPI_ROLLUPS_DETAIL"  # noqa: S608
        f" where date_key = '{DAY}' and kpi in ('pipeline_value', 'revenue_mtd')"
    )
    assert all(row["coverage"] < 1 for row in rows)
    assert len(rows) == 2


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.usefixtures("odd")
def test_the_record_is_kept_and_flagged(story: Warehouse, case: Case) -> None:
    concerned = {(event.stream, event.entity_id) for event in case.events}
    staged = story.query("select stream, entity_id from STAGING.BASE_RECORDS where not is_deleted")
    assert concerned <= {(row["stream"], row["entity_id"]) for row in staged}
    flagged = story.query("select stream, entity_id, flaw, field from ANALYTICS.INT_DATA_HEALTH__FLAWS")
    found = {
        (row["stream"], row["flaw"], row["field"].removeprefix("properties."))
        for row in flagged
        if (row["stream"], row["entity_id"]) in concerned
    }
    assert found == case.flaws


@pytest.mark.usefixtures("odd")
def test_data_health_counts_every_flawed_record(story: Warehouse) -> None:
    health = {(row["source"], row["stream"]): row for row in story.rows("MCP_DATA.DATA_HEALTH")}
    deals, calls, transcripts = (health[of] for of in (("hubspot", "deal"), ("gong", "call"), ("gong", "transcript")))
    assert (deals["flawed_records"], deals["field_missing"], deals["field_mistyped"]) == (6, 2, 1)
    assert (deals["unknown_value"], deals["in_the_future"]) == (2, 1)
    assert (calls["flawed_records"], calls["field_mistyped"], calls["empty_records"]) == (2, 1, 1)
    assert transcripts["empty_records"] == 1
    assert health["gong", "quarantine"]["quarantined"] == 1
    assert {row["status"] for row in (deals, calls, transcripts)} <= {"stale", "drifting", "flawed"}


def _numbers(told: Tables) -> dict[str, Decimal]:
    """Of the last day and of the dashboard, but for the coverage, which is there to move."""
    found: dict[str, Decimal] = {}
    for row in told["EXECUTIVE_INTELLIGENCE.KPI_ROLLUPS_DETAIL"]:
        if row["date_key"] == DAY:
            found |= {f"{row['kpi']}.{name}": row[name] for name in ("value", "numerator", "sample_n")}
    [dashboard] = told["EXECUTIVE_DASHBOARD.EXECUTIVE_DASHBOARD_30D"]
    return found | {name: dashboard[name] for name in ("total_calls", "unique_accounts", "competitors_mentioned")}


def _mangled(payload: Any) -> Iterator[Any]:
    """A payload spoiled in every way: each value of another type, each field at the top alone, or no object at all."""
    for other in ("?!", None, 3.5, [1], {"a": 1}):
        yield _with_leaves(payload, other)
    yield from ({}, [], "text", 3, None)
    if isinstance(payload, dict):
        for name in payload:
            yield {key: value for key, value in payload.items() if key != name}
            yield from ({**payload, name: other} for other in ("?!", [1], {"a": 1}))


def _with_leaves(value: Any, other: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_leaves(inner, other) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_leaves(inner, other) for inner in value]
    return other


def test_no_payload_stops_the_models(company: KnownCompany, tmp_path: Path) -> None:
    """One record a stream of every source, spoiled in every way: all of it is staged, and every view can be read."""
    told = company.warehouse.query(
        "select source, stream, payload::varchar as payload from STAGING.BASE_RECORDS"
        " where payload is not null and source != 'sophia'"
        " qualify row_number() over (partition by source, stream order by length(payload::varchar) desc, entity_id) = 1"
    )
    at = "2026-03-03 17:00:00"
    spoiled = [
        Told(row["source"], row["stream"], str(number), "upsert", at, payload, at, "pull")
        for row in told
        for number, payload in enumerate(_mangled(json.loads(row["payload"])))
    ]
    with copy_of(company, tmp_path) as warehouse:
        warehouse.forget()
        for first in range(0, len(spoiled), 500):
            warehouse.land(spoiled[first : first + 500], LANDED_AT)
        warehouse.run_again(full_refresh=True)
        [staged] = warehouse.query("select count(*) as records from STAGING.BASE_RECORDS")
        assert staged["records"] == len(spoiled)
        broken = []
        for node in warehouse.manifest.nodes.values():
            if node.resource_type == "model" and node.config.materialized == "view":
                try:
                    warehouse.rows(f"{node.schema}.{node.name}")
                except ProgrammingError as error:
                    broken.append(f"{node.name}: {error}")
        assert broken == []
