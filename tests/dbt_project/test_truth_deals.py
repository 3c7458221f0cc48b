"""What the warehouse says of single deals and of the stages they walk through, against the company's own story."""

from collections import Counter
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from infra.company.chance import COMPANY_TZ, company_date
from infra.company.crm import Change
from infra.company.pipeline import BEFORE, LOST, WON, stage
from infra.company.truth import deals
from infra.company.truth import sales as truth
from tests.dbt_project.known_company import KnownCompany

CLOSED = (WON, LOST)
STAGE_MIN_N = 30


def share(part: int, of: int, digits: str) -> Decimal:
    """Half up, as SQL rounds."""
    return (Decimal(part) / of).quantize(Decimal(digits), ROUND_HALF_UP)


def stays(deal: deals.Deal, at: datetime) -> list[Change]:
    """The stages it entered."""
    return [change for change in deal.record.changes if change.name == "dealstage" and change.at <= at]


def known_now(company: KnownCompany) -> dict[str, deals.Deal]:
    """By the id its CRM gives it."""
    found = deals.known(company.world, company_date(company.world.now))
    return {deals.key(deal.pursuit)[1]: deal for deal in found}


def test_every_stay_in_a_stage_began_when_it_did_and_under_the_name_it_had_then(company: KnownCompany) -> None:
    rows = company.warehouse.query(
        """
        select deals.status, coalesce(deals.hubspot_deal_id, deals.salesforce_opportunity_id) as id, stays.source,
            stays.stage_id, stays.stage_label, stays.entered_at, stays.is_reopen
        from ANALYTICS.FCT_DEAL_STAGE_HISTORY as stays
        inner join ANALYTICS.FCT_DEAL as deals on deals.deal_key = stays.deal_key
        where deals.status != 'deleted'
        order by stays.deal_key, stays.stay_number
        """
    )
    told: dict[str, list[tuple[str, datetime, bool]]] = {}
    for row in rows:
        told.setdefault(row["id"], []).append((row["stage_label"], row["entered_at"], row["is_reopen"]))
    for deal_id, deal in known_now(company).items():
        is_hubspot = deal.record.id.isdigit()
        expected, before = [], ""
        for change in stays(deal, company.world.now):
            label = (
                stage(change.value, change.at).label if is_hubspot else BEFORE[deals.order(change.value)].label.title()
            )
            at = change.at.replace(tzinfo=None)
            at = at.replace(microsecond=at.microsecond // 1000 * 1000 if is_hubspot else 0)
            expected.append((label, at, before in CLOSED and change.value not in CLOSED))
            before = change.value
        assert told[deal_id] == expected, deal_id


def test_a_deal_says_how_often_it_was_opened_again_and_whether_its_close_was_backdated(company: KnownCompany) -> None:
    rows = company.warehouse.query("select * from ANALYTICS.FCT_DEAL where status != 'deleted'")
    heard = truth.named(company.world)
    known = known_now(company)
    assert len(rows) == len(known)
    for row in rows:
        deal = known[row["hubspot_deal_id"] or row["salesforce_opportunity_id"]]
        passed = stays(deal, company.world.now)
        reopened = [one for before, one in pairwise(passed) if before.value in CLOSED]
        days_off = abs((deal.close_date - company_date(passed[-1].at)).days)
        assert row["status"] == deal.status
        assert row["reopen_n"] == len(reopened)
        assert row["is_backdated"] == (deal.status != "open" and days_off > 7)
        assert row["is_competitive"] == (deal.status != "open" and bool(truth.rivals(deal, heard)))
        assert row["is_decided"] == deal.is_decided
    # No deal need be backdated: in one company of fifty those that were to be are lost, or not yet closed.
    assert any(row["reopen_n"] for row in rows)


def test_a_stages_chance_is_the_share_that_was_won_as_known_when_the_month_began(company: KnownCompany) -> None:
    rows = company.warehouse.query(
        """
        select *, empirical_probability is null as is_unknown
        from ANALYTICS.INT_DEALS__STAGE_PROBABILITIES where source = 'hubspot'
        """
    )
    for month in sorted({row["month_start_date"] for row in rows})[2::4]:
        told = {row["stage_id"]: row for row in rows if row["month_start_date"] == month}
        began_at = datetime.combine(month, time(0), COMPANY_TZ)
        entered, ended, won = Counter[str](), Counter[str](), Counter[str]()
        living = {deal.record.id: deal for deal in deals.known(company.world, month - timedelta(days=1))}
        for deal in deals.told_of(company.world, month):
            first = {change.value: change.at for change in reversed(stays(deal, began_at))}
            for name, at in first.items():
                if name not in CLOSED and at >= began_at - timedelta(days=365):
                    entered[name] += 1
                    status = living[deal.record.id].status if deal.record.id in living else "open"
                    ended[name] += status != "open"
                    won[name] += status == "won"
        assert {name: row["entered_n"] for name, row in told.items()} == entered, month
        for name, row in told.items():
            assert (row["ended_n"], row["won_n"]) == (ended[name], won[name]), (month, name)
            if ended[name] >= STAGE_MIN_N:
                assert row["empirical_probability"] == share(won[name], ended[name], "0.0001"), (month, name)
            else:
                assert row["is_unknown"], (month, name)


def test_a_months_cohort_is_judged_at_the_age_of_180_days(company: KnownCompany) -> None:
    rows = company.warehouse.query("select * from BUSINESS_INTELLIGENCE.WIN_RATE_MONTHLY where segment = 'all'")
    told = {row["month_start_date"]: (row["cohort_won_n"], row["cohort_decided_n"]) for row in rows}
    expected: dict[date, list[int]] = {}
    for pursuit in deals.every(company.world):
        aged_at = pursuit.record.created_at + timedelta(days=180)
        counts = expected.setdefault(company_date(pursuit.record.created_at).replace(day=1), [0, 0])
        if aged_at <= company.world.now and pursuit.record.is_live(aged_at):
            then = deals.as_of(pursuit, aged_at)
            counts[0] += then.status == "won"
            counts[1] += then.is_decided
    judged = 0
    for month, counts in told.items():
        following = (month + timedelta(days=31)).replace(day=1)
        if counts[1] is not None and month in expected:
            assert following + timedelta(days=180) <= company_date(company.world.now) + timedelta(days=1), month
            assert list(counts) == expected[month], month
            judged += 1
    assert judged >= 4
