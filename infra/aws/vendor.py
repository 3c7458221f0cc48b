"""What the functions import besides themselves: locked wheels for the target, and our own packages.

Chalice would resolve requirements.txt by itself and knows no lock, so it is given none and the wheels are added to its
zip. It brings the two files of its own that it needs at run time, and botocore comes with the runtime: both stay out
(botocore alone is 16 MB of zip).
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from .target import Target

OURS = {"events": ("**/*.py",), "gpu_jobs": ("__init__.py", "dispatch.py", "enrichers.py", "models.py", "places/*.py")}
"""Packages of this repository that functions/ imports, and which of their modules; samples and tests are not shipped.
Of gpu_jobs it is what gpu_jobs.dispatch imports: the rest works with documents, and needs what only a worker has."""

_BROUGHT_BY_OTHERS = ("chalice", "boto3", "botocore")
_OF_GPU_PLACES = ("modal",)
"""What only dispatch and reap import. With all it needs it is half of what we ship, so it lies in a layer of theirs and
no other function unpacks it when it starts."""
_LEFT_OUT = ("bin", ".lock", "__pycache__")


class BuildFailed(Exception):
    """The package cannot be made; the message says what to change."""


def uv() -> str:
    """The uv of this environment, else the one on the path."""
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if not found:
        raise BuildFailed("uv was found neither beside this Python nor on PATH: run `make setup`")
    return found


def requirements(root: Path) -> str:
    """The locked production dependencies of every function with their hashes, without what the runtime or Chalice
    brings and what only that needs."""
    return _exported(root, without=(*_BROUGHT_BY_OTHERS, *_OF_GPU_PLACES))


def gpu_requirements(root: Path, beyond: str) -> str:
    """What dispatch and reap need beyond everybody's `requirements`."""
    everybodys = set(_entries(beyond))
    everything = _entries(_exported(root, without=_BROUGHT_BY_OTHERS))
    return "".join(entry for entry in everything if entry not in everybodys)


def _exported(root: Path, without: Sequence[str]) -> str:
    flags = ["--no-dev", "--no-default-groups", "--no-emit-project", "--no-annotate", "--no-header", "--quiet"]
    pruned = [word for name in without for word in ("--prune", name)]
    return _run([uv(), "export", "--frozen", *flags, *pruned], cwd=root)


def _entries(exported: str) -> list[str]:
    """Each distribution with its hashes, which stand on indented lines."""
    return re.findall(r"^\S.*\n(?:\s+.*\n)*", exported, re.MULTILINE)


def vendor(locked: str, target: Target, folder: Path) -> bool:
    """Fill folder with the wheels; false when it already holds exactly these."""
    wanted = hashlib.sha256(f"{target.name}\n{locked}".encode()).hexdigest()
    stamp = folder.with_suffix(".sha256")
    if folder.exists() and stamp.exists() and stamp.read_text() == wanted:
        return False
    shutil.rmtree(folder, ignore_errors=True)
    stamp.unlink(missing_ok=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    listing = folder.with_suffix(".txt")
    listing.write_text(locked)
    platform = ["--python-platform", target.wheel_platform, "--python-version", target.python_version]
    # Without --no-deps uv would bring back what was pruned; with it the lock alone decides.
    strict = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--link-mode", "copy"]
    _run([uv(), "pip", "install", "--quiet", "--target", str(folder), *platform, *strict, "-r", str(listing)])
    for name in _LEFT_OUT:
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    stamp.write_text(wanted)
    return True


def vendored(folder: Path) -> Iterator[tuple[str, Path]]:
    """The files of the wheels, each with its name in the zip."""
    return ((str(path.relative_to(folder)), path) for path in folder.rglob("*") if path.is_file())


def ours(root: Path) -> Iterator[tuple[str, Path]]:
    """The modules of our own packages, and nothing but modules, each with its name in the zip."""
    for name, patterns in OURS.items():
        for path in (path for pattern in patterns for path in (root / name).glob(pattern)):
            inside = path.relative_to(root)
            if {"samples", "tests"}.isdisjoint(inside.parts):
                yield str(inside), path


def _run(command: list[str], cwd: Path | None = None) -> str:
    # A foreign VIRTUAL_ENV only makes uv warn.
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildFailed(f"{' '.join(command[:4])} … ended with {done.returncode}:\n{done.stderr.strip()}")
    return done.stdout
