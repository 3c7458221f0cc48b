"""dbt as a process of its own, for the local warehouse: `python -m infra.dbt_process build …`, as dbt's own command.

Its own command parses the project again wherever the port, the clock or the folder is another: ten seconds before the
first model. Here what it parsed is kept below .sophia, per state of the project's files. No model may depend on what
was true while parsing: all it may differ by is asked when it runs.
"""

import contextlib
import fcntl
import gc
import hashlib
import importlib.metadata
import os
import sys
import tempfile
from pathlib import Path

import snowflake.connector.auth._auth as driver
from dbt.cli.exceptions import DbtUsageException
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from dbt.parser.manifest import extended_mashumaro_encoder, extended_mashumuro_decoder
from snowflake.connector.constants import ENV_VAR_DISABLE_PLATFORM_DETECTION

ROOT = Path(__file__).parents[1]
KEPT = ROOT / ".sophia" / "dbt_parsed"
"""A folder for nothing else: what was parsed takes the place of all that is in it."""
PROJECT = ("--project-dir", str(ROOT), "--profiles-dir", str(ROOT / "dbt_project"), "--target", "local")
"""What every command gets: the caller's folder does not matter, and what is kept was parsed for this target."""
PARSED_BY = ("dbt-core", "dbt-snowflake", "dbt-adapters", "dbt-common")


class NotParsed(Exception):
    """The project cannot be parsed; the message is dbt's."""


def main() -> int:
    """0 when all went well, 1 when a model or a test failed, 2 when dbt could not run: dbt's own codes."""
    gc.set_threshold(50_000, 50, 50)  # a manifest is a million objects, and none is garbage
    connect_at_once()
    try:
        manifest = parsed(KEPT)
    except NotParsed:
        return 2  # dbt has said why
    gc.freeze()
    outcome = dbtRunner(manifest=manifest).invoke([*sys.argv[1:], *PROJECT])
    if isinstance(outcome.exception, DbtUsageException):
        print(outcome.exception, file=sys.stderr)  # all others dbt has told
    if outcome.exception:
        return 2
    return 0 if outcome.success else 1


def connect_at_once() -> None:
    """At each login the driver reads the source of every frame, to tell which script connects, and asks AWS, Azure and
    Google whether this machine is theirs; where names cannot be resolved that takes five seconds."""
    driver.get_application_path = lambda: "dbt"
    os.environ[ENV_VAR_DISABLE_PLATFORM_DETECTION] = "true"


def parsed(folder: Path) -> Manifest:
    """The project as its files are now, warnings being errors. Of several processes one parses it.

    Raises NotParsed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"{_state()}.msgpack"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if kept.exists():
            return Manifest.from_msgpack(kept.read_bytes(), decoder=extended_mashumuro_decoder)  # type: ignore[attr-defined]
        manifest = _parse()
        with contextlib.suppress(OSError):  # of a full disk others will complain
            _keep(kept, manifest.to_msgpack(extended_mashumaro_encoder))  # type: ignore[attr-defined]
    return manifest


def _keep(file: Path, content: bytes) -> None:
    """In place of all that was kept before."""
    for old in file.parent.iterdir():
        if old.name != "lock":
            old.unlink()
    unfinished = file.with_suffix(".unfinished")
    with unfinished.open("wb") as written:
        written.write(content)
        written.flush()
        os.fsync(written.fileno())  # half of it would stop every build to come
    unfinished.replace(file)


def _parse() -> Manifest:
    with tempfile.TemporaryDirectory() as folder:
        places = ["--target-path", folder, "--log-path", folder]
        command = ["--quiet", "--warn-error", "parse", "--no-partial-parse", *PROJECT, *places]
        outcome = dbtRunner().invoke(command)
    if not isinstance(outcome.result, Manifest):
        raise NotParsed(str(outcome.exception))
    return outcome.result


def _state() -> str:
    """Of all that a manifest is made of."""
    files = [Path(__file__), ROOT / "dbt_project.yml", *(ROOT / "dbt_project").rglob("*.*")]
    told = hashlib.sha256(os.fsencode(ROOT))
    for part in (sys.version, *(importlib.metadata.version(name) for name in PARSED_BY)):
        told.update(part.encode() + b"\0")
    for file in sorted(files):
        told.update(os.fsencode(file) + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return told.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
