"""How sure a counted share or rate is. Exact bounds by bisection: no library of statistics is needed."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_STEPS = 60  # halvings: to the last bit of a float
Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float


def wilson(hits: int, of: int, *, z: float = Z95) -> Interval:
    """Of a share (Wilson 1927). (0, 1) where nothing was counted."""
    if not of:
        return Interval(0.0, 1.0)
    share, square = hits / of, z * z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = z / (1 + square / of) * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    return Interval(min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half)))


def poisson(count: int, *, confidence: float = 0.95) -> Interval:
    """Of the mean of a Poisson count, exact (Garwood 1936).

    With nothing counted the upper bound is 3.69 for two sides of 95 %, and 3.00 for one: the rule of three
    (Hanley and Lippman-Hand 1983).
    """
    tail = (1 - confidence) / 2
    most = count + 10 * math.sqrt(count + 1) + 20
    low = 0.0 if not count else _root(lambda mean: _poisson_below(count - 1, mean) - (1 - tail), count, 0.0)
    return Interval(low, _root(lambda mean: _poisson_below(count, mean) - tail, count, most))


def clopper_pearson(hits: int, of: int, *, confidence: float = 0.95) -> Interval:
    """Of a share, exact (Clopper and Pearson 1934)."""
    if not of:
        return Interval(0.0, 1.0)
    tail, share = (1 - confidence) / 2, hits / of
    low = 0.0 if not hits else _root(lambda p: _binomial_below(hits - 1, of, p) - (1 - tail), share, 0.0)
    high = 1.0 if hits == of else _root(lambda p: _binomial_below(hits, of, p) - tail, share, 1.0)
    return Interval(low, high)


@dataclass(frozen=True, slots=True)
class Stratum:
    """`texts` in all, of which `read` were read and `missed` values found in those; `with_missed` texts."""

    texts: int
    read: int
    missed: int
    with_missed: int


@dataclass(frozen=True, slots=True)
class Rate:
    """Missed values per 1,000 texts, and the share of texts with any, each with its interval."""

    per_thousand: float
    interval: Interval
    share: float
    share_interval: Interval


def stratified(strata: Sequence[Stratum]) -> Rate | None:
    """Over strata that were sampled at different rates, weighed by their size.

    Each stratum's exact interval is taken at 1 - 0.05/k, so the weighed sum of the bounds holds at 95 %
    (Bonferroni): wide rather than wrong. None while a stratum with texts has not been read in.
    """
    filled = [one for one in strata if one.texts]
    if not filled or any(not one.read for one in filled):
        return None
    every = sum(one.texts for one in filled)
    confidence = 1 - 0.05 / len(filled)
    rate = share = 0.0
    rates, shares = [0.0, 0.0], [0.0, 0.0]
    for one in filled:
        weight = one.texts / every
        counted = poisson(one.missed, confidence=confidence)
        parted = clopper_pearson(one.with_missed, one.read, confidence=confidence)
        rate += weight * one.missed / one.read
        share += weight * one.with_missed / one.read
        for at, (bound, part) in enumerate(((counted.low, parted.low), (counted.high, parted.high))):
            rates[at] += weight * bound / one.read
            shares[at] += weight * part
    return Rate(1000 * rate, Interval(1000 * rates[0], 1000 * rates[1]), share, Interval(*shares))


def _poisson_below(count: int, mean: float) -> float:
    """P(X <= count)."""
    if mean <= 0:
        return 1.0
    return math.fsum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(count + 1))


def _binomial_below(hits: int, of: int, share: float) -> float:
    """P(X <= hits)."""
    if share <= 0 or share >= 1:
        return 1.0 if share <= 0 else float(hits >= of)
    whole = math.lgamma(of + 1)
    return math.fsum(
        math.exp(
            whole - math.lgamma(k + 1) - math.lgamma(of - k + 1)
            + k * math.log(share) + (of - k) * math.log1p(-share)
        )
        for k in range(hits + 1)
    )  # fmt: skip


def _root(gap: Callable[[float], float], inner: float, outer: float) -> float:
    """Where `gap`, which changes its sign once between the two places, is 0."""
    rising = gap(inner) < 0
    for _ in range(_STEPS):
        middle = (inner + outer) / 2
        if (gap(middle) < 0) == rising:
            inner = middle
        else:
            outer = middle
    return (inner + outer) / 2
