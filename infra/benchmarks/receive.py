"""Receiving over HTTP: verify, envelope, enqueue, answer.

    python -m infra.benchmarks.receive

The gateway, its workers, a loopback AWS and the load share this machine's cores. Every request is a Slack delivery of
one event with an id of its own, signed for the moment it is sent in.
"""

import hashlib
import hmac
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from .http_load import Load, post, send

ROOT = Path(__file__).parents[2]
SECRET = "of-the-benchmark"  # noqa: S105  its own
WORKERS = 2
_ENVIRONMENT = {
    "PUBLIC_BASE_URL": "https://hooks.example",
    "INGEST_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/000000000000/sophia-ingest",
    "BACKGROUND_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/000000000000/sophia-background",
    "PULLS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/000000000000/sophia-pulls",
    "LAKE_BUCKET": "sophia-lake",
    "STATE_TABLE": "sophia-state",
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'functions'}",
}


@dataclass(frozen=True)
class Round:
    """One round at so many connections. cpu_us is what the gateway's processes used for one event."""

    events_per_s: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cpu_us: float


def rounds(connections: int, count: int, times: int) -> list[Round]:
    """Measure; one more round before warms every worker and is not told."""
    with _aws() as aws_port, _gateway(aws_port) as (port, gateway):
        send(port, _requests(count // 2), connections)
        return [_round(port, gateway, connections, count) for _ in range(times)]


def _round(port: int, gateway: psutil.Process, connections: int, count: int) -> Round:
    requests, before = _requests(count), _cpu_s(gateway)
    load = send(port, requests, connections)
    _expect(load, count)
    used_s = _cpu_s(gateway) - before
    return Round(
        count / load.seconds,
        load.percentile_ms(0.5),
        load.percentile_ms(0.95),
        load.percentile_ms(0.99),
        1e6 * used_s / count,
    )


def _expect(load: Load, count: int) -> None:
    if load.statuses != {200: count}:
        raise SystemExit(f"expected {count} answers 200, got {dict(load.statuses)}")


def _requests(count: int) -> list[bytes]:
    sample = json.loads((ROOT / "events/slack/samples/webhook__message.json").read_text())
    timestamp = str(int(time.time()))
    requests = []
    for number in range(count):
        body = json.dumps(sample | {"event_id": f"Ev{number}.{timestamp}"}, separators=(",", ":")).encode()
        signed = f"v0:{timestamp}:".encode() + body
        signature = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": f"v0={signature}",
        }
        requests.append(post("/hooks/slack", headers, body))
    return requests


def _cpu_s(process: psutil.Process) -> float:
    processes = [process, *process.children(recursive=True)]
    return sum(sum(one.cpu_times()[:2]) for one in processes)


@contextmanager
def _aws() -> Iterator[int]:
    command = [sys.executable, "-m", "infra.benchmarks.loopback_aws", SECRET]
    with _running(command, {}, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())


@contextmanager
def _gateway(aws_port: int) -> Iterator[tuple[int, psutil.Process]]:
    port = _free_port()
    command = [sys.executable, "-m", "infra.local.gateway", "--port", str(port), "--workers", str(WORKERS)]
    environment = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{aws_port}"}
    with _running(command, environment, stdout=subprocess.DEVNULL) as process:
        _wait_for(port, process)
        yield port, psutil.Process(process.pid)


@contextmanager
def _running(
    command: Sequence[str], environment: dict[str, str], stdout: int, stdin: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | _ENVIRONMENT | environment, stdin=stdin, stdout=stdout
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes], patience_s: float = 20) -> None:
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"the gateway did not listen on port {port} within {patience_s:.0f} s")


def spread(values: Sequence[float]) -> str:
    """`median (least to most)`."""
    return f"{statistics.median(values):,.1f} ({min(values):,.1f} to {max(values):,.1f})"


def main() -> None:
    for connections in (1, 8):
        measured = rounds(connections, count=4000, times=5)
        print(f"{connections} connections, {WORKERS} workers")
        for name in Round.__dataclass_fields__:
            print(f"  {name:14} {spread([getattr(one, name) for one in measured])}")


if __name__ == "__main__":
    main()
