"""`python -m infra.aws.build`: the zip, the layer and the CloudFormation template that ship, of this repository alone.

vendor wheels -> chalice package -> compiled modules -> overlays and fixes -> SAM translation -> checks. All work is
done on a copy below build/, so the source tree stays as it is, and a second run with unchanged inputs does nothing.
"""

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from . import bytecode, checks, template
from .target import Target, this_machine
from .vendor import OURS, BuildFailed, gpu_requirements, ours, requirements, vendor, vendored

ROOT = Path(__file__).resolve().parents[2]

_NOT_STAGED = shutil.ignore_patterns("vendor", "__pycache__", "deployments", "*.pyc")
_NOT_INPUTS = {"vendor", "__pycache__", "deployments", "samples"}
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
LAYER = "python/"
"""Where Lambda looks for the modules of a layer; docs.aws.amazon.com, "Packaging your layer content"."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Package:
    """What is deployed: upload each artifact, then deploy the template, which names their keys."""

    target: Target
    zip_path: Path
    layer_path: Path
    template_path: Path
    artifact_key: str
    layer_key: str

    @property
    def artifacts(self) -> dict[str, Path]:
        """What to upload, by key."""
        return {self.artifact_key: self.zip_path, self.layer_key: self.layer_path}


def build(target: Target, folder: Path, say: Say, functions: Path = ROOT / "functions") -> Package:
    """Make the package below folder/<target>, or hand back the one that is there when its inputs are the same.

    Raises BuildFailed.
    """
    place = folder / target.name
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two builds at once would share the staged copy
        return _build(target, place, say, functions)


def _build(target: Target, place: Path, say: Say, functions: Path) -> Package:
    stamp = place / "inputs.sha256"
    inputs = _inputs(target, functions)
    if stamp.exists() and stamp.read_text() == inputs and (made := _made(target, place)):
        say(f"package for {target.name} is current")
        return made
    stamp.unlink(missing_ok=True)
    made = pack(target, place, say, functions)
    say("checking the zips and the template")
    complaints = checks.application(made.zip_path, target) + checks.layer(made.layer_path, target)
    complaints += checks.lint(made.template_path)
    if complaints:
        raise BuildFailed("the package is not fit to ship:\n" + "\n".join(complaints))
    stamp.write_text(inputs)
    return made


def pack(target: Target, place: Path, say: Say, functions: Path = ROOT / "functions") -> Package:
    """The package made anew in the folder place, unchecked: `build` is for what ships.

    Raises BuildFailed.
    """
    wheels, gpu_wheels = place / "wheels", place / "gpu-wheels"
    locked = requirements(ROOT)
    if vendor(locked, target, wheels) | vendor(gpu_requirements(ROOT, beyond=locked), target, gpu_wheels):
        say(f"vendored the locked wheels for {target.name}")
    say("packaging with Chalice")
    _chalice(_stage(functions, place, target), place / "chalice")
    with zipfile.ZipFile(place / "chalice/deployment.zip") as chalice:
        application = {name: chalice.read(name) for name in chalice.namelist()}
    for name, path in (*vendored(wheels), *ours(ROOT)):
        application[name] = path.read_bytes()
    zip_key = _zip(application, target, place / "deployment.zip")
    layer_key = _zip(
        {name: path.read_bytes() for name, path in vendored(gpu_wheels)}, target, place / "layer.zip", LAYER
    )
    say("translating the template")
    _write_template(place, zip_key, layer_key)
    made = _made(target, place)
    assert made
    return made


def _made(target: Target, place: Path) -> Package | None:
    archive, layer, described = place / "deployment.zip", place / "layer.zip", place / "template.json"
    if not all(path.exists() for path in (archive, layer, described)):
        return None
    resources = json.loads(described.read_text())["Resources"]
    [artifact_key] = {
        item["Properties"]["Code"]["S3Key"] for item in resources.values() if item["Type"] == "AWS::Lambda::Function"
    }
    layer_key = resources[template.LAYER]["Properties"]["Content"]["S3Key"]
    return Package(target, archive, layer, described, artifact_key, layer_key)


def _inputs(target: Target, functions: Path) -> str:
    """A hash of everything the package is made of."""
    digest = hashlib.sha256(target.name.encode())
    for name, path in _input_files(functions):
        digest.update(f"\n{name} {hashlib.sha256(path.read_bytes()).hexdigest()}".encode())
    return digest.hexdigest()


def _input_files(functions: Path) -> Iterator[tuple[str, Path]]:
    for name in ("uv.lock", "pyproject.toml"):
        yield name, ROOT / name
    for folder in (functions, Path(__file__).parent, *(ROOT / name for name in OURS)):
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            if path.is_file() and _NOT_INPUTS.isdisjoint(inside.parts):
                yield f"{folder.name}/{inside}", path


def _stage(functions: Path, place: Path, target: Target) -> Path:
    """A copy of functions/, because Chalice writes into the folder it packages."""
    app = place / "app"
    shutil.rmtree(app, ignore_errors=True)
    shutil.copytree(functions, app, ignore=_NOT_STAGED)
    config_path = app / ".chalice/config.json"
    config = json.loads(config_path.read_text()) | {"lambda_architecture": target.architecture}
    config_path.write_text(json.dumps(config))
    return app


def _chalice(app: Path, out: Path) -> None:
    shutil.rmtree(out, ignore_errors=True)
    # Chalice makes a boto client on the way and asks the metadata service when it finds no credentials.
    dummies = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_DEFAULT_REGION": "us-east-1"}
    # The application is imported from here; without PYTHONPATH nothing else of this repository can slip in.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | dummies
    chalice = Path(sys.executable).with_name("chalice")
    command = [str(chalice), "package", "--template-format", "json", str(out.resolve())]
    done = subprocess.run(command, cwd=app, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildFailed(f"chalice package ended with {done.returncode}:\n{(done.stderr or done.stdout).strip()}")


def _zip(contents: dict[str, bytes], target: Target, destination: Path, inside: str = "") -> str:
    """Write a zip of the contents and of every module compiled, in alphabetical order and with one date, so that equal
    content is an equal zip; the key it is uploaded under. inside: the folder in the zip."""
    modules = {name: data for name, data in contents.items() if name.endswith(".py")}
    everything = contents | bytecode.compiled(modules, target)
    temporary = destination.with_suffix(".partial")
    with zipfile.ZipFile(temporary, "w") as archive:
        for name in sorted(everything):
            entry = zipfile.ZipInfo(inside + name, _ZIP_DATE)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, everything[name], zipfile.ZIP_DEFLATED)
    temporary.replace(destination)
    return f"sophia/{hashlib.sha256(destination.read_bytes()).hexdigest()[:32]}.zip"


def _write_template(place: Path, artifact_key: str, layer_key: str) -> None:
    sam = json.loads((place / "chalice/sam.json").read_text())
    for name in template.OVERLAYS:
        sam = template.merge(sam, template.overlay(Path(__file__).with_name(name)))
    sam = template.complete(sam, artifact_key=artifact_key, layer_key=layer_key)
    finished = template.translate(sam)
    # Without spaces: CloudFormation takes 51,200 bytes in a call, and a megabyte only through S3.
    (place / "template.json").write_text(json.dumps(finished, separators=(",", ":"), sort_keys=True) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.aws.build", description=__doc__)
    parser.add_argument(
        "--architecture", choices=("x86_64", "arm64"), help="of the Lambda functions; default: this machine's"
    )
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="where the package goes")
    options = parser.parse_args()
    started = time.monotonic()
    try:
        made = build(this_machine(options.architecture), options.build, say=lambda line: print(f"· {line}", flush=True))
    except BuildFailed as error:
        raise SystemExit(f"no package: {error}") from error
    for key, path in made.artifacts.items():
        print(f"{path} ({path.stat().st_size / 1e6:.1f} MB): upload it as {key}")
    print(f"{made.template_path}")
    print(f"done in {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
