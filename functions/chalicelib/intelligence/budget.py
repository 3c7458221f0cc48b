"""What GPU jobs may cost in a day (UTC), and what they cost: held back before a run starts, settled when it has ended.

One item per day, with one amount for every run of it, so that settling twice changes nothing.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from ..ingest.state_table import StateTable

_CENT_OF_CENTS = 4
_KEPT_DAYS = 40


class Budget:
    """Runs count on the day on which their lease began."""

    def __init__(self, table: StateTable, usd_per_day: float) -> None:
        self._table = table
        self.usd_per_day = usd_per_day

    def left(self, day: date) -> float:
        """Not held back and not spent; negative where runs cost more than was held back for them."""
        return self.usd_per_day - sum(self._amounts(day).values())

    def reserve(self, day: date, run: str, usd: float) -> bool:
        """Whether the day has so much left for a run, and now holds it back; run is <job>/<attempt>, and of a stray
        <job>/<attempt>/<handle>."""

        def decide(amounts: Mapping[str, Any]) -> Mapping[str, Any] | None:
            others = sum(amount for one, amount in _runs(amounts).items() if one != run)
            fits = others + usd <= self.usd_per_day + 1e-9
            return self._with(amounts, day, run, usd) if fits else None

        return _runs(self._table.change("gpu_spend", day.isoformat(), decide)).get(run) == round(usd, _CENT_OF_CENTS)

    def settle(self, day: date, run: str, usd: float) -> None:
        """What a run cost, in place of what was held back for it."""
        self._table.change("gpu_spend", day.isoformat(), lambda amounts: self._with(amounts, day, run, usd))

    def forget(self, day: date, run: str) -> None:
        """What was held back under this name turned out to be another's."""

        def decide(amounts: Mapping[str, Any]) -> Mapping[str, Any] | None:
            return {one: usd for one, usd in amounts.items() if one != run} if run in amounts else None

        self._table.change("gpu_spend", day.isoformat(), decide)

    def cost_of(self, job_id: str, first: date, last: date) -> float:
        """Of all runs of a job that began on these days."""
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        return sum(usd for day in days for run, usd in self._amounts(day).items() if run.split("/")[0] == job_id)

    def _amounts(self, day: date) -> dict[str, float]:
        return _runs(self._table.read("gpu_spend", day.isoformat()).attributes)

    def _with(self, amounts: Mapping[str, Any], day: date, run: str, usd: float) -> dict[str, Any]:
        return {**amounts, run: round(usd, _CENT_OF_CENTS), "expires_at": _epoch(day + timedelta(days=_KEPT_DAYS))}


def _runs(amounts: Mapping[str, Any]) -> dict[str, float]:
    return {run: float(usd) for run, usd in amounts.items() if run != "expires_at"}


def _epoch(day: date) -> int:
    return (day - date(1970, 1, 1)).days * 86_400
