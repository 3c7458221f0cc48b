"""Run dbt against the local warehouse, under a time limit: an emulator error can look like a hang."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from . import show
from .local.stack import Stack, Steps

ROOT = Path(__file__).parents[1]
TIME_LIMIT_S = 600


def command(*arguments: str) -> list[str]:
    """dbt's own command line, on the local target; the caller's folder does not matter."""
    return [sys.executable, "-m", "infra.dbt_process", *arguments]


def environment(port: int) -> dict[str, str]:
    return os.environ | {"SOPHIA_WAREHOUSE_PORT": str(port), "DO_NOT_TRACK": "1", "DBT_USE_COLORS": "false"}


def build(stack: Stack, steps: Steps, *, select: str = "", as_of: str = "", is_tested: bool = True) -> bool:
    """Whether every model and, where is_tested, every test of data passed; the failures are printed. as_of fixes the
    clock of the marts (ISO, UTC). Unit tests are of the code, not of what came: `make test` runs them.

    What dbt writes lies in the stack's own folder: two stacks may build at once.
    """
    arguments = ["build", "--log-format", "json", "--log-level", "info", *_folders(stack)]
    arguments += ["--exclude-resource-type", "unit_test", *([] if is_tested else ["test"])]
    arguments += ["--select", *select.split()] if select else []
    arguments += ["--vars", json.dumps({"as_of": as_of})] if as_of else []
    with steps.step("Build the models (dbt)") as report:
        failures = []
        process = subprocess.Popen(
            command(*arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment(stack.warehouse_port),
            cwd=ROOT,
        )
        assert process.stdout is not None

        def stop() -> None:
            failures.append(f"dbt has not ended within {TIME_LIMIT_S} seconds, and was stopped")
            process.kill()

        limit = threading.Timer(TIME_LIMIT_S, stop)
        limit.start()
        try:
            for line in process.stdout:
                event = _event(line)
                if node := event.get("data", {}).get("node_info", {}).get("node_name"):
                    report(node)
                info = event.get("info", {})
                if info.get("level") == "error" or info.get("name") == "NoNodesForSelectionCriteria":
                    failures.append(info["msg"])
            code = process.wait()
        finally:
            limit.cancel()
            process.kill()
    for failure in failures:
        show.err.print(failure, markup=False)
    return code == 0 and not failures


def document(stack: Stack, steps: Steps) -> Path | None:
    """The page of every model: its columns as the warehouse has them, its words, its tests and its lineage. None when
    dbt failed; its words are printed.

    One file with all it needs inside, so a browser opens it from disk.
    """
    with steps.step("Describe the models (dbt docs)"):
        done = subprocess.run(
            command("--quiet", "docs", "generate", "--static", *_folders(stack)),
            capture_output=True,
            text=True,
            env=environment(stack.warehouse_port),
            cwd=ROOT,
            timeout=TIME_LIMIT_S,
        )
    if done.returncode:
        show.err.print(done.stdout + done.stderr, markup=False)
        return None
    return stack.dbt_folder / "static_index.html"


def _folders(stack: Stack) -> list[str]:
    """All that dbt writes in the stack's own folder."""
    return ["--target-path", str(stack.dbt_folder), "--log-path", str(stack.dbt_folder)]


def _event(line: str) -> dict[str, Any]:
    try:
        return json.loads(line)
    except ValueError:
        return {"info": {"level": "error", "msg": line.rstrip()}} if line.strip() else {}
