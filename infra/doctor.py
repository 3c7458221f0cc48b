"""What `sophia doctor` looks at: machine, stack, queues, pulls, freshness. Every problem comes with what to do."""

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from .dbt import ROOT
from .dead_letters import QUEUES, listed
from .local.stack import Stack
from .warehouse import query

ENOUGH_DISK_BYTES = 2_000_000_000
STALE_AFTER = timedelta(hours=1)


def examine(stack: Stack) -> list[dict[str, Any]]:
    """One row per check: check, verdict (ok, problem, unknown), found, advice."""
    checks: list[Callable[[Stack], Iterator[dict[str, Any]]]] = [_machine, _stack]
    if stack.is_up():
        checks += [_dead_letters, _pulls, _freshness]
    found = []
    for check in checks:
        try:
            found += list(check(stack))
        except Exception as error:  # a check that cannot be made is a finding, not the end of the examination
            found.append(
                _row(check.__name__.strip("_"), "problem", f"{type(error).__name__}: {error}", "see .sophia/log")
            )
    return found


def _row(check: str, verdict: str, found: str, advice: str = "") -> dict[str, Any]:
    return {"check": check, "verdict": verdict, "found": found, "advice": advice if verdict != "ok" else ""}


def _judge(check: str, is_ok: bool, found: str, advice: str) -> dict[str, Any]:
    return _row(check, "ok" if is_ok else "problem", found, advice)


def _machine(stack: Stack) -> Iterator[dict[str, Any]]:
    version = sys.version.split()[0]
    yield _judge("python", (3, 11) <= sys.version_info[:2] <= (3, 13), version, "make PYTHON=python3.12 setup")
    free = shutil.disk_usage(ROOT).free
    yield _judge(
        "disk", free > ENOUGH_DISK_BYTES, f"{free / 1e9:.1f} GB free", "make room: the lake and the warehouse grow"
    )
    yield _folder(stack.folder)


def _folder(folder: Path) -> dict[str, Any]:
    """By writing to it: rights alone do not tell of a full disk, or one that is read only."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing) as file:
            file.write(b"x")
    except OSError as error:
        return _row("folder", "problem", f"{folder}: {error.strerror}", "make room, or give the folder to this user")
    return _row("folder", "ok", f"{folder} can be written")


def _stack(stack: Stack) -> Iterator[dict[str, Any]]:
    for part in stack.status():
        yield _judge(f"stack: {part['part']}", part["state"] == "up", part["state"], "sophia up")


def _dead_letters(stack: Stack) -> Iterator[dict[str, Any]]:
    for queue in QUEUES:
        count = len(listed(stack, queue))
        yield _judge(f"dead letters: {queue}", count == 0, str(count), f"sophia dlq list --queue {queue}")


def _pulls(stack: Stack) -> Iterator[dict[str, Any]]:
    for (source, stream), record in stack.pull_records().items():
        if record.last_error:
            yield _row(
                f"pull: {source} {stream}", "problem", record.last_error, f"sophia pull {source} --stream {stream}"
            )


def _freshness(stack: Stack) -> Iterator[dict[str, Any]]:
    rows = query(stack.warehouse_port, "select source, max(received_at) as newest from RAW_DATA.EVENTS group by source")
    now = datetime.now(UTC).replace(tzinfo=None)
    for row in sorted(rows, key=lambda row: row["SOURCE"]):
        age = now - row["NEWEST"]
        yield _judge(
            f"fresh: {row['SOURCE']}",
            age < STALE_AFTER,
            f"newest event {age.total_seconds() / 60:.0f} min ago",
            f"sophia pull {row['SOURCE']}",
        )
    if not rows:
        yield _row("fresh", "unknown", "no events yet", "sophia demo")
