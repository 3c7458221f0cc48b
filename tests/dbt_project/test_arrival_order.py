"""The same events give the same numbers, whatever the order, the repetitions and the runs they arrive in."""

import random
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest

from tests.dbt_project.compared import TABLES, Tables, tables
from tests.dbt_project.story import EVENTS, Told
from tests.dbt_project.warehouse import Warehouse


def tell(warehouse: Warehouse, *runs: Sequence[Told]) -> Tables:
    """Every table after these events, each sequence landed an hour after the one before and followed by a dbt run."""
    wanted = [f"+{table.split('.')[1].lower()}" for table in TABLES]
    for _ in warehouse.tell(runs, *wanted):
        pass
    return tables(warehouse)


def test_every_test_of_every_model_passes(story: Warehouse, in_order: Tables) -> None:
    """Those of rows on the story's, and the models' unit tests on rows of their own."""
    assert tables(story) == in_order
    story.dbt("test")


def test_order_duplication_and_lateness_change_no_mart(story: Warehouse, in_order: Tables) -> None:
    """The newest half first, backwards and twice; then the rest in no order, with some of the newest once more."""
    newest, oldest = EVENTS[len(EVENTS) // 2 :][::-1], EVENTS[: len(EVENTS) // 2] + EVENTS[::3]
    random.Random(7).shuffle(oldest)
    told_otherwise = tell(story, newest * 2, oldest)
    for table, expected in in_order.items():
        assert told_otherwise[table] == expected, table


def test_every_event_is_staged_once(in_order: Tables) -> None:
    streams = in_order["ANALYTICS.COMPLETENESS"]
    assert sum(row["landed"] for row in streams) == len({event.event_id for event in EVENTS})
    assert all(row["landed"] == row["staged"] for row in streams)
    assert [row["stream"] for row in streams if row["quarantined"]] == ["quarantine"]


@pytest.mark.parametrize(
    ("day", "revenue", "pipeline"),
    [
        (date(2026, 3, 1), "0", "260"),  # 0.2 x (100 + 200 + 1000)
        (date(2026, 3, 2), "0", "222"),  # deal 2 lost, and the late change makes deal 1 110
        (date(2026, 3, 7), "0", "360"),  # 0.5 x (120 + 200, open again) + 0.2 x 1000
        (date(2026, 3, 9), "0", "160"),  # deal 3 deleted; deal 4 won in a currency without a rate
        (date(2026, 3, 10), "120", "100"),
        (date(2026, 3, 20), "120", "100"),
    ],
)
def test_kpis_are_as_known_on_their_day(in_order: Tables, day: date, revenue: str, pipeline: str) -> None:
    rollups = {row["date_key"]: row for row in in_order["EXECUTIVE_INTELLIGENCE.KPI_ROLLUPS"]}
    assert len(rollups) == 120
    assert rollups[day]["revenue_mtd"] == Decimal(revenue)
    assert rollups[day]["pipeline_value"] == Decimal(pipeline)
    assert rollups[day]["competitive_win_rate"] is None  # one competitive deal is no rate


def test_a_day_before_the_first_deal_has_no_answer(in_order: Tables) -> None:
    rollups = {row["date_key"]: row for row in in_order["EXECUTIVE_INTELLIGENCE.KPI_ROLLUPS"]}
    assert rollups[date(2026, 2, 1)]["revenue_mtd"] is None


def test_a_call_belongs_to_the_company_its_customer_was_merged_into(in_order: Tables) -> None:
    [call] = in_order["GONG_INTELLIGENCE.CALL_TRANSCRIPTS"]
    assert (call["call_id"], call["account_id"], call["outcome_category"]) == ("700", "10", "follow-up")
    assert '"autopay"' in call["talking_points_used"]


def test_only_what_is_still_said_is_a_mention(in_order: Tables) -> None:
    """An edited and a deleted message named competitors; only the call still does."""
    [mention] = in_order["COMPETITIVE_INTELLIGENCE.COMPETITOR_MENTIONS"]
    assert (mention["competitor_name"], mention["threat_level"]) == ("Domura", 4)


def test_the_dashboard_counts_complete_days(in_order: Tables) -> None:
    [dashboard] = in_order["EXECUTIVE_DASHBOARD.EXECUTIVE_DASHBOARD_30D"]
    assert dashboard == {"total_calls": 1, "avg_sentiment": None, "unique_accounts": 1, "competitors_mentioned": 1}
