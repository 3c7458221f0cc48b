"""dbt as a command: how its run ends."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from infra import dbt
from tests.running_stack import Silent


def test_a_run_that_hangs_is_stopped_and_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    stack: Any = SimpleNamespace(warehouse_port=1, dbt_folder=tmp_path)
    monkeypatch.setattr(dbt, "TIME_LIMIT_S", 0.2)
    monkeypatch.setattr(dbt, "command", lambda *_: [sys.executable, "-c", "import time; time.sleep(60)"])

    assert not dbt.build(stack, Silent())
    assert "not ended within 0.2 seconds" in capsys.readouterr().err
