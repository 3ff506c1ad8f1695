"""What all items will take and cost, from the active seconds of some answers. Pure.

Seconds of an answer are skewed, so the middle one is told for a single answer; the whole needs their mean,
as only means add up. Both stand with a 95 % percentile interval of the bootstrap (Efron, "Bootstrap methods:
another look at the jackknife", Ann. Statist. 7, 1979; Efron and Tibshirani, "An Introduction to the
Bootstrap", 1993, section 13.3). Answers of one person resemble one another: with enough people, people are
drawn, and all of their answers with them (Davison and Hinkley, "Bootstrap Methods and their Application",
1997, section 3.8).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

REPLICATES = 1_000
ENOUGH_PEOPLE = 5
ENOUGH_ANSWERS = 5
_SEED = 20
# Silent reading of English: Brysbaert, "How many words do we read per minute?", J. Mem. Lang. 109, 2019.
WORDS_A_MINUTE = 238
# Chinese is read at 255 characters a minute: Trauzettel-Klosinski and Dietz, "Standardized assessment of
# reading performance: the new International Reading Speed Texts IReST", IOVS 53, 2012.
WORDS_A_HAN = WORDS_A_MINUTE / 255
SECONDS_A_FIELD = 6.0

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """`low` and `high` enclose what is to be expected; equal to `value` where nothing is uncertain."""

    value: float
    low: float
    high: float

    def times(self, other: "Interval") -> "Interval":
        return Interval(self.value * other.value, self.low * other.low, self.high * other.high)


@dataclass(frozen=True)
class Pace:
    """Seconds of one answer: the middle one, and the mean that sums are made of."""

    median: Interval
    mean: Interval
    answers: int
    people: int


@dataclass(frozen=True, kw_only=True)
class Work:
    """What is asked: `items` items, `least` to `most` answers each, gold as a share of all; pay for one."""

    items: int
    least: int
    most: int
    gold_share: float
    reward_minor: int


@dataclass(frozen=True)
class Estimate:
    """Answers in all, their seconds together, money in minor units; an hour at the usual pace."""

    pace: Pace
    answers: Interval
    seconds: Interval
    cost_minor: Interval
    hourly_minor: Interval

    def fair_reward(self, floor_minor: int | None) -> int | None:
        """The least pay for an answer at which an hour at the usual pace earns the floor."""
        if floor_minor is None:
            return None
        return int(np.ceil(floor_minor * self.pace.median.value / 3600 - 1e-9))


def measure_pace(seconds: Mapping[str, Sequence[float]]) -> Pace | None:
    """Person -> active seconds of each of their answers; None where there are none."""
    groups = [np.asarray(some, dtype=np.float64) for some in seconds.values() if len(some)]
    if not groups:
        return None
    pooled = np.concatenate(groups)
    draws = _by_person(groups) if len(groups) >= ENOUGH_PEOPLE else _by_answer(pooled)
    medians, means = zip(*((np.median(one), one.mean()) for one in draws), strict=True)
    return Pace(
        _interval(float(np.median(pooled)), np.asarray(medians)),
        _interval(float(pooled.mean()), np.asarray(means)),
        len(pooled),
        len(groups),
    )


def guess_pace(words: Sequence[float], fields: int) -> Pace:
    """Before anybody has answered: reading time and a fixed time for each field, half to twice of it."""
    typical = float(np.median(words)) if len(words) else 60.0
    value = 60 * typical / WORDS_A_MINUTE + SECONDS_A_FIELD * max(1, fields)
    interval = Interval(value, value / 2, value * 2)
    return Pace(interval, interval, 0, 0)


def count_words(text: str) -> float:
    """Words of a text as far as reading time goes; scripts without spaces by their characters."""
    han = sum("\u3040" <= one <= "\u9fff" for one in text)
    rest = "".join(" " if "\u3040" <= one <= "\u9fff" else one for one in text)
    return len(rest.split()) + han * WORDS_A_HAN


def estimate(pace: Pace, work: Work, *, settled: Sequence[int] = ()) -> Estimate:
    """`settled`: how many answers each item that is settled already took."""
    answers = _answers(work, settled)
    seconds = answers.times(pace.mean)
    pay = float(work.reward_minor)
    cost = answers.times(Interval(pay, pay, pay))
    middle = pace.median
    hourly = Interval(*(3600 * pay / max(1.0, one) for one in (middle.value, middle.high, middle.low)))
    return Estimate(pace, answers, seconds, cost, hourly)


def _answers(work: Work, settled: Sequence[int]) -> Interval:
    """Between the least and the most for each item; with enough settled ones, what they took on average."""
    each = Interval(float(work.least), float(work.least), float(work.most))
    if len(settled) >= ENOUGH_ANSWERS:
        taken = np.asarray(settled, dtype=np.float64)
        means = np.asarray([one.mean() for one in _by_answer(taken)])
        each = _interval(float(taken.mean()), means)
    more = work.items / (1 - work.gold_share)
    return each.times(Interval(more, more, more))


def _by_person(groups: Sequence[Floats]) -> list[Floats]:
    random = np.random.default_rng(_SEED)
    picks = random.integers(0, len(groups), size=(REPLICATES, len(groups)))
    return [np.concatenate([groups[n] for n in pick]) for pick in picks]


def _by_answer(values: Floats) -> list[Floats]:
    random = np.random.default_rng(_SEED)
    return list(values[random.integers(0, len(values), size=(REPLICATES, len(values)))])


def _interval(value: float, replicates: Floats) -> Interval:
    low, high = np.quantile(replicates, [0.025, 0.975])
    return Interval(value, float(low), float(high))
