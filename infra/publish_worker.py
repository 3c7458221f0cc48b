"""Put into the lake what a machine of Lambda Labs loads before it works: `python -m infra.publish_worker --bucket …`.

The worker's wheel, made of this checkout, and with --weights a model's folder as a tar. software.json, by which
machines find them, is written last: runs that start meanwhile load what was there before. Weights not named stay.
"""

import argparse
import hashlib
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import msgspec

from events import keys
from events.gpu_job import Software
from gpu_jobs.enrichers import ENRICHERS
from gpu_jobs.models import MODELS

from .aws.vendor import BuildFailed, uv

ROOT = Path(__file__).resolve().parents[1]
_FOLDER = keys.gpu_worker().rsplit("/", 1)[0]


def publish(s3: Any, bucket: str, wheel: Path, weights: Mapping[str, Path]) -> Software:
    """What machines load from now on. s3 is a boto3 S3 client; weights are tars by model_id."""
    try:
        told = s3.get_object(Bucket=bucket, Key=keys.gpu_worker())["Body"].read()
        before = msgspec.json.decode(told, type=Software).weights
    except s3.exceptions.NoSuchKey:
        before = {}
    new = {model_id: _uploaded(s3, bucket, tar) for model_id, tar in weights.items()}
    software = Software(wheel=_uploaded(s3, bucket, wheel), weights={**before, **new})
    s3.put_object(Bucket=bucket, Key=keys.gpu_worker(), Body=msgspec.json.encode(software))
    return software


def packed(model_id: str, folder: Path, into: Path) -> Path:
    """A tar of the folder's files at its top, without their dates and owners: the same weights, the same bytes."""
    path = into / f"{model_id}.tar"
    with tarfile.open(path, "w") as archive:
        for file in sorted(one for one in folder.iterdir() if one.is_file()):
            archive.add(file, file.name, filter=_bare)
    return path


def _bare(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.mtime = entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def _uploaded(s3: Any, bucket: str, file: Path) -> tuple[str, str]:
    """The key and the SHA-256. An object is never replaced by another one: its folder is named by its hash."""
    with file.open("rb") as opened:
        sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
    key = f"{_FOLDER}/{sha256[:16]}/{file.name}"
    s3.upload_file(str(file), bucket, key)
    return key, sha256


def _wheel(into: Path) -> Path:
    done = subprocess.run(
        [uv(), "build", "--wheel", "--quiet", "--out-dir", str(into), str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BuildFailed(f"uv build ended with {done.returncode}:\n{done.stderr.strip()}")
    [wheel] = into.glob("*.whl")
    return wheel


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bucket", required=True, help="of the lake")
    parser.add_argument(
        "--weights", nargs=2, action="append", default=[], metavar=("MODEL_ID", "FOLDER"), help="may be repeated"
    )
    options = parser.parse_args()
    known = sorted({*MODELS, *ENRICHERS})
    for model_id, folder in options.weights:
        if model_id not in known or not Path(folder).is_dir():
            parser.error(f"{model_id} in {folder}: give one of {', '.join(known)} and its folder")
    with tempfile.TemporaryDirectory() as made:
        tars = {model_id: packed(model_id, Path(folder), Path(made)) for model_id, folder in options.weights}
        software = publish(boto3.client("s3"), options.bucket, _wheel(Path(made) / "wheel"), tars)
    print(f"machines load {software.wheel[0]}; weights of {', '.join(software.weights) or 'no model'}")


if __name__ == "__main__":
    main()
