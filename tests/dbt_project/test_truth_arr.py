"""Recurring revenue as the marts tell it, against the contracts the company agreed."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from infra.company.billing import contracts, usage
from infra.company.health import courses
from infra.company.truth import arr as truth
from infra.company.truth.accounts import account_of
from tests.dbt_project.account_keys import companies_by_key
from tests.dbt_project.known_company import KnownCompany


def test_recurring_revenue_of_every_account_and_month_is_exact(company: KnownCompany) -> None:
    rows = company.warehouse.query(
        "select account_id, month_start_date, arr_usd from ANALYTICS.FCT_ACCOUNT_ARR_MONTH where arr_usd != 0"
    )
    told = {(row["account_id"], row["month_start_date"]): row["arr_usd"] for row in rows}
    expected = {
        (account, month): amount
        for month in truth.months(company.world)
        for account, amount in truth.account_arr(company.world, month).items()
    }
    assert told == expected
    assert len(expected) > 100


def test_usage_stays_apart_and_is_three_months_times_four(company: KnownCompany) -> None:
    rows = company.warehouse.query(
        "select account_id, month_start_date, usage_usd, usage_annualised_usd"
        " from ANALYTICS.FCT_ACCOUNT_ARR_MONTH where usage_usd != 0 or usage_annualised_usd != 0"
    )
    months = list(truth.months(company.world))
    used = {month: truth.account_usage(company.world, month) for month in months}
    expected = {}
    for account in {one.company_id for one in usage(company.world)}:
        for place, month in enumerate(months):
            recent = [used[one].get(account, Decimal(0)) for one in months[max(place - 2, 0) : place + 1]]
            if any(recent):
                expected[account, month] = (recent[-1], 4 * sum(recent))
    told = {
        (row["account_id"], row["month_start_date"]): (row["usage_usd"], row["usage_annualised_usd"]) for row in rows
    }
    assert told == expected
    assert expected


def test_retention_is_exact_in_every_month(company: KnownCompany) -> None:
    rows = {row["month_start_date"]: row for row in _retention(company)}
    for month in truth.months(company.world):
        expected, row = truth.retention(company.world, month), rows.pop(month)
        assert (
            row["sample_n"],
            row["known_n"],
            row["arr_before_usd"] or 0,
            row["arr_now_usd"] or 0,
            row["arr_kept_usd"] or 0,
            row["new_logo_usd"] or 0,
            row["reactivated_usd"] or 0,
        ) == (
            expected.accounts,
            expected.accounts,
            expected.before,
            expected.now,
            expected.kept,
            expected.new_logos,
            expected.reactivated,
        ), month
        assert (row["nrr"], row["grr"]) == (_rounded(expected.nrr), _rounded(expected.grr)), month
        assert row["coverage"] == 1
    assert {(row["nrr"], row["coverage"]) for row in rows.values()} <= {(None, 0)}


def test_a_merged_account_is_neither_lost_nor_new(company: KnownCompany) -> None:
    """Its contract is billed to the company that was merged away, and counts for the one it was merged into."""
    merged = {one.id for one in company.world.market.companies if one.merged_into}
    assert len({contract.company_id for contract in contracts(company.world)} & merged) == 1
    accounts = companies_by_key(company)
    rows = company.warehouse.query(
        "select distinct account_id, parent_account_id, is_known_account from ANALYTICS.FCT_ACCOUNT_ARR_MONTH"
    )
    assert rows
    for row in rows:
        assert accounts[row["parent_account_id"]] == account_of(company.world, row["account_id"])
        assert row["is_known_account"]


def test_who_leaves_by_health_has_no_contract_after_that(company: KnownCompany) -> None:
    """What health foresees is what recurring revenue shows; a contract may have ended before the customer was lost."""
    world = company.world
    ends = {
        account_of(world, account): one.churned_at
        for account, one in courses(world).items()
        if one.churned_at is not None
    }
    billed = {account_of(world, one.company_id) for one in contracts(world)}
    assert len(billed & ends.keys()) >= 2
    for account in billed & ends.keys():
        assert account not in truth.under_contract(world, ends[account] + timedelta(milliseconds=1))
        assert any(left == account and at <= ends[account] for left, at in truth.leavings(world))


def _retention(company: KnownCompany) -> list[dict[str, Any]]:
    return company.warehouse.query("select * from BUSINESS_INTELLIGENCE.NRR_GRR_MONTHLY order by month_start_date")


def _rounded(ratio: Decimal | None) -> Decimal | None:
    return None if ratio is None else round(ratio, 6)
