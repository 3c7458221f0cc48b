"""Jobs on Modal: the app that is deployed there (`modal deploy -m gpu_jobs.places.on_modal`), and the place over it.

The only module that imports modal. Construction checks next to nothing (a GPU that does not exist passes), so the
tests do. Facts: modal 1.6.4 as installed; modal.com/docs/guide.
"""

import contextlib
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import modal

from events import keys
from events.gpu_job import Kind, Manifest

from .pins import TORCH, VLLM, WORKER
from .place import (
    EXITS,
    Failed,
    Finished,
    Lease,
    NoCapacity,
    Offer,
    Owned,
    PlaceRefuses,
    PlaceUnavailable,
    Running,
    Started,
    State,
    parse_run_name,
    run_name,
)

APP = "sophia-gpu"
LONGEST = timedelta(hours=6)
GPUS: Mapping[Kind, tuple[str, ...]] = {"embed": ("L4", "A10", "L40S"), "enrich": ("L40S", "A100-80GB", "H100")}
"""In Modal's order of preference: the next is taken where the one before has no capacity."""
# techbytes.app, verified there on 2026-05-07; A10 from modal.com/pricing, unverified. Live rates stand in the
# workspace's billing; the dearest of a kind is what is reserved.
USD_PER_HOUR = {"L4": 0.80, "A10": 1.10, "L40S": 1.96, "A100-80GB": 2.50, "H100": 3.95}
# An A10G embeds 230,000 tokens a second in Snowflake's production (Arctic Inference), an H100 reads 30,000 with an
# 8-billion LLM (modal-examples, vllm_throughput.py); halved, at 4 characters a token.
_CHARACTERS_PER_S: Mapping[Kind, float] = {"embed": 460_000, "enrich": 60_000}
_WEIGHTS = "/weights"
"""In the volume each model has a folder by its model_id: config.json, model.safetensors, tokenizer.json."""
_BOOT_S = 90.0
_STOPS_WITHIN_S = 20.0

app = modal.App(APP)
_weights = modal.Volume.from_name("sophia-weights", create_if_missing=True).with_mount_options(read_only=True)
# What the worker may know: keys that reach the prefix gpu/ of the lake, and nothing else.
_lake_access = modal.Secret.from_name(
    "sophia-gpu-lake", required_keys=["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"]
)


def _image(*more: str) -> modal.Image:
    made = modal.Image.debian_slim(python_version="3.11").uv_pip_install(*WORKER, *more)
    # Last: it is mounted when a container starts, not baked into a layer.
    return made.env({"HF_HUB_OFFLINE": "1"}).add_local_python_source("events", "gpu_jobs")


_OF_EVERY_FUNCTION: dict[str, Any] = {
    "volumes": {_WEIGHTS: _weights},
    "secrets": [_lake_access],
    "timeout": int(LONGEST.total_seconds()),
    "startup_timeout": 600,
    "retries": modal.Retries(max_retries=1, backoff_coefficient=2.0, initial_delay=2.0),  # of a lost container
    "scaledown_window": 60,
    "max_containers": 8,
    "cpu": 8,  # tokenising would starve the GPU on the default fraction of a core
    "memory": 16_384,
}


@app.function(image=_image(TORCH), gpu=list(GPUS["embed"]), **_OF_EVERY_FUNCTION)
def embed(order: dict[str, str]) -> dict[str, str]:
    return _in_container(order)


@app.function(image=_image(VLLM), gpu=list(GPUS["enrich"]), **_OF_EVERY_FUNCTION)
def enrich(order: dict[str, str]) -> dict[str, str]:
    return _in_container(order)


class Register(Protocol):
    """Which calls run: a modal.Dict of call id to the run's name and price."""

    def put(self, key: str, value: str) -> Any: ...

    def pop(self, key: str, default: Any) -> Any: ...


def carry_out(
    order: Mapping[str, str],
    call_id: str,
    register: Register,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    python: str = sys.executable,
) -> dict[str, str]:
    """Run the worker until it ends or the lease does: {"ended": finished | a kind of failure, "reason"}.

    Never raises, but for a cancel: an exception would travel to the dispatcher, where a TimeoutError means "pending"
    and one of torch cannot be unpickled. It registers itself first, so that a call whose id never reached the
    dispatcher can still be found.
    """
    try:
        register.put(call_id, f"{order['name']} {order['usd_per_hour']}")
    except Exception as error:
        return {"ended": "failed", "reason": f"not registered, so not begun: {error!r}"}
    command = [python, "-m", "gpu_jobs.run", "--manifest", order["manifest"], "--lake", order["lake"]]
    try:
        left_s = (datetime.fromisoformat(order["ends_at"]) - now()).total_seconds()
        code = _watched([*command, "--weights", order["weights"]], left_s)
        if code is None:
            return {"ended": "stopped", "reason": "its lease ended"}
        return {"ended": EXITS.get(code, "failed") if code else "finished", "reason": f"exit code {code}"}
    except Exception as error:
        return {"ended": "failed", "reason": repr(error)[:300]}
    finally:
        with contextlib.suppress(Exception):  # what stays is found ended by the reaper
            register.pop(call_id, None)


class OnModal:
    """lake is s3://bucket. environment is Modal's word for a stage of the app."""

    name = "modal"
    is_billed_until_stopped = False

    def __init__(self, client: modal.Client, lake: str, fleet: str, *, environment: str | None = None) -> None:
        self._client, self._lake, self._fleet, self._environment = client, lake, fleet, environment

    def offer(self, kind: Kind) -> Offer:
        price = max(USD_PER_HOUR[gpu] for gpu in GPUS[kind])
        return Offer(price, boot_s=_BOOT_S, characters_per_s=_CHARACTERS_PER_S[kind], longest=LONGEST)

    def start(self, manifest: Manifest, lease: Lease) -> Started:
        order = {
            "name": run_name(self._fleet, lease),
            "fleet": self._fleet,
            "manifest": keys.gpu_manifest(manifest.job_id),
            "lake": self._lake,
            "weights": f"{_WEIGHTS}/{manifest.model_id}",
            "ends_at": lease.ends_at.isoformat(),
            "usd_per_hour": str(lease.price_usd_per_hour),
        }
        function = modal.Function.from_name(APP, manifest.kind, environment_name=self._environment, client=self._client)
        try:
            return Started(function.spawn(order).object_id, lease.price_usd_per_hour)
        except modal.exception.ResourceExhaustedError as error:
            raise NoCapacity(f"modal: {error}") from error
        except Exception as error:
            raise _told(error, may_have_started=True) from error

    def poll(self, handle: str) -> State:
        try:
            ended = modal.FunctionCall.from_id(handle, client=self._client).get(timeout=0)
        except modal.exception.OutputExpiredError:  # kept for 7 days; the markers in the lake know
            return Finished()
        except modal.exception.FunctionTimeoutError as error:
            return Failed("timed_out", True, str(error))
        except TimeoutError:  # the builtin, which modal's own is not: pending
            return Running()
        except modal.exception.NotFoundError as error:
            return Failed("gone", True, str(error))
        except (modal.exception.RemoteError, modal.exception.ExecutionError) as error:
            return Failed("cancelled_or_crashed", True, str(error))
        except Exception as error:
            if isinstance(error, modal.exception.Error | OSError):
                raise _told(error) from error
            return Failed("worker_raised", True, repr(error)[:300])
        kind = ended["ended"] if isinstance(ended, dict) and "ended" in ended else "unreadable_result"
        return Finished() if kind == "finished" else Failed(kind, True, str(ended)[:300])

    def stop(self, handle: str) -> None:
        try:
            modal.FunctionCall.from_id(handle, client=self._client).cancel(terminate_containers=True)
        except modal.exception.NotFoundError:
            pass
        except Exception as error:
            raise _told(error) from error
        try:
            self._register().pop(handle, None)
        except Exception as error:
            raise _told(error) from error

    def owned(self) -> list[Owned]:
        """Only calls that a container has begun are listed: before that nothing costs."""
        try:
            listed = [(str(handle), *str(told).split(" ")) for handle, told in self._register().items()]
        except Exception as error:
            raise _told(error) from error
        told = ((handle, parse_run_name(self._fleet, name), float(price)) for handle, name, price in listed)
        return [Owned(handle, *run, price) for handle, run, price in told if run]

    def _register(self) -> modal.Dict:
        return _register(self._fleet, environment=self._environment, client=self._client)


def connect(token_id: str, token_secret: str) -> modal.Client:
    """Raises PlaceRefuses for a token that is not good, PlaceUnavailable."""
    try:
        return modal.Client.from_credentials(token_id, token_secret)
    except Exception as error:
        raise _told(error) from error


def _register(fleet: str, *, environment: str | None = None, client: modal.Client | None = None) -> modal.Dict:
    return modal.Dict.from_name(f"{fleet}-running", environment_name=environment, create_if_missing=True, client=client)


def _in_container(order: dict[str, str]) -> dict[str, str]:
    return carry_out(order, modal.current_function_call_id() or order["name"], _register(order["fleet"]))


def _watched(command: list[str], left_s: float) -> int | None:
    """The exit code; None when time was up before. Whatever ends this, a cancel included, ends the command."""
    with subprocess.Popen(command) as worker:
        try:
            return worker.wait(max(0.0, left_s))
        except subprocess.TimeoutExpired:
            worker.terminate()  # it ends after the shard in hand
            try:
                worker.wait(_STOPS_WITHIN_S)
            except subprocess.TimeoutExpired:
                worker.kill()
            return None
        except BaseException:
            worker.kill()
            raise


def _told(error: Exception, *, may_have_started: bool = False) -> PlaceRefuses | PlaceUnavailable:
    refusals = (
        modal.exception.AuthError,
        modal.exception.NotFoundError,
        modal.exception.PermissionDeniedError,
        modal.exception.InvalidError,
        modal.exception.VersionError,
    )
    if isinstance(error, refusals):
        return PlaceRefuses(f"modal: {error!r}: check the token, and that {APP!r} is deployed")
    return PlaceUnavailable(f"modal: {error!r}", may_have_started=may_have_started)
