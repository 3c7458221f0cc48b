"""Dropped files out of the lake onto the local disk, piece by piece, with the digest of what came."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ..errors import LakeUnavailable

ACCEPTS_FEWER_ROWS = "accepts-fewer-rows"
"""The metadata of an object whose owner says that so few rows are right."""
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Fetched:
    """What was fetched."""

    sha256: str
    size_bytes: int
    modified_at: datetime
    accepts_fewer_rows: bool


class DroppedObjects:
    """client is a boto3 S3 client."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def fetch(self, key: str, into: Path) -> Fetched | None:
        """The object's bytes in a local file; None where there is no such object. Raises LakeUnavailable."""
        digest, size_bytes = hashlib.sha256(), 0
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=key)
            with into.open("wb") as file:
                for chunk in answer["Body"].iter_chunks(_CHUNK_BYTES):
                    digest.update(chunk)
                    size_bytes += file.write(chunk)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404"):
                return None
            raise LakeUnavailable(f"s3://{self._bucket}/{key} was not read: {error}") from error
        except BotoCoreError as error:
            raise LakeUnavailable(f"s3://{self._bucket}/{key} was not read: {error}") from error
        accepts = answer.get("Metadata", {}).get(ACCEPTS_FEWER_ROWS) == "true"
        modified_at: datetime = answer["LastModified"]
        return Fetched(digest.hexdigest(), size_bytes, modified_at.astimezone(UTC), accepts)
