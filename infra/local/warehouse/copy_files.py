"""The files of a COPY and the lines in them."""

import gzip
import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pyarrow as pa
from fakesnow.transforms import stage

from infra.local.warehouse import s3
from infra.local.warehouse.copy_statement import Copy

BYTES_AT_ONCE = 16_000_000  # as they lie in the store, compressed


@dataclass(frozen=True)
class Unreadable:
    """Why a file has no lines."""

    reason: str


def batches(copy: Copy) -> Iterator[Sequence[s3.Object]]:
    """The files, in order, some at a time so that memory stays bounded."""
    names = _names(copy)
    if copy.pattern is not None:
        pattern = re.compile(copy.pattern)
        names = [name for name in names if pattern.fullmatch(name)]
    batch: list[s3.Object] = []
    size_bytes = 0
    for file in _read(copy, names):
        batch.append(file)
        size_bytes += len(file.body or b"")
        if size_bytes > BYTES_AT_ONCE:
            yield batch
            batch, size_bytes = [], 0
    if batch:
        yield batch


def lines(files: Iterable[s3.Object]) -> tuple[pa.Table, dict[int, Unreadable]]:
    """A table of file_no, line_no (from 1) and line, blank lines left out; and the files that could not be read."""
    numbers: list[int] = []
    places: list[int] = []
    texts: list[str] = []
    unreadable = {}
    for number, file in enumerate(files):
        text = _text(file)
        if isinstance(text, Unreadable):
            unreadable[number] = text
            continue
        for place, line in enumerate(text.split("\n"), start=1):
            if line and not line.isspace():
                numbers.append(number)
                places.append(place)
                texts.append(line)
    columns = {
        "file_no": pa.array(numbers, pa.int32()),
        "line_no": pa.array(places, pa.int32()),
        "line": pa.array(texts, pa.large_string()),
    }
    return pa.table(columns), unreadable


def _names(copy: Copy) -> list[str]:
    """Full names: keys of the bucket, or paths within the internal stages."""
    prefix = _prefix(copy)
    if copy.files:
        return [f"{prefix.rstrip('/')}/{name}".lstrip("/") for name in copy.files]
    if copy.location.startswith("s3://"):
        return s3.keys(copy.location)
    root = Path(stage.LOCAL_BUCKET_PATH)
    return sorted(str(path.relative_to(root)) for path in (root / prefix).rglob("*") if path.is_file())


def _prefix(copy: Copy) -> str:
    if stage.is_internal(copy.location):
        return str(Path(copy.location).relative_to(stage.LOCAL_BUCKET_PATH))
    return url2pathname(urlsplit(copy.location).path).lstrip("/")


def _read(copy: Copy, names: Sequence[str]) -> Iterator[s3.Object]:
    if copy.location.startswith("s3://"):
        yield from s3.objects(urlsplit(copy.location).netloc, names)
        return
    for name in names:
        path = Path(stage.LOCAL_BUCKET_PATH) / name
        body = path.read_bytes() if path.is_file() else None
        yield s3.Object(name, hashlib.md5(body or b"", usedforsecurity=False).hexdigest(), body)


def _text(file: s3.Object) -> str | Unreadable:
    if file.body is None:
        return Unreadable(f"Remote file '{file.key}' was not found.")
    try:
        body = gzip.decompress(file.body) if file.body[:2] == b"\x1f\x8b" else file.body
        return body.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error) as error:
        return Unreadable(f"Invalid gzip: {error}")
    except UnicodeDecodeError as error:
        return Unreadable(f"Invalid UTF8 detected at byte {error.start}")
