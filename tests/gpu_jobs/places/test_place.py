"""Names of runs: whose a machine is, told from its name alone."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from place_fakes import NOON, job, lease

from gpu_jobs.dispatch import Offer, lambda_labs, plans
from gpu_jobs.places.place import parse_run_name, run_name

HOUR = timedelta(hours=1)


def test_a_name_says_fleet_job_attempt_and_start() -> None:
    name = run_name("sophia-prod", lease("0f" * 16, 3))
    assert len(name) <= 64  # the longest that Lambda Labs takes
    assert parse_run_name("sophia-prod", name) == ("0f" * 16, 3, NOON)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "somebodys-box",
        "sophia-prod",
        "sophia-prod-job1-a1",
        "sophia-prod-job1-a1-t17",
        "xsophia-prod-j-a1-t1795000000",
    ],
)
def test_a_name_that_is_not_ours_belongs_to_somebody_else(name: str) -> None:
    assert parse_run_name("sophia-prod", name) is None


def test_a_fleet_does_not_take_another_ones_runs_for_its_own() -> None:
    assert parse_run_name("sophia", run_name("sophia-dev", lease())) is None
    assert parse_run_name("sophia-dev", run_name("sophia", lease())) is None


@pytest.mark.parametrize(
    ("fleet", "job_id"), [("Sophia", "job1"), ("sophia-", "job1"), ("sophia", "job-1"), ("s", "j" * 33)]
)
def test_a_name_that_could_be_mistaken_is_refused(fleet: str, job_id: str) -> None:
    with pytest.raises(ValueError, match=r"fleet|job id"):
        run_name(fleet, lease(job_id))


SLOW_AND_FREE = Offer(0.0, boot_s=5, characters_per_s=20_000, longest=6 * HOUR)
QUICK = Offer(1.96, boot_s=90, characters_per_s=460_000, longest=6 * HOUR)
CHEAP = Offer(0.86, boot_s=330, characters_per_s=460_000, longest=timedelta(minutes=55))
OFFERS = {"local": SLOW_AND_FREE, "modal": QUICK, "lambda_labs": CHEAP}


@pytest.mark.parametrize(
    ("characters", "best"),
    [(100_000, "local"), (30_000_000, "modal"), (600_000_000, "lambda_labs"), (3_000_000_000, "modal")],
)
def test_the_size_of_a_job_decides_where_it_goes(characters: int, best: str) -> None:
    assert plans(job(shards=1, characters=characters), OFFERS, left_usd=100)[0].place == best


def test_a_place_where_an_attempt_failed_comes_last_and_is_not_left_out() -> None:
    order = [plan.place for plan in plans(job(shards=1, characters=100_000), OFFERS, left_usd=100, tried=["local"])]
    assert order[-1] == "local" and len(order) == 3


def test_what_is_held_back_covers_the_lease_and_the_time_until_it_is_stopped() -> None:
    (plan,) = plans(job(), {"modal": QUICK}, left_usd=100)
    assert plan.reserved_usd == pytest.approx(1.96 * (plan.lasts.total_seconds() + 600) / 3600)


@pytest.mark.parametrize("left_usd", [0.0, 0.2, 0.5, 0.7, 2.0, -1.0])
def test_no_plan_costs_more_than_is_left(left_usd: float) -> None:
    for plan in plans(job(characters=40_000_000), {"modal": QUICK, "lambda_labs": CHEAP}, left_usd=left_usd):
        assert plan.reserved_usd <= left_usd + 1e-9


def test_what_is_free_needs_no_budget() -> None:
    assert [plan.place for plan in plans(job(), OFFERS, left_usd=0.0)] == ["local"]


def test_what_functions_may_import_costs_them_no_heavy_import() -> None:
    heavy = {"boto3", "httpx", "modal", "numpy", "pyarrow", "torch"}
    program = f"import sys; import gpu_jobs.dispatch; print({heavy} & set(sys.modules))"
    root = Path(__file__).parents[3]
    told = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"


def test_a_place_is_opened_without_a_question_to_its_provider() -> None:
    place = lambda_labs(
        "key", lake="s3://lake", fleet="sophia", ssh_key_name="ops", environment=lambda job: {}, fetches=lambda job: ()
    )
    assert place.name == "lambda_labs" and place.is_billed_until_stopped
