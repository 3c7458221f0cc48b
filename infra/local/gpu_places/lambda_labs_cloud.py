"""Lambda Labs' cloud API, version 1, on loopback: pacing, capacity, boots that fail, replies that get lost, and a bill.

Written from the API's own document (1.10.0 of 2026-08-26) and field reports of August 2026. Its time is whatever clock
it is given. The code that comes with 429 is invented: the real one was not found.
"""

import itertools
import json
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

Fate = Literal["sound", "never_boots", "unhealthy", "lost_reply", "preempted"]
_BOOT_S = 290.0
_TERMINATING_S = 30.0
_GAPS_S = {"request": 1.0, "launch": 12.0}
_MOST_NAME, _MOST_USER_DATA = 64, 1_000_000


@dataclass
class Machine:
    """One instance. fate is decided at its launch; ended_at is when billing stopped."""

    id: str
    name: str
    type: str
    cents_per_hour: int
    started_at: float
    fate: Fate = "sound"
    user_data: str = ""
    ended_at: float | None = None

    def status(self, now: float) -> str:
        if self.ended_at is not None:
            return "terminating" if now < self.ended_at + _TERMINATING_S else "terminated"
        if self.fate == "preempted":
            return "preempted"
        if now < self.started_at + _BOOT_S or self.fate == "never_boots":
            return "booting"
        return "unhealthy" if self.fate == "unhealthy" else "active"

    def cost_usd(self, now: float) -> float:
        until = now if self.ended_at is None else self.ended_at
        return self.cents_per_hour / 100 * max(0.0, until - self.started_at) / 3600


@dataclass(frozen=True)
class Kind:
    """A type of machine and how many each region has left."""

    cents_per_hour: int
    memory_gb: int
    left: dict[str, int] = field(default_factory=dict)
    architecture: str = "x86_64"
    gpus: int = 1


class LambdaLabsCloud:
    """The account of one API key. fates are taken by the next launches, in order; then all machines are sound."""

    def __init__(self, key: str, kinds: Mapping[str, Kind], now: Callable[[], float]) -> None:
        self.key, self.kinds, self.now = key, dict(kinds), now
        self.machines: dict[str, Machine] = {}
        self.fates: deque[Fate] = deque()
        self.is_down = False
        self.paused = 0
        """How often it answered 429."""
        self.launches: list[tuple[str, str]] = []
        self._ids = itertools.count(1)
        self._last: dict[str, float] = {}
        self._lock = threading.Lock()

    def add(self, name: str, type_: str, fate: Fate = "sound", user_data: str = "") -> Machine:
        """A machine, as if somebody had launched it."""
        cents = self.kinds[type_].cents_per_hour
        made = Machine(f"{next(self._ids):032x}", name, type_, cents, self.now(), fate, user_data)
        self.machines[made.id] = made
        return made

    def living(self) -> list[Machine]:
        return [one for one in self.machines.values() if one.ended_at is None]

    def bill_usd(self) -> float:
        return sum(one.cost_usd(self.now()) for one in self.machines.values())

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: Any) -> "Answer":
        """None for a reply that is lost on its way."""
        with self._lock:
            if self.is_down:
                return 503, b"<html>service unavailable</html>"
            if headers.get("authorization") != f"Bearer {self.key}":
                return _error(401, "global/invalid-api-key", "API key was invalid, expired, or deleted.")
            if not self._is_admitted("launch" if path.endswith("/launch") else "request"):
                return _error(429, "global/rate-limited", "too many requests")
            return self._routed(method, path.removeprefix("/api/v1"), body)

    def _is_admitted(self, kind: str) -> bool:
        now, last = self.now(), self._last.get(kind)
        if last is not None and now - last < _GAPS_S[kind] - 1e-6:
            self.paused += 1
            return False
        self._last[kind] = now
        return True

    def _routed(self, method: str, path: str, body: Any) -> "Answer":
        match method, path:
            case "GET", "/instance-types":
                return _data({name: _described(name, kind) for name, kind in self.kinds.items()})
            case "GET", "/instances":
                told = [self._told(one) for one in self.machines.values()]
                return _data([one for one in told if one["status"] != "terminated"])
            case "POST", "/instance-operations/launch":
                return self._launch(body)
            case "POST", "/instance-operations/terminate":
                return self._terminate(body["instance_ids"])
        machine = self.machines.get(path.removeprefix("/instances/"))
        if method == "GET" and machine:
            return _data(self._told(machine))
        return _error(404, "global/object-does-not-exist", "Specified object does not exist.")

    def _told(self, machine: Machine) -> dict[str, Any]:
        status = machine.status(self.now())
        return {
            "id": machine.id,
            "name": machine.name,
            "status": status,
            "ip": "198.51.100.7" if status == "active" else None,
            "instance_type": {"name": machine.type, "price_cents_per_hour": machine.cents_per_hour},
            "jupyter_token": "not-to-be-logged",
            "tags": [{"key": "run", "value": machine.name}],
        }

    def _launch(self, body: Any) -> "Answer":
        kind = self.kinds.get(body.get("instance_type_name"))
        is_well_formed = (
            kind is not None
            and body.get("region_name")
            and len(body.get("ssh_key_names", ())) == 1
            and len(body.get("name", "")) <= _MOST_NAME
            and len(body.get("user_data", "").encode()) <= _MOST_USER_DATA
        )
        if kind is None or not is_well_formed:
            return _error(400, "global/invalid-parameters", "Invalid request data.")
        type_, region = body["instance_type_name"], body["region_name"]
        self.launches.append((type_, region))
        if kind.left.get(region, 0) < 1:
            code = "instance-operations/launch/insufficient-capacity"
            return _error(400, code, "Not enough capacity to fulfill launch request.")
        kind.left[region] -= 1
        fate: Fate = self.fates.popleft() if self.fates else "sound"
        made = self.add(body["name"], type_, fate, body.get("user_data", ""))
        return None if fate == "lost_reply" else _data({"instance_ids": [made.id]})

    def _terminate(self, ids: list[str]) -> "Answer":
        unknown = [one for one in ids if one not in self.machines]
        if unknown:
            return _error(404, "global/object-does-not-exist", "Specified instance does not exist.")
        for one in ids:
            if self.machines[one].ended_at is None:
                self.machines[one].ended_at = self.now()
        return _data({"terminated_instances": [self._told(self.machines[one]) for one in ids]})


Answer = tuple[int, bytes] | None


class Serving:
    """The cloud on a free port of 127.0.0.1 for the length of a block, which gets its URL."""

    def __init__(self, cloud: LambdaLabsCloud) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(cloud))
        self._server.daemon_threads = True

    def __enter__(self) -> str:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(cloud: LambdaLabsCloud) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet: two would wait 40 ms for each other (Nagle, delayed ACK)

        def log_message(self, format: str, *args: Any) -> None: ...

        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["content-length"]))))

        def _answer(self, body: Any) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = cloud.answer(self.command, self.path, headers, body)
            if answer is None:
                self.close_connection = True
                return
            status, payload = answer
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

    return Handler


def _described(name: str, kind: Kind) -> dict[str, Any]:
    return {
        "instance_type": {
            "name": name,
            "gpu_description": f"GPU ({kind.memory_gb} GB PCIe)",
            "price_cents_per_hour": kind.cents_per_hour,
            "architecture": kind.architecture,
            "specs": {"vcpus": 26, "memory_gib": 200, "storage_gib": 1024, "gpus": kind.gpus},
        },
        "regions_with_capacity_available": [
            {"name": region, "description": ""} for region, left in kind.left.items() if left
        ],
    }


def _data(data: Any) -> Answer:
    return 200, json.dumps({"data": data}).encode()


def _error(status: int, code: str, message: str) -> Answer:
    return status, json.dumps({"error": {"code": code, "message": message, "suggestion": None}}).encode()
