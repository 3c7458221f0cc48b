"""Runs whose owner does not know them, and machines that are nobody's of ours."""

from collections.abc import Callable

import pytest
from loop_world import World, is_over

from gpu_jobs.places.place import PlaceUnavailable
from tests.gpu_jobs.places.place_fakes import FLEET, NOON, job

Make = Callable[..., World]


def test_a_machine_whose_launch_reply_was_lost_with_the_listing_is_adopted(world: Make) -> None:
    here = world("lambda_labs")
    here.cloud.fates.append("lost_reply")
    listed = here.fleet.places["lambda_labs"]._api.instances  # type: ignore[attr-defined]

    def no_listing() -> None:
        raise PlaceUnavailable("down")

    here.fleet.places["lambda_labs"]._api.instances = no_listing  # type: ignore[attr-defined]
    assert here.order(job()).outcome == "unknown" and here.record().handle is None
    here.fleet.places["lambda_labs"]._api.instances = listed  # type: ignore[attr-defined]
    here.pass_time(3)
    assert here.record().handle == here.cloud.living()[0].id
    here.pass_time(30)
    assert here.record().state == "finished" and len(here.cloud.machines) == 1 and is_over(here)


def test_a_dispatcher_that_dies_before_it_can_write_the_handle_leaves_a_run_that_is_adopted(world: Make) -> None:
    here = world("modal")
    here.modal.loses_replies = 1
    assert here.order(job()).outcome == "unknown"
    here.pass_time(30)
    assert here.record().state == "finished" and here.record().attempt == 1 and is_over(here)


def test_a_start_that_never_happened_is_tried_again_and_costs_nothing(world: Make) -> None:
    here = world("modal")
    start = here.modal.start

    def lost_on_the_way(manifest, lease):  # type: ignore[no-untyped-def]
        here.modal.start = start  # type: ignore[method-assign]
        raise PlaceUnavailable("lost on the way", may_have_started=True)

    here.modal.start = lost_on_the_way  # type: ignore[method-assign]
    here.order(job())
    rounds = here.pass_time(40)
    assert [one.retried for one in rounds if one.retried] == [{"job1": "start_unknown"}]
    assert here.record().state == "finished" and here.told[0].cost_usd == pytest.approx(here.bill_usd(), abs=0.01)


def test_machines_of_others_are_left_alone_and_strays_of_ours_are_not(world: Make) -> None:
    here = world()
    others = [here.cloud.add(name, "gpu_1x_a10") for name in ("somebodys-box", "sophia-job1-a1-t1795000000", "")]
    stray = here.cloud.add(f"{FLEET}-job7-a1-t{int(NOON.timestamp())}", "gpu_1x_a10")
    here.order(job())
    rounds = here.pass_time(30)
    assert rounds[0].strays == [stray.id] and here.record().state == "finished"
    assert here.cloud.living() == others and not here.unowned()
    assert here.fleet.budget.cost_of("job7", NOON.date(), NOON.date()) == pytest.approx(
        stray.cost_usd(here.clock.seconds()), abs=0.01
    )


def test_a_twin_of_a_run_under_the_same_name_is_ended_and_the_run_goes_on(world: Make) -> None:
    here = world("lambda_labs")
    here.order(job())
    handle = here.record().handle
    twin = here.cloud.add(here.cloud.living()[0].name, "gpu_1x_a10")
    rounds = here.pass_time(3)
    assert rounds[0].strays == [twin.id] and here.record().handle == handle
    here.pass_time(30)
    assert here.record().state == "finished" and here.record().attempt == 1
    assert here.told[0].cost_usd == pytest.approx(here.bill_usd(), abs=0.01)


def test_a_run_begun_between_listing_and_reading_is_no_stray(world: Make) -> None:
    here = world("modal")
    listed = here.modal.owned

    def then_another_dispatcher_starts():  # type: ignore[no-untyped-def]
        told = listed()
        here.order(job("job2"))
        return told

    here.modal.owned = then_another_dispatcher_starts  # type: ignore[method-assign]
    assert here.reap().strays == [] and here.record("job2").state == "leased"
    assert len(here.modal.living()) == 1


def test_a_dispatcher_that_is_overtaken_by_the_reaper_keeps_its_run(world: Make) -> None:
    here = world("lambda_labs")
    start = here.fleet.places["lambda_labs"].start

    def seen_by_the_reaper_at_once(manifest, lease):  # type: ignore[no-untyped-def]
        started = start(manifest, lease)
        here.reap()  # adopts what it finds
        return started

    here.fleet.places["lambda_labs"].start = seen_by_the_reaper_at_once  # type: ignore[method-assign]
    assert here.order(job()).outcome == "started"
    assert len(here.cloud.living()) == 1 and not here.unowned()
    here.pass_time(30)
    assert here.record().state == "finished" and here.record().attempt == 1 and is_over(here)


def test_a_dispatcher_that_took_too_long_stops_what_it_started(world: Make) -> None:
    here = world("modal")
    start = here.modal.start

    def after_its_lease_was_given_up(manifest, lease):  # type: ignore[no-untyped-def]
        here.modal.start = start  # type: ignore[method-assign]
        here.clock.forward(minutes=6)
        here.reap()  # orders the job again
        return start(manifest, lease)

    here.modal.start = after_its_lease_was_given_up  # type: ignore[method-assign]
    assert here.order(job()).outcome == "held"
    assert len(here.modal.living()) == 1 and not here.unowned() and here.record().attempt == 2
    here.pass_time(30)
    assert here.record().state == "finished" and is_over(here)


def test_what_a_round_left_untold_the_next_one_tells(world: Make) -> None:
    here = world("modal")
    here.order(job())
    land, here.may_land = here.may_land, False
    with pytest.raises(RuntimeError):
        here.pass_time(30)
    assert here.record().state == "finished" and not here.told
    here.may_land = land
    here.reap()
    here.reap()
    assert [one.job_id for one in here.told] == ["job1"]
