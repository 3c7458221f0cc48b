"""A source's stubs work together before anybody has written a line: all that is promised of every source holds."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from infra.scaffold import DOORS, CannotScaffold, scaffold

ROOT = Path(__file__).parents[2]
NAME = "pocket_ledger"
_NEEDED = ("functions", "events", "infra", "tests", "dbt_project/models/staging", "pyproject.toml")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Of the repository, what those tests read."""
    for name in _NEEDED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        else:
            shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def _run(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join((str(copy), str(copy / "functions")))
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=copy, env=environment, capture_output=True, text=True, check=False
    )


def test_the_stubs_pass_what_every_source_must_unedited(copy: Path) -> None:
    scaffold(copy, NAME)
    every = ["tests/test_every_source.py", "tests/infra/company/test_every_vendor.py"]
    own = f"tests/functions/sources/test_{NAME}.py"

    told = _run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", *every, own, "-k", NAME)

    assert told.returncode == 0, told.stdout[-3000:] + told.stderr[-1000:]


def test_the_stubs_are_written_as_we_write(copy: Path) -> None:
    written = [path for path in scaffold(copy, NAME, "Pocket Ledger") if path.endswith(".py")]
    assert _run(copy, "-m", "ruff", "check", *written).stdout.strip() == "All checks passed!"
    assert _run(copy, "-m", "ruff", "format", "--check", *written).returncode == 0


def test_every_door_is_written_once(tmp_path: Path) -> None:
    written = scaffold(tmp_path, NAME)
    assert len(written) == len(DOORS)
    assert all((tmp_path / path).is_file() for path in written)
    with pytest.raises(CannotScaffold, match="is there already"):
        scaffold(tmp_path, NAME)


def test_nothing_is_written_where_anything_is_in_the_way(tmp_path: Path) -> None:
    taken = tmp_path / f"tests/functions/sources/test_{NAME}.py"
    taken.parent.mkdir(parents=True)
    taken.write_text("mine")
    with pytest.raises(CannotScaffold):
        scaffold(tmp_path, NAME)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [taken]
    assert taken.read_text() == "mine"


@pytest.mark.parametrize(
    "name", ["", "Stripe", "_stripe", "two words", "../stripe", "class", "9lives", "x" * 41, "a-b"]
)
def test_a_bad_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(CannotScaffold, match="cannot be a source's name"):
        scaffold(tmp_path, name)


def test_a_title_that_would_break_its_stubs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotScaffold, match="cannot be a title"):
        scaffold(tmp_path, NAME, 'The "Ledger"')
