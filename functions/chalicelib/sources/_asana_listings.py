"""Asana's listings: what is asked of them, the records they give, and the ids of all tasks for the census.

developers.asana.com, "Pagination" and "Input/output options": without limit an answer is cut off or times out, without
opt_fields a record is its name alone.
"""

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from ..errors import VendorSaysNo
from ..ingest.bodies import instant, typed
from ..ingest.pages import Request, Token, items, walk
from ..ingest.source import Connection, Event, Reading, Window

if TYPE_CHECKING:
    from ..ingest.vendor_http import VendorHttp

NEXT = Token(("next_page", "offset"), "offset")
_DEEPEST = 5
"""Levels of subtasks that Asana nests (unverified); the bound keeps a circle from being followed for ever."""
_NO_CLOCK = frozenset(("section", "story", "user"))
"""Told by their creation at most, so of two readings the later one counts."""
_CLOCKS = "created_at,modified_at,num_subtasks"

FIELDS = {
    "project": "name,owner,team,archived,completed,completed_at,created_at,modified_at,due_on,start_on,notes,"
    "current_status_update.title,current_status_update.resource_subtype,custom_fields.name,custom_fields.type,"
    "custom_fields.display_value,members,workspace,permalink_url",
    "task": "name,resource_subtype,assignee,completed,completed_at,completed_by,created_at,created_by,modified_at,"
    "due_on,due_at,start_on,notes,parent,projects,memberships.project,memberships.section.name,tags.name,followers,"
    "custom_fields.name,custom_fields.type,custom_fields.display_value,custom_fields.number_value,num_subtasks,"
    "actual_time_minutes,approval_status,permalink_url,workspace",
    "section": "name,created_at,project",
    "story": "type,resource_subtype,created_at,created_by,text,is_edited,target,old_name,new_name,old_dates,new_dates,"
    "old_resource_subtype,new_resource_subtype,old_section,new_section,assignee",
    "user": "name,email,workspaces",
}


class Asking(Protocol):
    """Of a reading, what a listing needs."""

    @property
    def http(self) -> "VendorHttp": ...

    @property
    def connection(self) -> Connection: ...


class Record(msgspec.Struct):
    """What every record may say of itself. gids are text of digits beyond 2^53."""

    gid: str
    created_at: str | None = None
    modified_at: str | None = None
    num_subtasks: int | None = None


class _One(msgspec.Struct):
    data: msgspec.Raw


_record = msgspec.json.Decoder(Record)
_one = msgspec.json.Decoder(_One)


def record(raw: bytes) -> Record:
    """Raises Unreadable."""
    return typed(_record, raw)


def whole(stream: str, raw: bytes) -> Event:
    """The event of a record as it was read."""
    one, has_clock = record(raw), stream not in _NO_CLOCK
    made_at = instant(one.created_at)
    return Event(
        stream=stream,
        entity_id=one.gid,
        operation="upsert",
        payload=raw,
        occurred_at=made_at,
        source_updated_at=instant(one.modified_at) if has_clock else made_at,
        source_version=None if has_clock else "pulled",
    )


def request(path: str, fields: str, **params: Any) -> Request:
    return Request(path, params={"limit": 100, **params, "opt_fields": fields})


def listed(stream: str, part: str, fields: str) -> Request:
    """The listing of a workspace, or of a project for its sections."""
    if stream == "section":
        return request(f"projects/{part}/sections", fields)
    return request(f"{stream}s", fields, workspace=part)


def batches(reading: Asking, first: Request) -> Iterator[list[bytes]]:
    """The records of each page; none where the door is closed to us."""
    for response, _ in walk(reading.http, first, NEXT):
        if response.ruling.kind == "ok":
            yield items(response.body, "data")


def workspaces(reading: Asking) -> Iterable[str]:
    """Those the operator named in the option `workspaces`, else all that the token sees."""
    if named := reading.connection.options.get("workspaces"):
        return list(named)
    found = batches(reading, request("workspaces", "name"))
    return [record(raw).gid for batch in found for raw in batch]


def projects(reading: Asking) -> Iterable[str]:
    """Those the operator named in the option `projects`, else all of the workspaces, archived ones too."""
    if named := reading.connection.options.get("projects"):
        return list(named)
    each = (batches(reading, listed("project", workspace, "name")) for workspace in workspaces(reading))
    return [record(raw).gid for found in each for batch in found for raw in batch]


def below(reading: Asking, task: str, fields: str, levels: int = _DEEPEST) -> Iterator[list[bytes]]:
    """The subtasks of a task and theirs. No project's listing shows them."""
    for batch in batches(reading, request(f"tasks/{task}/subtasks", fields)):
        yield batch
        for parent in map(record, batch):
            if parent.num_subtasks and levels > 1:
                yield from below(reading, parent.gid, fields, levels - 1)


def fetch(stream: str) -> Callable[[Reading, str], Event | None]:
    """One record by its gid. Asana answers 404 for what was deleted and 403 for what is only closed to us."""
    path = "stories" if stream == "story" else f"{stream}s"

    def ask(reading: Reading, gid: str) -> Event | None:
        answer = reading.http.ask(Request(f"{path}/{gid}", params={"opt_fields": FIELDS[stream]}))
        if answer.ruling.kind == "ok":
            return whole(stream, bytes(typed(_one, answer.body).data))
        if answer.status == 404:
            return None
        raise VendorSaysNo(f"asana shows no {stream} {gid!r} ({answer.status}): let the token's user see it")

    return ask


def every_task(reading: Reading, window: Window) -> Iterator[list[Event]]:
    """The ids of all tasks in projects, subtasks among them, whenever they changed."""
    for project in projects(reading):
        for batch in batches(reading, request("tasks", _CLOCKS, project=project)):
            yield [_id_alone(raw) for raw in batch]
            for parent in map(record, batch):
                for children in below(reading, parent.gid, _CLOCKS) if parent.num_subtasks else ():
                    yield [_id_alone(raw) for raw in children]


def _id_alone(raw: bytes) -> Event:
    return dataclasses.replace(whole("task", raw), payload=b"")
