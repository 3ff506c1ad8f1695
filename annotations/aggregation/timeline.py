"""Cuts what was answered over time into parts that can be compared."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

FEWEST = 10  # items in a part; of fewer an alpha says nothing
_MOST_DAYS = 31
_MOST_PARTS = 8
Step = Literal["day", "week", "count"]


@dataclass(frozen=True, slots=True)
class Part:
    """`items` whose last answer came from `start` to `end`, the first and the last of these answers."""

    start: datetime
    end: datetime
    items: tuple[str, ...]


def parts_of(times: Mapping[str, datetime]) -> tuple[Step, list[Part]]:
    """By day; over more than a month by week; what was answered within two days by count, in equal parts.

    Days and weeks (in UTC) with too few items are left out, so that a gap is a gap.
    """
    ordered = sorted(times, key=lambda item: (times[item], item))
    days = {times[item].date() for item in ordered}
    if len(days) <= 2:
        return "count", _equal(ordered, times)
    weekly = (max(days) - min(days)).days >= _MOST_DAYS
    groups: dict[date, list[str]] = defaultdict(list)
    for item in ordered:
        day = times[item].date()
        groups[day - timedelta(days=day.weekday()) if weekly else day].append(item)
    parts = [_part(items, times) for items in groups.values() if len(items) >= FEWEST]
    return ("week" if weekly else "day"), parts


def _equal(ordered: list[str], times: Mapping[str, datetime]) -> list[Part]:
    """Nothing where there are not two parts to compare."""
    count = min(_MOST_PARTS, len(ordered) // FEWEST)
    if count < 2:
        return []
    bounds = [round(number * len(ordered) / count) for number in range(count + 1)]
    return [_part(ordered[a:b], times) for a, b in zip(bounds, bounds[1:], strict=False)]


def _part(items: list[str], times: Mapping[str, datetime]) -> Part:
    return Part(times[items[0]], times[items[-1]], tuple(items))
