"""Planted series as the input of the detector: a warehouse without events, whose daily metrics are the series."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path

from dbt.contracts.graph.manifest import Manifest

from infra.company.chance import COMPANY_TZ
from infra.company.series import DAYS, WARM_UP, Planted
from tests.dbt_project.warehouse import Warehouse, running

AS_OF = date(2026, 11, 20)
COLUMNS = {
    "metric_key": "varchar",
    "series_key": "varchar",
    "metric": "varchar",
    "dimension": "varchar",
    "source": "varchar",
    "label": "varchar",
    "unit": "varchar",
    "kind": "varchar",
    "good_direction": "varchar",
    "value": "number(24, 6)",
    "min_effect": "number(18, 6)",
    "min_effect_ratio": "number(9, 6)",
    "is_count": "boolean",
    "is_tile": "boolean",
    "is_closed": "boolean",
    "date_key": "date",
    "is_stale": "boolean",
}
"""Of int_metrics__daily_long."""


@contextmanager
def empty_warehouse(folder: Path, manifest: Manifest) -> Iterator[Warehouse]:
    """As of nine in the morning of AS_OF, with seeds and everything that needs no events."""
    instant = datetime.combine(AS_OF, time(9), COMPANY_TZ)
    with running(folder, instant.astimezone().isoformat(), manifest) as warehouse:
        warehouse.dbt("seed")
        warehouse.dbt("run", "--select", "+completeness", "+completeness_ledger", "dim_date")
        yield warehouse


def land(warehouse: Warehouse, planted: Planted) -> None:
    """The series are all the daily metrics there are; today's first hours are among them, as in life."""
    described = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    warehouse.query(f"create or replace table SOPHIA.ANALYTICS.INT_METRICS__DAILY_LONG ({described})")
    source, silent = planted.outage
    silent_days = ", ".join(f"'{day}'" for day in sorted(silent))
    for one in planted.series:
        # As one JSON text: the local warehouse takes minutes to read as many rows of literals.
        warehouse.query(f"""
            insert into SOPHIA.ANALYTICS.INT_METRICS__DAILY_LONG
            with days as (
                select dateadd(day, index, '{one.first_day}'::date)::date as date_key, value::number(24, 6) as told
                from table(flatten(input => parse_json('{json.dumps([*one.values, 0])}')))
            )
            select
                md5('{one.metric}|all|' || date_key::varchar), md5('{one.metric}|all'), '{one.metric}', 'all',
                '{one.source}', 'Planted {one.metric}', 'things', '{one.kind}', 'up', told,
                {3 if one.is_count else 0}, 0.10, {one.is_count}, true, date_key < '{planted.as_of}'::date, date_key,
                {one.source == source} and date_key in ({silent_days})
            from days
        """)  # noqa: S608


def judge(warehouse: Warehouse, *models: str) -> None:
    """Build models on the series, with a year of days judged instead of the last 120."""
    warehouse.dbt("run", "--select", *models, anomaly_days=DAYS - WARM_UP + 1)


def tell_known_events(warehouse: Warehouse, planted: Planted) -> None:
    """The holiday and the campaign, and no other."""
    metric, first, last = planted.campaign
    warehouse.query("delete from SOPHIA.ANALYTICS.KNOWN_EVENTS")
    warehouse.query(f"""
        insert into SOPHIA.ANALYTICS.KNOWN_EVENTS values
            ('holiday', '{planted.holiday}', '{planted.holiday}', null, null, 'A holiday'),
            ('campaign', '{first}', '{last}', '{metric}', null, 'A campaign')
    """)  # noqa: S608
