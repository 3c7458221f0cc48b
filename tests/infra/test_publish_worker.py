"""What machines load: put there whole, found by one object that is written last."""

import tarfile
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from events import keys
from infra.publish_worker import packed, publish


def test_machines_find_the_newest_wheel_and_the_weights_of_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"numbers")
    wheel = tmp_path / "sophia_intel-1-py3-none-any.whl"
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="lake")
        wheel.write_bytes(b"old")
        old = publish(s3, "lake", wheel, {"m": packed("m", folder, tmp_path)})
        wheel.write_bytes(b"new")
        new = publish(s3, "lake", wheel, {})
        assert new.weights == old.weights and new.wheel != old.wheel
        assert all(key.startswith("gpu/worker/") and key.endswith(wheel.name) for key, _ in (old.wheel, new.wheel))
        assert s3.get_object(Bucket="lake", Key=old.wheel[0])["Body"].read() == b"old"
        assert b"new" not in s3.get_object(Bucket="lake", Key=keys.gpu_worker())["Body"].read()


def test_the_same_weights_are_the_same_tar(tmp_path: Path) -> None:
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "b.json").write_text("b")
    (folder / "a.json").write_text("a")
    first = packed("m", folder, tmp_path).read_bytes()
    (folder / "a.json").touch()
    path = packed("m", folder, tmp_path)
    assert path.read_bytes() == first
    with tarfile.open(path) as archive:
        assert archive.getnames() == ["a.json", "b.json"]
