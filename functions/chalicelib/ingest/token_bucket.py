"""Token buckets that every puller of one vendor connection shares.

The arithmetic is the generic cell rate algorithm: one number, the moment at which the bucket would be full again,
says all. A request reserves its slot first and waits for it afterwards, so two pullers never take the same one. Where a
vendor allows many requests a second, half a second's worth is reserved at once, for each reservation is a write to the
state table; a puller that dies while waiting costs that many.
"""

from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ..errors import StateContended, VendorBusy
from .source import Rate
from .state_table import Item, StateTable

_TRIES = 50
_MOST_AT_ONCE = 20


def reserve(full_at: float, rate: Rate, now: float, count: int = 1) -> tuple[list[float], float]:
    """When each of the next slots comes, now at the earliest, and full_at once they are taken."""
    interval = rate.per_s / rate.requests
    begin = max(full_at, now)
    slots = [max(now, begin + interval * (place - rate.burst + 1)) for place in range(count)]
    return slots, begin + interval * count


def at_once(rate: Rate) -> int:
    """How many slots one reservation takes."""
    return max(1, min(_MOST_AT_ONCE, int(rate.requests / rate.per_s / 2)))


def paused(full_at: float, rate: Rate, until: float) -> float:
    """full_at such that no slot comes before `until`."""
    return max(full_at, until + rate.per_s / rate.requests * (rate.burst - 1))


def scaled(rates: Mapping[str, Rate], factor: float) -> dict[str, Rate]:
    """Every rate and burst so many times as large."""
    return {
        name: Rate(max(1, round(rate.requests * factor)), rate.per_s, max(1, round(rate.burst * factor)))
        for name, rate in rates.items()
    }


class TokenBuckets:
    """The buckets of one connection, by the names in rates. Names without a rate are free."""

    def __init__(
        self,
        table: StateTable,
        connection: str,
        rates: Mapping[str, Rate],
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
    ) -> None:
        self._table = table
        self._pk = f"bucket#{connection}"
        self._rates = rates
        self._now = now
        self._sleep = sleep
        self._seen: dict[str, Item] = {}
        self._slots: dict[str, deque[float]] = {}

    def take(self, name: str, most_s: float) -> None:
        """One slot, waited for. Raises VendorBusy, having taken none, when that would last longer than most_s."""
        if (rate := self._rates.get(name)) is None:
            return
        if not self._slots.get(name):
            self._slots[name] = self._reserved(name, rate, most_s)
        wait_s = self._slots[name].popleft() - self._now().timestamp()
        if wait_s > 0:
            self._sleep(wait_s)

    def _reserved(self, name: str, rate: Rate, most_s: float) -> deque[float]:
        for _ in range(_TRIES):
            seen, now = self._newest(name), self._now().timestamp()
            slots, full_at = reserve(_full_at(seen), rate, now, at_once(rate))
            if (wait_s := slots[0] - now) > most_s:
                raise VendorBusy(f"our rate budget {name!r} of {self._pk!r} has no slot for {wait_s:.0f} s", wait_s)
            if self._write(name, seen, full_at):
                return deque(slots)
        raise StateContended(f"bucket {name!r} of {self._pk!r} is taken by too many pullers at once")

    def pause(self, name: str, seconds: float) -> None:
        """No slot for anyone before so many seconds: the vendor said so."""
        if (rate := self._rates.get(name)) is None:
            return
        self._slots.pop(name, None)
        until = self._now().timestamp() + seconds
        for _ in range(_TRIES):
            seen = self._newest(name)
            if self._write(name, seen, paused(_full_at(seen), rate, until)):
                return

    def _newest(self, name: str) -> Item:
        # What we wrote last is newest until a write of ours is refused: one round trip a request, not two.
        return self._seen.pop(name, None) or self._table.read(self._pk, name or "-")

    def _write(self, name: str, seen: Item, full_at: float) -> bool:
        written = self._table.swap(self._pk, name or "-", seen, {"full_at": full_at})
        if written is not None:
            self._seen[name] = written
        return written is not None


def _full_at(item: Item) -> Any:
    return item.attributes.get("full_at", 0.0)


class HalfPace:
    """The same buckets for work that can wait, a backfill or a check: after each slot it lets one pass, so whoever
    pulls what is new gets at least half of them."""

    def __init__(self, buckets: TokenBuckets, rates: Mapping[str, Rate], sleep: Callable[[float], None]) -> None:
        self._buckets = buckets
        self._rates = rates
        self._sleep = sleep

    def take(self, name: str, most_s: float) -> None:
        self._buckets.take(name, most_s)
        if rate := self._rates.get(name):
            self._sleep(rate.per_s / rate.requests)

    def pause(self, name: str, seconds: float) -> None:
        self._buckets.pause(name, seconds)
