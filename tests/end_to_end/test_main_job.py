"""The main job against the truth: what the vendors sent and hold is staged, and every mart says what really happened.

The truth is computed from the simulated company in Python (infra.company.truth, .entities), the marts by dbt from what
the stack carried. Only the connection `default` is the company's.
"""

import dataclasses
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
import snowflake.connector

from infra import dbt, main_job
from infra.company.chance import company_date
from infra.company.delivery import Delivery
from infra.company.entities import Entities, entities
from infra.company.faults import Disturbed
from infra.company.truth import sales as truth
from infra.pull import pull_now, wait_until_loaded
from infra.reconcile import ledger
from infra.trace import trace
from tests.end_to_end.runs import Job
from tests.running_stack import Silent

pytestmark = pytest.mark.stack

FIELDS = {
    ("slack", "channel"): "channel_id, channel_name as name, is_archived from STAGING.STG_SLACK__CHANNELS",
    ("slack", "message"): "message_id, message_text as text from STAGING.STG_SLACK__MESSAGES",
    ("slack", "user"): "user_id, real_name, is_deactivated as deleted from STAGING.STG_SLACK__USERS",
    ("github", "repository"): "repository_id, repository_name as full_name from STAGING.STG_GITHUB__REPOSITORIES",
    ("github", "pull_request"): "pull_request_id, state, is_merged from STAGING.STG_GITHUB__PULL_REQUESTS",
    ("github", "pull_request_review"): "review_id, state from STAGING.STG_GITHUB__REVIEWS",
    ("github", "issue"): "issue_id, state from STAGING.STG_GITHUB__ISSUES",
    ("github", "issue_comment"): "comment_id, body from STAGING.STG_GITHUB__ISSUE_COMMENTS",
    ("github", "deployment_status"): "deployment_status_id, state from STAGING.STG_GITHUB__DEPLOYMENTS",
    ("github", "code_file"): "code_file_id, blob_sha as sha from STAGING.STG_GITHUB__CODE_FILES",
    ("github", "release"): "release_id, tag_name from STAGING.STG_GITHUB__RELEASES",
    ("hubspot", "company"): (
        "company_id, company_name as name, merged_into_id as merged_into from STAGING.STG_HUBSPOT__COMPANIES"
    ),
    ("hubspot", "contact"): "contact_id, email from STAGING.STG_HUBSPOT__CONTACTS",
    ("hubspot", "deal"): (
        "deal_id, deal_name as dealname, stage_id as dealstage, amount, closed_at as closedate, "
        "merged_into_id as merged_into from STAGING.STG_HUBSPOT__DEALS"
    ),
    ("hubspot", "owner"): "owner_id, email from STAGING.STG_HUBSPOT__OWNERS",
    ("gong", "call"): "call_id, title from STAGING.STG_GONG__CALLS",
    ("gong", "transcript"): (
        "call_id, count(*) as sentences from STAGING.STG_GONG__TRANSCRIPT_SENTENCES group by call_id"
    ),
    ("gong", "user"): "user_id, email from STAGING.STG_GONG__USERS",
}
"""Where a stream's fields stand, under the names the truth gives them; the id comes first."""


@pytest.fixture(scope="module")
def known(job: Job) -> Entities:
    return entities(job.company.world)


@pytest.fixture(scope="module")
def rollups(job: Job) -> dict[date, dict[str, Any]]:
    return {row["date_key"]: row for row in job.ask("select * from EXECUTIVE_INTELLIGENCE.KPI_ROLLUPS")}


# ---- nothing is lost on the way


def test_every_webhook_is_answered_every_pull_ends_and_every_model_and_test_passes(job: Job) -> None:
    assert [(one.delivery.source, one.status_code, one.answer) for one in job.done.ledger.refused()] == []
    assert job.done.ledger.answered() == job.done.ledger.sent()
    assert job.done.failures() == []
    assert job.done.is_built


def test_every_event_told_by_webhook_has_landed(job: Job) -> None:
    assert job.landed(lanes=["webhook"]) == told(job)


def test_every_landed_event_is_staged_once(job: Job) -> None:
    assert job.staged() == job.landed()


def test_the_completeness_mart_says_so_too(job: Job) -> None:
    rows = job.ask("select * from ANALYTICS.COMPLETENESS where connection_id = 'default'")
    assert {(row["source"], row["stream"]): row["landed"] for row in rows} == job.landed()
    assert {(row["source"], row["stream"]): row["staged"] for row in rows} == job.landed()
    webhooks = {(row["source"], row["stream"]): row["landed_by_webhook"] for row in rows if row["landed_by_webhook"]}
    assert webhooks == told(job)


def test_the_ledger_says_that_all_the_vendors_have_is_here(job: Job) -> None:
    rows = ledger(job.stack)
    assert {row["stream"].split()[0] for row in rows} == {check["source"] for check in job.done.checks}
    assert [row for row in rows if not row["complete"]] == []
    assert sum(row["listed"] for row in rows) > 1000


# ---- staging holds what is true


def test_staging_knows_each_entity_and_whether_it_lives(job: Job, known: Entities) -> None:
    found: dict[tuple[str, str], dict[str, bool]] = {key: {} for key in known}
    for row in job.records():
        if (row["source"], row["stream"]) in known:
            found[row["source"], row["stream"]][row["entity_id"]] = row["is_deleted"]
    # The vendor has no longer what was merged into another: whether that is buried depends on what we knew of it.
    merged = {one for held in known.values() for one, last in held.items() if "merged_into" in last.state}
    expected = {key: {one: last.is_deleted for one, last in held.items()} for key, held in known.items()}
    for one in (found, expected):
        for key, held in one.items():
            one[key] = {name: is_deleted for name, is_deleted in held.items() if name not in merged}
    assert found == expected


@pytest.mark.parametrize("key", FIELDS, ids=" ".join)
def test_staging_holds_the_last_state(key: tuple[str, str], job: Job, known: Entities) -> None:
    rows = job.ask(f"select {FIELDS[key]}")
    staged = {str(next(iter(row.values()))): row for row in rows}
    expected = {one: {name: comparable(name, v) for name, v in last.state.items()} for one, last in known[key].items()}
    found = {
        one: {name: comparable(name, staged.get(one, {}).get(name)) for name in state}
        for one, state in expected.items()
    }
    assert found == expected


def comparable(name: str, value: Any) -> Any:
    """HubSpot's properties are text, Slack's real name and staging's columns are typed."""
    if name == "amount":
        return None if value in (None, "") else Decimal(str(value))
    if name == "closedate" and isinstance(value, str):
        return datetime.fromisoformat(value).astimezone(UTC).replace(tzinfo=None)
    return value


# ---- the marts say what is true


def test_the_rollups_cover_the_last_120_business_days(job: Job, rollups: dict) -> None:
    assert sorted(rollups) == list(truth.days(job.company.world))[-120:]


def test_revenue_is_the_truth_to_the_cent_on_every_day(job: Job, rollups: dict) -> None:
    expected = {day: cents(truth.revenue_mtd(job.company.world, day)) for day in rollups}
    assert {day: row["revenue_mtd"] for day, row in rollups.items()} == expected
    assert any(expected.values())


def test_pipeline_is_the_truth_to_the_cent_on_every_day(job: Job, rollups: dict) -> None:
    expected = {day: cents(truth.pipeline_value(job.company.world, day)) for day in rollups}
    assert {day: row["pipeline_value"] for day, row in rollups.items()} == expected
    assert any(expected.values())


def cents(amount: Decimal | None) -> Decimal | None:
    """As the warehouse rounds."""
    return None if amount is None else amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_the_competitive_win_rate_is_the_truth_on_every_day(job: Job, rollups: dict) -> None:
    ratios = {day: truth.competitive_win_rate(job.company.world, day) for day in rollups}
    found = {day: row["competitive_win_rate"] for day, row in rollups.items()}
    expected = {day: None if one.value is None else Decimal(str(round(one.value, 6))) for day, one in ratios.items()}
    assert found == expected
    assert any(expected.values())


def test_what_the_win_rate_is_made_of_is_the_truth_where_too_few_deals_hide_it(job: Job, rollups: dict) -> None:
    rows = job.ask(
        "select date_key, numerator, denominator from EXECUTIVE_INTELLIGENCE.KPI_ROLLUPS_DETAIL "
        "where kpi = 'competitive_win_rate'"
    )
    ratios = {day: truth.competitive_win_rate(job.company.world, day) for day in rollups}
    found = {row["date_key"]: (int(row["numerator"] or 0), int(row["denominator"] or 0)) for row in rows}
    assert found == {day: (one.numerator, one.denominator) for day, one in ratios.items()}


def test_the_dashboard_is_the_truth(job: Job) -> None:
    real = truth.dashboard_30d(job.company.world)
    [told] = job.ask("select * from EXECUTIVE_DASHBOARD.EXECUTIVE_DASHBOARD_30D")
    assert -1 <= told.pop("avg_sentiment") <= 1  # its value is checked in tests/dbt_project
    assert told == {
        "total_calls": real.total_calls,
        "unique_accounts": real.unique_accounts,
        "competitors_mentioned": real.competitors_mentioned,
    }


def test_the_mentions_of_every_day_and_competitor_are_the_truth(job: Job) -> None:
    rows = job.ask("select * from COMPETITIVE_INTELLIGENCE.COMPETITOR_MENTIONS")
    found = Counter(
        (row["source_system"], row["competitor_name"], company_date(row["detected_at"].replace(tzinfo=UTC)))
        for row in rows
    )
    real = truth.every_mention(job.company.world)
    assert found == Counter((source, competitor, company_date(at)) for source, competitor, at in real)
    assert {source for source, _, _ in real} == {"gong", "slack", "intercom", "zendesk"}


# ---- any single event can be proven, by anybody


@pytest.mark.parametrize(
    "chosen",
    [
        pytest.param("source = 'slack' and lane = 'webhook' and stream = 'message'", id="webhook"),
        # A later one of a batch: its own bytes are not those that were signed.
        pytest.param(
            "source = 'hubspot' and lane = 'webhook' and body_sha256 in "
            "(select body_sha256 from RAW_DATA.EVENTS group by 1 having count(distinct event_id) > 2)",
            id="batched",
        ),
        pytest.param("source = 'hubspot' and lane = 'pull' and stream = 'deal'", id="pulled"),
    ],
)
def test_an_event_is_proven_from_its_bytes_to_the_marts(chosen: str, job: Job) -> None:
    [event] = job.ask(f"select max(event_id) as event_id from RAW_DATA.EVENTS where {chosen}")  # noqa: S608
    steps = trace(job.stack, event["event_id"])
    assert {step["verdict"] for step in steps} == {"ok"}
    assert {step["step"] for step in steps} == {"received", "archived", "loaded", "staged", "read by"}


def test_any_snowflake_client_reads_the_marts(job: Job, rollups: dict) -> None:
    with (
        snowflake.connector.connect(
            account="fakesnow",
            host="127.0.0.1",
            port=job.stack.warehouse_port,
            protocol="http",
            user="analyst",
            password="any",
            database="SOPHIA",
        ) as client,
        client.cursor() as cursor,
    ):
        cursor.execute("select date_key, pipeline_value from EXECUTIVE_INTELLIGENCE.KPI_ROLLUPS")
        assert dict(cursor.fetchall()) == {day: row["pipeline_value"] for day, row in rollups.items()}


# ---- and again


def test_webhooks_and_pulls_once_more_change_no_mart(job: Job) -> None:
    before, landed_before = job.marts(), rows_landed(job)
    fifth = dataclasses.replace(job.company, disturbed=Disturbed(job.company.disturbed.sent[::5], ()))
    main_job.send(job.stack, fifth, Silent())
    pulls = [pull for source in PULLED_AGAIN for pull in pull_now(job.stack, Silent(), source=source)]
    assert [pull["error"] for pull in pulls if pull["error"]] == []
    wait_until_loaded(job.stack, Silent())
    # The views stay as they are, and what is the same as before passes the same tests.
    now = job.company.world.now.isoformat()
    assert dbt.build(job.stack, Silent(), select=STORED, as_of=now, is_tested=False)
    assert rows_landed(job) > landed_before + len(fifth.disturbed.sent)
    assert job.landed(lanes=["webhook"]) == told(job)
    assert job.staged() == job.landed()
    after = job.marts()
    for name, rows in before.items():
        moved = [(one, other) for one, other in zip(rows, after[name], strict=True) if one != other]
        assert not moved, f"{name}: {len(moved)} rows, such as {moved[0]}"


PULLED_AGAIN = ("github", "gong", "hubspot", "slack")  # what every source does when pulled again, the storms show
STORED = "config.materialized:incremental config.materialized:table"


def rows_landed(job: Job) -> int:
    return job.ask("select count(*) as count from RAW_DATA.EVENTS")[0]["count"]


def told(job: Job) -> Counter[tuple[str, str]]:
    """Distinct events of all webhooks that arrived: those sent, and those lost that GitHub delivers again."""
    redelivered = [one for one in job.company.disturbed.lost if one.source == "github"]
    assert redelivered
    return distinct([*job.company.disturbed.sent, *redelivered])


def distinct(deliveries: Iterable[Delivery]) -> Counter[tuple[str, str]]:
    events = {(one.source, *event) for one in deliveries for event in one.events}
    return Counter((source, stream) for source, stream, _ in events)
