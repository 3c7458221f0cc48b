"""What the sales marts say against what the company knows of itself."""

from datetime import timedelta
from decimal import Decimal

import pytest

from infra.company.chance import company_date
from infra.company.truth import sales as truth
from tests.dbt_project.known_company import KnownCompany


@pytest.mark.parametrize("days_ago", [1, 17, 45, 80, 110])
def test_money_is_exact_as_of_any_day(company: KnownCompany, days_ago: int) -> None:
    day = company_date(company.world.now) - timedelta(days=days_ago)
    [row] = company.warehouse.query(
        f"select * from EXECUTIVE_INTELLIGENCE.KPI_ROLLUPS where date_key = '{day}'"  # noqa: S608
    )
    assert row["revenue_mtd"] == truth.revenue_mtd(company.world, day)
    expected = truth.pipeline_value(company.world, day)
    assert row["pipeline_value"] == (None if expected is None else round(expected, 2))
    rate = truth.competitive_win_rate(company.world, day).value
    assert row["competitive_win_rate"] == (None if rate is None else round(Decimal(rate), 6))
