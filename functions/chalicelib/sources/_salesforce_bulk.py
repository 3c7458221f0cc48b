"""Bulk API 2.0 query jobs: one is made, looked at until it is complete, and its rows are read page by page.

developer.salesforce.com, Bulk API 2.0, "Query Jobs": 10,000 jobs a day. Rows are CSV: everything is text, an empty one
is null. They are told here as JSON in the shape REST gives a record.
"""

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from ..errors import Unreadable
from ..ingest.bodies import typed
from ..ingest.pages import Request

if TYPE_CHECKING:
    from ..ingest.vendor_http import VendorHttp

_MOST_FIELD = 16 * 1024 * 1024
"""Python's own limit is 131,072 characters, which is just what a long text area may hold."""


class _Job(msgspec.Struct):
    id: str
    state: str = ""
    numberRecordsProcessed: int = 0


_job = msgspec.json.Decoder(_Job)


@dataclass(frozen=True, slots=True)
class State:
    """Neither running nor complete is failed, aborted, or deleted, which Salesforce does after seven days."""

    is_running: bool
    is_complete: bool
    rows: int


def create(http: "VendorHttp", api: str, soql: str) -> str:
    """The id of a new job."""
    asked = {"operation": "queryAll", "query": soql}
    return typed(_job, http.ask(Request(f"{api}jobs/query", "POST", json=asked)).body).id


def state(http: "VendorHttp", api: str, job_id: str) -> State:
    answer = http.ask(Request(f"{api}jobs/query/{job_id}"))
    if answer.ruling.kind != "ok":
        return State(False, False, 0)
    job = typed(_job, answer.body)
    is_running = job.state in ("UploadComplete", "InProgress")
    return State(is_running, job.state == "JobComplete", job.numberRecordsProcessed)


def rows(
    http: "VendorHttp", api: str, object_name: str, job_id: str, locator: str | None, most: int
) -> tuple[list[bytes], str | None]:
    """Some records, and the locator of the next ones, None after the last."""
    params = {"maxRecords": most, "locator": locator}
    path = f"{api}jobs/query/{job_id}/results"
    answer = http.ask(Request(path, params=params, headers={"Accept": "text/csv"}))
    following = answer.headers.get("sforce-locator", "null")
    return _records(answer.body, object_name), None if following == "null" else following


def _records(body: bytes, object_name: str) -> list[bytes]:
    csv.field_size_limit(_MOST_FIELD)
    attributes = {"attributes": {"type": object_name}}
    try:
        table = list(csv.DictReader(io.StringIO(body.decode(), newline=""), strict=True))
    except (csv.Error, UnicodeDecodeError) as error:
        raise Unreadable("not_csv", str(error)) from None
    return [msgspec.json.encode(attributes | {name: told or None for name, told in row.items()}) for row in table]
