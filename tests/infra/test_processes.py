"""Processes that outlive the command: started once, found again, told from strangers, stopped with their children."""

import json
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from infra.local.processes import CannotStart, Processes, Service

SLEEPS = "import time; print('awake', flush=True); time.sleep(60)"
HAS_A_CHILD = (
    "import subprocess, sys, time; print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid,"
    " flush=True); time.sleep(60)"
)


def service(code: str = SLEEPS, **options) -> Service:
    return Service(
        "sleeper", [sys.executable, "-c", code], **{"is_healthy": lambda: True, "starts_within_s": 5} | options
    )


@pytest.fixture
def processes(tmp_path):
    made = Processes(tmp_path)
    yield made
    made.stop("sleeper", within_s=2)


def log_of(processes: Processes) -> str:
    path = processes.logs / "sleeper.log"
    deadline = time.monotonic() + 5
    while not path.read_text() and time.monotonic() < deadline:
        time.sleep(0.02)
    return path.read_text()


def test_what_runs_is_not_started_again(processes):
    assert processes.launch(service())
    first = processes.running("sleeper").pid
    assert not processes.launch(service())
    assert processes.running("sleeper").pid == first


def test_another_command_finds_and_stops_it(processes, tmp_path):
    processes.launch(service())
    other = Processes(tmp_path)
    assert other.running("sleeper").pid == processes.running("sleeper").pid
    assert other.stop("sleeper", within_s=2)
    assert processes.running("sleeper") is None


def test_a_changed_command_replaces_it(processes):
    processes.launch(service())
    first = processes.running("sleeper").pid
    assert processes.launch(service(SLEEPS + " # changed"))
    assert processes.running("sleeper").pid != first
    assert not psutil.pid_exists(first)


def test_one_that_does_not_answer_is_replaced(processes):
    processes.launch(service())
    first = processes.running("sleeper").pid
    assert processes.launch(service(is_healthy=lambda: False))
    assert processes.running("sleeper").pid != first


def test_a_killed_one_is_started_again(processes):
    processes.launch(service())
    processes.running("sleeper").kill()
    deadline = time.monotonic() + 5
    while processes.running("sleeper") and time.monotonic() < deadline:
        time.sleep(0.02)
    assert processes.running("sleeper") is None
    assert processes.launch(service())


def test_a_process_id_that_now_belongs_to_another_is_left_alone(tmp_path):
    stranger = subprocess.Popen([sys.executable, "-c", SLEEPS], stdout=subprocess.DEVNULL)
    try:
        facts = {"pid": stranger.pid, "started_at": time.time() - 86_400, "command": []}
        (tmp_path / "run.json").write_text(json.dumps({"sleeper": facts}))
        processes = Processes(tmp_path)
        assert processes.running("sleeper") is None
        assert not processes.stop("sleeper")
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_stopping_stops_its_children_too(processes):
    processes.launch(service(HAS_A_CHILD))
    child = psutil.Process(int(log_of(processes)))
    processes.stop("sleeper", within_s=2)
    _gone, alive = psutil.wait_procs([child], timeout=3)
    assert not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


def test_one_that_ignores_the_request_to_end_is_made_to(processes):
    processes.launch(
        service("import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)")
    )
    log_of(processes)
    assert processes.stop("sleeper", within_s=0.3)
    assert processes.running("sleeper") is None


def test_a_start_that_fails_shows_the_end_of_its_log(processes):
    broken = service("raise SystemExit('no such database')", is_healthy=lambda: False)
    processes.launch(broken)
    with pytest.raises(CannotStart, match=r"ended while starting(.|\n)*no such database"):
        processes.await_healthy(broken)


def test_a_start_that_takes_too_long_is_given_up(processes):
    mute = service(is_healthy=lambda: False, starts_within_s=0.3)
    processes.launch(mute)
    with pytest.raises(CannotStart, match="gave no sign within"):
        processes.await_healthy(mute)


def test_a_port_in_use_is_named_with_what_to_do(processes):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart, match=rf"port {port}.*SOPHIA_PORT_OFFSET"):
            processes.launch(service(port=port))


def test_a_record_cut_short_means_nothing_runs(tmp_path):
    (tmp_path / "run.json").write_text('{"sleeper": {"pid"')
    assert Processes(tmp_path).running("sleeper") is None


def test_variables_that_are_barred_are_not_inherited(processes, monkeypatch):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("http_proxy", "http://proxy.example")
    code = (
        "import os; print(sorted(n for n in os.environ if n.startswith('AWS') or 'proxy' in n), flush=True)"
        + "; "
        + SLEEPS
    )
    processes.launch(service(code, without=("AWS_*", "http_proxy"), environment={"AWS_REGION": "us-east-1"}))
    assert log_of(processes).startswith("['AWS_REGION']")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tie a child's life to its parent's")
def test_one_that_dies_with_us_ends_when_we_are_killed(tmp_path):
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"""
import sys, time
from pathlib import Path
from infra.local.processes import Processes, Service
service = Service("sleeper", [sys.executable, "-c", {SLEEPS!r}], is_healthy=lambda: True)
Processes(Path({str(tmp_path)!r})).launch(service, dies_with_us=True)
print("launched", flush=True)
time.sleep(60)
""",
        ],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert parent.stdout.readline() == b"launched\n"
    child = Processes(tmp_path).running("sleeper")
    parent.kill()
    parent.wait()
    parent.stdout.close()
    psutil.wait_procs([child], timeout=3)
    assert Processes(tmp_path).running("sleeper") is None
