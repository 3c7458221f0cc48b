"""dbt as a command: how its run ends, and that its project is parsed once."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from dbt.contracts.graph.manifest import Manifest, ManifestMetadata

from infra import dbt, dbt_process
from infra.local.stack import Stack
from tests.running_stack import Silent


def test_a_run_that_hangs_is_stopped_and_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    stack: Any = SimpleNamespace(warehouse_port=1, dbt_folder=tmp_path)
    monkeypatch.setattr(dbt, "TIME_LIMIT_S", 0.2)
    monkeypatch.setattr(dbt, "command", lambda *_: [sys.executable, "-c", "import time; time.sleep(60)"])

    assert not dbt.build(stack, Silent())
    assert "not ended within 0.2 seconds" in capsys.readouterr().err


def test_a_wrong_option_is_told_and_ends_with_dbts_code() -> None:
    ended = subprocess.run(dbt.command("ls", "--wrong"), capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, ended.stderr) == (2, "No such option '--wrong'.\n")


def _parsing(monkeypatch: pytest.MonkeyPatch, *names: str) -> list[str]:
    """What is left to parse, in that order: an empty project of each name."""
    left = list(names)
    monkeypatch.setattr(dbt_process, "_parse", lambda: _project(left.pop(0)))
    return left


def _project(name: str) -> Manifest:
    return Manifest(metadata=ManifestMetadata(project_name=name))


def test_a_project_is_parsed_once_until_its_files_change(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    left = _parsing(monkeypatch, "first", "second")
    monkeypatch.setattr(dbt_process, "_state", lambda: "as it was")
    told = [dbt_process.parsed(tmp_path).metadata.project_name for _ in range(3)]
    (tmp_path / "as it was.unfinished").write_text("of one that was killed")
    monkeypatch.setattr(dbt_process, "_state", lambda: "changed")
    told += [dbt_process.parsed(tmp_path).metadata.project_name for _ in range(2)]
    assert told == ["first", "first", "first", "second", "second"]
    assert left == []
    assert {file.name for file in tmp_path.iterdir()} == {"lock", "changed.msgpack"}


def test_on_a_full_disk_it_is_parsed_all_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _parsing(monkeypatch, "first", "second")

    def full(file: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(dbt_process, "_keep", full)
    assert [dbt_process.parsed(tmp_path).metadata.project_name for _ in range(2)] == ["first", "second"]


def test_any_change_of_a_file_is_another_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(dbt_process, "ROOT", tmp_path)
    model = tmp_path / "dbt_project" / "models" / "a.sql"
    model.parent.mkdir(parents=True)
    (tmp_path / "dbt_project.yml").write_text("name: sophia")
    states = [dbt_process._state()]
    for change in (
        lambda: model.write_text("select 1"),
        lambda: model.write_text("select 2"),
        lambda: model.rename(model.with_name("b.sql")),
        lambda: (tmp_path / "dbt_project.yml").write_text("name: other"),
    ):
        change()
        states.append(dbt_process._state())
    assert len(set(states)) == 5
    assert dbt_process._state() == states[-1]


def test_what_was_parsed_does_not_lie_where_dbt_writes() -> None:
    """Of what dbt wrote it would take the place, and stop at its folders."""
    assert Stack().dbt_folder.parent == dbt_process.KEPT.parent
    assert Stack().dbt_folder != dbt_process.KEPT
