"""What a cold receiver costs to import: the zip that ships, as it is and without its compiled modules, by turns.

    python -m infra.benchmarks.cold_start

Python may write no compiled modules meanwhile, as in Lambda, where /var/task is read-only.
"""

import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from ..aws.build import ROOT, build
from ..aws.target import this_machine
from .receive import spread

_CODE = """
import time
wall, cpu = time.perf_counter(), time.process_time()
import app
print(1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - cpu), app.__file__)
"""


@dataclass(frozen=True)
class Import:
    """One `import app` in a fresh interpreter: time that passed, and what of it the processor worked."""

    wall_ms: float
    cpu_ms: float


def imports(times: int) -> tuple[list[Import], list[Import]]:
    """From the zip as it ships, and from the same without compiled modules."""
    package = build(this_machine(), ROOT / "build", say=lambda line: None)
    with tempfile.TemporaryDirectory() as temporary:
        shipped, bare = Path(temporary) / "shipped", Path(temporary) / "bare"
        with zipfile.ZipFile(package.zip_path) as archive:
            archive.extractall(shipped)
            archive.extractall(bare, [name for name in archive.namelist() if not name.endswith(".pyc")])
        for folder in (shipped, bare):
            _import(folder)  # the first reads from the disk
        pairs = [(_import(shipped), _import(bare)) for _ in range(times)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _import(folder: Path) -> Import:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [sys.executable, "-B", "-c", _CODE],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    wall_ms, cpu_ms, file = done.stdout.split()
    assert Path(file).is_relative_to(folder), file
    return Import(float(wall_ms), float(cpu_ms))


def main() -> None:
    for what, found in zip(("as it ships", "without compiled modules"), imports(9), strict=True):
        print(f"import of the zip, {what}: {spread([one.wall_ms for one in found])} ms")
        print(f"  of it CPU {spread([one.cpu_ms for one in found])} ms")


if __name__ == "__main__":
    main()
