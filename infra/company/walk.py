"""How one deal walks through the stages: the changes of its properties, one after the other."""

from datetime import datetime, timedelta
from decimal import Decimal

from . import pipeline
from .chance import Chance
from .crm import Change, iso_ms
from .pipeline import DELETED_STAGE, LOST, MOVED_TO, REDESIGNED_AT, WON

LOST_REASONS = ("price", "competitor", "price", "no decision", "duplicate")


class Walk:
    """Collects changes. Which deal it is, by number, decides what is odd about it."""

    def __init__(self, chance: Chance, created_at: datetime, until: datetime, units: int, number: int) -> None:
        self.chance, self.at, self.until = chance, created_at, until
        self.is_reopened, self.is_won_twice = number % 16 == 3, number % 16 == 10
        self.is_backdated = number % 24 == 7
        self.amount = Decimal(units * chance.randint(6, 14)) + Decimal(chance.choice(("0", "0.50", "0.25")))
        self.changes = [Change(created_at, "amount", str(self.amount))]
        self._enter(pipeline.BEFORE[0].id)
        # Some owners hope; while such a deal is open past that day it is stale.
        self._set("closedate", iso_ms(created_at + timedelta(days=12 if number % 6 == 1 else 45)))

    def go(self, probability: float) -> None:
        """Forward with that probability per stage, else lost. Stops where the history does."""
        while self._wait(2, 9):
            if not self.chance.happens(probability):
                return self._lose()
            stage = pipeline.following(self.stage, self.at)
            if stage is None:
                return self._win()
            self._enter(stage)
            if self.chance.happens(0.15):
                self._amend()

    def _lose(self) -> None:
        self._close(LOST)
        if self.is_reopened and self._wait(3, 9):
            self._open_again()
            if self._wait(4, 12):
                self._close(WON)

    def _win(self) -> None:
        self._close(WON)
        if self.is_won_twice and self._wait(3, 9):
            self._open_again()
            if self._wait(4, 12):
                self._close(WON if self.chance.happens(0.5) else LOST)
        elif self.chance.happens(0.12) and self._wait(2, 8):
            self._amend()

    def _open_again(self) -> None:
        self._enter(MOVED_TO if self.at >= REDESIGNED_AT else DELETED_STAGE)
        self._set("closed_lost_reason", "")
        self._set("closedate", iso_ms(self.at + timedelta(days=20)))

    def _close(self, stage: str) -> None:
        self._enter(stage)
        back = timedelta(days=9) if self.is_backdated and stage == WON else timedelta(0)
        self._set("closedate", iso_ms(self.at - back))
        if stage == LOST:
            self._set("closed_lost_reason", self.chance.choice(LOST_REASONS))

    def _amend(self) -> None:
        self.amount = (self.amount * Decimal(self.chance.choice(("0.85", "0.9", "1.1", "1.2")))).quantize(Decimal("1"))
        self._set("amount", str(self.amount))

    def _wait(self, first_day: int, last_day: int) -> bool:
        """Move on by some days, to office hours; False when that is beyond the history."""
        after = self.at + timedelta(days=first_day)
        moved = self.chance.office_instant(after, self.at + timedelta(days=last_day))
        if self.stage == DELETED_STAGE and self.at < REDESIGNED_AT <= min(moved, self.until):
            self.at = REDESIGNED_AT
            self._enter(MOVED_TO)
        if moved > self.until:
            return False
        self.at = moved
        return True

    def _enter(self, stage: str) -> None:
        self.stage = stage
        self._set("dealstage", stage)

    def _set(self, name: str, value: str) -> None:
        self.changes.append(Change(self.at, name, value))
