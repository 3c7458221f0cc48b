"""Lambda Labs: the real client against its cloud on loopback, whose time is the clock's."""

import json

import pytest
from place_fakes import FLEET, NOON, Clock, job, lease

from gpu_jobs.places.lambda_labs_api import LambdaLabs, Pacer, candidates, connect
from gpu_jobs.places.on_lambda_labs import OnLambdaLabs
from gpu_jobs.places.pins import VLLM
from gpu_jobs.places.place import Failed, NoCapacity, Owned, PlaceRefuses, PlaceUnavailable, Running, run_name
from infra.local.gpu_places.lambda_labs_cloud import LambdaLabsCloud

NAME = run_name(FLEET, lease())


def test_candidates_are_single_gpus_with_memory_and_capacity_cheapest_first(api: LambdaLabs) -> None:
    types = api.instance_types()
    found = [(one.instance_type, one.region, one.usd_per_hour) for one in candidates(types, 16)]
    assert found == [
        ("gpu_1x_a10", "us-west-1", 0.86),
        ("gpu_1x_a10", "us-west-2", 0.86),
        ("gpu_1x_h100_pcie", "us-west-3", 3.29),
    ]
    assert [one.instance_type for one in candidates(types, 40)] == ["gpu_1x_h100_pcie"]


def test_the_offer_is_at_the_live_price_of_the_dearest_machine_it_would_take(
    lambda_labs: OnLambdaLabs, cloud: LambdaLabsCloud
) -> None:
    assert lambda_labs.offer("embed").price_usd_per_hour == 3.29
    cloud.kinds["gpu_1x_h100_pcie"].left.clear()
    assert lambda_labs.offer("embed").price_usd_per_hour == 0.86
    with pytest.raises(NoCapacity):
        lambda_labs.offer("enrich")


def test_a_run_starts_on_the_cheapest_machine_under_its_name(
    lambda_labs: OnLambdaLabs, cloud: LambdaLabsCloud, clock: Clock
) -> None:
    started = lambda_labs.start(job(), lease())
    (machine,) = cloud.living()
    assert (machine.id, machine.name, machine.type) == (started.handle, NAME, "gpu_1x_a10")
    assert started.price_usd_per_hour == 0.86
    assert lambda_labs.poll(started.handle) == Running(is_up=False)
    clock.forward(minutes=6)
    assert lambda_labs.poll(started.handle) == Running(is_up=True)
    assert lambda_labs.owned() == [Owned(started.handle, "job1", 1, NOON, 0.86)]


def test_a_machine_that_is_to_understand_installs_what_runs_a_language_model(
    lambda_labs: OnLambdaLabs, cloud: LambdaLabsCloud, clock: Clock
) -> None:
    lambda_labs.start(job(kind="enrich"), lease())
    clock.forward(minutes=1)
    lambda_labs.start(job("job2"), lease("job2"))
    has_vllm = {one.name.split("-")[2]: VLLM in one.user_data for one in cloud.living()}
    assert has_vllm == {"job1": True, "job2": False}


def test_a_refusal_for_capacity_goes_to_the_next_region_and_type(
    lambda_labs: OnLambdaLabs, cloud: LambdaLabsCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = lambda_labs._api.instance_types()
    monkeypatch.setattr(lambda_labs._api, "instance_types", lambda: listed)  # what was listed is gone meanwhile
    cloud.kinds["gpu_1x_a10"].left.clear()
    assert lambda_labs.start(job(), lease()).price_usd_per_hour == 3.29
    assert cloud.launches == [
        ("gpu_1x_a10", "us-west-1"),
        ("gpu_1x_a10", "us-west-2"),
        ("gpu_1x_h100_pcie", "us-west-3"),
    ]


def test_no_machine_dearer_than_the_lease_is_taken(lambda_labs: OnLambdaLabs, cloud: LambdaLabsCloud) -> None:
    cloud.kinds["gpu_1x_a10"].left.clear()
    with pytest.raises(NoCapacity):
        lambda_labs.start(job(), lease(price_usd_per_hour=0.9))
    assert cloud.living() == [] and cloud.launches == []


def test_a_machine_whose_launch_reply_was_lost_is_found_by_its_name(
    lambda_labs: OnLambdaLabs, cloud: LambdaLabsCloud
) -> None:
    cloud.fates.append("lost_reply")
    started = lambda_labs.start(job(), lease())
    assert [machine.id for machine in cloud.living()] == [started.handle]


def test_ten_launches_in_a_row_keep_the_accounts_pace(
    lambda_labs: OnLambdaLabs, cloud: LambdaLabsCloud, clock: Clock
) -> None:
    cloud.kinds["gpu_1x_a10"].left["us-west-1"] = 20
    for number in range(10):
        lambda_labs.start(job(f"job{number}"), lease(f"job{number}"))
    assert cloud.paused == 0 and (clock.at - NOON).total_seconds() >= 9 * 12


def test_a_client_that_shares_its_account_is_refused_for_haste_and_recovers(
    url: str, cloud: LambdaLabsCloud, clock: Clock
) -> None:
    with connect(cloud.key, url) as http:
        for _ in range(4):
            LambdaLabs(http, Pacer(clock.seconds, clock.sleep)).instances()  # none knows of the others
    assert cloud.paused > 0


@pytest.mark.parametrize(("fate", "kind"), [("unhealthy", "unhealthy"), ("preempted", "preempted")])
def test_a_machine_that_fails_is_told_as_failed_and_worth_another_try(
    lambda_labs: OnLambdaLabs, cloud: LambdaLabsCloud, clock: Clock, fate: str, kind: str
) -> None:
    cloud.fates.append(fate)  # type: ignore[arg-type]
    handle = lambda_labs.start(job(), lease()).handle
    clock.forward(minutes=6)
    state = lambda_labs.poll(handle)
    assert isinstance(state, Failed) and state.kind == kind and state.is_retryable


def test_stopping_ends_the_bill_and_leaves_everybody_elses_machines(
    lambda_labs: OnLambdaLabs, cloud: LambdaLabsCloud, clock: Clock
) -> None:
    foreign = cloud.add("somebodys-box", "gpu_1x_a10")
    handle = lambda_labs.start(job(), lease()).handle
    lambda_labs.stop(handle)
    lambda_labs.stop(handle)
    lambda_labs.stop("f" * 32)
    assert cloud.living() == [foreign] and lambda_labs.owned() == []
    clock.forward(minutes=1)
    state = lambda_labs.poll(handle)
    assert isinstance(state, Failed) and state.kind == "terminated"
    assert isinstance(lambda_labs.poll("f" * 32), Failed)


def test_an_account_that_is_refused_or_down_says_which(
    lambda_labs: OnLambdaLabs, cloud: LambdaLabsCloud, url: str, clock: Clock
) -> None:
    with connect("revoked", url) as http, pytest.raises(PlaceRefuses, match="invalid-api-key"):
        LambdaLabs(http, Pacer(clock.seconds, clock.sleep)).instances()
    cloud.is_down = True
    with pytest.raises(PlaceUnavailable) as refusal:
        lambda_labs.start(job(), lease())
    assert not refusal.value.may_have_started
    with connect("key", "http://127.0.0.1:9") as nowhere, pytest.raises(PlaceUnavailable) as refusal:
        LambdaLabs(nowhere, Pacer(clock.seconds, clock.sleep)).instances()
    assert not refusal.value.may_have_started


def test_the_machine_knows_its_run_and_never_the_accounts_key(
    lambda_labs: OnLambdaLabs, cloud: LambdaLabsCloud
) -> None:
    lambda_labs.start(job(), lease())
    told = cloud.living()[0].user_data
    assert cloud.key not in told
    head, body = told.split("\n", 1)
    files = {one["path"]: one for one in json.loads(body)["write_files"]}
    assert head == "#cloud-config"
    assert files["/etc/sophia/worker.env"]["permissions"] == "0600"
    assert 'AWS_SESSION_TOKEN="for-job1"' in files["/etc/sophia/worker.env"]["content"]
    assert "for-job1" not in files["/usr/local/sbin/sophia-worker"]["content"]
