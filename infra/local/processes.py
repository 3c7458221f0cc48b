"""Background processes that outlive the command that started them, and how to find and stop them again.

What runs is written to run.json with each process's start time, so a process id that the system gave to somebody else
is never taken for ours. Every process leads a group of its own: Ctrl-C reaches only the command, and stopping a
process stops its children.
"""

import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

LOOPBACK = "127.0.0.1"
_LOG_TAIL_LINES = 15
_POLL_S = 0.1
_PR_SET_PDEATHSIG = 1  # prctl(2)


class CannotStart(Exception):
    """A process did not come up; the message says which, why, and what to do."""


@dataclass(frozen=True)
class Service:
    """A process to run. is_healthy asks it; port is the one it listens on, None where it listens on none."""

    name: str
    command: Sequence[str]
    is_healthy: Callable[[], bool]
    port: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    without: Sequence[str] = ()
    """Names, or beginnings of names ending in *, of variables that it must not inherit."""
    starts_within_s: float = 30
    stops_within_s: float = 10


@dataclass(frozen=True)
class Running:
    """A process as run.json knows it; started_at is the system's own record of its start, seconds since 1970."""

    pid: int
    started_at: float
    command: list[str]

    def process(self) -> psutil.Process | None:
        """None when it has ended, or when its id now belongs to another."""
        try:
            process = psutil.Process(self.pid)
            is_ours = abs(process.create_time() - self.started_at) < 1
            return process if is_ours and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None


class Processes:
    """The processes of one folder: run.json tells of them, log/ holds what they print."""

    def __init__(self, folder: Path) -> None:
        self._record = folder / "run.json"
        self.logs = folder / "log"
        self._children: list[subprocess.Popen[bytes]] = []

    def running(self, name: str) -> psutil.Process | None:
        known = self._known().get(name)
        return known.process() if known else None

    def is_current(self, service: Service) -> bool:
        """Whether it runs with exactly this command and is healthy."""
        known = self._known().get(service.name)
        is_same = known is not None and known.command == list(service.command) and known.process() is not None
        return is_same and _answers(service)

    def launch(self, service: Service, *, dies_with_us: bool = False) -> bool:
        """Start it without waiting for it; false when it already runs. One that runs otherwise or ails is replaced.

        dies_with_us: the system stops it when this process ends, however it ends (Linux only).
        """
        if self.is_current(service):
            return False
        self.stop(service.name)
        if service.port is not None:
            _require_free(service.name, service.port)
        self.logs.mkdir(parents=True, exist_ok=True)
        # Interrupted in between, it would run and nobody would know of it.
        with undisturbed(), (self.logs / f"{service.name}.log").open("ab") as log:
            child = subprocess.Popen(
                list(service.command),
                env=_environment(service),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_parent if dies_with_us and sys.platform == "linux" else None,
            )
            self._children.append(child)
            started_at = psutil.Process(child.pid).create_time()
            self._remember(service.name, Running(child.pid, started_at, list(service.command)))
        return True

    def await_healthy(self, service: Service) -> None:
        """Raises CannotStart with the end of its log when it ends or stays silent."""
        deadline = time.monotonic() + service.starts_within_s
        while not _answers(service):
            if self.running(service.name) is None:
                raise CannotStart(f"{service.name} ended while starting. {self._tail(service.name)}")
            if time.monotonic() > deadline:
                raise CannotStart(
                    f"{service.name} gave no sign within {service.starts_within_s:.0f} s. {self._tail(service.name)}"
                )
            time.sleep(_POLL_S)

    def stop(self, name: str, within_s: float = 10) -> bool:
        """Ask it and its children to end, then make them; false when it was not running."""
        process = self.running(name)
        if process is not None:
            process.terminate()  # it alone: a parent that is told first can end its children in order
            with contextlib.suppress(psutil.TimeoutExpired):
                process.wait(within_s)
            _kill_group(process.pid)
            process.wait(5)
        self._remember(name, None)
        return process is not None

    def _tail(self, name: str) -> str:
        path = self.logs / f"{name}.log"
        lines = path.read_text(errors="replace").splitlines()[-_LOG_TAIL_LINES:] if path.exists() else []
        return f"The end of {path}:\n" + "\n".join(lines)

    def _known(self) -> dict[str, Running]:
        try:
            return {name: Running(**facts) for name, facts in json.loads(self._record.read_text()).items()}
        except (FileNotFoundError, ValueError, TypeError):  # a record cut short: nothing is known
            return {}

    def _remember(self, name: str, running: Running | None) -> None:
        known = self._known()
        if running is None:
            known.pop(name, None)
        else:
            known[name] = running
        self._record.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._record.with_suffix(".partial")
        temporary.write_text(json.dumps({key: asdict(value) for key, value in known.items()}, indent=1))
        temporary.replace(self._record)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Ctrl-C, and a request to end, wait until the block is left."""
    if threading.current_thread() is not threading.main_thread():  # signals never reach another one
        yield
        return
    came: list[int] = []
    before = {
        number: signal.signal(number, lambda number, frame: came.append(number))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if came:
        signal.raise_signal(came[0])


def _answers(service: Service) -> bool:
    try:
        return service.is_healthy()
    except OSError:  # nothing listens yet, or it hung up
        return False


def _environment(service: Service) -> dict[str, str]:
    def is_barred(name: str) -> bool:
        return any(name.startswith(bar[:-1]) if bar.endswith("*") else name == bar for bar in service.without)

    return {name: value for name, value in os.environ.items() if not is_barred(name)} | dict(service.environment)


def _require_free(name: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise CannotStart(
                f"port {port}, which {name} needs, is in use{_by_whom(port)}. Stop that process, or move every port: "
                f"SOPHIA_PORT_OFFSET=100 adds 100 to each"
            ) from error


def _by_whom(port: int) -> str:
    try:
        for connection in psutil.net_connections("tcp4"):
            if (
                connection.laddr
                and connection.laddr.port == port
                and connection.status == psutil.CONN_LISTEN
                and connection.pid
            ):
                return f" by process {connection.pid} ({psutil.Process(connection.pid).name()})"
    except psutil.Error:  # not every system tells one user about another's processes
        pass
    return ""


def _kill_group(leader: int) -> None:
    """End what is left of a group: the group keeps its number as long as any of it lives."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
