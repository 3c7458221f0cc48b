"""What files of Google Drive say: Google Docs as Markdown, text and Markdown files as they are.

Read only where the connection's option `contents` is true: it is more than names, and needs the scope drive.readonly.

Facts: developers.google.com/workspace/drive/api, reference of files (export, get), "Export MIME types for Google
Workspace documents", "Download and export files". Odd here:
- a Doc's pictures come inside its Markdown, as definitions of data: URIs (so in exported files that people published;
  not in Google's documents);
- nothing tells whether a change was one of the contents, so a file that is only renamed is read again;
- the feed's page is read into memory with all its texts, so pages are small.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import msgspec

from ..ingest.bodies import typed
from ..ingest.pages import Request
from ..ingest.source import Census, Connection, Event, Page, Reading, Stream, Window
from ..log import log
from ._google_drive_files import everything, fetch, files

STREAM = "file_text"
MOST_BYTES = 1_000_000
"""Of one text, pictures left out. What is longer was not written by people for people."""
_AT_ONCE = 50
_DOC = "application/vnd.google-apps.document"
_KINDS = frozenset((_DOC, "text/plain", "text/markdown"))
_PICTURE = re.compile(r"^\[[^\]\n]+\]:[ \t]*<data:[^>\n]*>[ \t]*\n?", re.MULTILINE)


class _File(msgspec.Struct, rename="camel"):
    """A file, or a change that has none any more: then everything here is missing."""

    id: str = ""
    name: str | None = None
    mime_type: str | None = None
    version: str | None = None
    size: str | None = None


class _Text(msgspec.Struct, rename="camel"):
    """The payload: text, or left_out, a code for why there is none."""

    file_id: str
    version: str | None
    mime_type: str | None
    name: str | None
    text: str | None
    left_out: str | None


_file = msgspec.json.Decoder(_File)


def is_wanted(connection: Connection) -> bool:
    """Whether the operator wants contents read."""
    return connection.options.get("contents") is True


def _texts(reading: Reading) -> Iterator[Page]:
    """Along the listing and the feed of files, by a cursor of its own. Nothing where it is not wanted."""
    if not is_wanted(reading.connection):
        return
    for page in files(reading, _AT_ONCE):
        yield Page([text for one in page.events if (text := _text(one, reading))], page.cursor)


def _text(one: Event, reading: Reading) -> Event | None:
    """What a file says as of its event; it goes with the file. None for what holds no text, and where the file has gone
    since: the feed is about to tell that."""
    if one.stream != "file":
        return None
    file = typed(_file, one.payload)
    if one.operation == "delete":
        # Of what was removed nobody tells the kind.
        return replace(one, stream=STREAM) if file.mime_type is None or file.mime_type in _KINDS else None
    if file.mime_type not in _KINDS or (said := _said(reading, file)) is None:
        return None
    text, left_out = said
    payload = _Text(file.id, file.version, file.mime_type, file.name, text, left_out)
    return replace(one, stream=STREAM, payload=msgspec.json.encode(payload))


def _said(reading: Reading, file: _File) -> tuple[str | None, str | None] | None:
    """The text, or None and why it was left out; None where there is no such file."""
    if file.size and file.size.isdigit() and int(file.size) > MOST_BYTES:
        return _without(file, "too_long")
    answer = reading.http.ask(_question(file))
    if answer.ruling.kind == "empty":
        return None
    if answer.ruling.kind == "skip":
        return _without(file, answer.ruling.reason)
    try:
        text = _PICTURE.sub("", answer.body.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return _without(file, "not_utf8")
    if "\0" in text:
        return _without(file, "not_text")
    return _without(file, "too_long") if len(text.encode()) > MOST_BYTES else (text, None)


def _question(file: _File) -> Request:
    path, accepted = f"drive/v3/files/{quote(file.id, safe='')}", {"Accept": "text/markdown, text/plain, */*"}
    if file.mime_type == _DOC:
        return Request(f"{path}/export", params={"mimeType": "text/markdown"}, headers=accepted)
    return Request(path, params={"alt": "media", "supportsAllDrives": "true"}, headers=accepted)


def _without(file: _File, reason: str) -> tuple[None, str]:
    log.info("file_text_left_out", source="google_drive", file_id=file.id, reason=reason)
    return None, reason


def _everything(reading: Reading, window: Window) -> Iterator[Sequence[Event]]:
    """Nothing where contents are not wanted any more: then what was read of them is buried."""
    if is_wanted(reading.connection):
        for events in everything(reading, window, _KINDS):
            yield [replace(one, stream=STREAM) for one in events]


def _fetch(reading: Reading, entity_id: str) -> Event | None:
    found = fetch(reading, entity_id) if is_wanted(reading.connection) else None
    return found and _text(found, reading)


TEXTS = Stream(STREAM, _texts, every=timedelta(minutes=30), census=Census(_everything, fetch=_fetch, is_whole=True))
