"""The shape of CRM truth: a record is what happened to it, so that its state can be told for any instant."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Kind = Literal["company", "contact", "deal", "note"]


@dataclass(frozen=True, slots=True)
class Change:
    """One property took one value. Values are text, instants ISO 8601 in UTC; an empty text clears."""

    at: datetime
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Link:
    """This record was associated with another one, perhaps not for ever."""

    at: datetime
    to_kind: Kind
    to_id: str
    is_primary: bool = False
    removed_at: datetime | None = None

    def holds(self, at: datetime) -> bool:
        return self.at <= at and not (self.removed_at and self.removed_at <= at)


@dataclass(frozen=True, slots=True)
class Record:
    """A company, contact, deal or note. archivings are (instant, is archived now), in order as changes are."""

    kind: Kind
    id: str
    created_at: datetime
    changes: tuple[Change, ...]
    links: tuple[Link, ...] = ()
    archivings: tuple[tuple[datetime, bool], ...] = ()
    erased_at: datetime | None = None
    """Since then the vendor knows nothing of it (a privacy deletion)."""
    merged_at: datetime | None = None
    merged_into: str | None = None
    absorbed: tuple[tuple[datetime, str], ...] = field(default=())
    """The ids of records merged into this one."""

    def properties(self, at: datetime) -> dict[str, str]:
        return {change.name: change.value for change in self.changes if change.at <= at}

    def value(self, name: str, at: datetime) -> str:
        return next((one.value for one in reversed(self.changes) if one.name == name and one.at <= at), "")

    def updated_at(self, at: datetime) -> datetime:
        """The vendor's version clock: the last change of a property, or being archived, restored or merged with."""
        touched = [change.at for change in self.changes] + [when for when, _ in self.archivings]
        touched += [when for when, _ in self.absorbed]
        return max([self.created_at, *(when for when in touched if when <= at)])

    def is_known(self, at: datetime) -> bool:
        """It exists for the vendor, archived or not."""
        gone_at = [when for when in (self.erased_at, self.merged_at) if when]
        return self.created_at <= at and not any(when <= at for when in gone_at)

    def archived_at(self, at: datetime) -> datetime | None:
        """Since when it has been in the recycle bin, None when it is not there."""
        past = [(when, is_archived) for when, is_archived in self.archivings if when <= at]
        return past[-1][0] if past and past[-1][1] else None

    def is_live(self, at: datetime) -> bool:
        return self.is_known(at) and self.archived_at(at) is None


def iso_ms(instant: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and Z."""
    return instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"
