"""Figma's listings: teams lead to projects, projects to files, files to their versions and comments.

Figma's REST API description (figma/rest-api-spec). No endpoint lists teams: the option `teams` names them.
"""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from ..errors import ConfigurationMissing, Unreadable
from ..ingest.bodies import instant, typed
from ..ingest.pages import Request, items, told, value, walk
from ..ingest.source import Connection, Event, Page, Reading

if TYPE_CHECKING:
    from ..ingest.vendor_http import Response

_LATE = timedelta(hours=1)
"""How long after the edit it holds a version may be saved; Figma waits for 30 minutes without edits (unverified)."""


class _Record(msgspec.Struct):
    """What a project, a version or a comment may say of itself."""

    id: str
    created_at: str | None = None


class _File(msgspec.Struct):
    key: str
    name: str = ""
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A file to look into."""

    key: str
    modified_at: datetime | None


class _NextPage:
    """`pagination.next_page`, a URL to be followed as it is; it tells the older versions."""

    def following(self, request: Request, response: "Response") -> Request | None:
        url = value(response.body, "pagination", "next_page")
        return dataclasses.replace(request, path=url, params={}) if url else None


_record = msgspec.json.Decoder(_Record)
_file = msgspec.json.Decoder(_File)


def teams(connection: Connection) -> Sequence[str]:
    """Raises ConfigurationMissing where the operator named none."""
    if named := connection.options.get("teams"):
        return [str(team) for team in named]
    which = f"figma/{connection.connection_id}"
    raise ConfigurationMissing(f"connection {which} names no teams: add their ids, as in figma.com/files/team/<id>")


def projects(reading: Reading) -> Iterator[tuple[str, bytes]]:
    """Each project's team, and its entry."""
    for team in teams(reading.connection):
        answer = reading.http.ask(Request(f"v1/teams/{team}/projects"))
        for raw in items(answer.body, "projects") if answer.ruling.kind == "ok" else ():
            yield team, raw


def files(reading: Reading) -> Iterator[Listed]:
    """Every file of every project. An entry that cannot be read is told by the stream of files."""
    for _, project in projects(reading):
        for raw in _files_of(reading, typed(_record, project).id):
            with contextlib.suppress(Unreadable):
                one = typed(_file, raw)
                yield Listed(one.key, instant(one.last_modified))


def _files_of(reading: Reading, project: str) -> list[bytes]:
    answer = reading.http.ask(Request(f"v1/projects/{project}/files"))
    return items(answer.body, "files") if answer.ruling.kind == "ok" else []


def read_projects(reading: Reading) -> Iterator[Page]:
    """All projects each time: they have no clock."""

    def event(raw: bytes, team: str) -> Event:
        payload = msgspec.json.encode({"team_id": team, "project": msgspec.Raw(raw)})
        return Event("project", typed(_record, raw).id, "upsert", payload, source_version="pulled")

    yield Page([told(raw, team, event) for team, raw in projects(reading)], {})


def read_files(reading: Reading) -> Iterator[Page]:
    """All files each time, project by project. The cursor is {after} within a run: the project finished last."""
    after = reading.cursor.get("after", "")
    for project, team in sorted((typed(_record, raw).id, team) for team, raw in projects(reading)):
        if project > after:
            events = [told(raw, (team, project), _file_event) for raw in _files_of(reading, project)]
            yield Page(events, {"after": project})
    yield Page([], {})


def _file_event(raw: bytes, where: tuple[str, str]) -> Event:
    team, project = where
    one = typed(_file, raw)
    payload = msgspec.json.encode({"team_id": team, "project_id": project, "file": msgspec.Raw(raw)})
    # Not the content: each listing signs the thumbnail's address anew.
    dedupe = ("file", one.key, one.last_modified or "", one.name, project)
    return Event("file", one.key, "upsert", payload, dedupe, source_updated_at=instant(one.last_modified))


def in_each_file(stream: str, path: str, *, is_changed_only: bool) -> Callable[[Reading], Iterator[Page]]:
    """A reading of what lies below the files: all of them, or those edited since the last finished run.

    The cursor is {since} between runs. Within one it also holds until, the file finished last (after), and in the next
    one (within) the page to read next (resume).
    """

    def read(reading: Reading) -> Iterator[Page]:
        cursor = reading.cursor
        since = datetime.fromisoformat(cursor["since"]) if "since" in cursor else None
        floor = since - _LATE if since and is_changed_only else None
        held = {"until": cursor.get("until", reading.now.isoformat()), "after": cursor.get("after", "")}
        if since:
            held["since"] = cursor["since"]
        for file in sorted(files(reading), key=lambda one: one.key):
            is_changed = floor is None or file.modified_at is None or file.modified_at >= floor
            if file.key <= held["after"] or not is_changed:
                continue
            first = _first(stream, path, file.key)
            if cursor.get("within") == file.key:
                first = Request(**cursor["resume"])
            for events, following in _below(reading, stream, path, file.key, first, floor):
                if following is None:
                    held["after"] = file.key
                    yield Page(events, held.copy())
                else:
                    yield Page(events, {**held, "within": file.key, "resume": dataclasses.asdict(following)})
        yield Page([], {"since": held["until"]})

    return read


def _first(stream: str, path: str, key: str) -> Request:
    return Request(f"v1/files/{key}/{path}", params={"page_size": 50} if stream == "version" else {})


def _below(
    reading: Reading, stream: str, path: str, key: str, first: Request, floor: datetime | None
) -> Iterator[tuple[list[Event], Request | None]]:
    """Pages of a file's versions, newest first and down to floor, or its comments, which come at once."""
    for response, following in walk(reading.http, first, _NextPage()):
        raws = items(response.body, path) if response.ruling.kind == "ok" else []
        oldest_at = instant(typed(_record, raws[-1]).created_at) if raws else None
        is_past = bool(stream == "version" and floor and oldest_at and oldest_at < floor)
        yield [told(raw, (stream, key), _below_event) for raw in raws], None if is_past else following
        if is_past:
            return


def _below_event(raw: bytes, about: tuple[str, str]) -> Event:
    """Versions and comments may be changed later and carry no clock that says so: the later reading counts."""
    (stream, key), one = about, typed(_record, raw)
    return Event(stream, f"{key}/{one.id}", "upsert", raw, occurred_at=instant(one.created_at), source_version="pulled")
