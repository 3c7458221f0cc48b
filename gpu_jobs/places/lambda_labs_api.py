"""The API of Lambda Labs' cloud, version 1, at the pace it allows: instance types, instances, launch, terminate.

Facts: the OpenAPI document at https://cloud.lambda.ai/api/v1/openapi.json (1.10.0 of 2026-08-26). Answers are
{"data": …} or {"error": {"code", "message"}}. The limits are of the whole account: 1 request a second, 1 launch in 12.
"""

import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from .place import NoCapacity, PlaceRefuses, PlaceUnavailable

BASE_URL = "https://cloud.lambda.ai"
_GAPS_S: Mapping[str, float] = {"request": 1.0, "launch": 12.0}
_TRIES = 5
_TIMEOUT_S = 10.0
_NO_CAPACITY = "instance-operations/launch/insufficient-capacity"
_UNKNOWN = "global/object-does-not-exist"
_MEMORY = re.compile(r"\((\d+) GB\b")
_IMAGE = "lambda-stack-24-04"
"""With torch, CUDA and a Python of at least 3.11; the family's name is unverified."""
_GONE = ("terminating", "terminated")

Pace = Literal["request", "launch"]


class Pacer:
    """The account's limits, kept by whoever shares this object. wait sleeps until the next slot of its kind."""

    def __init__(
        self, monotonic: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._monotonic, self._sleep = monotonic, sleep
        self._next_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def wait(self, kind: Pace) -> None:
        with self._lock:
            at = max(self._monotonic(), self._next_at.get(kind, 0.0), self._next_at.get("request", 0.0))
            self._next_at["request"] = at + _GAPS_S["request"]
            self._next_at[kind] = at + _GAPS_S[kind]
        if (wait_s := at - self._monotonic()) > 0:
            self._sleep(wait_s)

    def back_off(self, kind: Pace, times: int) -> None:
        """After a refusal for haste, the times-th in a row: somebody else uses the account too."""
        self._sleep(_GAPS_S[kind] * 2**times)


@dataclass(frozen=True)
class Candidate:
    """A type of machine that one region has now."""

    instance_type: str
    region: str
    usd_per_hour: float


def candidates(types: Mapping[str, Any], memory_gb: int) -> list[Candidate]:
    """Machines of one GPU of at least so much memory that can be had now, cheapest first.

    Hosts of arm64 (the GH200) are left out: the worker's pins have no wheels for them with CUDA.
    """
    found = []
    for name, told in types.items():
        about = told["instance_type"]
        gpu_memory = _MEMORY.search(about.get("gpu_description") or "")
        if about["specs"].get("gpus") != 1 or about.get("architecture", "x86_64") != "x86_64":
            continue
        if gpu_memory is None or int(gpu_memory[1]) < memory_gb:
            continue
        price = about["price_cents_per_hour"] / 100
        found += [Candidate(name, region["name"], price) for region in told["regions_with_capacity_available"]]
    return sorted(found, key=lambda one: (one.usd_per_hour, one.instance_type, one.region))


def connect(api_key: str, base_url: str = BASE_URL) -> httpx.Client:
    """The HTTP client of an account. The key stays here: no machine is ever told it."""
    return httpx.Client(base_url=base_url, headers={"Authorization": f"Bearer {api_key}"}, timeout=_TIMEOUT_S)


class LambdaLabs:
    """Every method raises PlaceUnavailable without a usable answer, PlaceRefuses for a refusal of ours."""

    def __init__(self, http: httpx.Client, pacer: Pacer) -> None:
        self._http, self._pacer = http, pacer

    def instance_types(self) -> dict[str, Any]:
        return self._ask("GET", "/instance-types")

    def instances(self) -> list[dict[str, Any]]:
        """All that live or cost. Holds secrets (jupyter_token): never to be logged."""
        return [one for one in self._ask("GET", "/instances") if one.get("status") not in _GONE]

    def status(self, instance_id: str) -> str:
        """`gone` for one that is not known."""
        try:
            return str(self._ask("GET", f"/instances/{instance_id}")["status"])
        except PlaceRefuses as error:
            if _UNKNOWN in str(error):
                return "gone"
            raise

    def launch(self, candidate: Candidate, name: str, ssh_key_name: str, user_data: str) -> str:
        """The instance's id. There is no idempotency key: where the reply is lost the machine is looked for by its
        name, and only when the listing is lost too does PlaceUnavailable say that it may have started.

        Raises NoCapacity.
        """
        body = {
            "region_name": candidate.region,
            "instance_type_name": candidate.instance_type,
            "ssh_key_names": [ssh_key_name],  # exactly one is required
            "name": name,
            "image": {"family": _IMAGE},
            "user_data": user_data,
            "tags": [{"key": "run", "value": name}],
        }
        try:
            return str(self._ask("POST", "/instance-operations/launch", body, pace="launch")["instance_ids"][0])
        except PlaceUnavailable as error:
            if not error.may_have_started:
                raise
            if found := [one["id"] for one in self._found_again(error) if one.get("name") == name]:
                return str(found[0])
            raise

    def terminate(self, instance_ids: Sequence[str]) -> None:
        """Once it returns, a listing has shown that none of them lives."""
        left = self._living(instance_ids)
        for _ in range(2):
            if not left:
                return
            self._ask("POST", "/instance-operations/terminate", {"instance_ids": left})
            left = self._living(left)
        if left:
            raise PlaceUnavailable(f"lambda_labs: {left} still listed after they were terminated twice")

    def _living(self, instance_ids: Iterable[str]) -> list[str]:
        living = {one["id"] for one in self.instances()}
        return [one for one in instance_ids if one in living]

    def _found_again(self, lost: PlaceUnavailable) -> list[dict[str, Any]]:
        try:
            return self.instances()
        except PlaceUnavailable as error:
            raise PlaceUnavailable(f"{lost}; and then: {error}", may_have_started=True) from error

    def _ask(self, method: str, path: str, body: Any = None, pace: Pace = "request") -> Any:
        is_launch = pace == "launch"
        for times in range(_TRIES):
            self._pacer.wait(pace)
            try:
                answer = self._http.request(method, f"/api/v1{path}", json=body)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                raise PlaceUnavailable(f"lambda_labs {path}: {error!r}") from error
            except httpx.TransportError as error:
                raise PlaceUnavailable(f"lambda_labs {path}: {error!r}", may_have_started=is_launch) from error
            if answer.status_code == 429:
                self._pacer.back_off(pace, times)
                continue
            return _data(answer, path, is_launch)
        raise PlaceUnavailable(f"lambda_labs {path}: answered 429 {_TRIES} times")


def _data(answer: httpx.Response, path: str, is_launch: bool) -> Any:
    try:
        told = answer.json()
        if answer.status_code < 400:
            return told["data"]
        code, message = str(told["error"]["code"]), str(told["error"].get("message", ""))
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError):
        code, message = "", ""
    what = f"lambda_labs {path}: {answer.status_code} {code} {message}"
    if code == _NO_CAPACITY:
        raise NoCapacity(what)
    if answer.status_code >= 500 or not code:
        raise PlaceUnavailable(what, may_have_started=is_launch)
    raise PlaceRefuses(what)
