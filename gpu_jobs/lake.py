"""The lake as a worker sees it: objects got and put whole, in a folder or in S3.

Keys are those of events.keys. A worker's rights end at its job's keys, so nothing is listed and nothing deleted.
"""

import os
import tempfile
from pathlib import Path
from typing import Any, Protocol


class LakeUnavailable(RuntimeError):
    """The lake did not answer; trying again later may do."""


class Lake(Protocol):
    def get(self, key: str) -> bytes | None:
        """None where there is no such object. Raises LakeUnavailable."""
        ...

    def put(self, key: str, body: bytes) -> None:
        """Whole and durable once it returns; an object of that key is replaced. Raises LakeUnavailable."""
        ...

    def put_if_absent(self, key: str, body: bytes) -> bool:
        """As put where there is no object of that key, whoever else tries at once; False where there is one."""
        ...


class FolderLake:
    """A folder on one machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    def get(self, key: str) -> bytes | None:
        path = self._path(key)
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise LakeUnavailable(f"{path} was not read: {error}") from error

    def put(self, key: str, body: bytes) -> None:
        self._write(key, body, is_new=False)

    def put_if_absent(self, key: str, body: bytes) -> bool:
        return self._write(key, body, is_new=True)

    def _write(self, key: str, body: bytes, is_new: bool) -> bool:
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as partial:
                partial.write(body)
                partial.flush()
                os.fsync(partial.fileno())
            try:
                if not is_new:
                    os.replace(partial.name, path)
                    return True
                os.link(partial.name, path)  # the one call that fails where the name is taken
                return True
            except FileExistsError:
                return False
            finally:
                Path(partial.name).unlink(missing_ok=True)
        except OSError as error:
            raise LakeUnavailable(f"{path} was not written: {error}") from error

    def _path(self, key: str) -> Path:
        path = (self.folder / key).resolve()
        if not path.is_relative_to(self.folder):
            raise ValueError(f"the key {key!r} leaves the lake")
        return path


class S3Lake:
    """A bucket. client is a boto3 S3 client; how often it tries is its own setting."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def get(self, key: str) -> bytes | None:
        answer = self._asked("get_object", key, {"NoSuchKey", "404"})
        return answer["Body"].read() if answer else None

    def put(self, key: str, body: bytes) -> None:
        self._asked("put_object", key, set(), Body=body)

    def put_if_absent(self, key: str, body: bytes) -> bool:
        # 409 says that another writer of the key is under way; docs.aws.amazon.com, "Conditional writes". It is not
        # known yet whether that one will stand, so it counts as no answer.
        return self._asked("put_object", key, {"PreconditionFailed", "412"}, Body=body, IfNoneMatch="*") is not None

    def _asked(self, what: str, key: str, answers: set[str], **arguments: Any) -> dict[str, Any] | None:
        """None where S3 answers with one of those codes."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  a folder needs no boto3

        try:
            return getattr(self._client, what)(Bucket=self._bucket, Key=key, **arguments)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in answers:
                return None
            raise LakeUnavailable(f"s3://{self._bucket}/{key}: {what} failed: {error}") from error
        except BotoCoreError as error:
            raise LakeUnavailable(f"s3://{self._bucket}/{key}: {what} failed: {error}") from error


def open_lake(address: str) -> Lake:
    """The lake of `s3://bucket` or of a folder. S3 is tried five times, waiting longer each time."""
    scheme, _, bucket = address.partition("://")
    if scheme != "s3":
        return FolderLake(Path(address))
    import boto3  # noqa: PLC0415  a folder needs no boto3
    from botocore.config import Config  # noqa: PLC0415

    retries = {"mode": "standard", "total_max_attempts": 5}
    return S3Lake(boto3.client("s3", config=Config(retries=retries, connect_timeout=5, read_timeout=60)), bucket)
