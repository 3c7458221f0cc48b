"""Every fault at once, on seeds: all jobs end, nothing of ours is left running, no day costs more than it may."""

import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from loop_world import World, is_over

from infra.local.gpu_places.lambda_labs_cloud import Fate
from tests.gpu_jobs.places.place_fakes import NOON, job

FATES: tuple[Fate, ...] = ("sound", "sound", "never_boots", "unhealthy", "lost_reply", "preempted")
MOODS = ("works", "works", "works", "dies", "bad_host", "fails", "lies")
LONGEST_OUTAGE = timedelta(minutes=6)
"""A run costs on while its place cannot be told to stop it; ten minutes are held back for that."""


@pytest.mark.parametrize("seed", range(8))
def test_whatever_happens_jobs_end_machines_end_and_the_budget_holds(world: Callable[..., World], seed: int) -> None:
    rng = random.Random(seed)
    here = world(usd_per_day=15.0)
    here.cloud.fates.extend(rng.choices(FATES, k=60))
    here.moods += rng.choices(MOODS, k=60)  # type: ignore[arg-type]
    foreign = here.cloud.add("somebodys-box", "gpu_1x_a10")
    foreign.cents_per_hour = 0
    jobs = [job(f"job{number}", shards=rng.randint(1, 4), characters=rng.choice((10**5, 10**8))) for number in range(8)]
    orders = [*jobs, *rng.choices(jobs, k=6)]  # some twice
    rng.shuffle(orders)
    ends_at: dict[str, object] = {}
    for _ in range(60):
        for one in orders[:2]:
            here.order(one)
        orders = orders[2:]
        here.modal.loses_replies = rng.randint(0, 1)
        here.modal.capacity = rng.randint(0, 4)
        _outage(here, rng, ends_at)
        here.pass_time(3)
    here.cloud.is_down = here.modal.is_down = False
    here.modal.capacity, here.modal.loses_replies = 9, 0
    here.cloud.fates.clear()
    here.moods.clear()
    here.usd_in_all = 30.0  # the clock may pass midnight
    for _ in range(80):
        here.pass_time(9)
        if all(here.record(one.job_id).state in ("finished", "dead") for one in jobs) and is_over(here):
            break
    assert is_over(here) and foreign.ended_at is None
    ended = {one.job_id: one for one in here.told}
    assert ended.keys() == {one.job_id for one in jobs}
    for one in jobs:
        is_done = here.shards_done(one) == len(one.shards)
        assert (ended[one.job_id].outcome == "finished") <= is_done
        assert ended[one.job_id].attempts <= 3
    # Never less than what was billed; more where a run ended while its place could not be asked.
    told = sum(one.cost_usd for one in ended.values())
    assert here.bill_usd() - 0.01 <= told <= 15.0 * (1 + (here.clock.at.date() - NOON.date()).days)


def _outage(here: World, rng: random.Random, ends_at: dict[str, object]) -> None:
    """Each place is away now and then, for minutes."""
    for place in (here.cloud, here.modal):
        name = type(place).__name__
        until = ends_at.get(name)
        if place.is_down and until is not None and until <= here.clock.at:  # type: ignore[operator]
            place.is_down = False
        elif not place.is_down and rng.random() < 0.08:
            place.is_down, ends_at[name] = True, here.clock.at + LONGEST_OUTAGE
