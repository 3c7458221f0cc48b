"""The warehouse as a process: what it keeps when it dies, and what it says when it cannot start."""

import socket
import subprocess
import sys
from pathlib import Path

from infra.local.warehouse.running import running_warehouse, start
from tests.infra.warehouse.conftest import Client


def test_keeps_everything_through_kill_9(tmp_path: Path) -> None:
    process, port = start(tmp_path)
    try:
        Client(port, "SOPHIA").run(
            "create table T (a int, v variant, t timestamp_ntz) comment = 'kept'",
            "insert into T select 1, parse_json('{\"b\":null}'), null",
            "create stage LAKE url = 's3://lake/'",
            "create pipe P as copy into T from @LAKE file_format = (type = json)",
            "begin",
            "insert into T values (2, null, null)",
        )
    finally:
        process.kill()
        process.wait()

    with running_warehouse(tmp_path) as port:
        client = Client(port, "OTHER")
        assert client.rows("select * from SOPHIA.RAW_DATA.T") == [(1, '{"b":null}', None)]
        assert client.rows("show pipes")[0][1] == "P"
        assert client.rows("show stages in account")[0][1] == "LAKE"
        comment = "select comment from SOPHIA.information_schema.tables where table_name = 'T'"
        assert client.rows(comment) == [("kept",)]
        client.close()


def test_says_so_when_the_port_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "infra.local.warehouse", "--port", str(port), "--directory", str(tmp_path)]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert ended.returncode == 1
    assert f"port {port}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_says_so_when_another_warehouse_has_the_files(tmp_path: Path) -> None:
    with running_warehouse(tmp_path):
        command = [sys.executable, "-m", "infra.local.warehouse", "--port", "0", "--directory", str(tmp_path)]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert ended.returncode == 1
    assert str(tmp_path) in ended.stderr
    assert "Traceback" not in ended.stderr
