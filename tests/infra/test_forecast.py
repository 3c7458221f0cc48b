"""The forecast: a plain function, a handler under Snowpark's local testing mode, and the local warehouse."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from snowflake.snowpark import Session
from snowflake.snowpark.types import BooleanType, DateType, DecimalType, StringType, StructField, StructType

from infra.forecast import forecast_metrics
from infra.local.warehouse.running import connect, running_warehouse
from infra.snowflake import migrate
from infra.snowflake.procedures import forecast
from tests.accuracy.forecasts import AS_OF, held_out, together

SEEDS = (101, 102)
MADE_AT = datetime(2026, 11, 20, 10, tzinfo=UTC)


def history(days: int = 400, metric: str = "calls_held") -> list[dict[str, Any]]:
    """A week's pattern with scatter."""
    chance = np.random.default_rng(7)
    return [
        {
            "METRIC": metric,
            "DIMENSION": "all",
            "DATE_KEY": AS_OF - timedelta(days=days - place),
            "VALUE": float(max(0, round(100 + 40 * (place % 7 < 5) + chance.normal(0, 8)))),
        }
        for place in range(days)
    ]


def test_beats_the_week_before_on_most_planted_series_and_knows_where_it_does_not() -> None:
    found = together(held_out(seed) for seed in SEEDS)
    assert found.published >= 0.6
    assert 0.65 <= found.coverage <= 0.9
    assert found.error_to_naive < 1


def test_a_short_or_constant_series_is_not_forecast() -> None:
    assert forecast.forecast([1.0] * 400) is None
    assert forecast.forecast([float(place % 7) for place in range(150)]) is None


def test_a_perfect_week_leaves_nothing_to_beat() -> None:
    """The week before makes no error there, so that no method can be better."""
    assert forecast.forecast([float(place % 7) for place in range(400)]) is None


def test_the_band_holds_the_forecast_and_no_count_falls_below_nothing() -> None:
    made = forecast.rows(history(), AS_OF, MADE_AT)
    assert [row.target_date for row in made] == [AS_OF + timedelta(days=ahead) for ahead in range(forecast.HORIZON)]
    assert all(0 <= row.p10 <= row.p50 <= row.p90 for row in made)
    assert made[0].is_published and made[0].mase < 1


def test_the_last_days_do_not_leak_into_the_backtest_settings() -> None:
    """The same past gives the same errors from the first origins, whatever comes after them."""
    values = [row["VALUE"] for row in history()]
    first, second = forecast.forecast(values), forecast.forecast(values[:-7] + [1000.0] * 7)
    assert first is not None and second is not None
    assert np.array_equal(first[1].errors[:8], second[1].errors[:8])


def test_a_missing_day_is_taken_as_a_week_before() -> None:
    told = history()
    gap = [row for row in told if row["DATE_KEY"] != AS_OF - timedelta(days=30)]
    assert len(forecast.rows(gap, AS_OF, MADE_AT)) == forecast.HORIZON


def _metrics(session: Session) -> None:
    kinds = StructType(
        [
            *(StructField(name, StringType()) for name in ("METRIC", "DIMENSION", "KIND")),
            *(StructField(name, BooleanType()) for name in ("IS_CLOSED", "IS_STALE")),
            *(StructField("DATE_KEY", DateType()), StructField("VALUE", DecimalType(24, 6))),
        ]
    )
    told = [
        (row["METRIC"], row["DIMENSION"], kind, True, False, row["DATE_KEY"], row["VALUE"])
        for kind, metric in (("flow", "calls_held"), ("stock", "pipeline_value"), ("flow", forecast.NOT_FORECAST))
        for row in history(metric=metric)
    ]
    session.create_dataframe(told, schema=kinds).write.save_as_table(forecast.INPUT)


@pytest.fixture
def session() -> Iterator[Session]:
    session = Session.builder.config("local_testing", True).create()
    yield session
    session.close()


def test_the_procedure_runs_under_snowparks_local_testing_mode(session: Session) -> None:
    _metrics(session)
    made = forecast.rows(history(), AS_OF, MADE_AT)
    earlier = [tuple(vars(row).values()) for row in made[:1]]
    names = [name.upper() for name in vars(made[0])]
    session.create_dataframe(earlier, schema=names).write.save_as_table(forecast.OUTPUT)

    assert forecast.main(session) == "1 of 1 forecasts are better than the week before and published"
    assert forecast.main(session).startswith("1 of 1")
    rows = session.table(forecast.OUTPUT).collect()
    assert len(rows) == forecast.HORIZON  # made twice on one day: the second replaced the first
    assert {(row["METRIC"], row["MADE_ON"]) for row in rows} == {("calls_held", AS_OF)}


def test_the_local_warehouse_gets_what_the_procedure_would_write(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running_warehouse(tmp_path_factory.mktemp("warehouse")) as port:
        migrate.migrate(migrate.local(port), {"lake_bucket": "lake", "lake_role_arn": ""})
        with connect(port) as connection:
            cursor = connection.cursor()
            cursor.execute(
                f"create table {forecast.INPUT} (metric varchar, dimension varchar, kind varchar, is_closed boolean, "
                "is_stale boolean, date_key date, value number(24, 6))"
            )
            assert forecast_metrics(connection, MADE_AT) == []
            told = ", ".join(
                f"('calls_held', 'all', 'flow', true, false, '{row['DATE_KEY']}', {row['VALUE']})" for row in history()
            )
            cursor.execute(f"insert into {forecast.INPUT} values {told}")  # noqa: S608
            made = forecast_metrics(connection, MADE_AT)
            assert forecast_metrics(connection, MADE_AT) == made
            cursor.execute(f"select target_date, p50, is_published from {forecast.OUTPUT} order by 1")  # noqa: S608
            assert cursor.fetchall() == [(row.target_date, row.p50, row.is_published) for row in made]


def test_the_migration_carries_the_procedure_whole() -> None:
    text = (migrate.HERE / "procedures/forecast.py").read_text()
    assert "$$" not in text and not any(mark in text for mark in ("{{", "{%", "{#"))
    assert "{% include 'procedures/forecast.py' %}" in (migrate.HERE / "R__forecast_metrics.sql").read_text()
