"""What the marts say about engineering and the teams' work against what the company knows of itself."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from infra.company.truth import engineering as truth
from infra.company.truth import productivity
from tests.dbt_project.known_company import KnownCompany


def query(company: KnownCompany, statement: str) -> list[dict[str, Any]]:
    return company.warehouse.query(statement)


def instant(column: str) -> str:
    """Milliseconds: as a timestamp, NULL would reach Python as 1970."""
    return f"datediff(millisecond, '1970-01-01'::timestamp_ntz, {column}) as {column}"


def ms(at: datetime | None) -> int | None:
    return None if at is None else round(at.timestamp() * 1000)


def close(value: float | None) -> Any:
    """Four digits are told."""
    return None if value is None else pytest.approx(value, abs=1e-3)


def number(value: Any) -> float | None:
    return None if value is None else float(value)


def test_pull_requests_are_counted_once_though_they_are_listed_as_issues_too(company: KnownCompany) -> None:
    world = company.world
    [counted] = query(company, "select count(*) as pulls from ANALYTICS.FCT_PULL_REQUEST")
    assert counted["pulls"] == len(truth.works(world))
    [issues] = query(company, "select count(*) as issues from STAGING.STG_GITHUB__ISSUES where not is_deleted")
    living = [one for one in world.workshop.issues if one.opened_at <= world.now and not one.deleted_at]
    assert issues["issues"] == len(living)


def test_each_pull_request_has_its_times_and_reviews(company: KnownCompany) -> None:
    times = ", ".join(map(instant, ("first_committed_at", "first_reviewed_at", "merged_at")))
    rows = query(
        company,
        f"select repository_name, pull_request_number, team, is_by_bot, review_count, cycle_hours, {times}"  # noqa: S608
        " from ANALYTICS.FCT_PULL_REQUEST",
    )
    found = {(row.pop("repository_name"), int(row.pop("pull_request_number"))): row for row in rows}
    for one in truth.works(company.world):
        row = found[one.pull.repository.full_name, one.pull.number]
        row["cycle_hours"] = number(row["cycle_hours"])
        assert row == {
            "team": one.team,
            "is_by_bot": one.is_by_bot,
            "review_count": one.review_count,
            "cycle_hours": close(one.cycle_hours),
            "first_committed_at": ms(one.first_commit_at),
            "first_reviewed_at": ms(one.first_reviewed_at),
            "merged_at": ms(one.merged_at),
        }, one


def test_each_deployment_has_its_changes_its_lead_time_and_its_blame(company: KnownCompany) -> None:
    rows = query(
        company,
        f"select deployment_id, repository_name, team, change_count, lead_time_hours, failure_sign_count,"  # noqa: S608
        f" is_rework, {instant('deployed_at')} from ANALYTICS.FCT_DEPLOYMENT",
    )
    found = {(row.pop("deployment_id") or row["deployed_at"], row.pop("repository_name")): row for row in rows}
    shipped = truth.shipped(company.world)
    assert len(found) == len(rows) == len(shipped)
    for one in shipped:
        row = found[one.number or ms(one.at), one.repository]
        row["lead_time_hours"] = number(row["lead_time_hours"])
        assert row == {
            "team": one.team,
            "change_count": len(one.brought),
            "lead_time_hours": close(one.lead_time_hours),
            "failure_sign_count": len(one.blamed),
            "is_rework": one.is_rework,
            "deployed_at": ms(one.at),
        }, one
    assert any(one.blamed for one in shipped)


def test_incidents_are_told_by_either_tool_and_recovered_from(company: KnownCompany) -> None:
    rows = query(
        company,
        f"select team, {instant('opened_at')}, {instant('resolved_at')}"  # noqa: S608
        " from ANALYTICS.INT_ENG__INCIDENTS where kind = 'incident'",
    )
    expected = [(one.team, ms(one.at), ms(one.resolved_at)) for one in truth.incidents(company.world)]
    assert sorted(map(str, expected)) == sorted(
        str((row["team"], row["opened_at"], row["resolved_at"])) for row in rows
    )


def test_cycles_count_what_they_began_with_and_what_of_it_was_done_at_the_end(company: KnownCompany) -> None:
    rows = query(company, "select cycle_id, team, committed_n, completed_n from ANALYTICS.INT_WORK__CYCLE_RESULTS")
    found = {row["cycle_id"]: (row["team"], row["committed_n"], row["completed_n"]) for row in rows}
    expected = {one.id: (one.team, one.committed, one.completed) for one in truth.cycles(company.world)}
    assert found == expected


def test_the_states_of_work_items_are_intervals_without_gaps(company: KnownCompany) -> None:
    rows = query(
        company,
        f"select items.item_id, intervals.team, intervals.state, {instant('valid_from')},"  # noqa: S608
        f" {instant('valid_to')}"
        " from ANALYTICS.INT_WORK__ITEM_INTERVALS as intervals"
        " inner join ANALYTICS.INT_WORK__ITEMS as items on items.work_item_key = intervals.work_item_key"
        " where not items.is_deleted order by intervals.valid_from",
    )
    found: dict[str, list[tuple[Any, ...]]] = {}
    for row in rows:
        found.setdefault(row["item_id"], []).append(tuple(row.values())[1:])
    items = productivity.items(company.world)
    assert found.keys() == {one.id for one in items}
    for one in items:
        ends = [ms(since) for since, _ in one.states[1:]] + [None]
        expected = [(one.team, state, ms(since), end) for (since, state), end in zip(one.states, ends, strict=True)]
        assert found[one.id] == expected


def test_each_week_of_each_team_has_its_measures_and_its_score(company: KnownCompany) -> None:
    rows = query(company, "select * from BUSINESS_INTELLIGENCE.TEAM_PRODUCTIVITY_WEEKLY")
    found = {(row["team"], row["week_start_date"]): row for row in rows}
    weeks = productivity.weeks(company.world)
    assert found.keys() == {(one.team, one.monday) for one in weeks}
    for one in weeks:
        row = found[one.team, one.monday]
        assert (row["active_people_n"], one.team, one.monday) == (one.people, one.team, one.monday)
        told = {name: number(row[name]) for name in _MEASURES}
        assert told == {name: close(one.measures.get(name)) for name in _MEASURES}, one
        assert number(row["score"]) == close(one.score), one
    assert any(one.score is not None for one in weeks)
    assert any(one.score is None and one.people < productivity.LEAST_PEOPLE for one in weeks)


_MEASURES = (
    *("deployments_per_day", "lead_time_hours", "change_failure_rate", "recovery_hours", "rework_rate"),
    *("first_review_hours", "cycle_hours", "merged_per_engineer", "cycle_completion_rate", "on_time_rate"),
)


def test_a_day_tells_the_mean_of_the_newest_week_that_could_be_told_by_then(company: KnownCompany) -> None:
    rows = query(company, "select * from ANALYTICS.INT_KPIS__TEAMS")
    assert len(rows) == 120
    weeks = productivity.weeks(company.world)
    for row in rows:
        until = min(truth.midnight(row["date_key"] + timedelta(days=1)), company.world.now)
        told = [one for one in weeks if productivity.told_at(one.monday) <= until]
        newest = [one for one in told if one.monday == max(each.monday for each in told)]
        scores = [one.score for one in newest if one.score is not None]
        assert (row["sample_n"], row["known_n"]) == (len(newest), len(scores))
        assert number(row["numerator"]) == close(sum(scores) if scores else None)


def test_colleagues_are_known_once_by_every_tool(company: KnownCompany) -> None:
    rows = query(company, "select email, is_active, slack_user_id, source_count from ANALYTICS.DIM_EMPLOYEE")
    found = {row["email"]: (row["is_active"], row["slack_user_id"]) for row in rows}
    world = company.world
    assert len(rows) == len(world.staff)
    assert found == {one.email: (one.left_at is None, one.slack_id) for one in world.staff}
