"""Which dropped files were read, and how far: one item per file by its content, one per listing for its newest edition.

Everything here is told again by reading the file again, so a lost write costs time and nothing else.
"""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Literal

from .drop import DroppedFile
from .state_table import StateTable, Value

Status = Literal["new", "reading", "complete", "held", "refused"]
_FEWER = 0.5
"""A whole edition with less than this share of the last one's rows is more likely a wrong export than the market."""


@dataclass(frozen=True)
class Entry:
    """What is known of a file. rows is how many it holds, rows_done how many are landed, quarantined among them."""

    path: str = ""
    size_bytes: int = 0
    dropped_at: str = ""
    status: Status = "new"
    reason: str = ""
    listing: str = ""
    rows: int = 0
    rows_done: int = 0
    quarantined: int = 0
    loaded_at: str = ""


class Manifest:
    """The files of every source, in the state table."""

    def __init__(self, table: StateTable) -> None:
        self._table = table

    def of(self, file: DroppedFile) -> Entry:
        """What is known of that content, under whatever name it came first."""
        attributes = self._table.read(_files(file), file.sha256).attributes
        if not attributes:
            return Entry(path=file.path, size_bytes=file.size_bytes, dropped_at=file.dropped_at.isoformat())
        known: dict[str, Any] = {name: attributes[name] for name in Entry.__dataclass_fields__ if name in attributes}
        return Entry(**known)

    def save(self, file: DroppedFile, entry: Entry) -> None:
        attributes: dict[str, Value] = asdict(entry)
        self._table.change(_files(file), file.sha256, lambda _: attributes)

    def complete(self, file: DroppedFile, entry: Entry, is_whole: bool, now: datetime) -> None:
        """The file was read to its end; a whole edition is what the next one is compared with."""
        if is_whole:
            edition: dict[str, Value] = {"sha256": file.sha256, "path": file.path, "rows": entry.rows}
            self._table.change(_listings(file), entry.listing, lambda _: edition)
        self.save(file, replace(entry, status="complete", reason="", loaded_at=now.isoformat()))

    def last_rows(self, file: DroppedFile, listing: str) -> int | None:
        """How many rows the last whole edition of a listing has; None where this file is the first."""
        edition = self._table.read(_listings(file), listing).attributes
        return int(edition["rows"]) if edition and edition["sha256"] != file.sha256 else None

    def listed(self, source: str, connection_id: str) -> dict[str, Entry]:
        """Every file by its sha256."""
        names = Entry.__dataclass_fields__
        items = self._table.listed(f"drop#{source}/{connection_id}")
        found: dict[str, dict[str, Any]] = {
            key: {name: value for name, value in item.attributes.items() if name in names}
            for key, item in items.items()
        }
        return {key: Entry(**known) for key, known in found.items()}


def is_too_few(rows: int, last: int | None) -> bool:
    return last is not None and rows < last * _FEWER


def _files(file: DroppedFile) -> str:
    return f"drop#{file.source}/{file.connection_id}"


def _listings(file: DroppedFile) -> str:
    return f"drop_listing#{file.source}/{file.connection_id}"
