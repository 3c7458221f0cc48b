"""Seeded lives of records: when they were born and changed, in the ticks of a vendor's clock."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from .chance import Chance
from .history import Version

Change = Callable[[dict[str, Any], datetime], dict[str, Any]]
"""What a change makes of a record at an instant: the fields that are different after it."""


def moments(
    chance: Chance, first: datetime, last: datetime, count: int, tick: timedelta = timedelta(milliseconds=1)
) -> list[datetime]:
    """That many different instants in the given ticks, ascending, nearly all of them in office hours."""
    found: set[datetime] = set()
    while len(found) < count:
        at = chance.office_instant(first, last)
        found.add(at - (at - first.replace(hour=0, minute=0, second=0, microsecond=0)) % tick)
    return sorted(found)


def live(
    stream: str,
    id_: str,
    at: list[datetime],
    born: dict[str, Any],
    changes: Sequence[tuple[str, Change | None]],
    *,
    born_as: str = "create",
) -> list[Version]:
    """The versions of one record: born at the first instant, then changed at each of the following ones. A change that
    is None is the record's end."""
    versions = [Version(stream, id_, at[0], born, born_as)]
    for moment, (event_type, change) in zip(at[1:], changes, strict=True):
        before = versions[-1].record or born
        after = None if change is None else {**before, **change(before, moment)}
        versions.append(Version(stream, id_, moment, after, event_type))
    return versions
