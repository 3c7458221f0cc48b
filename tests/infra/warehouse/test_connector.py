"""Snowflake's connector itself: where a version of it once stopped a process for good, and whom it asks at a login."""

import subprocess
import sys

import pytest
import snowflake.connector.auth._auth as driver
from snowflake.connector import platform_detection
from snowflake.connector.constants import ENV_VAR_DISABLE_PLATFORM_DETECTION

from infra import dbt_process
from infra.local.warehouse.running import connect

FIRST_ROWS_AT_ONCE = """
import io, sys, threading
import pyarrow
from snowflake.connector.arrow_context import ArrowConverterContext
from snowflake.connector.nanoarrow_arrow_iterator import PyArrowRowIterator

number = pyarrow.field("n", pyarrow.int64(), metadata={"logicalType": "FIXED", "precision": "38", "scale": "0"})
sent = io.BytesIO()
with pyarrow.ipc.new_stream(sent, pyarrow.schema([number])) as stream:
    stream.write_table(pyarrow.table([[1]], schema=pyarrow.schema([number])))
ready = threading.Barrier(16)

def read():
    ready.wait()
    list(PyArrowRowIterator(None, sent.getvalue(), ArrowConverterContext(), False, False, False, True))

sys.setswitchinterval(1e-7)
threads = [threading.Thread(target=read, daemon=True) for _ in range(16)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""

ASK_THE_NETWORK = (
    "is_ec2_instance",
    "has_aws_identity",
    "is_azure_vm",
    "has_azure_managed_identity",
    "is_gce_vm",
    "has_gcp_identity",
)


def test_threads_read_their_first_rows_at_once() -> None:
    """As dbt's do, which list the schemas. In 4.7 and 4.8 one of them sets up the logger behind a lock of C++ and gives
    up the interpreter meanwhile; who waits for the lock keeps it: 17 of 20 such processes never ended."""
    subprocess.run([sys.executable, "-c", FIRST_ROWS_AT_ONCE], timeout=60, check=True)


def test_a_login_here_asks_nobody_elsewhere(warehouse: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENV_VAR_DISABLE_PLATFORM_DETECTION, "")
    monkeypatch.setattr(driver, "get_application_path", driver.get_application_path)
    asked: list[str] = []
    for name in ASK_THE_NETWORK:
        monkeypatch.setattr(platform_detection, name, lambda *_, name=name: asked.append(name))
    stock = {"platform_detection_timeout_seconds": None}

    connect(warehouse).close()
    assert asked == []
    connect(warehouse, **stock).close()
    assert sorted(asked) == sorted(ASK_THE_NETWORK)  # it would, left to itself

    dbt_process.connect_at_once()
    connect(warehouse, **stock).close()
    assert len(asked) == len(ASK_THE_NETWORK)
