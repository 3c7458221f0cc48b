"""What happened to the records of one vendor: versions in the order of its clock, and the state as of any instant.

The vendors whose records need no story of their own are told so: a seeded list of versions, from which listings,
webhooks and the truth are all read.
"""

import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .world import World


@dataclass(frozen=True, slots=True)
class Last:
    """An entity's last state: a few telling fields, empty where there is nothing that changes."""

    is_deleted: bool = False
    state: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Version:
    """A record as it was from `at` on; record None: deleted. event_type is what a webhook calls the change."""

    stream: str
    id: str
    at: datetime
    record: dict[str, Any] | None
    event_type: str = ""


class History:
    """Versions of one vendor's records, oldest first. Two of one record never share an instant."""

    def __init__(self, versions: Iterable[Version]) -> None:
        self.versions = sorted(versions, key=lambda one: (one.at, one.stream, one.id))

    def as_of(self, at: datetime, stream: str) -> list[Version]:
        """The newest version of each record that exists or existed then, deleted ones among them, by their clock."""
        newest = {one.id: one for one in self.versions if one.stream == stream and one.at <= at}
        return sorted(newest.values(), key=lambda one: (one.at, one.id))

    def living(self, at: datetime, stream: str) -> list[Version]:
        return [one for one in self.as_of(at, stream) if one.record is not None]

    def find(self, at: datetime, stream: str, id_: str) -> Version | None:
        """The record as it is then; None where it is unknown or deleted."""
        newest = [one for one in self.versions if one.stream == stream and one.id == id_ and one.at <= at]
        return newest[-1] if newest and newest[-1].record is not None else None

    def entities(
        self, at: datetime, fields: dict[str, tuple[str, ...]], since: datetime | None = None
    ) -> Iterator[tuple[str, str, Last]]:
        """The last states of the streams named, each told by some fields of its record. What was deleted before
        `since`, when nobody listened, nobody could tell us."""
        for stream, names in fields.items():
            for one in self.as_of(at, stream):
                if one.record is not None:
                    yield stream, one.id, Last(state={name: one.record.get(name) for name in names})
                elif since is None or one.at >= since:
                    yield stream, one.id, Last(is_deleted=True)


def once_per_world(make: Callable[[World], History]) -> Callable[[World], History]:
    """Made at the first question about a world; the API, the webhooks and the truth read the same one."""
    return functools.lru_cache(maxsize=4)(make)
