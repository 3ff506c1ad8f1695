"""A topic's bins looked at as they came: what is usual on a day is learned from the days before it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from applications.finance_monitor.baseline import Usual, fit_usual
from applications.finance_monitor.chances import WINDOWS, Smallest, range_of, smallest_chances

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

LEAST_DAYS = 14
GAP = 3  # bins without an alarm that end an alert
SEASONS = {"none": 1, "hour_of_day": 24, "day_of_week": 7, "hour_of_week": 168}


@dataclass(frozen=True, slots=True)
class Series:
    """Bins of one topic without a gap, oldest first. starts: (N,) local times. days: (N,) numbers of local
    days, growing. total, negative: (N,) counts; 0 where nothing came. bin: hour or day."""

    starts: Sequence[datetime]
    days: Ints
    total: Ints
    negative: Ints
    bin: str = "hour"

    def slots(self, season: str) -> Ints:
        """(N,) the seasonal slot of each bin."""
        if season == "none":
            return np.zeros(len(self.starts), dtype=np.int64)
        hours = np.array([one.hour for one in self.starts], dtype=np.int64)
        if season == "hour_of_day":
            return hours
        weekdays = np.array([one.weekday() for one in self.starts], dtype=np.int64)
        return weekdays if season == "day_of_week" else weekdays * 24 + hours


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of each bin the window that ends with it and says most, (N,) each: its first bin, its counts, and its
    usual share and the upper end of its range (nan before enough is known)."""

    first: Ints
    total: Ints
    negative: Ints
    expected: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Looked:
    """What each bin looked like, (N,) each. expected, low, high and chance are nan before enough is known.

    evidence: the window of bins that `chance` is about.
    """

    expected: Floats
    low: Floats
    high: Floats
    chance: Floats
    evidence: "Evidence"

    def alarms(self, level: float) -> Flags:
        return np.asarray(self.chance <= level)


@dataclass(frozen=True, slots=True)
class Episode:
    """Bins [first, last] with at most GAP - 1 quiet ones in a row; peak: the one with the smallest chance."""

    first: int
    last: int
    peak: int
    members: tuple[int, ...] = field(default=())


def look(
    series: Series, *, season: str, level: float, memory_days: int = 56, leave_out: Flags | None = None,
    since: int = 0,
) -> Looked:  # fmt: skip
    """Look at every bin from the place `since` on with what was known when its day began.

    leave_out: (N,) bins that are not usual, because a person said so of an alert.
    """
    size, slots, seasons = len(series.starts), series.slots(season), SEASONS[season]
    expected, low, high, chance = (np.full(size, np.nan) for _ in range(4))
    evidence = _no_evidence(series)
    if size == 0:
        return Looked(expected, low, high, chance, evidence)
    windows = WINDOWS[series.bin]
    usable = np.ones(size, dtype=bool) if leave_out is None else ~leave_out
    for day in np.unique(series.days[since:]):
        usual = _known_before(int(day), series, slots, seasons, usable, memory_days)
        if usual is None:
            continue
        first, end = np.searchsorted(series.days, [day, day + 1])
        back = max(0, int(first) - max(windows) + 1)
        whole, today = slice(back, int(end)), slice(int(first), int(end))
        found = smallest_chances(series.total[whole], series.negative[whole], slots[whole], usual, windows)
        own = slice(int(first) - back, int(end) - back)
        chance[today] = found.chance[own]
        _note(evidence, found, own, today, level)
        expected[today] = usual.shares(slots[today])
        low[today], high[today] = range_of(series.total[today], slots[today], usual, level)
    return Looked(expected, low, high, chance, evidence)


def _no_evidence(series: Series) -> Evidence:
    size = len(series.starts)
    unknown = (np.full(size, np.nan) for _ in range(2))
    return Evidence(np.arange(size, dtype=np.int64), series.total.copy(), series.negative.copy(), *unknown)


def _note(evidence: Evidence, found: Smallest, own: slice, today: slice, level: float) -> None:
    places = np.arange(today.start, today.stop)
    evidence.first[today] = np.maximum(0, places - found.width[own] + 1)
    evidence.total[today], evidence.negative[today] = found.total[own], found.negative[own]
    evidence.expected[today], evidence.high[today] = found.expected[own], found.high(level)[own]


def _known_before(
    day: int, series: Series, slots: Ints, seasons: int, usable: Flags, memory_days: int
) -> Usual | None:
    if day - series.days[0] < LEAST_DAYS:
        return None
    first, end = np.searchsorted(series.days, [day - memory_days, day])
    past = np.arange(int(first), int(end))[usable[int(first) : int(end)]]
    return fit_usual(series.total[past], series.negative[past], slots[past], seasons)


def episodes(alarms: Flags, chance: Floats) -> list[Episode]:
    """Alarms that follow each other closely, as one: nobody wants to be told each hour."""
    found: list[list[int]] = []
    for place in np.flatnonzero(alarms).tolist():
        if found and place - found[-1][-1] <= GAP:
            found[-1].append(place)
        else:
            found.append([place])
    return [
        Episode(part[0], part[-1], min(part, key=lambda place: float(chance[place])), tuple(part))
        for part in found
    ]
