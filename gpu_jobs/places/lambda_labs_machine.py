"""What a machine of Lambda Labs is told at its first boot: cloud-init that runs one worker, and ends it in time.

The machine knows a run's access to the lake and nothing of the account it is billed to: the API key is account-wide,
so a machine could stop itself only by holding the right to start others. It stops working; the reaper terminates it.
"""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from .pins import WORKER

MOST_BYTES = 1_000_000
"""Of user data, in the API's own description."""
_FOLDER = "/opt/sophia"
_ENVIRONMENT = "/etc/sophia/worker.env"
_SCRIPT = "/usr/local/sbin/sophia-worker"


@dataclass(frozen=True)
class Fetch:
    """A file to be loaded before the worker starts, from a presigned URL; another hash than sha256 stops the machine.
    One whose name ends in .whl is installed; in .tar, it is the model's weights: config.json, model.safetensors and
    tokenizer.json at its top."""

    name: str
    url: str
    sha256: str


def user_data(
    *,
    run: str,
    manifest: str,
    lake: str,
    lasts: timedelta,
    environment: Mapping[str, str],
    fetches: Sequence[Fetch],
    packages: Sequence[str] = (),
) -> str:
    """cloud-init's document. packages are installed beside the worker's own.

    Raises ValueError for what a line of an environment file cannot hold, or too much.
    """
    lasts_s = int(lasts.total_seconds())
    told = {
        "write_files": [
            _file(_ENVIRONMENT, "0600", _environment(environment)),
            _file(_SCRIPT, "0700", _script(manifest, lake, fetches, packages)),
        ],
        "runcmd": [
            # The dead man's switch first: whatever fails behind it, the machine works no longer than its lease.
            ["systemd-run", "--unit=sophia-end", f"--on-active={lasts_s}s", "systemctl", "poweroff"],
            [
                "systemd-run",
                "--unit=sophia-worker",
                f"--property=RuntimeMaxSec={lasts_s}",
                f"--property=EnvironmentFile={_ENVIRONMENT}",
                _SCRIPT,
            ],
        ],
    }
    made = "#cloud-config\n" + json.dumps(told, indent=1)  # JSON is YAML, and quotes itself
    if len(made.encode()) >= MOST_BYTES:
        raise ValueError(f"user data of {run!r} takes {len(made.encode())} bytes, the most is {MOST_BYTES}")
    return made


def _file(path: str, permissions: str, content: str) -> dict[str, str]:
    return {"path": path, "permissions": permissions, "owner": "root:root", "content": content}


def _environment(variables: Mapping[str, str]) -> str:
    for name, value in variables.items():
        if not name.isidentifier() or any(sign in value for sign in '\n\r\0"\\'):
            raise ValueError(f"environment variable {name!r} cannot stand in an environment file")
    return "".join(f'{name}="{value}"\n' for name, value in sorted(variables.items()))


def _script(manifest: str, lake: str, fetches: Sequence[Fetch], packages: Sequence[str]) -> str:
    lines = ["#!/bin/bash", "set -euo pipefail", "umask 077", f"mkdir -p {_FOLDER}", f"cd {_FOLDER}"]
    for one in fetches:
        name = shlex.quote(one.name)
        lines.append(f"curl --fail --silent --show-error --retry 5 --output {name} {shlex.quote(one.url)}")
        lines.append(f"echo {shlex.quote(f'{one.sha256}  {one.name}')} | sha256sum --check --strict")
    wheels = " ".join(shlex.quote(f"./{one.name}") for one in fetches if one.name.endswith(".whl"))
    tars = [one.name for one in fetches if one.name.endswith(".tar")]
    lines += [f"mkdir -p weights && tar --extract --directory weights --file {shlex.quote(tar)}" for tar in tars]
    weights = f"--weights {_FOLDER}/weights" if tars else ""
    lines += [
        # torch and CUDA are those of the machine's own image (Lambda Stack), unless a package brings another torch.
        "python3 -m venv --system-site-packages venv",
        f"venv/bin/pip install --quiet {' '.join(map(shlex.quote, (*WORKER, *packages)))}",
        f"venv/bin/pip install --quiet --no-deps {wheels}" if wheels else "true",
        # It tests the GPU before it takes work, and says bad_host in its heartbeat: of 8 machines of one kind that came
        # up, 7 had no usable CUDA and were billed (field report of 2026-08-31).
        f"exec venv/bin/python -m gpu_jobs.run --manifest {shlex.quote(manifest)} --lake {shlex.quote(lake)} {weights}",
    ]
    return "\n".join(lines) + "\n"
