"""Who may import whom (docs/decisions/rooms.md), read from the source with ast."""

import ast
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = {"events", "functions", "gpu_jobs", "infra", "dbt_project", "tests"}
# chalicelib and app are how functions/ is called inside a Lambda.
ALIASES = {"chalicelib": "functions", "app": "functions"}
MAY_IMPORT = {
    "events": {"events"},
    "functions": {"functions", "events", "gpu_jobs.dispatch"},
    "gpu_jobs": {"gpu_jobs", "events"},
    "infra": {"infra", "functions", "events", "gpu_jobs"},
    "dbt_project": set(),
}


def imported_names(source: str) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def forbidden(room: str, names: set[str]) -> list[str]:
    found = []
    for name in names:
        head, _, rest = name.partition(".")
        theirs = ALIASES.get(head, head)
        if theirs not in ROOMS:
            continue
        full = f"{theirs}.{rest}" if rest else theirs
        if not any(full == allowed or full.startswith(f"{allowed}.") for allowed in MAY_IMPORT[room]):
            found.append(name)
    return sorted(found)


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_a_room_imports_only_rooms_further_in(room):
    wrong = {
        str(path.relative_to(ROOT)): bad
        for path in (ROOT / room).rglob("*.py")
        if "vendor" not in path.parts and (bad := forbidden(room, imported_names(path.read_text())))
    }
    assert not wrong


def test_the_rule_catches_an_import_outwards():
    assert forbidden("events", imported_names("from chalicelib.ingest import land")) == [
        "chalicelib.ingest",
        "chalicelib.ingest.land",
    ]
    assert forbidden("functions", imported_names("import infra.cli")) == ["infra.cli"]
    assert forbidden("functions", imported_names("from gpu_jobs import dispatch, run")) == ["gpu_jobs", "gpu_jobs.run"]


def test_only_settings_reads_the_environment():
    readers = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "functions").rglob("*.py")
        if "vendor" not in path.parts and "os.environ" in path.read_text()
    }
    assert readers <= {"functions/chalicelib/settings.py"}


def test_no_file_is_a_drawer_or_a_scroll():
    for path in (path for room in sorted(ROOMS) for path in (ROOT / room).rglob("*.py")):
        assert path.stem not in {"utils", "helpers", "common", "manager"}, path
        assert len(path.read_text().splitlines()) <= 300, path


def test_no_two_tests_share_a_name():
    """pytest imports them by it, as a run of all of them in one process shows, which `make test` is not."""
    names = Counter(path.name for path in (ROOT / "tests").rglob("*.py") if path.stem not in {"conftest", "__init__"})
    assert [name for name, times in names.items() if times > 1] == []
