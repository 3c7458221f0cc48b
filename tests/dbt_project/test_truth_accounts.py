"""What is told of an account against the truth: one row per account, whichever systems know it, and who left it."""

from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

from infra.company.chance import company_date
from infra.company.truth import deals, identity
from infra.company.truth.accounts import account_of
from infra.company.truth.job_changes import job_changes
from tests.dbt_project.account_keys import companies_by_key
from tests.dbt_project.known_company import KnownCompany


def _rows(company: KnownCompany) -> dict[str, dict[str, Any]]:
    accounts = companies_by_key(company)
    found = company.warehouse.query("select * from SOPHIA.MCP_DATA.ACCOUNT_360")
    return {accounts[row["account_key"]]: row for row in found if row["account_key"] in accounts}


def test_every_account_is_one_row_under_its_oldest_id(company: KnownCompany) -> None:
    rows, world = _rows(company), company.world
    assert set(rows) == {account_of(world, one.id) for one in world.market.companies}
    assert all(row["account_id"] == account for account, row in rows.items())


def test_the_deals_of_both_crms_are_the_accounts(company: KnownCompany) -> None:
    told: dict[str, list[deals.Deal]] = defaultdict(list)
    for deal in deals.known(company.world, company_date(company.world.now)):
        told[account_of(company.world, deal.pursuit.company_id)].append(deal)
    expected = {
        account: (
            *(sum(one.status == status for one in known) for status in ("open", "won", "lost")),
            *(
                sum((one.amount_usd or Decimal(0) for one in known if one.status == status), Decimal(0))
                for status in ("open", "won")
            ),
        )
        for account, known in told.items()
    }
    found = {
        account: (row["open_deals"], row["won_deals"], row["lost_deals"], row["open_amount_usd"], row["won_amount_usd"])
        for account, row in _rows(company).items()
    }
    nothing = (0, 0, 0, Decimal(0), Decimal(0))
    assert found == {account: expected.get(account, nothing) for account in found}
    assert expected.keys() <= found.keys()


def test_a_deal_says_whose_it_is(company: KnownCompany) -> None:
    accounts = companies_by_key(company)
    rows = company.warehouse.query("select * from ANALYTICS.FCT_DEAL where status != 'deleted'")
    assert {
        row["hubspot_deal_id"] or row["salesforce_opportunity_id"]: accounts.get(row["account_key"]) for row in rows
    } == {
        deals.key(deal.pursuit)[1]: account_of(company.world, deal.pursuit.company_id)
        for deal in deals.known(company.world, company_date(company.world.now))
    }


def test_the_index_finds_each_account_and_person_once(company: KnownCompany) -> None:
    index = company.warehouse.query("select * from SOPHIA.MCP_DATA.ENTITY_INDEX")
    accounts = companies_by_key(company)
    told = [row for row in index if row["entity_type"] == "account" and row["entity_id"] in accounts]
    assert sorted(accounts[row["entity_id"]] for row in told) == sorted(set(accounts.values()))
    assert all(row["account_key"] == row["entity_id"] for row in told)
    people = {row["entity_id"] for row in index if row["entity_type"] == "contact"}
    assert len(people) >= len(
        set(identity.people(company.world).values()) & {one.id for one in company.world.market.contacts}
    )


def test_who_changed_jobs_left_the_account_it_was_and_joined_the_one_it_is(company: KnownCompany) -> None:
    """With what both CRMs say of either account's deals."""
    world, accounts = company.world, companies_by_key(company)
    contacts = company.warehouse.query(
        "select person_key, source_id from ANALYTICS.INT_IDENTITY__PERSON_MAP"
        " where source = 'hubspot' and record_kind = 'contact'"
    )
    people = {row["source_id"]: row["person_key"] for row in contacts}
    found = Counter(
        (
            row["person_key"],
            accounts.get(row["previous_account_key"]),
            accounts.get(row["new_account_key"]),
            row["is_champion"],
            row["leaves_customer"],
            row["joins_open_deal"],
            row["detected_at"],
        )
        for row in company.warehouse.query("select * from ANALYTICS.FCT_JOB_CHANGE")
    )
    standing = {
        (account_of(world, deal.pursuit.company_id), deal.status)
        for deal in deals.known(world, company_date(world.now))
    }
    assert found == Counter(
        (
            people[one.contact_id],
            one.previous_account,
            one.new_account,
            one.is_champion,
            (one.previous_account, "won") in standing,
            (one.new_account, "open") in standing,
            one.at.replace(tzinfo=None),
        )
        for one in job_changes(world)
    )
    assert found
