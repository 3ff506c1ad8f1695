"""How far what a model sees has moved away from what it was trained on: the population stability index.

    PSI = sum over bins of (a - e) * ln(a / e)      e: share of the bin in training, a: share now

Usual reading (Siddiqi 2006, "Credit Risk Scorecards"): below SMALL nothing to see, from SMALL to LARGE worth
a look, above LARGE another population. With few items chance alone makes it large: without any drift
PSI / (1/n + 1/m) is chi-squared with bins - 1 degrees of freedom (Yurdakul 2018, "Statistical Properties of
Population Stability Index"), so that a reading counts only above what chance reaches once in a hundred times.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

SMALL, LARGE = 0.1, 0.25
SURE = 0.99
Counts = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stability:
    """An index, and what chance alone would give once in a hundred times."""

    index: float
    chance: float


def stability(
    then: Sequence[float] | Counts, now: Sequence[float] | Counts, *, sure: float = SURE
) -> Stability:
    """The index of two lists of counts over the same bins; half an item is added to each bin, so that an
    empty one does not make it infinite."""
    before, after = np.asarray(then, dtype=np.float64), np.asarray(now, dtype=np.float64)
    if len(before) < 2 or not before.sum() or not after.sum():
        return Stability(0.0, 0.0)
    expected, actual = ((side + 0.5) / (side + 0.5).sum() for side in (before, after))
    index = float(((actual - expected) * np.log(actual / expected)).sum())
    spread = float(1 / before.sum() + 1 / after.sum())
    return Stability(index, chi_squared(sure, len(before) - 1) * spread)


def chi_squared(share: float, degrees: int) -> float:
    """The value that chi-squared stays below with this probability (Wilson and Hilferty 1931: within 2 %)."""
    spread = 2 / (9 * degrees)
    return float(degrees * (1 - spread + NormalDist().inv_cdf(share) * spread**0.5) ** 3)
