"""Forecasts of planted series against the last weeks of each, which were held back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np

from infra.company.series import plant
from infra.snowflake.procedures import forecast

AS_OF = date(2026, 11, 20)
_OUTAGE_DAYS = 2
"""The last days of a planting, in which one source is silent."""


@dataclass(frozen=True)
class HeldOut:
    """How many series there are; of each published one the share of days between p10 and p90, and the errors of p50 and
    of telling the week before again, as shares of what is usual."""

    planted: int
    inside: tuple[float, ...]
    errors: tuple[float, ...]
    naive_errors: tuple[float, ...]

    @property
    def published(self) -> float:
        """As a share of the planted ones."""
        return len(self.inside) / self.planted

    @property
    def coverage(self) -> float:
        return float(np.mean(self.inside))

    @property
    def error_to_naive(self) -> float:
        return sum(self.errors) / sum(self.naive_errors)


def held_out(seed: int) -> HeldOut:
    """Of all series of the seed that are amounts per day: only these are forecast."""
    inside, errors, naive_errors = [], [], []
    series = [one for one in plant(seed, AS_OF).series if one.kind == "flow"]
    for one in series:
        held = len(one.values) - forecast.HORIZON - _OUTAGE_DAYS
        known, actual = one.values[:held], np.array(one.values[held : held + forecast.HORIZON])
        made = forecast.forecast(known[-forecast.LOOK_BACK :])
        if made is None:
            continue
        (low, middle, high), backtest = made
        if backtest.mase >= 1:
            continue
        inside.append(float(((actual >= low) & (actual <= high)).mean()))
        scale = np.abs(np.array(known[-7:])).mean()
        errors.append(float(np.abs(actual - middle).mean() / scale))
        naive_errors.append(float(np.abs(actual - np.tile(known[-7:], 4)).mean() / scale))
    return HeldOut(len(series), tuple(inside), tuple(errors), tuple(naive_errors))


def together(parts: Iterable[HeldOut]) -> HeldOut:
    """The series of several seeds as those of one."""
    every = list(parts)
    return HeldOut(
        sum(one.planted for one in every),
        tuple(value for one in every for value in one.inside),
        tuple(value for one in every for value in one.errors),
        tuple(value for one in every for value in one.naive_errors),
    )
