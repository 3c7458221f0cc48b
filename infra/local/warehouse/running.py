"""A local warehouse for the length of a `with` block: a process of its own on a free port, stopped at the end."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import snowflake.connector

STOPS_WITHIN_S = 10


@contextmanager
def running_warehouse(
    directory: Path,
    *,
    port: int = 0,
    environment: Mapping[str, str] | None = None,
    translations: Path | None = None,
) -> Iterator[int]:
    """The port of a warehouse whose databases lie in `directory`. Its log is directory/server.log."""
    process, chosen = start(directory, port=port, environment=environment, translations=translations)
    try:
        yield chosen
    finally:
        process.terminate()
        try:
            process.wait(STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def start(
    directory: Path,
    *,
    port: int = 0,
    environment: Mapping[str, str] | None = None,
    translations: Path | None = None,
) -> tuple["subprocess.Popen[str]", int]:
    """The process, which the caller ends, and its port, once it listens."""
    directory.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "infra.local.warehouse", "--port", str(port), "--directory", str(directory)]
    command += ["--translations", str(translations)] if translations else []
    with (directory / "server.log").open("ab") as log:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, env=os.environ | dict(environment or {}), text=True
        )
    assert process.stdout is not None
    with process.stdout as said:  # it says one thing; its log goes to the file
        line = said.readline()
    if not line.startswith("listening on "):
        process.kill()
        process.wait()
        raise RuntimeError(f"the warehouse did not start, see {directory / 'server.log'}")
    return process, int(line.rsplit(":", 1)[1])


def connect(port: int, **options: Any) -> snowflake.connector.SnowflakeConnection:
    """A connection to the warehouse at `port`; options are the connector's and override."""
    defaults = {
        "host": "127.0.0.1",
        "port": port,
        "protocol": "http",
        "account": "fakesnow",
        "user": "any",
        "password": "any",
        "database": "SOPHIA",
        "schema": "RAW_DATA",
        "network_timeout": 20,  # a bug in the server would otherwise be retried for minutes
        "login_timeout": 10,
        "platform_detection_timeout_seconds": 0.0,  # else each login asks AWS, Azure and Google whether we are theirs
    }
    # A new dict for each connection: the connector writes into the session_parameters it is given, so that
    # AUTOCOMMIT=False of one connection would follow into the next.
    parameters = {"CLIENT_TELEMETRY_ENABLED": False, **options.pop("session_parameters", {})}
    return snowflake.connector.connect(**defaults | options, session_parameters=parameters)
