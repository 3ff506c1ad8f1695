"""The same answer again and again, where other people saw differences between the items."""

import numpy as np
from scipy.stats import binom

from annotations.anomalies.given import Finding, Given, significant, votes_of_others

LEAST_ANSWERS = 15
_LEAST_SHARE = 0.85
_RATE = 0.001
# One imaginary vote that says the same: with few others an item proves little.
_DOUBT = 1.0


def always_the_same(given: Given) -> list[Finding]:
    """People who give one answer to nearly every item although others, on the same items, do not.

    How often the answer is to be expected is what the others said on these very items, so whoever was given
    many items of one kind is not suspected: p = P(X >= k), X ~ Binomial(n, share of the others).
    """
    others, same = votes_of_others(given)
    tested = []
    for worker in np.flatnonzero(np.bincount(given.workers) >= LEAST_ANSWERS) if len(given.workers) else []:
        mine = given.of(int(worker))
        counts = np.bincount(given.keys[mine])
        top = int(counts.argmax())
        times, total = int(counts[top]), len(mine)
        if times < _LEAST_SHARE * total or not others[mine].sum():
            continue
        expected = _expected(given, int(worker), top)
        p_value = float(binom.sf(times - 1, total, expected))
        evidence = {"answers": total, "times": times, "expected": round(expected * total, 1)}
        evidence["blank"] = top == given.blank
        tested.append((Finding(int(worker), times / total, p_value, evidence), int(given.keys[mine][0]), top))
    standing = significant([one.p_value or 0.0 for one, _first, _top in tested], _RATE)
    return [one for (one, _first, _top), stands in zip(tested, standing, strict=True) if stands]


def _expected(given: Given, worker: int, key: int) -> float:
    """The share of other people's answers to this person's items that are `key`."""
    there = np.isin(given.items, given.items[given.of(worker)]) & (given.workers != worker)
    saying = float((given.keys[there] == key).sum())
    return (saying + _DOUBT) / (float(there.sum()) + _DOUBT)
