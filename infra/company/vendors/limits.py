"""Rate limits: how many requests within how long, per name; time is a function, so tests need not wait."""

import math
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """requests per per_s seconds, counted under name."""

    name: str
    requests: int
    per_s: float


class Limiter:
    """Sliding windows. factor multiplies every limit, so that a demonstration need not crawl."""

    def __init__(self, clock: Callable[[], float], factor: float = 1.0) -> None:
        self._clock, self.factor = clock, factor
        self._asked: dict[str, deque[float]] = defaultdict(deque)

    def exceeded(self, limits: Iterable[Limit]) -> tuple[Limit, int] | None:
        """The first limit that this request would break, with whole seconds to wait; None admits and counts it."""
        now, held = self._clock(), list(limits)
        for limit in held:
            window = self._asked[limit.name]
            while window and window[0] <= now - limit.per_s:
                window.popleft()
            if len(window) >= self.allowed(limit):
                return limit, max(1, math.ceil(window[0] + limit.per_s - now))
        for limit in held:
            self._asked[limit.name].append(now)
        return None

    def allowed(self, limit: Limit) -> int:
        return max(1, round(limit.requests * self.factor))

    def remaining(self, limit: Limit) -> int:
        return max(0, self.allowed(limit) - len(self._asked[limit.name]))
