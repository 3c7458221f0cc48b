"""What must be true of a package before anybody may deploy it. Each check returns its complaints; none is good."""

import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from .bytecode import UNCHECKED_HASH
from .target import Target

LARGEST_ZIP_BYTES = 20_000_000
LARGEST_UNPACKED_BYTES = 65_000_000
"""Lambda takes 250 MB with all layers; this notices what slipped into either. A quarter is compiled modules."""

LARGEST_TEMPLATE_BYTES = 51_200
"""docs.aws.amazon.com, "CloudFormation quotas": a larger one must be uploaded first."""

# e_machine of an ELF header; refspecs.linuxfoundation.org, "ELF-64 Object File Format".
_ELF_MACHINES = {"x86_64": 62, "arm64": 183}
NEEDED = ("app.py", "events/envelope.py", "gpu_jobs/dispatch.py")
NEEDED_IN_LAYER = ("python/modal/__init__.py",)
_NOT_SHIPPED = (
    "boto3/",
    "botocore/",
    "s3transfer/",
    "pip/",
    "setuptools/",
    "torch/",
    "onnxruntime/",
    "pyarrow/",
    "modal/",
)


def application(zip_path: Path, target: Target) -> list[str]:
    """Everything Lambda needs is in the zip, for the right machine, and nothing it does not need."""
    return _contents(zip_path, target, NEEDED)


def layer(zip_path: Path, target: Target) -> list[str]:
    """The same of the layer of dispatch and reap."""
    return _contents(zip_path, target, NEEDED_IN_LAYER)


def _contents(zip_path: Path, target: Target, needed: tuple[str, ...]) -> list[str]:
    with zipfile.ZipFile(zip_path) as archive:
        names = archive.namelist()
        found = [f"{name} is missing" for name in needed if name not in names]
        unpacked = sum(entry.file_size for entry in archive.infolist())
        unwanted = Counter(name.split("/")[0] for name in names if _is_unwanted(name))
        found += [f"{folder}: {count} files are not to be shipped" for folder, count in unwanted.items()]
        for name in names:
            if ".so" in Path(name).suffixes:
                found += _wrong_binary(name, archive.read(name)[:20], target)
            elif name.endswith(".pyc"):
                found += _wrong_bytecode(name, archive.read(name)[:8], target)
    if (size := zip_path.stat().st_size) > LARGEST_ZIP_BYTES:
        found.append(f"{zip_path.name} has {size} bytes, the most we allow is {LARGEST_ZIP_BYTES}")
    if unpacked > LARGEST_UNPACKED_BYTES:
        found.append(f"{zip_path.name} has {unpacked} bytes unpacked, the most we allow is {LARGEST_UNPACKED_BYTES}")
    return found


def _is_unwanted(name: str) -> bool:
    parts = name.split("/")
    is_ours = parts[0] in ("events", "chalicelib", "gpu_jobs")
    return name.startswith(_NOT_SHIPPED) or (is_ours and not name.endswith((".py", ".pyc")))


def _wrong_binary(name: str, header: bytes, target: Target) -> Iterator[str]:
    """Chalice checks neither the ABI nor the machine of what lies in vendor/."""
    if not (name.endswith(target.extension_suffix) or name.endswith(".abi3.so")):
        yield f"{name} is not built for {target.name}: its name must end with {target.extension_suffix} or .abi3.so"
    if int.from_bytes(header[18:20], "little") != _ELF_MACHINES[target.architecture]:
        yield f"{name} is not for {target.architecture}"


def _wrong_bytecode(name: str, header: bytes, target: Target) -> Iterator[str]:
    """Python would pass over it in silence, and compile the source at every cold start."""
    if not name.endswith(target.bytecode_suffix):
        yield f"{name} is not compiled for {target.name}: its name must end with {target.bytecode_suffix}"
    if int.from_bytes(header[4:8], "little") != UNCHECKED_HASH:
        yield f"{name} is valid for one date of its source alone: compile it as an unchecked hash"


def lint(template_path: Path) -> list[str]:
    """cfn-lint's findings, warnings included, and whether it can be deployed in one call. Works offline."""
    if (size := template_path.stat().st_size) > LARGEST_TEMPLATE_BYTES:
        return [f"the template has {size} bytes, CloudFormation takes {LARGEST_TEMPLATE_BYTES} in a call"]
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--format", "parseable", str(template_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return []
    return [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
