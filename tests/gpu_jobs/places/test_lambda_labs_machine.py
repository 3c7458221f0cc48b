"""What a machine is told at its first boot."""

import json
import subprocess
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gpu_jobs.places.lambda_labs_machine import Fetch, user_data
from gpu_jobs.places.pins import VLLM, WORKER

ROOT = Path(__file__).parents[3]
WHEEL = Fetch("sophia-1.whl", "https://lake.example/a?X-Amz-Signature=1&b='; rm -rf /'", "ab" * 32)
WEIGHTS = Fetch("weights.tar", "https://lake.example/b", "cd" * 32)


def made(**changed: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "run": "sophia-job1-a1-t1795000000",
        "manifest": "gpu/jobs/job1/manifest.json",
        "lake": "s3://lake",
        "lasts": timedelta(minutes=30),
        "environment": {"AWS_DEFAULT_REGION": "eu-central-1"},
        "fetches": [WHEEL],
    }
    return json.loads(user_data(**{**told, **changed}).split("\n", 1)[1])


def script(told: dict[str, Any]) -> str:
    return next(one["content"] for one in told["write_files"] if one["path"].endswith("sophia-worker"))


def test_the_machine_ends_itself_before_anything_that_can_fail_begins() -> None:
    end, work = made()["runcmd"]
    assert "--on-active=1800s" in end and end[-1] == "poweroff"
    assert "--property=RuntimeMaxSec=1800" in work
    assert "--property=EnvironmentFile=/etc/sophia/worker.env" in work


def test_the_script_is_sound_and_quotes_what_it_is_told() -> None:
    text = script(made())
    subprocess.run(["bash", "-n"], input=text, text=True, check=True)
    echo = "\n".join(line.replace("curl", "printf '%s\\n'") for line in text.splitlines() if line.startswith("curl"))
    told = subprocess.run(["bash", "-c", echo], capture_output=True, text=True, check=True).stdout
    assert WHEEL.url in told.splitlines()


def test_files_are_checked_before_anything_of_them_is_run() -> None:
    lines = script(made(fetches=[WHEEL, WEIGHTS])).splitlines()
    signs = ("curl", "sha256sum", "tar --extract", "pip install", "gpu_jobs.run")
    order = [next(number for number, line in enumerate(lines) if sign in line) for sign in signs]
    assert order == sorted(order)
    assert f"{'ab' * 32}  sophia-1.whl" in "\n".join(lines)


def test_what_a_kind_of_job_needs_beside_is_installed_with_the_worker_s_own() -> None:
    (line,) = [line for line in script(made(packages=[VLLM])).splitlines() if VLLM in line]
    assert all(pin in line for pin in WORKER)
    assert VLLM not in script(made())


@pytest.mark.parametrize("value", ["two\nlines", 'a "quote"', "back\\slash"])
def test_what_no_environment_file_can_hold_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="'SECRET'"):
        made(environment={"SECRET": value})


def test_more_than_the_api_takes_is_refused() -> None:
    with pytest.raises(ValueError, match="1000000"):
        made(environment={"LONG": "x" * 1_000_000})


def test_the_pins_of_the_workers_are_those_that_are_tested_here() -> None:
    packages = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    locked = {f"{one['name']}=={one['version']}" for one in packages if "version" in one}
    assert set(WORKER) <= locked
