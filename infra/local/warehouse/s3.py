"""Objects in S3 for the local warehouse, through boto3: DuckDB's own way, httpfs, must be downloaded from the internet.

boto3 honours AWS_ENDPOINT_URL_S3, hence any emulator; credentials come from the environment. CREATE STAGE's storage
integration is inert here.
"""

import functools
import itertools
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import fakesnow.copy_into

PARALLEL = 8

stock: Any = fakesnow.copy_into  # patched, hence without its types


@dataclass(frozen=True)
class Object:
    """One object as it is now. body is None where there is no such object."""

    key: str
    etag: str = ""
    body: bytes | None = None


def keys(url: str) -> list[str]:
    """The keys under s3://bucket/prefix, in order."""
    bucket, prefix = _split(url)
    pages = _client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


def objects(bucket: str, wanted: Iterable[str]) -> Iterator[Object]:
    """The objects of these keys, in their order. Raises botocore's errors when the store does not answer."""
    with ThreadPoolExecutor(PARALLEL) as pool:
        for some in _some(wanted):  # pool.map would fetch everything before the first is used
            yield from pool.map(lambda key: _fetch(bucket, key), some)


def apply(directory: Path) -> None:
    """Let fakesnow's COPY of whole files read s3:// from copies it keeps under `directory`."""
    stock_glob, stock_urls, stock_source = stock._source_glob, stock._source_urls, stock._from_source

    def mirror(url: str) -> list[str]:
        bucket, _ = _split(url)
        files = []
        for found in objects(bucket, keys(url)):
            file = directory / bucket / found.key  # the same path each time: COPY's load history knows files by path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(found.body or b"")
            files.append(file.as_uri())
        return files

    def source_glob(source: str, connection: Any) -> list[str]:
        return mirror(source) if source.startswith("s3://") else stock_glob(source, connection)

    def source_urls(source: str, files: list[str]) -> list[str]:
        urls = stock_urls(source, files)
        return [copy for url in urls for copy in mirror(url)] if source.startswith("s3://") else urls

    def from_source(expression: Any) -> str:
        source = stock_source(expression)
        return source.replace('"', "") if source.startswith("@") else source

    stock._source_glob, stock._source_urls, stock._from_source = source_glob, source_urls, from_source


def _some(keys: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(keys)
    while some := list(itertools.islice(rest, PARALLEL * 8)):
        yield some


def _split(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.netloc, parts.path.lstrip("/")


def _fetch(bucket: str, key: str) -> Object:
    client = _client()
    try:
        answer = client.get_object(Bucket=bucket, Key=key)
    except client.exceptions.NoSuchKey:
        return Object(key)
    return Object(key, answer["ETag"].strip('"'), answer["Body"].read())


@functools.cache
def _client() -> Any:
    import boto3  # noqa: PLC0415  half a second, and most sessions never load from S3
    from botocore.config import Config  # noqa: PLC0415

    return boto3.client("s3", config=Config(max_pool_connections=PARALLEL, s3={"addressing_style": "path"}))
