"""The lake: objects put and got whole, and their keys listed, over S3."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ..errors import LakeUnavailable


class Lake:
    """client is a boto3 S3 client; how often it tries is its own setting."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, key: str, body: bytes) -> None:
        """Durable once it returns; an object of that key is replaced. Raises LakeUnavailable."""
        try:
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body)
        except (BotoCoreError, ClientError) as error:
            raise LakeUnavailable(f"s3://{self._bucket}/{key} was not written: {error}") from error

    def get(self, key: str) -> bytes | None:
        """None where there is no such object. Raises LakeUnavailable."""
        try:
            return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404"):
                return None
            raise LakeUnavailable(f"s3://{self._bucket}/{key} was not read: {error}") from error
        except BotoCoreError as error:
            raise LakeUnavailable(f"s3://{self._bucket}/{key} was not read: {error}") from error

    def keys(self, prefix: str, after: str = "") -> Iterator[str]:
        """Every key below prefix in alphabetical order, beginning behind prefix + after. Raises LakeUnavailable."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=prefix, StartAfter=prefix + after
        )
        try:
            for page in pages:
                yield from (item["Key"] for item in page.get("Contents", ()))
        except (BotoCoreError, ClientError) as error:
            raise LakeUnavailable(f"s3://{self._bucket}/{prefix} was not listed: {error}") from error


def open_lake(bucket: str) -> Lake:
    """The lake of a bucket, each call tried three times."""
    import boto3  # noqa: PLC0415  needed here alone
    from botocore.config import Config  # noqa: PLC0415

    retries = {"mode": "standard", "total_max_attempts": 3}
    return Lake(boto3.client("s3", config=Config(retries=retries, connect_timeout=2, read_timeout=20)), bucket)
