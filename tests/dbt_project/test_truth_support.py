"""What the response marts say against when people truly asked and were answered."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from infra.company import hours
from infra.company.truth import support as truth
from infra.company.truth.accounts import account_of
from tests.dbt_project.account_keys import companies_by_key
from tests.dbt_project.known_company import KnownCompany


def _rows(company: KnownCompany) -> list[dict[str, Any]]:
    # The emulator gives a missing instant as 1970, so whether one is there is asked in SQL.
    return company.warehouse.query(
        "select *, replied_at is not null as is_replied, closed_at is not null as is_closed"
        " from SOPHIA.ANALYTICS.FCT_CONVERSATION_RESPONSE"
    )


def _at(told: datetime) -> datetime:
    return told.replace(tzinfo=UTC)


def test_every_turn_is_there_with_its_minutes_to_the_second(company: KnownCompany) -> None:
    expected = {
        (turn.thread.desk, turn.thread.id, turn.started_at): (
            account_of(company.world, turn.thread.company_id),
            account_of(company.world, turn.thread.company_id),
            turn.thread.team.name,
            turn.message_count,
            turn.replied_at,
            turn.closed_at,
            turn.calendar_minutes,
            turn.business_minutes,
            turn.is_within_target,
        )
        for turn in truth.turns(company.world)
    }
    accounts = companies_by_key(company)
    found = {
        (row["source_system"], row["conversation_id"], _at(row["started_at"])): (
            accounts[row["account_key"]],
            row["account_id"],
            row["team"],
            row["message_count"],
            _at(row["replied_at"]) if row["is_replied"] else None,
            _at(row["closed_at"]) if row["is_closed"] else None,
            row["calendar_minutes"],
            row["business_minutes"],
            row["is_within_target"],
        )
        for row in _rows(company)
        if row["source_system"] != "slack"
    }
    assert found == expected
    assert {turn[4] is None for turn in found.values()} == {True, False}, (
        "both answered and unanswered turns are planted"
    )


def test_first_turns_agree_with_what_intercom_counts_itself(company: KnownCompany) -> None:
    compared = [
        (row["vendor_reply_minutes"], row["business_minutes"])
        for row in _rows(company)
        if row["vendor_reply_minutes"] is not None and row["is_replied"]
    ]
    assert len(compared) >= 5
    assert all(abs(theirs - ours) <= Decimal("0.01") for theirs, ours in compared)


def test_the_calendar_is_the_teams_own(company: KnownCompany) -> None:
    """Around each change of clocks and each holiday of the history."""
    special = {*hours.clock_changes(company.world.started_at, company.world.now), *hours.HOLIDAYS}
    rows = company.warehouse.query("select * from SOPHIA.ANALYTICS.INT_CALENDAR__BUSINESS_MINUTES")
    teams = {team.name: team for team in (hours.CLIENT_SUPPORT, hours.RESIDENT_SUPPORT)}
    checked = 0
    for row in rows:
        if any(abs((row["date_key"] - day).days) <= 1 for day in special):
            first, last = _at(row["day_starts_at"]), _at(row["day_ends_at"])
            assert row["business_seconds"] == hours.business_seconds(teams[row["team"]], first, last), row
            checked += 1
    assert checked > 100
