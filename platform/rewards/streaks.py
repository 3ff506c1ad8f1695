"""Streaks that allow for rest. Pure: dates in, numbers out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

# A weekend, or a day off and a day ill, breaks nothing; and nobody is told that a streak is about to end.
REST_DAYS = 2


@dataclass(frozen=True, slots=True)
class Streaks:
    """In days of work: the days of rest between them do not count, they only do not break."""

    current: int
    longest: int
    active_days: int


def streaks_of(days: Iterable[date], today: date) -> Streaks:
    """`days` on which a person worked, in that person's own calendar."""
    worked = sorted(set(days))
    longest = run = 0
    before: date | None = None
    for day in worked:
        run = run + 1 if before is not None and _holds(before, day) else 1
        longest = max(longest, run)
        before = day
    alive = before is not None and _holds(before, today)
    return Streaks(run if alive else 0, longest, len(worked))


def _holds(before: date, after: date) -> bool:
    return after - before <= timedelta(days=REST_DAYS + 1)
