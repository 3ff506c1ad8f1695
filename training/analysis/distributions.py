"""Counts for pictures: lengths in even steps, times in whole days, weeks or months."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

_MOST_BINS = 24
_STEPS = (1, 2, 5)
DAY, WEEK, MONTH = "day", "week", "month"
_MOST_DAYS, _MOST_WEEKS = 45, 60  # that are shown one by one


@dataclass(frozen=True, slots=True)
class Histogram:
    """counts[n] values lie in edges[n]..edges[n + 1] (the last edge excluded); `beyond` lie above all."""

    edges: list[int]
    counts: list[int]
    beyond: int


def histogram(values: NDArray[np.int64]) -> Histogram:
    """Of whole numbers of 0 or more, in round steps (1, 2, 5, 10, ...), the longest hundredth in `beyond`."""
    if not len(values):
        return Histogram([0], [], 0)
    top = int(np.quantile(values, 0.99)) + 1
    step = round_step(top / _MOST_BINS)
    edges = np.arange(0, top + step, step)
    counts, _ = np.histogram(values[values < edges[-1]], bins=edges)
    # numpy counts the last edge into the last bin; nothing equal to it is left.
    return Histogram(edges.tolist(), counts.tolist(), int((values >= edges[-1]).sum()))


def round_step(least: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50, ... that is not below `least`."""
    size = 1
    while True:
        for step in _STEPS:
            if step * size >= least:
                return step * size
        size *= 10


@dataclass(frozen=True, slots=True)
class Periods:
    """Days, weeks (from Monday) or months in UTC, without gaps; `place` (N,) is the row of each time."""

    unit: str
    starts: list[date]
    place: NDArray[np.int64]


def periods(times: NDArray[np.int64]) -> Periods:
    """Of (N,) seconds since 1970: the finest of day, week and month that a picture has room for."""
    if not len(times):
        return Periods(DAY, [], np.zeros(0, dtype=np.int64))
    days = times // 86400
    first, last = int(days.min()), int(days.max())
    if last - first < _MOST_DAYS:
        return Periods(DAY, [_date(day) for day in range(first, last + 1)], days - first)
    monday = first - (first + 3) % 7  # 1 January 1970 was a Thursday
    if (last - monday) // 7 < _MOST_WEEKS:
        weeks = [_date(day) for day in range(monday, last + 1, 7)]
        return Periods(WEEK, weeks, (days - monday) // 7)
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    begin = int(months.min())
    starts = [date(1970 + m // 12, m % 12 + 1, 1) for m in range(begin, int(months.max()) + 1)]
    return Periods(MONTH, starts, months - begin)


def _date(day: int) -> date:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).date()
