"""Forecast every daily flow 28 days ahead, and say how good such forecasts have been.

The body of the procedure BUSINESS_INTELLIGENCE.FORECAST_METRICS: R__forecast_metrics.sql carries this very file into
Snowflake, where nothing else of ours is at hand. `forecast` is a plain function of numbers; `main` reads and writes.

Holt-Winters (additive, week of 7 days, damped trend) against the seasonal-naive forecast, "as a week before". Both
forecast from every one of 12 origins a week apart; a series is published only where Holt-Winters erred less. p10 and
p90 are p50 plus the quantiles of those errors, week of the horizon by week.
"""

import warnings
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from statsmodels.tsa.holtwinters import ExponentialSmoothing

WEEK = 7
HORIZON = 28
ORIGINS = 12
NEEDED = 16 * WEEK
"""Days of history before the first origin: fewer cannot tell a week's pattern from chance."""
LOOK_BACK = 365 + 90
METHOD = "holt_winters_additive_damped_7"
INPUT = "SOPHIA.ANALYTICS.INT_METRICS__DAILY_LONG"
OUTPUT = "SOPHIA.BUSINESS_INTELLIGENCE.METRIC_FORECAST_RUNS"
NOT_FORECAST = "records_received"
"""What arrives when is a matter of pulls and repairs, not of the business."""
COLUMNS = ("METRIC", "DIMENSION", "DATE_KEY", "VALUE")


@dataclass(frozen=True)
class Backtest:
    """How the method did on the past: mase below 1 is better than the week before. errors: actual less forecast, by
    origin and day ahead. coverage: share of actual values between p10 and p90, each judged by the other origins."""

    mase: float
    mean_absolute_error: float
    coverage: float
    errors: np.ndarray


@dataclass(frozen=True)
class Row:
    """One metric, dimension and day forecast."""

    metric: str
    dimension: str
    made_on: date
    target_date: date
    p10: float
    p50: float
    p90: float
    method: str
    mase: float
    backtest_mean_absolute_error: float
    backtest_coverage: float
    backtest_origins: int
    is_published: bool
    made_at: datetime


def forecast(values: Sequence[float]) -> tuple[np.ndarray, Backtest] | None:
    """p10, p50 and p90 (rows) of the HORIZON days after a series of consecutive days, and the back-test.

    None where the series is too short, or constant: nothing can be learned of it.
    """
    history = np.asarray(values, dtype=float)
    if len(history) < NEEDED + HORIZON + (ORIGINS - 1) * WEEK or np.ptp(history[-NEEDED:]) == 0:
        return None
    calm = _calmed(history)
    ends = [len(history) - HORIZON - WEEK * back for back in reversed(range(ORIGINS))]
    settings = _fitted(calm[: ends[0]])  # learned before anything that is judged
    tested = np.array([history[end : end + HORIZON] - _ahead(calm[:end], settings) for end in ends])
    naive = np.array([history[end : end + HORIZON] - _a_week_before(history[:end]) for end in ends])
    scale = np.abs(naive).mean()
    if scale == 0:
        return None
    error = float(np.abs(tested).mean())
    backtest = Backtest(error / float(scale), error, _coverage(tested), tested)
    middle = _ahead(calm, _fitted(calm))
    low, high = (_quantile(tested, share) for share in (0.1, 0.9))
    points = np.vstack([middle + np.minimum(low, 0), middle, middle + np.maximum(high, 0)])
    return (np.maximum(points, 0) if history.min() >= 0 else points), backtest


def rows(history: Iterable[Mapping[str, Any]], made_on: date, made_at: datetime) -> list[Row]:
    """Every forecast that can be made from rows of METRIC, DIMENSION, DATE_KEY and VALUE, in any order.

    A series' forecast begins the day after its last day. made_on is the business day it is made on.
    """
    found = []
    series: dict[tuple[str, str], dict[date, float]] = defaultdict(dict)
    for row in history:
        series[row["METRIC"], row["DIMENSION"]][row["DATE_KEY"]] = float(row["VALUE"])
    for (metric, dimension), known in sorted(series.items()):
        values = _without_holes(known)
        made = forecast(values[-LOOK_BACK:])
        if made is None:
            continue
        points, backtest = made
        for ahead in range(HORIZON):
            low, middle, high = (round(float(point), 6) for point in points[:, ahead])
            found.append(
                Row(
                    metric=metric,
                    dimension=dimension,
                    made_on=made_on,
                    target_date=max(known) + timedelta(days=ahead + 1),
                    p10=low,
                    p50=middle,
                    p90=high,
                    method=METHOD,
                    mase=round(backtest.mase, 6),
                    backtest_mean_absolute_error=round(backtest.mean_absolute_error, 6),
                    backtest_coverage=round(backtest.coverage, 6),
                    backtest_origins=ORIGINS,
                    is_published=backtest.mase < 1,
                    made_at=made_at,
                )
            )
    return found


def main(session: Any) -> str:
    """Entry of the procedure: forecasts from the days that are over and known; replaces what was made today before."""
    metrics = session.table(INPUT)
    is_usable = (metrics["KIND"] == "flow") & metrics["IS_CLOSED"] & ~metrics["IS_STALE"]
    usable = metrics.filter(is_usable & (metrics["METRIC"] != NOT_FORECAST)).select(*COLUMNS)
    history = [row.as_dict() for row in usable.collect()]
    if not history:
        return told([])
    made_on = made_on_after(history)
    made = rows(history, made_on, datetime.now(UTC).replace(tzinfo=None))
    runs = session.table(OUTPUT)
    runs.delete(runs["MADE_ON"] == made_on)
    if made:
        names = [name.upper() for name in asdict(made[0])]
        new = session.create_dataframe([tuple(asdict(row).values()) for row in made], schema=names)
        new.write.mode("append").save_as_table(OUTPUT, column_order="name")
    return told(made)


def made_on_after(history: Iterable[Mapping[str, Any]]) -> date:
    """The business day after the last one known."""
    return max(row["DATE_KEY"] for row in history) + timedelta(days=1)


def told(made: Sequence[Row]) -> str:
    """One sentence about a run."""
    every = {(row.metric, row.dimension) for row in made}
    published = {(row.metric, row.dimension) for row in made if row.is_published}
    return f"{len(published)} of {len(every)} forecasts are better than the week before and published"


def _without_holes(known: Mapping[date, float]) -> list[float]:
    """Consecutive days from the first to the last; a day nobody knows is taken as a week before."""
    first, last = min(known), max(known)
    values: list[float] = []
    for place in range((last - first).days + 1):
        day = first + timedelta(days=place)
        before = values[-WEEK] if len(values) >= WEEK else (values[-1] if values else 0.0)
        values.append(known.get(day, before))
    return values


def _calmed(history: np.ndarray) -> np.ndarray:
    """A day far from the same weekday of the four weeks before is drawn in: one spike must not raise a month. What
    stays up counts in full four weeks later. Looks back only."""
    calm = history.copy()
    for start in range(4 * WEEK, len(calm), WEEK):  # a week at once: its days look at earlier weeks alone
        week = calm[start : start + WEEK]
        alike = calm[start - 4 * WEEK : start].reshape(4, WEEK)[:, : len(week)]
        usual = np.median(alike, axis=0)
        scatter = np.maximum(1.4826 * np.median(np.abs(alike - usual), axis=0), 0.05 * np.abs(usual))
        calm[start : start + WEEK] = np.clip(week, usual - 4 * scatter, usual + 4 * scatter)
    return calm


def _model(history: np.ndarray) -> ExponentialSmoothing:
    return ExponentialSmoothing(
        history,
        trend="add",
        damped_trend=True,
        seasonal="add",
        seasonal_periods=WEEK,
        initialization_method="heuristic",
    )


def _fitted(history: np.ndarray) -> dict[str, float]:
    """The smoothing that fits best."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of convergence: the back-test tells whether it is good enough
        found = _model(history).fit(use_brute=False).params
    return {name: float(found[name]) for name in _SETTINGS}


def _ahead(history: np.ndarray, settings: Mapping[str, float]) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(_model(history).fit(optimized=False, **settings).forecast(HORIZON))


_SETTINGS = ("smoothing_level", "smoothing_trend", "smoothing_seasonal", "damping_trend")


def _a_week_before(history: np.ndarray) -> np.ndarray:
    return np.tile(history[-WEEK:], HORIZON // WEEK)


def _quantile(errors: np.ndarray, share: float) -> np.ndarray:
    """Of the errors of each week of the horizon, for each of its days."""
    weeks = errors.reshape(len(errors), HORIZON // WEEK, WEEK)
    return np.repeat(np.quantile(weeks, share, axis=(0, 2)), WEEK)


def _coverage(errors: np.ndarray) -> float:
    inside = []
    for place in range(len(errors)):
        others = np.delete(errors, place, axis=0)
        low, high = np.minimum(_quantile(others, 0.1), 0), np.maximum(_quantile(others, 0.9), 0)
        inside.append(((errors[place] >= low) & (errors[place] <= high)).mean())
    return float(np.mean(inside))
