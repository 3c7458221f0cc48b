"""When Pay Ready's support teams work: weekly hours in each team's own time zone, and the days nobody does.

Business time is counted here instant by instant from local clocks, so that the warehouse's calendar has something to be
compared with that was not made of it.
"""

import itertools
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_HOLIDAYS = """
2025-01-01 2025-01-20 2025-02-17 2025-05-26 2025-06-19 2025-07-04 2025-09-01 2025-11-27 2025-11-28 2025-12-25
2026-01-01 2026-01-19 2026-02-16 2026-05-25 2026-06-19 2026-07-03 2026-09-07 2026-11-26 2026-11-27 2026-12-25
2027-01-01 2027-01-18 2027-02-15 2027-05-31 2027-06-18 2027-07-05 2027-09-06 2027-11-25 2027-11-26 2027-12-24
"""
HOLIDAYS: Final = frozenset(date.fromisoformat(day) for day in _HOLIDAYS.split())


@dataclass(frozen=True, slots=True)
class Team:
    """Days are ISO weekdays. target_minutes is the business time within which a first reply is due."""

    name: str
    time_zone: str
    days: tuple[int, ...]
    opens: time
    closes: time
    target_minutes: int
    keeps_holidays: bool = True


CLIENT_SUPPORT = Team("client_support", "America/Los_Angeles", (1, 2, 3, 4, 5), time(8), time(18), 240)
RESIDENT_SUPPORT = Team("resident_support", "America/Chicago", (1, 2, 3, 4, 5, 6, 7), time(7), time(22), 120, False)


def business_seconds(team: Team, first: datetime, last: datetime) -> float:
    """How much of the span from first to last lies in the team's hours."""
    zone = ZoneInfo(team.time_zone)
    day = first.astimezone(zone).date() - timedelta(days=1)
    total = 0.0
    while day <= last.astimezone(zone).date():
        if day.isoweekday() in team.days and not (team.keeps_holidays and day in HOLIDAYS):
            opens = datetime.combine(day, team.opens, zone).astimezone(UTC)
            closes = datetime.combine(day, team.closes, zone).astimezone(UTC)
            total += max((min(closes, last) - max(opens, first)).total_seconds(), 0.0)
        day += timedelta(days=1)
    return total


def clock_changes(first: datetime, last: datetime, time_zone: str = RESIDENT_SUPPORT.time_zone) -> list[date]:
    """The local days in between on which the clocks are put forward or back."""
    zone = ZoneInfo(time_zone)
    days = [first.date() + timedelta(days=n) for n in range((last - first).days)]
    noons = [(day, datetime.combine(day, time(12), zone).utcoffset()) for day in days]
    return [day for (_, before), (day, after) in itertools.pairwise(noons) if before != after]
