"""The files of one Google Drive account: everything once, then its change feed; and all that lives, for a census.

Facts: developers.google.com/workspace/drive/api, "Retrieve changes", reference of changes and files. Odd here:
- `removed` means deleted or no longer shared with us, which nobody can tell apart;
- modifiedTime may be set by whoever uploads, so it orders nothing: the change's time does, then the file's version.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

import msgspec

from ..errors import Unreadable, VendorSaysNo, VendorUnavailable
from ..ingest.bodies import NOTHING, instant, typed
from ..ingest.pages import Request, told, value
from ..ingest.source import Event, Page, Reading, Window
from ._answer_clock import answered_at


class _File(msgspec.Struct, rename="camel"):
    id: str
    version: str | None = None
    trashed: bool = False
    mime_type: str | None = None
    modified_time: str | None = None
    created_time: str | None = None


class _Change(msgspec.Struct, rename="camel"):
    time: str
    change_type: str | None = None
    file_id: str | None = None
    drive_id: str | None = None
    removed: bool = False
    file: msgspec.Raw = NOTHING
    drive: msgspec.Raw = NOTHING


class _Page(msgspec.Struct, rename="camel"):
    """Of the listing or of the feed."""

    files: list[msgspec.Raw] = []
    changes: list[msgspec.Raw] = []
    next_page_token: str | None = None
    new_start_page_token: str | None = None


_page = msgspec.json.Decoder(_Page)
_file = msgspec.json.Decoder(_File)
_change = msgspec.json.Decoder(_Change)

_FILE_FIELDS = (
    "id,name,mimeType,parents,driveId,createdTime,modifiedTime,version,size,md5Checksum,headRevisionId,trashed,"
    "owners(emailAddress,displayName),lastModifyingUser(emailAddress,displayName),webViewLink"
)
_CHANGE_FIELDS = (
    "nextPageToken,newStartPageToken,changes(changeType,fileId,driveId,time,removed,drive(id,name),"
    f"file({_FILE_FIELDS}))"
)
# (Unverified) that listing and feed show the same part of shared drives; of a file in one alone, the census asks by id.
_EVERYWHERE = {"includeItemsFromAllDrives": "true", "supportsAllDrives": "true"}
PAGE = 1000
"""(Unverified) the most the feed and the listing give at once; asking for more than they give is harmless."""


def files(reading: Reading, at_once: int = PAGE) -> Iterator[Page]:
    """Everything once, then the feed, so many files a page.

    The feed's start is taken before the listing, so that nothing changes unseen in between. The cursor is {token},
    while listing also {since, listing}: when the listing began and its next page.
    """
    cursor = reading.cursor
    token = cursor.get("token")
    if token is None or "listing" in cursor:
        if token is None:
            answer = reading.http.ask(Request("drive/v3/changes/startPageToken", params={"supportsAllDrives": "true"}))
            token, began = value(answer.body, "startPageToken"), answered_at(answer, reading.now)
        else:
            began = datetime.fromisoformat(cursor["since"])
        for events, following in _listed(reading, cursor.get("listing"), began, at_once):
            waiting = {"since": began.isoformat(), "listing": following} if following else {}
            yield Page(events, {"token": token, **waiting})
    while token:
        params = {"pageToken": token, "pageSize": at_once, "fields": _CHANGE_FIELDS, **_EVERYWHERE}
        page = typed(_page, reading.http.ask(Request("drive/v3/changes", params=params)).body)
        token = page.next_page_token
        if not (left := token or page.new_start_page_token):
            raise VendorUnavailable("a page of the changes names neither a next page nor where to start next time")
        # A file that changed twice is told twice, both times as it is now: the later time is that version's.
        changes = (told(bytes(raw), reading, _changed) for raw in page.changes)
        latest = {(event.stream, event.entity_id): event for event in changes}
        yield Page([*latest.values()], {"token": left})


def _listed(
    reading: Reading, page: str | None, began: datetime, at_once: int = PAGE, fields: str = _FILE_FIELDS
) -> Iterator[tuple[list[Event], str | None]]:
    """Every file that is not in the trash, as of `began` or later. Where Google no longer knows the page, anew."""

    def event(raw: bytes, reading: Reading) -> Event:
        return _upsert(raw, began)

    params = {"q": "trashed = false", "pageSize": at_once, "fields": f"nextPageToken,files({fields})", **_EVERYWHERE}
    is_resumed = page is not None
    while True:
        try:
            answer = reading.http.ask(Request("drive/v3/files", params={**params, "pageToken": page}))
        except VendorSaysNo:
            if not is_resumed:
                raise
            page, is_resumed = None, False
            continue
        listed = typed(_page, answer.body)
        is_resumed, page = False, listed.next_page_token or None
        yield [told(bytes(raw), reading, event) for raw in listed.files], page
        if page is None:
            return


def _changed(raw: bytes, reading: Reading) -> Event:
    """The file as it is after the change, bare as in the listing; the change itself where there is no file any more."""
    change = typed(_change, raw)
    at = instant(change.time)
    if change.change_type == "drive" or not change.file_id:
        if not change.drive_id:
            raise Unreadable("missing_entity", "a change of neither a file nor a drive")
        if change.removed or change.drive == NOTHING:
            return Event("drive", change.drive_id, "delete", raw, source_updated_at=at)
        return Event("drive", change.drive_id, "upsert", bytes(change.drive), source_updated_at=at)
    if change.removed or change.file == NOTHING:
        return Event("file", change.file_id, "delete", raw, source_updated_at=at)
    return _upsert(bytes(change.file), at)


def _upsert(raw: bytes, at: datetime | None) -> Event:
    """Trash is where Drive's users delete to; what comes back from it is a newer version."""
    file = typed(_file, raw)
    return Event(
        "file",
        file.id,
        "delete" if file.trashed else "upsert",
        raw,
        occurred_at=instant(file.modified_time),
        source_updated_at=at,
        source_version=file.version.zfill(20) if file.version else None,  # compared as text
    )


def everything(reading: Reading, window: Window, kinds: Collection[str] | None = None) -> Iterator[Sequence[Event]]:
    """Ids of all that lives, of these MIME types where any are named, dated by modifiedTime: later than what we were
    told last, something was missed. One that lies in the future says nothing, and one before createdTime came with the
    upload."""
    for events, _ in _listed(reading, None, reading.now, fields="id,version,mimeType,modifiedTime,createdTime"):
        found = [(event, typed(_file, event.payload)) for event in events if event.stream == "file"]
        yield [_id_alone(event, file, reading.now) for event, file in found if not kinds or file.mime_type in kinds]


def _id_alone(event: Event, file: _File, now: datetime) -> Event:
    created_at = instant(file.created_time)
    dated = max(filter(None, (event.occurred_at, created_at)), default=None)
    return replace(event, payload=b"", occurred_at=dated, source_updated_at=dated if dated and dated <= now else None)


def fetch(reading: Reading, entity_id: str) -> Event | None:
    """One file as it is now; None where it is gone or in the trash."""
    params = {"fields": _FILE_FIELDS, "supportsAllDrives": "true"}
    answer = reading.http.ask(Request(f"drive/v3/files/{quote(entity_id, safe='')}", params=params))
    if answer.ruling.kind != "ok":
        return None
    found = _upsert(answer.body, answered_at(answer, reading.now))
    return found if found.operation == "upsert" else None
