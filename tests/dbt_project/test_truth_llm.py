"""What language models cost as the marts tell it, against what was truly called."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from infra.company.chance import company_date
from infra.company.llm import CUT_ON, GPT, LLAMA, OWN, calls
from infra.company.truth import llm as truth
from tests.dbt_project.known_company import KnownCompany

NANO = Decimal("0.0000000001")


def test_every_call_has_its_exact_cost_or_none(company: KnownCompany) -> None:
    rows = company.warehouse.query(
        "select request_id, cost_usd, cache_saving_usd, prompt_tokens, completion_tokens, is_outcome, is_free"
        " from ANALYTICS.INT_LLM__PRICED_REQUESTS"
    )
    told = {
        row["request_id"]: (row["cost_usd"], row["prompt_tokens"], row["completion_tokens"], row["is_outcome"])
        for row in rows
    }
    known = truth.known(company.world)
    assert told == {one.call.request_id: (one.cost_usd, one.prompt, one.completion, one.is_outcome) for one in known}
    assert {row["request_id"]: row["cache_saving_usd"] or 0 for row in rows} == {
        one.call.request_id: one.saved_usd for one in known
    }
    assert {row["request_id"] for row in rows if row["is_free"]} == {
        one.call.request_id for one in known if one.call.model is LLAMA
    }


def test_what_was_planted_is_there(company: KnownCompany) -> None:
    """Else the tests above would prove nothing."""
    made = calls(company.world)
    assert sum(call.is_usage_lost for call in made) / len(made) == pytest.approx(0.02, abs=0.012)
    assert any(call.retry_of for call in made)
    assert any(call.has_failed for call in made)
    assert any(call.is_cache_hit for call in made)
    assert any(call.cached for call in made)
    assert {call.began_at.date() >= CUT_ON for call in made if call.model is GPT} == {True, False}
    unpriced = company.warehouse.query(
        "select count(*) as calls from ANALYTICS.INT_LLM__PRICED_REQUESTS where is_unpriced and not has_price"
    )
    assert unpriced == [{"calls": sum(call.model is OWN for call in made)}]


def test_every_day_is_exact(company: KnownCompany) -> None:
    expected = truth.days(company.world)
    rows = {row["date_key"]: row for row in _days(company, "all")}
    for day, row in rows.items():
        _compare(row, expected.get(day) or truth.summed([]))
    first, last = min(expected), company_date(company.world.now)
    assert set(rows) == {first + timedelta(days=number) for number in range((last - first).days + 1)}


def test_every_model_and_task_is_exact_and_each_call_is_in_one(company: KnownCompany) -> None:
    rows = {(row["date_key"], row["slice_value"]): row for row in _days(company, "model")}
    for key, expected in truth.model_days(company.world).items():
        _compare(rows[key], expected)
    for kind in ("model", "task"):
        assert sum(row["requests_n"] for row in _days(company, kind)) == len(calls(company.world))


def test_hours_are_exact(company: KnownCompany) -> None:
    rows = company.warehouse.query("select * from ANALYTICS.FCT_LLM_USAGE_HOURLY")
    told = {
        (row["hour_at"], row["provider_name"], row["model_name"], row["task_name"]): (
            row["requests_n"],
            row["outcomes_n"],
            row["failed_n"],
            row["unpriced_n"],
            row["cost_usd"] or 0,
        )
        for row in rows
    }
    assert told == {
        key: (one.requests, one.outcomes, one.failed, one.to_be_paid - one.paid, one.cost_usd)
        for key, one in truth.hours(company.world).items()
    }


def test_the_bills_are_read_to_the_cent_and_our_sum_is_within_2_percent(company: KnownCompany) -> None:
    rows = company.warehouse.query("select * from BUSINESS_INTELLIGENCE.LLM_BILL_MONTHLY")
    bills = {(row["gateway"], row["month_start_date"]): row["billed_usd"] for row in rows}
    expected = truth.bills(company.world)
    assert bills.keys() == expected.keys()
    for key, billed in expected.items():
        # Portkey's graphs are rounded to a ten-thousandth of a cent.
        assert bills[key] == pytest.approx(billed, abs=Decimal("0.001"))
    for row in rows:
        assert row["is_reconciled"], row
        assert abs(row["reckoned_usd"] - row["billed_usd"]) <= Decimal("0.02") * row["billed_usd"]
    assert {row["gateway"] for row in rows} == {"openrouter", "portkey"}


def test_the_kpi_is_what_outcomes_cost(company: KnownCompany) -> None:
    rows = {row["date_key"]: row for row in company.warehouse.query("select * from ANALYTICS.INT_KPIS__LLM")}
    for day, one in truth.days(company.world).items():
        row = rows[day]
        told = (row["numerator"], row["denominator"], row["sample_n"], row["known_n"])
        assert told == (one.paid_outcomes, one.cost_usd, one.to_be_paid, one.paid), day


def _days(company: KnownCompany, kind: str) -> list[dict[str, Any]]:
    return company.warehouse.query(
        f"select * from BUSINESS_INTELLIGENCE.LLM_COST_DAILY where slice = '{kind}'"  # noqa: S608
    )


def _compare(row: dict[str, Any], one: truth.Day) -> None:
    assert (
        row["requests_n"],
        row["outcomes_n"],
        row["failed_n"],
        row["sample_n"],
        row["known_n"],
        row["paid_outcomes_n"],
        row["cost_usd"] or 0,
        row["cache_saving_usd"],
    ) == (
        one.requests,
        one.outcomes,
        one.failed,
        one.to_be_paid,
        one.paid,
        one.paid_outcomes,
        one.cost_usd,
        one.saved_usd,
    ), row
    if one.cost_usd:
        assert row["outcomes_per_usd"] == pytest.approx(one.paid_outcomes / one.cost_usd, abs=Decimal("0.000001"))
    else:
        assert row["outcomes_per_usd"] is None
    if one.cost_usd and one.paid_outcomes:
        assert row["cost_per_outcome_usd"] == pytest.approx(one.cost_usd / one.paid_outcomes, abs=NANO)
    share = one.unreported / one.used if one.used else None
    assert row["unreported_share"] == (
        None if share is None else pytest.approx(Decimal(share), abs=Decimal("0.000001"))
    )
    if one.latency_p95_ms is None:
        assert row["latency_p95_ms"] is None
    else:
        assert row["latency_p95_ms"] == pytest.approx(one.latency_p95_ms, abs=Decimal(1))
