"""Modal: its real client against a control plane on loopback, and what runs in its containers."""

import importlib.util
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import modal
import pytest
from grpclib import GRPCError, Status
from place_fakes import FLEET, NOON, job, lease

from gpu_jobs.places import on_modal
from gpu_jobs.places.on_modal import APP, OnModal, carry_out, connect
from gpu_jobs.places.place import Failed, Finished, NoCapacity, Owned, PlaceRefuses, PlaceUnavailable, Running, State
from infra.local.gpu_places.modal_control_plane import KilledAtTimeout, Serving
from infra.local.gpu_places.modal_control_plane import State as Plane

NAME = f"{FLEET}-job1-a1-t{int(NOON.timestamp())}"


class Container:
    """A function of ours in a container: it registers itself, waits to be told its end, and answers that."""

    def __init__(self) -> None:
        self.orders: list[dict[str, str]] = []
        self.may_end = threading.Event()
        self.answer: Any = {"ended": "finished", "reason": ""}
        self.register: Any = None

    def __call__(self, call_id: str, order: dict[str, str]) -> Any:
        self.register.put(call_id, f"{order['name']} {order['usd_per_hour']}")
        self.orders.append(order)
        self.may_end.wait(10)
        self.register.pop(call_id, None)
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Plane, Container, modal.Client]]:
    """One control plane and client for all tests: a client takes its while to open."""
    container = Container()
    plane = Plane({(APP, "embed"): container})
    with pytest.MonkeyPatch.context() as patch, Serving(plane) as url:
        patch.setenv("MODAL_SERVER_URL", url)
        client = connect("ak-token", "as-secret")
        container.register = modal.Dict.from_name(f"{FLEET}-running", create_if_missing=True, client=client)
        container.register.hydrate()
        yield plane, container, client
        container.may_end.set()


@pytest.fixture
def plane(served: tuple[Plane, Container, modal.Client]) -> Iterator[Plane]:
    plane, container, _ = served
    container.may_end.clear()
    container.answer, container.orders = {"ended": "finished", "reason": ""}, []
    yield plane
    plane.is_down = False
    plane.refusals.clear()
    container.may_end.set()
    for call in plane.calls.values():
        call.outcome.exception(5)


@pytest.fixture
def container(served: tuple[Plane, Container, modal.Client], plane: Plane) -> Container:
    return served[1]


@pytest.fixture
def place(served: tuple[Plane, Container, modal.Client], plane: Plane) -> OnModal:
    return OnModal(served[2], "s3://lake", FLEET)


def ended(plane: Plane, container: Container, place: OnModal, answer: Any) -> State:
    container.answer = answer
    container.may_end.set()
    handle = place.start(job(), lease()).handle
    plane.calls[handle].outcome.exception(5)
    return place.poll(handle)


def eventually(holds: Callable[[], bool]) -> None:
    for _ in range(200):
        if holds():
            return
        threading.Event().wait(0.02)
    raise AssertionError("never came true")


def test_a_job_is_spawned_with_its_manifest_and_nothing_of_its_texts(place: OnModal, container: Container) -> None:
    handle = place.start(job(), lease()).handle
    eventually(lambda: len(container.orders) == 1)
    assert handle.startswith("fc-") and place.poll(handle) == Running()
    assert container.orders == [
        {
            "name": NAME,
            "fleet": FLEET,
            "manifest": "gpu/jobs/job1/manifest.json",
            "lake": "s3://lake",
            "weights": "/weights/all-minilm-l6-v2",
            "ends_at": lease().ends_at.isoformat(),
            "usd_per_hour": "5.0",
        }
    ]


def test_what_runs_is_listed_by_its_name_until_it_ends(place: OnModal, container: Container, plane: Plane) -> None:
    handle = place.start(job(), lease()).handle
    eventually(lambda: place.owned() == [Owned(handle, "job1", 1, NOON, 5.0)])
    container.may_end.set()
    plane.calls[handle].outcome.exception(5)
    assert place.owned() == [] and place.poll(handle) == Finished()


def test_a_spawn_whose_answer_was_lost_is_found_in_the_register(
    place: OnModal, container: Container, plane: Plane
) -> None:
    plane.lost["FunctionMap"] = 100  # the client tries again by itself
    with pytest.raises(PlaceUnavailable) as refusal:
        place.start(job(), lease())
    plane.lost.clear()
    assert refusal.value.may_have_started
    eventually(lambda: len(place.owned()) >= 1)
    for run in place.owned():
        assert (run.job_id, run.attempt) == ("job1", 1)
        place.stop(run.handle)
    assert plane.running() == [] and place.owned() == []


def test_a_stopped_call_is_cancelled_and_no_longer_listed(place: OnModal, container: Container, plane: Plane) -> None:
    handle = place.start(job(), lease()).handle
    eventually(lambda: len(place.owned()) == 1)
    place.stop(handle)
    place.stop("fc-unknown")
    assert plane.running() == [] and place.owned() == []
    state = place.poll(handle)
    assert isinstance(state, Failed) and state.is_retryable


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"ended": "bad_host", "reason": "no CUDA"}, "bad_host"),
        ({"ended": "failed", "reason": "exit code 1"}, "failed"),
        ("something else", "unreadable_result"),
        (KilledAtTimeout("its timeout"), "timed_out"),
        (ValueError("a body that raises"), "worker_raised"),
    ],
)
def test_however_a_call_ends_badly_its_kind_is_told(
    place: OnModal, container: Container, plane: Plane, answer: Any, kind: str
) -> None:
    state = ended(plane, container, place, answer)
    assert isinstance(state, Failed) and state.kind == kind and state.is_retryable


def test_an_expired_result_leaves_the_word_to_the_lake(place: OnModal, container: Container, plane: Plane) -> None:
    handle = place.start(job(), lease()).handle
    plane.calls[handle].is_expired = True
    assert place.poll(handle) == Finished()


def test_a_call_that_modal_does_not_know_is_gone(place: OnModal) -> None:
    state = place.poll("fc-999")
    assert isinstance(state, Failed) and state.kind == "gone"


def test_a_backlog_that_is_full_has_no_capacity(place: OnModal, plane: Plane) -> None:
    plane.refusals["FunctionMap"] = [GRPCError(Status.RESOURCE_EXHAUSTED, "backlog full")]
    with pytest.raises(NoCapacity):
        place.start(job(), lease())
    assert plane.running() == []


def test_a_bad_token_and_an_app_that_is_not_deployed_call_for_an_operator(place: OnModal, plane: Plane) -> None:
    plane.refusals["FunctionMap"] = [GRPCError(Status.UNAUTHENTICATED, "bad token")]
    with pytest.raises(PlaceRefuses, match="token"):
        place.start(job(), lease())
    with pytest.raises(PlaceRefuses, match="deployed"):
        place.start(job(kind="enrich"), lease())


# ---- in the container


class Listed(dict[str, str]):
    """A register that is a dict."""

    def put(self, key: str, value: str) -> None:
        self[key] = value
        self.seen = value


ORDER = {
    "name": NAME,
    "fleet": FLEET,
    "manifest": "m",
    "lake": "l",
    "weights": "w",
    "ends_at": (NOON + timedelta(seconds=5)).isoformat(),
    "usd_per_hour": "1.96",
}


@pytest.fixture
def python(tmp_path: Any) -> Callable[[str], str]:
    """An interpreter that runs a line of shell instead of a module, which is $2."""

    def make(line: str) -> str:
        path = tmp_path / "python"
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)
        return str(path)

    return make


@pytest.mark.parametrize(
    ("line", "ended"),
    [
        ("exit 0", "finished"),
        ("exit 5", "bad_host"),
        ("exit 4", "refused"),
        ("exit 3", "stopped"),
        ("exit 99", "failed"),
    ],
)
def test_a_call_answers_how_the_worker_ended(python: Callable[[str], str], line: str, ended: str) -> None:
    register = Listed()
    told = carry_out(ORDER, "fc-1", register, now=lambda: NOON, python=python(line))
    assert told == {"ended": ended, "reason": line.replace("exit", "exit code")}
    assert register.seen == f"{NAME} 1.96" and register == {}


def test_the_worker_is_told_its_manifest_the_lake_and_the_weights(python: Callable[[str], str], tmp_path: Any) -> None:
    carry_out(ORDER, "fc-1", Listed(), now=lambda: NOON, python=python(f'echo "$@" > {tmp_path}/told'))
    assert (tmp_path / "told").read_text() == "-m gpu_jobs.run --manifest m --lake l --weights w\n"


def test_a_worker_that_outlives_its_lease_is_ended(python: Callable[[str], str]) -> None:
    late = NOON + timedelta(seconds=4.7)
    told = carry_out(ORDER, "fc-1", Listed(), now=lambda: late, python=python("exec sleep 30"))
    assert told == {"ended": "stopped", "reason": "its lease ended"}


def test_what_cannot_register_does_not_begin() -> None:
    class Broken(Listed):
        def put(self, key: str, value: str) -> None:
            raise ConnectionError("no register")

    assert carry_out(ORDER, "fc-1", Broken(), now=lambda: NOON, python="/nowhere")["ended"] == "failed"
    assert carry_out(ORDER, "fc-1", Listed(), now=lambda: NOON, python="/nowhere")["ended"] == "failed"


# ---- what construction does not check


def test_the_app_names_gpus_that_have_a_price_and_modules_that_exist() -> None:
    for gpus in on_modal.GPUS.values():
        assert set(gpus) <= on_modal.USD_PER_HOUR.keys()
    for module in ("events", "gpu_jobs"):
        assert importlib.util.find_spec(module)
    assert timedelta(0) < on_modal.LONGEST <= timedelta(hours=24)
    assert sys.version_info[:2] >= (3, 11)
