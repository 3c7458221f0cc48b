"""The whole system on this machine: started, stopped and asked about as one.

cloud (queues, lake, functions) -> snowpipe -> warehouse, and the vendors' stand-ins to pull from. Data stays in the
folder between runs. `up` may be repeated at any time, also after a crash of any part.
"""

import contextlib
import fcntl
import json
import os
import shutil
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from chalicelib.ingest.cursors import Record

from ..aws.vendor import BuildFailed
from . import cloud, saved_state, services
from .cloud import Cloud
from .connections import pull_records, register
from .processes import LOOPBACK, CannotStart, Processes, Service, undisturbed

if TYPE_CHECKING:
    from ..aws.build import Package

# Only `up` needs the packager and the migrations, which take seconds to import; every command imports this file.
# ruff: noqa: PLC0415

ROOT = Path(__file__).resolve().parents[2]
PUBLIC_BASE_URL = "https://hooks.payready.example"
"""What vendors sign for. Their deliveries are carried to api_url instead."""
LOOSE_LIMITS = ("--rate-factor", "100")
"""Real rate limits would make a first pull take many minutes."""
DEFAULT_VENDOR_OPTIONS = ("--seed", "42", *LOOSE_LIMITS)
PARTS = ("cloud", "warehouse", "vendors", "snowpipe")
_PARAMETERS = {"PublicBaseUrl": PUBLIC_BASE_URL, "LakeBucketName": "sophia-lake"}
_TICK = {"id": "0", "source": "aws.events", "detail-type": "Scheduled Event", "detail": {}, "resources": []} | {
    "version": "0",
    "account": "000000000000",
    "region": "us-east-1",
    "time": "2026-01-01T00:00:00Z",
}
_PORTS = {"cloud": 4566, "warehouse": 9192, "vendors": 9200}


class Report(Protocol):
    """Text to show beside a running step, or how many more are done."""

    def __call__(self, done: int | str) -> None: ...


class Steps(Protocol):
    """Where progress is shown, see infra.show."""

    def step(self, title: str, total: int | None = None) -> contextlib.AbstractContextManager[Report]: ...


@dataclass(frozen=True)
class Ports:
    """All on loopback."""

    cloud: int
    warehouse: int
    vendors: int

    @classmethod
    def shifted(cls, offset: int) -> "Ports":
        return cls(**{name: port + offset for name, port in _PORTS.items()})

    @classmethod
    def free(cls) -> "Ports":
        """Ports nobody listens on just now."""
        with contextlib.ExitStack() as held:
            sockets = [held.enter_context(socket.create_server((LOOPBACK, 0))) for _ in _PORTS]
            return cls(*(one.getsockname()[1] for one in sockets))


class Stack:
    """The stack whose data lies in folder. Ports are those it was started with, else the defaults plus
    SOPHIA_PORT_OFFSET."""

    lake_bucket = _PARAMETERS["LakeBucketName"]
    public_base_url = PUBLIC_BASE_URL

    def __init__(self, folder: Path | None = None, ports: Ports | None = None) -> None:
        self.folder = (folder or ROOT / ".sophia").resolve()
        self._processes = Processes(self.folder)
        self.ports = ports or self._ports_in_use() or Ports.shifted(_offset())
        self.cloud = Cloud(f"http://{LOOPBACK}:{self.ports.cloud}")

    # ---- asking

    @property
    def warehouse_port(self) -> int:
        return self.ports.warehouse

    @property
    def vendors_url(self) -> str:
        return f"http://{LOOPBACK}:{self.ports.vendors}"

    @property
    def api_url(self) -> str:
        """Where POST /hooks/… answers: append the path."""
        return self.cloud.api_url()

    @property
    def vendors_file(self) -> Path:
        """What the simulated vendors told at their start: by source the connection, and under `kept` their own keys."""
        return self.folder / "vendors.json"

    @property
    def dbt_folder(self) -> Path:
        """Where dbt keeps its manifest and its log."""
        return self.folder / "dbt"

    def vendor_keys(self) -> dict[str, dict[str, Any]]:
        """What each simulated vendor signs with, by source."""
        return {source: told["kept"] for source, told in json.loads(self.vendors_file.read_text()).items()}

    def client(self, service: str) -> Any:
        """A boto3 client of the local cloud."""
        return self.cloud.client(service)

    def waiting(self, queue: str) -> tuple[int, int]:
        """How many messages of a queue are visible and how many in flight."""
        return self.cloud.waiting(queue)

    def pull_records(self) -> dict[tuple[str, str], Record]:
        """How the last pulls went, by source and stream."""
        return {(source, stream): record for (source, _, stream), record in pull_records(self.cloud).items()}

    def tick(self) -> None:
        """Order the pulls that are due, without waiting for the minute to end."""
        self.cloud.invoke("Tick", _TICK)

    def is_up(self) -> bool:
        return all(self._processes.running(part) for part in PARTS)

    def status(self) -> list[dict[str, Any]]:
        """One row per part: part, state (up, down), address, pid, since."""
        addresses = {"cloud": self.cloud.url, "vendors": self.vendors_url}
        addresses["warehouse"] = f"{LOOPBACK}:{self.warehouse_port}"
        rows = []
        for part in PARTS:
            process = self._processes.running(part)
            rows.append(
                {
                    "part": part,
                    "state": "up" if process else "down",
                    "address": addresses.get(part, "-"),
                    "pid": process.pid if process else None,
                    "since": datetime.fromtimestamp(process.create_time(), UTC) if process else None,
                }
            )
        return rows

    # ---- starting and stopping

    def up(
        self, steps: Steps, *, vendor_options: Sequence[str] = DEFAULT_VENDOR_OPTIONS, dies_with_us: bool = False
    ) -> None:
        """Start what does not run. Whatever this call started is stopped again when it fails or is interrupted.

        vendor_options: for infra.company.vendors, such as --seed; other ones than before restart the vendors.
        dies_with_us: the parts end with this process, even when it is killed. Raises CannotStart.
        """
        with self._alone():
            before = {part for part in PARTS if self._processes.running(part)}
            try:
                self._start(steps, vendor_options, dies_with_us)
            except BaseException:
                self._stop([part for part in PARTS if part not in before])
                raise

    def down(self) -> None:
        """Stop every part, the cloud with time to save its state. Data stays."""
        with self._alone():
            self._stop(PARTS)

    def _start(self, steps: Steps, vendor_options: Sequence[str], dies_with_us: bool) -> None:
        from ..snowflake import migrate

        self._remember_ports()

        def start(service: Service) -> bool:
            is_new = self._processes.launch(service, dies_with_us=dies_with_us)
            if is_new:
                self._processes.await_healthy(service)
            return is_new

        with steps.step("package the functions") as report:
            package = _package(report)
        with steps.step("start the cloud") as report:
            self._start_cloud(package, start, report)
        with steps.step("start the warehouse") as report:
            start(services.warehouse(self.ports.warehouse, self.folder / "warehouse", self.cloud.url))
            report("migrating")
            migrate.migrate(migrate.local(self.ports.warehouse), {"lake_bucket": self.lake_bucket, "lake_role_arn": ""})
        with steps.step("start the vendors"):
            credentials = self.vendors_file
            start(services.vendors(self.ports.vendors, credentials, self.api_url, vendor_options))
            register(self.cloud, json.loads(credentials.read_text()))
        with steps.step("start Snowpipe"):
            queue_url = self.cloud.outputs()["SnowpipeQueueUrl"]
            start(services.snowpipe(queue_url, self.cloud.url, self.ports.warehouse))

    def _start_cloud(self, package: "Package", start: Callable[[Service], bool], report: Report) -> None:
        """The first deployment is followed by a clean stop, which is when ministack saves: from then on a killed cloud
        comes back with its resources, and only what was in its queues and tables since is lost."""
        place, is_saved = self.folder / "cloud", self.folder / "cloud" / "deployed"
        if not is_saved.exists():
            self._processes.stop("cloud")
            shutil.rmtree(place, ignore_errors=True)
        report("installing ministack")
        service = cloud.service(cloud.environment(self.folder / "ministack"), self.ports.cloud, place)

        def begin() -> None:
            if not self._processes.running("cloud"):
                saved_state.release(place)
                shutil.rmtree(place / "tmp", ignore_errors=True)  # of workers and packages, which nobody else removes
                (place / "tmp").mkdir()
            start(service)

        report("starting")
        begin()
        report("deploying the template")
        self.cloud.deploy(package, _PARAMETERS)
        if not is_saved.exists():
            report("saving")
            self._processes.stop("cloud", service.stops_within_s)
            is_saved.touch()
            begin()  # what the stop cut short, S3's test event in its queue, would be held for half an hour

    def _stop(self, parts: Sequence[str]) -> None:
        with undisturbed():  # an impatient second Ctrl-C would leave the rest running
            for part in reversed(parts):
                self._processes.stop(part, within_s=60 if part == "cloud" else 10)

    # ---- small things

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """One command at a time starts or stops."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise CannotStart(
                    f"another command is starting or stopping the stack in {self.folder}; wait for it"
                ) from error
            yield

    def _ports_in_use(self) -> Ports | None:
        path = self.folder / "ports.json"
        if not path.exists() or not any(self._processes.running(part) for part in PARTS):
            return None
        return Ports(**json.loads(path.read_text()))

    def _remember_ports(self) -> None:
        (self.folder / "ports.json").write_text(json.dumps(vars(self.ports)))


def _offset() -> int:
    text = os.environ.get("SOPHIA_PORT_OFFSET", "0")
    if text.isascii() and text.isdecimal() and int(text) + max(_PORTS.values()) < 65536:
        return int(text)
    most = 65535 - max(_PORTS.values())
    raise CannotStart(f"SOPHIA_PORT_OFFSET is {text!r}: give a number up to {most}, which is added to every port")


def _package(report: Report) -> "Package":
    from ..aws.build import build
    from ..aws.target import this_machine

    try:
        return build(this_machine(), ROOT / "build", say=report)
    except BuildFailed as error:
        raise CannotStart(str(error)) from error
