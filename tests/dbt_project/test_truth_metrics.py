"""Odd days, alerts and tiles against series whose changes were planted, and daily metrics against the company.

Thresholds were tuned on seeds 1 to 5. SOPHIA_SERIES_SEEDS=1,2 judges others than those reported on.
"""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from dbt.contracts.graph.manifest import Manifest

from infra.company.chance import company_date
from infra.company.series import Planted, plant
from infra.company.truth import metrics as truth
from tests.dbt_project import planted as planting
from tests.dbt_project.known_company import KnownCompany
from tests.dbt_project.warehouse import Warehouse

SEEDS = [int(one) for one in os.environ.get("SOPHIA_SERIES_SEEDS", "101,102,103,104,105").split(",")]
DETECTOR = ("int_metrics__residuals", "metric_anomalies")
MARTS = ("int_metrics__incidents", "alerts", "metric_forecasts", "dashboard_tiles")
ODD = "select * from BUSINESS_INTELLIGENCE.METRIC_ANOMALIES where status = 'anomaly'"


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory, manifest: Manifest) -> Iterator[Warehouse]:
    with planting.empty_warehouse(tmp_path_factory.mktemp("planted"), manifest) as warehouse:
        yield warehouse


@pytest.fixture(scope="module")
def scores(warehouse: Warehouse) -> list[truth.Score]:
    """Of each seed; what the last one made of alerts and tiles stays in the warehouse."""
    scores = []
    for seed in SEEDS:
        planted = plant(seed, planting.AS_OF)
        planting.land(warehouse, planted)
        planting.tell_known_events(warehouse, planted)
        planting.judge(warehouse, *DETECTOR, *(MARTS if seed == SEEDS[-1] else ()))
        alarms = [truth.Alarm(row["metric"], row["date_key"], row["direction"] == "up") for row in warehouse.query(ODD)]
        scores.append(truth.Score())
        truth.judge(planted, alarms, scores[-1])
    return scores


@pytest.fixture(scope="module")
def score(scores: list[truth.Score]) -> truth.Score:
    """Of all seeds."""
    score = truth.Score()
    for one in scores:
        score.add(one)
    print(f"SOPHIA_SERIES_SEEDS={','.join(map(str, SEEDS))}", *score.lines(), *score.missed, sep="\n")
    return score


@pytest.fixture(scope="module")
def last(score: truth.Score) -> Planted:
    return plant(SEEDS[-1], planting.AS_OF)


def test_changes_of_a_quarter_and_more_are_caught_on_their_day(
    score: truth.Score, scores: list[truth.Score], record_property: Callable[[str, float], None]
) -> None:
    for one in scores:
        record_property("anomaly_recall", one.recall())
        record_property("anomaly_recall_15", one.recall(at_least=0.15, below=truth.MUST_CATCH))
    assert score.recall() >= 0.95, list(score.lines())


def test_there_is_at_most_one_false_alarm_a_year_and_metric(
    score: truth.Score, scores: list[truth.Score], record_property: Callable[[str, float], None]
) -> None:
    for one in scores:
        record_property("false_alarms", one.false_alarms_per_year())
    assert score.false_alarms_per_year() <= 1
    assert all(score.false_alarms[family] / years <= 1 for family, years in score.metric_years.items())


def test_holidays_campaigns_and_outages_are_no_anomalies(
    score: truth.Score, scores: list[truth.Score], record_property: Callable[[str, float], None]
) -> None:
    for one in scores:
        record_property("broken_silence", len(one.broken_silence))
    assert score.broken_silence == []


def test_a_slow_drift_has_a_fair_chance_to_be_noticed(
    score: truth.Score, scores: list[truth.Score], record_property: Callable[[str, float], None]
) -> None:
    """26 of 45 over all seeds tried; single days alone notice one in five."""
    for one in scores:
        record_property("drift_recall", one.recall(["drift"]))
    assert score.recall(["drift"]) >= 0.33


def test_an_outage_is_one_alert_about_the_source(warehouse: Warehouse, last: Planted) -> None:
    [alert] = warehouse.query("select * from EXECUTIVE_DASHBOARD.ALERTS where kind = 'stale_source'")
    source, days = last.outage
    assert (alert["source"], alert["days"], alert["is_open"]) == (source, len(days), True)
    assert alert["metrics"] == sum(one.source == source for one in last.series)


def test_an_incident_is_one_alert(warehouse: Warehouse, last: Planted) -> None:
    """A shift is odd until it is what is expected, and told once."""
    alerts = warehouse.query("select * from EXECUTIVE_DASHBOARD.ALERTS where kind = 'anomaly'")
    shifts = [*last.changes("shift"), *last.changes("step")]
    for one, change in shifts:
        about = [row for row in alerts if row["metric"] == one.metric]
        covering = [
            row
            for row in about
            if row["first_date"] <= change.first <= row["last_date"]
            and row["direction"] == ("up" if change.size > 0 else "down")
        ]
        assert len(covering) <= 1
    odd = len(warehouse.query(ODD))
    assert 0 < len(alerts) <= odd


def test_a_sentence_states_only_the_numbers_of_its_row(warehouse: Warehouse, last: Planted) -> None:
    alerts = warehouse.query("select * from EXECUTIVE_DASHBOARD.ALERTS")
    assert alerts
    for row in alerts:
        assert "{" not in row["sentence"]
        facts = [
            row[name] for name in ("value", "expected", "effect_percent", "metrics", "days") if row[name] is not None
        ]
        stated = truth.numbers_of(row["sentence"])
        assert all(any(abs(number - Decimal(fact)) <= Decimal("0.005") for fact in facts) for number in stated), row
        if row["kind"] == "anomaly" and row["effect_percent"] and " % " in row["sentence"]:
            ratio = abs(row["value"] - row["expected"]) / abs(row["expected"]) * 100
            assert abs(row["effect_percent"] - ratio) <= Decimal("0.51")
            assert (" rose " in row["sentence"]) == (row["value"] > row["expected"])


def test_tiles_tell_the_newest_day_that_is_over(warehouse: Warehouse, last: Planted) -> None:
    tiles = {row["metric"]: row for row in warehouse.query("select * from EXECUTIVE_DASHBOARD.DASHBOARD_TILES")}
    assert set(tiles) == {one.metric for one in last.series}
    for one in last.series:
        tile = tiles[one.metric]
        if one.kind == "stock":  # as it stands today, which the planting leaves at 0
            continue
        day = last.as_of - timedelta(days=1)
        assert tile["value_date"] == day
        assert float(tile["value"]) == pytest.approx(one.on(day), abs=0.01)
        assert float(tile["change_7_days"]) == pytest.approx(one.on(day) - one.on(day - timedelta(days=7)), abs=0.01)
        assert float(tile["change_28_days"]) == pytest.approx(one.on(day) - one.on(day - timedelta(days=28)), abs=0.01)
        assert (tile["status"] == "stale_source") == (one.source == last.outage[0])


def test_daily_metrics_are_those_of_the_company(company: KnownCompany) -> None:
    rows = company.warehouse.query("select metric, dimension, date_key, value from ANALYTICS.INT_METRICS__DAILY_LONG")
    told = {(row["metric"], row["dimension"], row["date_key"]): row["value"] for row in rows}
    for (metric, dimension), days in truth.daily(company.world).items():
        mine = {day: value for (name, part, day), value in told.items() if (name, part) == (metric, dimension)}
        assert {day: value for day, value in mine.items() if value} == dict(days), (metric, dimension)
        assert max(mine) == company_date(company.world.now)
        assert len(mine) == (max(mine) - min(mine)).days + 1
