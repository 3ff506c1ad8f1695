"""Answers in a rhythm, such as a, b, c, a, b, c, that the items do not have."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy.stats import binom

from annotations.anomalies.given import Finding, Given, Ints, significant

LEAST_ANSWERS = 24
_PERIODS = range(2, 9)
_LEAST_COMPARED = 12
_RATE = 0.001


def in_rhythm(given: Given) -> list[Finding]:
    """People whose answers repeat after a fixed number of items.

    For a period d the person's answer is compared with the one d items before, but only where the others'
    answers to these two items differ: an honest person then repeats no more often than two answers of theirs
    drawn by chance (the sum of their squared shares). Seven periods are tried, so p counts seven times.
    Whoever always says the same repeats by chance as well, and is not found here.
    """
    if not len(given.workers):
        return []
    leading = _leading_elsewhere(given)
    tested = []
    for worker in np.flatnonzero(np.bincount(given.workers) >= LEAST_ANSWERS):
        mine = given.of(int(worker))
        if best := _best_period(given.keys[mine], leading[mine]):
            p_value, period, repeats, compared = best
            evidence = {"period": period, "repeats": repeats, "compared": compared, "answers": len(mine)}
            tested.append(Finding(int(worker), repeats / compared, p_value, evidence))
    standing = significant([one.p_value or 0.0 for one in tested], _RATE)
    return [one for one, stands in zip(tested, standing, strict=True) if stands]


def _best_period(keys: Ints, leading: Ints) -> tuple[float, int, int, int] | None:
    shares = np.bincount(keys) / len(keys)
    by_chance = float((shares**2).sum())
    found = []
    for period in _PERIODS:
        told = (leading[period:] != leading[:-period]) & (leading[period:] >= 0) & (leading[:-period] >= 0)
        compared = int(told.sum())
        repeats = int((keys[period:] == keys[:-period])[told].sum())
        if compared >= _LEAST_COMPARED:
            p_value = min(1.0, float(binom.sf(repeats - 1, compared, by_chance)) * len(_PERIODS))
            found.append((p_value, period, repeats, compared))
    return min(found) if found else None


def _leading_elsewhere(given: Given) -> Ints:
    """For each answer what most of the other people said on its item; -1 where nobody else was asked."""
    votes: dict[int, Counter[int]] = {}
    for item, key in zip(given.items.tolist(), given.keys.tolist(), strict=True):
        votes.setdefault(item, Counter())[key] += 1
    pairs: Sequence[tuple[int, int]] = list(zip(given.items.tolist(), given.keys.tolist(), strict=True))
    return np.array([_most_of_the_rest(votes[item], key) for item, key in pairs], dtype=np.int64)


def _most_of_the_rest(votes: Counter[int], own: int) -> int:
    rest = {key: count - (key == own) for key, count in votes.items()}
    best = max(rest, key=lambda key: (rest[key], -key))
    return best if rest[best] > 0 else -1
