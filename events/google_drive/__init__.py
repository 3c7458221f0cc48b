"""Google Drive's records as far as staging reads them, and samples of what Google sends.

A channel message has headers and no body: a sample named `webhook__*.txt` is empty, and `headers_of` says what its name
stands for. `pull__*.json` is one answer of the API.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePath

from pydantic import AliasGenerator, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

_CHANGES = "https://www.googleapis.com/drive/v3/changes?alt=json"
_FILE = "https://www.googleapis.com/drive/v3/files/1Hk2wZ0bqPaymentsQ4-_x?acknowledgeAbuse=false&alt=json"
_MESSAGES: Mapping[str, Mapping[str, str]] = {
    "webhook__sync": {"Resource-State": "sync", "Message-Number": "1"},
    "webhook__change": {"Resource-State": "change", "Message-Number": "11"},
    "webhook__changed": {"Resource-State": "changed", "Message-Number": "23"},
    "webhook__file_update": {
        "Resource-State": "update",
        "Message-Number": "7",
        "Resource-URI": _FILE,
        "Changed": "content,properties",
    },
}


def headers_of(filename: str) -> dict[str, str]:
    """The headers of a message sample, without the channel's token; {} for a file of another name."""
    told = _MESSAGES.get(PurePath(filename).stem)
    if told is None:
        return {}
    about = {
        "Channel-ID": "4f1c7d80-6b3e-4d0a-9a55-2f7c1e8b9d36",
        "Channel-Expiration": "Fri, 27 Nov 2026 17:00:00 GMT",
        "Resource-ID": "pAyR3ady0fChanges",
        "Resource-URI": _CHANGES,
        **told,
    }
    return {"Content-Type": "application/json; utf-8", **{f"X-Goog-{name}": held for name, held in about.items()}}


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=AliasGenerator(validation_alias=to_camel))


class Person(_Record):
    display_name: str | None = None
    email_address: str | None = None
    """None where the person hides it."""


class File(_Record):
    """A file or a folder. version rises with every change; modified_time may be set by whoever uploads."""

    id: str
    name: str | None = None
    mime_type: str | None = None
    parents: tuple[str, ...] = ()
    drive_id: str | None = None
    """None in somebody's own drive."""
    created_time: datetime | None = None
    modified_time: datetime | None = None
    version: int | None = None
    size: int | None = None
    """None for Google's own kinds of documents."""
    trashed: bool = False
    owners: tuple[Person, ...] = ()
    """Empty in shared drives."""
    last_modifying_user: Person | None = None
    web_view_link: str | None = None


class FileText(_Record):
    """What our pull makes of a file's contents: text, or left_out, a code for why there is none."""

    file_id: str
    version: int | None = None
    mime_type: str
    name: str | None = None
    text: str | None
    left_out: str | None
