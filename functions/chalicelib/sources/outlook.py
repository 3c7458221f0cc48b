"""Outlook mail: change notifications, and the messages and folders of the mailboxes named in option `mailboxes`.

Facts: learn.microsoft.com, Microsoft Graph, "message: delta", "mailFolder: delta", "Outlook service limits". Odd here:
- a message's id ends when it is moved: it goes on under another one, with the same internetMessageId;
- notifications name a message and how it changed, nothing of what is in it;
- bodies are left where they are unless option `with_body` asks for them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import msgspec

from ..errors import ConfigurationMissing, Unreadable, VendorSaysNo
from ..ingest.bodies import instant, typed
from ..ingest.pages import Request, items, told, walk
from ..ingest.source import Census, Connection, Delivery, Event, Pull, Rate, Reading, Source, Stream
from . import _graph as graph
from ._answer_clock import answered_at
from ._graph_delta import Delta, Row, deltas, everything
from ._graph_subscriptions import NextLink, subscriptions


class _Removed(msgspec.Struct):
    reason: str | None = None


class _Record(msgspec.Struct, rename="camel"):
    """A message or a folder, as a delta tells it."""

    id: str
    removed: _Removed | None = msgspec.field(default=None, name="@removed")
    received_date_time: str | None = None
    last_modified_date_time: str | None = None


_record = msgspec.json.Decoder(_Record)


def _tell(raw: bytes, about: graph.Notification, delivery: Delivery) -> Event:
    message_id = about.resource_data.id if about.resource_data else None
    if not message_id:
        raise Unreadable("missing_entity", "a notification that names no message")
    if about.change_type == "deleted":
        # Undated, and final: an id that was deleted or moved away never comes back. Any late clock will do.
        return Event("message", message_id, "delete", raw, about.dedupe, source_updated_at=delivery.received_at)
    return Event("message", message_id, "partial", raw, about.dedupe)


_FIELDS = (
    "id,internetMessageId,conversationId,parentFolderId,receivedDateTime,sentDateTime,lastModifiedDateTime,from,"
    "toRecipients,ccRecipients,subject,bodyPreview,hasAttachments,isRead,categories"
)
_ID_FIELDS = "id,receivedDateTime,lastModifiedDateTime"
_FOLDER_FIELDS = "id,displayName,parentFolderId,isHidden"
"""Without the counts of messages, which change with every mail."""


def _mailboxes(connection: Connection) -> Sequence[str]:
    named = connection.options.get("mailboxes")
    if not named:
        raise ConfigurationMissing(
            f"option `mailboxes` of {connection.source}/{connection.connection_id} names no mailbox: list the "
            "addresses or ids that the app may read"
        )
    return [str(one) for one in named]


def _folders(reading: Reading, most_closed: int | None = None) -> Iterator[str]:
    """Every folder of every mailbox, as mailbox/folder; those of option `folders` alone where it names some.

    Raises VendorSaysNo where more mailboxes than most_closed are closed to us, or all of them.
    """
    mailboxes = _mailboxes(reading.connection)
    chosen, closed = reading.connection.options.get("folders"), 0
    bearable = len(mailboxes) - 1 if most_closed is None else most_closed
    for mailbox in mailboxes:
        if chosen:
            yield from (f"{mailbox}/{folder}" for folder in chosen)
            continue
        for answer, _ in walk(reading.http, _first_folders(reading, mailbox), NextLink()):
            closed += answer.ruling.kind == "skip"
            found = [typed(_record, raw) for raw in items(answer.body, "value")] if answer.ruling.kind == "ok" else []
            yield from (f"{mailbox}/{folder.id}" for folder in found if not folder.removed)
    if closed > bearable:
        raise VendorSaysNo(
            f"outlook closes {closed} of {len(mailboxes)} mailboxes to us: check the app's consent and its limits"
        )


def _all_folders(reading: Reading) -> Iterator[str]:
    """What is not seen would count as deleted: every mailbox must be open."""
    return _folders(reading, most_closed=0)


def _fields(connection: Connection) -> str:
    return f"{_FIELDS},body" if connection.options.get("with_body") else _FIELDS


def _first_messages(reading: Reading, part: str, fields: str = "") -> Request:
    """Not by $filter: the link would keep its bound for ever, and a message changed later would be left out."""
    mailbox, _, folder = part.partition("/")
    path = f"users/{quote(mailbox)}/mailFolders/{quote(folder, safe='')}/messages/delta"
    return Request(path, params={"$select": fields or _fields(reading.connection)})


def _message(raw: bytes, row: Row) -> Event | None:
    record = typed(_record, raw)
    if record.removed:
        return Event("message", record.id, "delete", raw, source_updated_at=row.at)
    event, start_at = _upsert(raw, record), row.reading.connection.start_at
    is_old = start_at and event.source_updated_at and event.source_updated_at < start_at
    return None if is_old else event


def _upsert(raw: bytes, record: _Record) -> Event:
    changed_at = instant(record.last_modified_date_time)
    received_at = instant(record.received_date_time)
    return Event("message", record.id, "upsert", raw, occurred_at=received_at, source_updated_at=changed_at)


def _folder(raw: bytes, row: Row) -> Event:
    """Folders bear no clock at all: what is told later is newer."""
    record = typed(_record, raw)
    return Event("mail_folder", record.id, "delete" if record.removed else "upsert", raw, source_updated_at=row.at)


def _id_alone(raw: bytes, row: Row) -> Event | None:
    event = _message(raw, row)
    return replace(event, payload=b"") if event else None


def _folder_id_alone(raw: bytes, row: Row) -> Event:
    return replace(_folder(raw, row), payload=b"", source_updated_at=None)


def _fetched(
    path: str, fields: Callable[[Connection], str], event: Callable[[bytes, Row], Event | None]
) -> Callable[[Reading, str], Event | None]:
    """A record by its id, looked for in each mailbox: the id does not say whose it is."""

    def fetch(reading: Reading, entity_id: str) -> Event | None:
        params = {"$select": fields(reading.connection)}
        for mailbox in _mailboxes(reading.connection):
            place = f"users/{quote(mailbox)}/{path}/{quote(entity_id, safe='')}"
            answer = reading.http.ask(Request(place, params=params))
            if answer.ruling.kind == "ok":
                return told(answer.body, Row(mailbox, answered_at(answer, reading.now), reading), event)
            if answer.ruling.kind != "empty":
                raise VendorSaysNo(f"outlook closes mailbox {mailbox!r} to us: check the app's consent and its limits")
        return None

    return fetch


def _first_folders(reading: Reading, part: str) -> Request:
    return Request(f"users/{quote(part)}/mailFolders/delta", params={"$select": _FOLDER_FIELDS})


def _each_mailbox(reading: Reading) -> Sequence[str]:
    return _mailboxes(reading.connection)


_PAGES = {"Prefer": "odata.maxpagesize=200"}
_messages = Delta(_first_messages, _message, _PAGES)
_message_ids = Delta(lambda reading, part: _first_messages(reading, part, _ID_FIELDS), _id_alone, _PAGES)
_mail_folders = Delta(_first_folders, _folder)
_mail_folder_ids = Delta(_first_folders, _folder_id_alone)

source = Source(
    name="outlook",
    title="Outlook",
    webhook=graph.webhook(_tell),
    pull=Pull(
        base_url=graph.BASE_URL,
        headers=graph.headers,
        judge=graph.judge,
        # Of 10,000 in ten minutes for the app and each mailbox; one run asks one thing at a time of the four allowed.
        rates={"": Rate(8_000, 600.0, burst=20)},
        streams=(
            Stream(
                "mail_folder",
                deltas(_each_mailbox, _mail_folders),
                every=timedelta(hours=1),
                census=Census(
                    everything(_each_mailbox, _mail_folder_ids),
                    fetch=_fetched("mailFolders", lambda connection: _FOLDER_FIELDS, _folder),
                    is_whole=True,
                ),
            ),
            # Notifications fail for days at times (microsoft-graph-docs#6476): ask whatever they say.
            Stream(
                "message",
                deltas(_folders, _messages),
                every=timedelta(minutes=15),
                census=Census(
                    everything(_all_folders, _message_ids),
                    fetch=_fetched("messages", _fields, lambda raw, row: _upsert(raw, typed(_record, raw))),
                    is_whole=True,
                ),
                hinted_by=("message", graph.LIFECYCLE),
            ),
        ),
        login=graph.LOGIN,
    ),
    subscriptions=subscriptions(
        lambda connection: [f"users/{mailbox}/messages" for mailbox in _mailboxes(connection)],
        change_type="created,updated,deleted",
        # 10,080 minutes at most; older pages say 4,230.
        life=timedelta(minutes=4_230),
        renew_before=timedelta(days=1),
    ),
)
