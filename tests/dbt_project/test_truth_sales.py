"""What the sales marts say against what the company knows of itself: exact, to the cent, as known on any day."""

import math
from collections import Counter
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from statistics import median
from typing import Any

import pytest

from infra.company.chance import company_date
from infra.company.truth import deals
from infra.company.truth import sales as truth
from tests.dbt_project.known_company import KnownCompany

DAYS_AGO = (0, 1, 17, 20, 45, 50, 80, 110)
"""Among them the last days of two months."""
STALE = {"is_weighted": False, "is_stale": True}
PIPELINES: dict[str, dict[str, Any]] = {
    "pipeline_value": {},
    "pipeline_unweighted": {"is_weighted": False},
    "pipeline_stale": STALE,
}


def day_of(company: KnownCompany, days_ago: int) -> date:
    return company_date(company.world.now) - timedelta(days=days_ago)


def rounded(value: Decimal | float | None, digits: int) -> Decimal | None:
    """Half up, as SQL rounds."""
    return None if value is None else Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


@pytest.mark.parametrize("days_ago", DAYS_AGO)
def test_money_is_exact_as_of_any_day(company: KnownCompany, days_ago: int) -> None:
    day = day_of(company, days_ago)
    [row] = company.warehouse.query(
        f"select * from EXECUTIVE_INTELLIGENCE.KPI_ROLLUPS where date_key = '{day}'"  # noqa: S608
    )
    assert row["revenue_mtd"] == truth.revenue_mtd(company.world, day)
    assert row["pipeline_value"] == rounded(truth.pipeline_value(company.world, day), 2)
    assert row["competitive_win_rate"] == rounded(truth.competitive_win_rate(company.world, day).value, 6)


@pytest.mark.parametrize("days_ago", DAYS_AGO)
def test_a_kpi_tells_what_it_is_made_of(company: KnownCompany, days_ago: int) -> None:
    world, day = company.world, day_of(company, days_ago)
    rows = company.warehouse.query(
        f"select * from EXECUTIVE_INTELLIGENCE.KPI_ROLLUPS_DETAIL where date_key = '{day}'"  # noqa: S608
    )
    told = {row["kpi"]: row for row in rows}
    for kpi, asked in PIPELINES.items():
        assert told[kpi]["value"] == truth.pipeline_value(world, day, **asked), kpi
    for kpi, rate in (
        ("win_rate", truth.win_rate(world, day)),
        ("competitive_win_rate", truth.competitive_win_rate(world, day)),
    ):
        assert (told[kpi]["numerator"], told[kpi]["denominator"]) == (rate.numerator, rate.denominator), kpi
        assert told[kpi]["value"] == rounded(rate.value, 6), kpi
    found = deals.known(world, day)
    open_ones = [deal for deal in found if deal.status == "open"]
    with_amount = [deal for deal in open_ones if deal.amount_usd is not None]
    assert told["pipeline_value"]["sample_n"] == len(open_ones)
    assert told["pipeline_value"]["coverage"] == rounded(len(with_amount) / len(open_ones) if open_ones else 1, 6)


@pytest.mark.parametrize("days_ago", [0, 130, 190, 290])
def test_every_deal_is_in_the_state_it_was_known_in_and_in_one_row(company: KnownCompany, days_ago: int) -> None:
    """Also the days before and after the pipeline's redesign, of deals in another currency, re-opened, merged…"""
    day = day_of(company, days_ago)
    at = deals.end_of(company.world, day).strftime("%Y-%m-%d %H:%M:%S.%f")
    rows = company.warehouse.query(
        f"""
        select source, deal_id, amount_usd is null as is_unknown, amount_usd, close_date, stage_label,
            case when is_won then 'won' when is_lost then 'lost' else 'open' end as status
        from ANALYTICS.INT_DEALS__STAGE_INTERVALS
        where valid_from <= '{at}' and (valid_to > '{at}' or valid_to is null)
        """  # noqa: S608
    )
    told = {
        (row["source"], row["deal_id"]): (
            row["status"],
            None if row["is_unknown"] else row["amount_usd"],
            row["close_date"],
        )
        for row in rows
    }
    known = deals.known(company.world, day)
    assert len(rows) == len(known)
    assert told == {deals.key(one.pursuit): (one.status, one.amount_usd, one.close_date) for one in known}


def test_the_pipeline_is_exact_on_every_day_of_the_year(company: KnownCompany) -> None:
    rows = company.warehouse.query(
        """
        select date_key, count(deal_key) as deals, coalesce(sum(amount_usd), 0)::number(18, 2) as amount,
            coalesce(sum(weighted_usd), 0)::number(24, 6) as weighted
        from ANALYTICS.FCT_PIPELINE_DAILY
        group by date_key
        """
    )
    told = {row["date_key"]: (row["deals"], row["amount"], row["weighted"]) for row in rows}
    today = company_date(company.world.now)
    assert sorted(told) == [today - timedelta(days=ago) for ago in reversed(range(len(told)))]
    assert len(told) > 330, "a year, but for the days before the first deal"
    for day, numbers in told.items():
        known = [deal for deal in deals.known(company.world, day) if deal.status == "open"]
        amounts = [(deal.amount_usd or Decimal(0), deal.probability) for deal in known]
        weighted = sum((amount * probability for amount, probability in amounts), Decimal(0))
        assert numbers == (len(known), sum((amount for amount, _ in amounts), Decimal(0)), weighted), day


def test_a_deal_of_both_crms_is_one_deal_and_a_partnership_is_none(company: KnownCompany) -> None:
    told = {
        (row["hubspot_deal_id"], row["salesforce_opportunity_id"]): row["status"]
        for row in company.warehouse.query("select * from ANALYTICS.FCT_DEAL")
    }
    today = company_date(company.world.now)
    living = {}
    for deal in deals.known(company.world, today):
        source, deal_id = deals.key(deal.pursuit)
        ids = (deal_id if source == "hubspot" else None, deal.pursuit.opportunity_id)
        living[ids] = deal.status
    assert {ids: status for ids, status in told.items() if status != "deleted"} == living
    assert any(None not in ids for ids in living)
    assert any(ids[0] is None for ids in living)


def month_ends(company: KnownCompany) -> list[date]:
    """Of the months told, the present one as of today."""
    today, found = company_date(company.world.now), []
    for _, days in groupby(truth.days(company.world), key=lambda day: (day.year, day.month)):
        found.append(min(max(days), today))
    return found


def test_win_rates_tell_their_numbers_their_interval_and_each_competitors(company: KnownCompany) -> None:
    rows = company.warehouse.query("select * from BUSINESS_INTELLIGENCE.WIN_RATE_MONTHLY")
    told = {(row["as_of_date"], row["segment"], row["competitor_name"]): row for row in rows}
    heard = truth.named(company.world)
    expected: dict[tuple[date, str, str | None], list[deals.Deal]] = {}
    for day in month_ends(company):
        for deal in truth.decided(company.world, day):
            rivals = truth.rivals(deal, heard)
            segments: list[tuple[str, str | None]] = [("all", None), *(("competitor", one) for one in rivals)]
            for segment, name in [*segments, *([("competitive", None)] if rivals else [])]:
                expected.setdefault((day, segment, name), []).append(deal)
    assert told.keys() == expected.keys()
    for key, decided in expected.items():
        row, n = told[key], len(decided)
        won = [deal for deal in decided if deal.status == "won"]
        assert (row["won_n"], row["decided_n"]) == (len(won), n), key
        assert row["won_usd"] == sum((deal.amount_usd or Decimal(0) for deal in won), Decimal(0)), key
        assert row["win_rate"] == (rounded(len(won) / n, 6) if n >= truth.WIN_MIN_N else None), key
        if n >= truth.WIN_MIN_N:
            low, high = wilson(len(won), n)
            assert abs(float(row["win_rate_low"]) - low) < 2e-6, key
            assert abs(float(row["win_rate_high"]) - high) < 2e-6, key


def wilson(won: int, n: int) -> tuple[float, float]:
    """The roots p of (p - won / n)^2 = z^2 p (1 - p) / n."""
    z2, share = 1.959964**2, won / n
    a, b, c = 1 + z2 / n, -(2 * share + z2 / n), share**2
    root = math.sqrt(b * b - 4 * a * c)
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def test_velocity_is_the_product_of_its_factors_as_known_each_week(company: KnownCompany) -> None:
    rows = company.warehouse.query(
        """
        select *, velocity_usd_per_day is null as is_unknown, average_won_usd is null as has_no_average
        from BUSINESS_INTELLIGENCE.SALES_VELOCITY_WEEKLY order by as_of_date
        """
    )
    assert len(rows) >= 52
    for row in rows[::5] + rows[-1:]:
        day = row["as_of_date"]
        decided = truth.decided(company.world, day)
        won = [deal for deal in decided if deal.status == "won"]
        amounts = [deal.amount_usd for deal in won if deal.amount_usd is not None]
        halfyear = [deal for deal in truth.decided(company.world, day, window_days=180) if deal.status == "won"]
        cycles = [days for deal in halfyear if (days := (deal.close_date - deal.created_on).days) >= 0]
        open_n = sum(deals.is_open_qualified(deal) for deal in deals.known(company.world, day))
        assert (row["open_qualified_n"], row["decided_n"], row["won_n"]) == (open_n, len(decided), len(won)), day
        assert row["cycle_n"] == len(cycles), day
        if len(amounts) >= truth.WIN_MIN_N:
            mean = (sum(amounts, Decimal(0)) / len(amounts)).quantize(Decimal("0.01"), ROUND_HALF_UP)
            assert abs(row["average_won_usd"] - mean) <= Decimal("0.01"), day
        if min(len(amounts), len(decided), len(cycles)) >= truth.WIN_MIN_N:
            expected = open_n * (len(won) / len(decided)) * float(sum(amounts)) / len(amounts) / median(cycles)
            assert float(row["velocity_usd_per_day"]) == pytest.approx(expected, abs=0.02), day
        else:
            assert row["is_unknown"], day


def test_a_representatives_week_counts_calls_and_deals(company: KnownCompany) -> None:
    told = {
        (row["week_start_date"], row["rep_email"]): (row["call_n"], row["deal_created_n"])
        for row in company.warehouse.query("select * from BUSINESS_INTELLIGENCE.REP_ACTIVITY_WEEKLY")
    }
    people = {one.owner_id: one.email for one in company.world.staff if one.team == "sales"}
    hosts = [(one.started_at, one.parties[0].email) for one in truth.calls(company.world)]
    calls = Counter((monday(company_date(at)), email) for at, email in hosts if email in people.values())
    known = deals.known(company.world, company_date(company.world.now))
    owners = [(deal.created_on, people[deal.record.value("hubspot_owner_id", company.world.now)]) for deal in known]
    created = Counter((monday(day), email) for day, email in owners)
    for key in told.keys() | calls.keys() | created.keys():
        assert told.get(key, (0, 0)) == (calls[key], created[key]), key


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def test_what_was_reported_stays_and_what_is_told_last_is_what_is_shown(company: KnownCompany) -> None:
    tellings = "select * from SOPHIA.EXECUTIVE_INTELLIGENCE.KPI_AS_REPORTED order by telling_key"
    before = company.warehouse.query(tellings)
    company.warehouse.dbt("run", "--full-refresh", "--select", "kpi_as_reported")
    assert company.warehouse.query(tellings) == before
    assert any(row["telling_number"] == 2 for row in before), "the late twentieth restated nothing"
    [wrong] = company.warehouse.query(
        """
        select count(*) as n
        from EXECUTIVE_INTELLIGENCE.KPI_ROLLUPS_DETAIL as shown
        inner join (
            select * from EXECUTIVE_INTELLIGENCE.KPI_AS_REPORTED
            qualify row_number() over (partition by kpi_key order by telling_number desc) = 1
        ) as last_told on last_told.kpi_key = shown.kpi_key
        where last_told.value is distinct from shown.value
            or (shown.restated_at is null) != (last_told.telling_number = 1)
        """
    )
    assert wrong["n"] == 0


def test_the_pipeline_built_in_two_runs_is_that_of_a_full_refresh(company: KnownCompany) -> None:
    held = company.warehouse.rows("ANALYTICS.FCT_PIPELINE_DAILY")
    company.warehouse.dbt("run", "--full-refresh", "--select", "fct_pipeline_daily")
    assert company.warehouse.rows("ANALYTICS.FCT_PIPELINE_DAILY") == held
