"""Figures for answers on a scale: how far off, and how much better than chance."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training.engine.metrics import Report, single_report

MOST_LISTED = 21  # points; a longer scale has no table per point, which nobody could read
_BLANK = ""
Values = NDArray[np.float64]


def scale_report(truth: Sequence[int | None], guessed: Sequence[int | None], points: Sequence[int]) -> Report:
    """Figures over N units; None is a unit left blank, which only a blank answer meets.

    accuracy: exactly right. within_one: at most one step of the scale off. mean_absolute_error: in the
    scale's own numbers; where only one of the two is blank, the length of the scale. quadratic_kappa and
    spearman: over the units with a number on both sides.
    """
    pairs = list(zip(truth, guessed, strict=True))
    step, length = points[1] - points[0], points[-1] - points[0]
    errors = [length if (a is None) != (b is None) else abs((a or 0) - (b or 0)) for a, b in pairs]
    both = [(a, b) for a, b in pairs if a is not None and b is not None]
    names = [str(point) for point in points]
    shown = names if len(points) <= MOST_LISTED else []
    left, right = ([_BLANK if v is None else str(v) for v in side] for side in (truth, guessed))
    report = single_report(left, right, names, blank=None in (*truth, *guessed))
    if not shown:
        report |= {"labels": {}, "confusion": {"labels": [], "matrix": []}}
    return report | {
        "quadratic_kappa": quadratic_kappa(both),
        "mean_absolute_error": float(np.mean(errors)) if errors else 0.0,
        "within_one": float(np.mean([error <= step for error in errors])) if errors else 0.0,
        "spearman": spearman(both),
    }


def quadratic_kappa(pairs: Sequence[tuple[int, int]]) -> float:
    """1 - sum (a - b)^2 / its expectation if both sides kept their frequencies but met by chance.

    Cohen 1968, "Weighted kappa"; squared weights, so the scale's steps cancel out. 1 where nothing is off,
    0 where one side always says the same and the other does not.
    """
    if not pairs:
        return 0.0
    left, right = np.array(pairs, dtype=np.float64).T
    observed = float(((left - right) ** 2).mean())
    chance = float(left.var() + right.var() + (left.mean() - right.mean()) ** 2)
    return 1.0 - observed / chance if chance else 1.0


def spearman(pairs: Sequence[tuple[int, int]]) -> float:
    """Pearson's correlation of the ranks, ties at their mean rank; 0 where one side is constant."""
    if not pairs:
        return 0.0
    left, right = (_ranks(side) for side in np.array(pairs, dtype=np.float64).T)
    spread = float(left.std() * right.std())
    return float(((left - left.mean()) * (right - right.mean())).mean()) / spread if spread else 0.0


def _ranks(values: Values) -> Values:
    """Places from 0, equal values at the mean of the places that they take together."""
    counts = Counter(values.tolist())
    place, below = {}, 0
    for value in sorted(counts):
        place[value] = below + (counts[value] - 1) / 2
        below += counts[value]
    return np.array([place[value] for value in values.tolist()])
