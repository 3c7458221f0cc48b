"""What a worker is promised of the lake, in a folder as in S3."""

from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from moto import mock_aws

from gpu_jobs.lake import FolderLake, LakeUnavailable, S3Lake


@pytest.fixture(scope="module")
def bucket():
    with mock_aws():
        client = boto3.client(
            "s3", region_name="us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing"
        )
        client.create_bucket(Bucket="lake")
        yield client


@pytest.fixture(params=["folder", "s3"])
def lake(request, tmp_path, bucket):
    return FolderLake(tmp_path) if request.param == "folder" else S3Lake(bucket, "lake")


def test_what_was_put_is_got_and_replaced_whole(lake):
    assert lake.get("gpu/none.parquet") is None
    for body in (b"one", b"another, longer", b""):
        lake.put("gpu/shards/a.parquet", body)
        assert lake.get("gpu/shards/a.parquet") == body


def test_of_two_that_put_where_nothing_is_the_first_stays(lake):
    assert lake.put_if_absent("gpu/done/m/s.json", b"first")
    assert not lake.put_if_absent("gpu/done/m/s.json", b"second")
    assert lake.get("gpu/done/m/s.json") == b"first"


def test_of_many_at_once_one_is_first(tmp_path):
    lake = FolderLake(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda number: lake.put_if_absent("gpu/done/x.json", bytes([number])), range(40)))
    assert told.count(True) == 1
    assert lake.get("gpu/done/x.json") == bytes([told.index(True)])
    assert [path.name for path in (tmp_path / "gpu" / "done").iterdir()] == ["x.json"]


def test_a_lake_that_is_not_there_is_unavailable(bucket, tmp_path):
    (tmp_path / "file").touch()
    for lake in (S3Lake(bucket, "no-such-bucket"), FolderLake(tmp_path / "file")):
        with pytest.raises(LakeUnavailable):
            lake.put("gpu/a.parquet", b"body")


def test_a_key_never_leaves_the_folder(tmp_path):
    with pytest.raises(ValueError, match="leaves the lake"):
        FolderLake(tmp_path / "lake").put("../outside", b"body")
