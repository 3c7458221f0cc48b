"""Seeded chance: the same seed and part of the company give the same draws, whatever other parts draw."""

import random
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

COMPANY_TZ: Final = ZoneInfo("America/Los_Angeles")


class Chance(random.Random):
    """A random stream of its own for one part of the company."""

    def __init__(self, seed: int, part: str) -> None:
        super().__init__(f"{seed}/{part}")

    def happens(self, probability: float) -> bool:
        return self.random() < probability

    def number(self, digits: int) -> int:
        """A whole number of exactly that many digits."""
        return self.randrange(10 ** (digits - 1), 10**digits)

    def code(self, length: int) -> str:
        return "".join(self.choices("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", k=length))

    def instant(self, first: datetime, last: datetime) -> datetime:
        """Some instant in between, to the millisecond."""
        span_ms = max(int((last - first).total_seconds() * 1000), 0)
        return first + timedelta(milliseconds=self.randint(0, span_ms))

    def office_instant(self, first: datetime, last: datetime) -> datetime:
        """Like instant, but on a weekday between 8:00 and 17:30 in the company's time zone, where the span has one."""
        for _ in range(20):
            day = self.instant(first, last).astimezone(COMPANY_TZ).date()
            local = datetime.combine(day, time(8), COMPANY_TZ)
            found = local.astimezone(UTC) + timedelta(milliseconds=self.randint(0, int(9.5 * 3_600_000)))
            if local.weekday() < 5 and first <= found <= last:
                return found
        found = self.instant(first, last)
        return found - timedelta(microseconds=found.microsecond % 1000)  # vendors tell no finer


def company_date(instant: datetime) -> date:
    """The business day of an instant."""
    return instant.astimezone(COMPANY_TZ).date()
