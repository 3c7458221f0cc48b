"""The loop through what goes wrong. After each: nothing of ours runs that no lease owns, and no more is spent than the
day's budget, by the providers' own bill (which the world checks at every step)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from loop_world import World, is_over

from chalicelib.ingest.breaker import FAILURES_TO_OPEN
from infra.local.gpu_places.lambda_labs_cloud import Fate
from tests.gpu_jobs.places.place_fakes import NOON, job

Make = Callable[..., World]


@pytest.mark.parametrize("place", ["lambda_labs", "modal"])
def test_a_job_is_done_once_and_its_place_left_empty(world: Make, place: str) -> None:
    here = world(place)
    assert here.order(job()).outcome == "started"
    here.pass_time(30)
    assert here.record().state == "finished" and here.record().attempt == 1 and is_over(here)
    (told,) = here.told
    assert (told.outcome, told.attempts, told.chunks, told.place) == ("finished", 1, 100, place)
    assert told.cost_usd >= here.bill_usd() > 0
    assert told.cost_usd == pytest.approx(here.bill_usd(), abs=0.01)
    assert told.cost_usd_per_1000_chunks == pytest.approx(told.cost_usd * 10)


def test_a_job_that_is_ordered_again_is_left_to_whoever_has_it(world: Make) -> None:
    here = world()
    assert [here.order(job()).outcome for _ in range(3)] == ["started", "held", "held"]
    here.pass_time(30)
    assert here.order(job()).outcome == "held"  # finished
    assert len(here.modal.calls) + len(here.cloud.machines) == 1


def test_of_two_dispatchers_that_race_for_a_job_one_starts_it(world: Make) -> None:
    here = world("modal")
    offered = here.modal.offer
    seen = []

    def offer_while_another_is_faster(kind):  # type: ignore[no-untyped-def]
        if not seen:
            seen.append("the other")
            seen.append(here.order(job()).outcome)
        return offered(kind)

    here.modal.offer = offer_while_another_is_faster  # type: ignore[method-assign]
    assert here.order(job()).outcome == "held" and seen == ["the other", "started"]
    assert len(here.modal.calls) == 1
    here.pass_time(30)
    assert here.record().state == "finished" and is_over(here)


def test_no_capacity_waits_without_using_up_an_attempt(world: Make) -> None:
    here = world()
    for kind in here.cloud.kinds.values():
        kind.left.clear()
    here.modal.capacity = 0
    assert here.order(job()).outcome == "waiting"
    here.pass_time(60)
    assert here.record().state == "waiting" and here.record().attempt == 0 and here.bill_usd() == 0
    here.modal.capacity = 1
    here.pass_time(90)
    assert here.record().state == "finished" and here.record().attempt == 1 and is_over(here)


def test_a_preempted_machine_is_replaced_elsewhere_and_its_shards_are_not_done_again(world: Make) -> None:
    here = world()
    here.modal.capacity = 0
    here.cloud.fates.append("sound")
    here.order(job(shards=4))
    here.pass_time(12)
    assert here.shards_done(job(shards=4)) == 1 or here.shards_done(job(shards=4)) == 2
    here.cloud.living()[0].fate = "preempted"
    here.modal.capacity = 1
    here.pass_time(3)
    assert here.record().place == "modal" and here.record().attempt == 2
    here.pass_time(30)
    assert here.record().state == "finished" and here.told[0].attempts == 2 and is_over(here)


@pytest.mark.parametrize("place", ["lambda_labs", "modal"])
def test_a_worker_that_is_killed_is_noticed_by_its_silence_or_its_end(world: Make, place: str) -> None:
    here = world(place)
    here.moods.append("dies")
    here.order(job())
    rounds = here.pass_time(70)
    reasons = [reason for one in rounds for reason in one.retried.values()]
    assert len(reasons) == 1 and reasons[0].startswith(("silent", "worker_exited"))
    assert here.record().state == "finished" and here.record().attempt == 2 and is_over(here)


def test_a_host_that_cannot_work_is_left_for_another_place(world: Make) -> None:
    here = world()
    here.modal.price = 9.0
    here.moods.append("bad_host")
    here.order(job(characters=200_000_000))
    assert here.record().place == "lambda_labs"
    here.pass_time(30)
    assert here.record().place == "modal" and here.record().state == "finished" and is_over(here)


@pytest.mark.parametrize(("fate", "reason"), [("never_boots", "never_came_up"), ("unhealthy", "unhealthy")])
def test_a_machine_that_does_not_come_up_is_ended_within_minutes(world: Make, fate: Fate, reason: str) -> None:
    here = world("lambda_labs")
    here.cloud.fates.append(fate)
    here.order(job())
    rounds = here.pass_time(60)
    assert [told.split(":")[0] for one in rounds for told in one.retried.values()] == [reason]
    first, *_ = here.cloud.machines.values()
    assert first.ended_at is not None and first.ended_at - first.started_at < 20 * 60
    assert here.record().state == "finished" and is_over(here)
    assert here.told[0].cost_usd == pytest.approx(here.bill_usd(), abs=0.01)


def test_after_three_attempts_a_job_is_dead_lettered_with_its_reason(world: Make) -> None:
    here = world()
    here.moods += ["fails"] * 3
    here.order(job())
    here.pass_time(60)
    assert here.record().state == "dead" and here.record().attempt == 3 and is_over(here)
    (told,) = here.told
    assert told.outcome == "dead_lettered" and told.reason == "worker_failed: told so" and told.chunks == 0
    assert told.cost_usd >= here.bill_usd() - 0.01 and told.cost_usd_per_1000_chunks is None
    assert here.order(job()).outcome == "held"


def test_a_worker_that_says_finished_and_left_nothing_is_not_believed(world: Make) -> None:
    here = world("modal")
    here.moods.append("lies")
    here.order(job())
    rounds = here.pass_time(30)
    assert [one.retried for one in rounds if one.retried] == [{"job1": "finished_without_results"}]
    assert here.record().state == "finished" and is_over(here)


def test_a_place_that_is_down_for_an_hour_is_passed_over_and_used_again(world: Make) -> None:
    here = world("modal")
    here.modal.is_down = True
    assert here.order(job()).outcome == "waiting"
    here.pass_time(60)
    assert here.record().attempt == 0 and here.bill_usd() == 0
    assert "circuit_open" in str(here.record().reason)
    here.modal.is_down = False
    here.pass_time(100)
    assert here.record().state == "finished" and here.record().attempt == 1 and is_over(here)


def test_where_one_place_is_down_the_other_takes_the_job(world: Make) -> None:
    here = world()
    here.modal.is_down = True
    assert here.order(job()).place == "lambda_labs"
    here.pass_time(30)
    assert here.record().state == "finished" and is_over(here)


def test_a_place_that_goes_down_under_a_run_gives_it_up_and_it_is_swept_later(world: Make) -> None:
    here = world(usd_per_day=40.0)
    here.cloud.fates.append("never_boots")
    here.modal.capacity = 0
    here.order(job())
    here.modal.capacity = 1
    here.cloud.is_down = True
    here.pass_time(60)
    assert here.record().place == "modal" and here.record().state == "finished"
    assert len(here.unowned()) == 1  # nobody can stop it while its place is down
    here.cloud.is_down = False
    here.pass_time(90)
    assert is_over(here)
    assert here.told[-1].cost_usd >= here.bill_usd() - 0.01 and len(here.told) >= 2


def test_a_running_job_outlives_a_place_that_does_not_answer(world: Make) -> None:
    here = world("modal")
    here.order(job(shards=6, characters=100_000_000))
    here.pass_time(6)
    here.modal.is_down = True
    here.pass_time(12)
    assert here.record().state == "leased" and here.record().attempt == 1
    here.modal.is_down = False
    here.pass_time(90)
    assert here.record().state == "finished" and here.record().attempt == 1 and is_over(here)


def test_a_place_that_hands_out_broken_machines_is_not_asked_for_a_while(world: Make) -> None:
    here = world("lambda_labs", usd_per_day=40.0)
    here.cloud.fates += ["unhealthy"] * 20
    for number in range(3):
        here.order(job(f"job{number}"))
    rounds = here.pass_time(30)
    reasons = [told.reason for one in rounds for told in one.dispatched.values() if told.outcome == "waiting"]
    assert "lambda_labs: circuit_open" in reasons
    assert FAILURES_TO_OPEN <= len(here.cloud.machines) <= FAILURES_TO_OPEN + 2
    here.cloud.fates.clear()
    here.pass_time(120)
    assert is_over(here)


def test_a_lease_that_ends_is_taken_away_from_a_worker_that_hangs_on(world: Make) -> None:
    here = world("modal")
    here.order(job(shards=30))
    here.pass_time(24 + 6)
    assert here.record().attempt == 2 and "lease_ended" not in str(here.record().reason)
    assert timedelta(0) < (here.record().ends_at or NOON) - here.clock.now() and not here.unowned()
