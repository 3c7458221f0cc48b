"""The vocabulary of the file lane: what a source takes, how a name and a header make a Table, and a row an Event."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from .source import Event


@dataclass(frozen=True, slots=True)
class DroppedFile:
    """A file as it was dropped. path is its key below drops/<source>/. sha256 is its identity: the same bytes under
    another name, or dropped again, are the same file."""

    source: str
    connection_id: str
    path: str
    sha256: str
    size_bytes: int
    dropped_at: datetime

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a table: its number as a spreadsheet shows it, the header being 1; its cells as text by column."""

    number: int
    values: Mapping[str, str]


@dataclass(frozen=True)
class Table:
    """What a file holds. listing is what its next edition is called too: a whole one with far fewer rows than the last
    is held back. event raises Unreadable for a row that cannot be read, naming the column."""

    listing: str
    is_whole: bool
    event: Callable[[Row], Event]


@dataclass(frozen=True)
class Drop:
    """The file lane. table says what a file is by its name and its header, or raises Unreadable: it is then refused as
    a whole. by_hand are the steps by which a person gets such a file."""

    suffixes: tuple[str, ...]
    table: Callable[[DroppedFile, Sequence[str]], Table]
    by_hand: tuple[str, ...] = ()
