"""The compiled modules that ship beside their sources, so that no cold start compiles what it imports.

Only /tmp may be written there (docs.aws.amazon.com, "Understanding the Lambda execution environment lifecycle"), so
what is not in the zip is compiled again by every sandbox that starts.
"""

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from .target import Target
from .vendor import BuildFailed

UNCHECKED_HASH = 1
"""The flags of a .pyc that is used without a look at its source, whose date in the zip says nothing; PEP 552."""
_TASK = "/var/task"  # what tracebacks show before Python puts the real place in


def compiled(modules: Mapping[str, bytes], target: Target) -> dict[str, bytes]:
    """Each module's compiled form by its name in the zip; empty where this Python is not the target's, for then Lambda
    would not read them.

    The same modules give the same bytes. Raises BuildFailed for one that does not compile.
    """
    if target.python != sys.version_info[:2]:
        return {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name, source in modules.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(source)
        _compile(folder)
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.pyc")}


def _compile(folder: Path) -> None:
    # A process of its own, with nothing of this one: what is shared in memory leaves its mark in a .pyc.
    python = [sys.executable, "-S", "-s", "-P", "-B", "-m", "compileall"]
    flags = ["-q", "-f", "--invalidation-mode", "unchecked-hash", "-s", str(folder), "-p", _TASK]
    done = subprocess.run(
        [*python, *flags, str(folder)], env={"PYTHONHASHSEED": "0"}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BuildFailed(f"a module does not compile:\n{(done.stdout + done.stderr).strip()}")
