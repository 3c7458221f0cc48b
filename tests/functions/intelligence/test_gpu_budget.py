"""What a day may cost, and a job."""

from collections.abc import Callable
from datetime import timedelta

import boto3
import pytest
from loop_world import World, is_over
from moto import mock_aws

from chalicelib.errors import LeaseLost
from chalicelib.ingest.state_table import StateTable
from chalicelib.intelligence.budget import Budget
from chalicelib.intelligence.leases import JobRecord, Leases
from tests.faults.in_memory import Table
from tests.gpu_jobs.places.place_fakes import NOON, job, lease

Make = Callable[..., World]
TODAY = NOON.date()


def test_the_budget_of_the_day_is_never_exceeded_and_the_rest_waits_for_tomorrow(world: Make) -> None:
    here = world(usd_per_day=3.0)
    jobs = [job(f"job{number}") for number in range(8)]
    outcomes = [here.order(one).outcome for one in jobs]
    assert "started" in outcomes and "waiting" in outcomes
    here.pass_time(90)
    waiting = [one for one in jobs if here.record(one.job_id).state == "waiting"]
    assert waiting and {here.record(one.job_id).reason for one in waiting} == {"budget_of_day"}
    assert is_over(here)
    spent_today = here.bill_usd()
    assert spent_today <= 3.0
    here.usd_in_all = 6.0  # of two days
    here.clock.at = NOON + timedelta(hours=12)
    here.pass_time(90)
    assert any(here.record(one.job_id).state == "finished" for one in waiting)
    assert here.bill_usd() > spent_today


def test_a_budget_that_is_lowered_while_runs_go_on_stops_the_newest(world: Make) -> None:
    here = world("modal")
    for number in range(3):
        here.order(job(f"job{number}", shards=9))
        here.clock.forward(seconds=30)
    held_back = 20.0 - here.fleet.budget.left(NOON.date())
    here.fleet.budget.usd_per_day = held_back * 0.5
    here.pass_time(3)
    states = [here.record(f"job{number}").state for number in range(3)]
    assert states[0] == "leased" and states[2] == "waiting" and not here.unowned()
    assert here.fleet.budget.left(NOON.date()) >= 0


def test_a_job_never_costs_more_than_it_may(world: Make) -> None:
    here = world("lambda_labs")
    here.cloud.fates += ["never_boots"] * 5
    here.order(job(max_usd=2.0))
    here.pass_time(150)
    assert here.bill_usd() <= 2.0 and is_over(here)


def test_of_two_jobs_that_race_for_the_last_of_the_budget_one_waits(world: Make) -> None:
    here = world("modal", usd_per_day=1.2)
    offered, seen = here.modal.offer, list[str]()

    def offer_while_another_is_faster(kind):  # type: ignore[no-untyped-def]
        told = offered(kind)
        if not seen:
            seen.append("")
            seen[0] = here.order(job("job2")).outcome
        return told

    left = here.fleet.budget.left
    here.modal.offer = offer_while_another_is_faster  # type: ignore[method-assign]
    here.fleet.budget.left = lambda day: 1.2  # type: ignore[method-assign]  # as both read it
    told = here.order(job("job1"))
    here.fleet.budget.left = left  # type: ignore[method-assign]
    assert (seen, told.outcome, told.reason) == (["started"], "waiting", "budget_of_day")
    assert len(here.modal.calls) == 1 and left(TODAY) >= 0


def test_what_is_held_back_and_settled_counts_once_however_often_it_is_said() -> None:
    budget = Budget(Table(), 10.0)
    assert budget.reserve(TODAY, "job1/1", 6.0) and budget.reserve(TODAY, "job1/1", 6.0)
    assert not budget.reserve(TODAY, "job2/1", 5.0) and budget.left(TODAY) == 4.0
    for _ in range(2):
        budget.settle(TODAY, "job1/1", 2.5)
    assert budget.left(TODAY) == 7.5 and budget.reserve(TODAY, "job2/1", 5.0)
    assert budget.cost_of("job1", TODAY, TODAY) == 2.5 and budget.cost_of("job", TODAY, TODAY) == 0


def test_a_record_and_a_budget_come_back_from_the_real_table_as_they_went(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(
            TableName="state",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
        )
        table = StateTable(client, "state")
        leases, budget = Leases(table), Budget(table, 10.0)
        mine, theirs = leases.of("job1"), leases.of("job1")
        leased = JobRecord("job1").leased(lease())
        mine.write(leased)
        with pytest.raises(LeaseLost):
            theirs.write(leased)
        assert leases.of("job1").record == leased
        mine.write(leased.ended("dead", "a reason", NOON))
        assert [one.record for one in leases.all()] == [leased.ended("dead", "a reason", NOON)]
        assert budget.reserve(TODAY, "job1/1", 1 / 3) and budget.left(TODAY) == pytest.approx(9.6667)
