"""What must be true of a package before anybody may deploy it. Each check returns its complaints; none is good."""

import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from .target import Target

LARGEST_ZIP_BYTES = 12_000_000

# e_machine of an ELF header; refspecs.linuxfoundation.org, "ELF-64 Object File Format".
_ELF_MACHINES = {"x86_64": 62, "arm64": 183}
_NOT_SHIPPED = ("boto3/", "botocore/", "s3transfer/", "pip/", "setuptools/")


def contents(zip_path: Path, target: Target) -> list[str]:
    """Everything Lambda needs is in the zip, for the right machine, and nothing it does not need."""
    with zipfile.ZipFile(zip_path) as archive:
        names = archive.namelist()
        found = [f"{name} is missing" for name in ("app.py", "events/envelope.py") if name not in names]
        unwanted = Counter(name.split("/")[0] for name in names if _is_unwanted(name))
        found += [f"{folder}: {count} files are not to be shipped" for folder, count in unwanted.items()]
        for name in names:
            if ".so" in Path(name).suffixes:
                found += _wrong_binary(name, archive.read(name)[:20], target)
    if (size := zip_path.stat().st_size) > LARGEST_ZIP_BYTES:
        found.append(f"the zip has {size} bytes, the most we allow is {LARGEST_ZIP_BYTES}")
    return found


def _is_unwanted(name: str) -> bool:
    parts = name.split("/")
    is_ours = parts[0] in ("events", "chalicelib")
    return name.startswith(_NOT_SHIPPED) or "__pycache__" in parts or (is_ours and not name.endswith(".py"))


def _wrong_binary(name: str, header: bytes, target: Target) -> Iterator[str]:
    """Chalice checks neither the ABI nor the machine of what lies in vendor/."""
    if not (name.endswith(target.extension_suffix) or name.endswith(".abi3.so")):
        yield f"{name} is not built for {target.name}: its name must end with {target.extension_suffix} or .abi3.so"
    if int.from_bytes(header[18:20], "little") != _ELF_MACHINES[target.architecture]:
        yield f"{name} is not for {target.architecture}"


def lint(template_path: Path) -> list[str]:
    """cfn-lint's findings, warnings included. Works offline."""
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--format", "parseable", str(template_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return []
    return [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
