"""What the health marts say against what had truly happened to each customer by that day."""

from datetime import UTC, timedelta
from typing import Any

import pytest

from infra.company.chance import company_date
from infra.company.deals import only_in_salesforce
from infra.company.pipeline import WON
from infra.company.truth import arr
from infra.company.truth import health as truth
from infra.company.truth.accounts import account_of
from tests.dbt_project.account_keys import companies_by_key
from tests.dbt_project.known_company import KnownCompany

DAYS_AGO = (0, 23, 78)
ROUNDING = 0.011


def _rows(company: KnownCompany, days_ago: int) -> dict[str, dict[str, Any]]:
    day = company_date(company.world.now) - timedelta(days=days_ago)
    found = company.warehouse.query(
        f"select * from SOPHIA.BUSINESS_INTELLIGENCE.CUSTOMER_HEALTH_DAILY where date_key = '{day}'"  # noqa: S608
    )
    accounts = companies_by_key(company)
    return {accounts[row["account_key"]]: row for row in found}


def _truth(company: KnownCompany, days_ago: int) -> dict[str, truth.Health]:
    """Levels of threat and moods are another truth's; here it matters that those of the right calls are taken."""
    mentions = company.warehouse.query(
        "select account_id, detected_at, threat_level from SOPHIA.COMPETITIVE_INTELLIGENCE.COMPETITOR_MENTIONS"
    )
    threats = [
        (account_of(company.world, one["account_id"]), one["detected_at"].replace(tzinfo=UTC), int(one["threat_level"]))
        for one in mentions
        if one["account_id"]
    ]
    calls = company.warehouse.query("select call_id, sentiment_score from SOPHIA.ANALYTICS.FCT_CALL where is_scored")
    moods = {one["call_id"]: float(one["sentiment_score"]) for one in calls}
    return truth.health(company.world, company_date(company.world.now) - timedelta(days=days_ago), threats, moods)


@pytest.mark.parametrize("days_ago", DAYS_AGO)
def test_every_component_is_what_was_known_that_day(company: KnownCompany, days_ago: int) -> None:
    found, expected = _rows(company, days_ago), _truth(company, days_ago)
    assert found.keys() == expected.keys()
    wrong = {
        (account, name): (row[f"{name}_score"], value)
        for account, row in found.items()
        for name, value in expected[account].components.items()
        if not _same(row[f"{name}_score"], value)
    }
    assert wrong == {}


def test_a_customer_is_one_however_often_it_was_entered(company: KnownCompany) -> None:
    """Merged companies and doubles fold; a deal that only Salesforce tells makes a customer too."""
    rows = company.warehouse.query("select * from SOPHIA.BUSINESS_INTELLIGENCE.CUSTOMER_HEALTH_DAILY")
    accounts = companies_by_key(company)
    assert {account_of(company.world, row["account_id"]) for row in rows} == {
        accounts[row["account_key"]] for row in rows
    }
    assert all(row["account_id"] == accounts[row["account_key"]] for row in rows), "known by its oldest living record"
    living = [one for one in only_in_salesforce(company.world) if one.record.is_live(company.world.now)]
    sold = {one.company_id for one in living if one.record.value("dealstage", company.world.now) == WON}
    assert sold and sold <= set(_rows(company, 0)) | {account for account, _ in arr.leavings(company.world)}


@pytest.mark.parametrize("days_ago", DAYS_AGO)
def test_a_score_rests_on_half_of_the_weights_or_is_none(company: KnownCompany, days_ago: int) -> None:
    found, expected = _rows(company, days_ago), _truth(company, days_ago)
    adjusted = truth.adjusted(expected)
    for account, row in found.items():
        assert abs(float(row["coverage"]) - expected[account].coverage) < 1e-6
        assert _same(row["arr_usd"], expected[account].arr_usd)
        assert row["segment"] == expected[account].segment
        assert _same(row["score"], expected[account].score), (account, row)
        assert _same(row["score_adj"], adjusted.get(account)), (account, row)
    assert any(row["score"] is None for row in found.values()), "customers without enough to go by are there"
    assert any(row["score"] is not None for row in found.values())


@pytest.mark.parametrize("days_ago", DAYS_AGO)
def test_the_company_counts_its_customers_by_what_they_pay(company: KnownCompany, days_ago: int) -> None:
    day = company_date(company.world.now) - timedelta(days=days_ago)
    [row] = company.warehouse.query(f"select * from SOPHIA.ANALYTICS.INT_KPIS__HEALTH where date_key = '{day}'")  # noqa: S608
    expected = _truth(company, days_ago)
    adjusted = truth.adjusted(expected)
    paying = {account: one.arr_usd for account, one in expected.items() if one.arr_usd and account in adjusted}
    assert (row["sample_n"], row["known_n"]) == (len(expected), len(paying))
    if paying:
        mean = sum(amount * adjusted[account] for account, amount in paying.items()) / sum(paying.values())
        assert float(row["numerator"]) / float(row["denominator"]) == pytest.approx(mean, abs=ROUNDING)


def test_the_queue_holds_who_is_red_or_dropping(company: KnownCompany) -> None:
    today, before = (truth.adjusted(_truth(company, days_ago)) for days_ago in (0, 28))
    accounts = companies_by_key(company)
    queue = {
        accounts[row["account_key"]]: row["why"]
        for row in company.warehouse.query("select * from SOPHIA.BUSINESS_INTELLIGENCE.CUSTOMER_HEALTH_TEAM_QUEUE")
    }
    edge = {
        account
        for account, score in today.items()
        if abs(score - 50) < ROUNDING or abs(before.get(account, 1000) - score - 10) < 2 * ROUNDING
    }
    expected = {account: "red" for account, score in today.items() if score < 50}
    expected |= {
        account: "dropping"
        for account, score in today.items()
        if score >= 50 and account in before and score - before[account] <= -10
    }
    assert {account: why for account, why in queue.items() if account not in edge} == {
        account: why for account, why in expected.items() if account not in edge
    }


def _same(told: Any, expected: float | None) -> bool:
    if told is None or expected is None:
        return told is None and expected is None
    return abs(float(told) - expected) < ROUNDING
