"""Sets of answers that hold the truth with a chance chosen beforehand. Pure.

Split conformal prediction (Vovk et al. 2005; Lei et al. 2018): what a model says about n items that it never
saw, with their truth, tells how far down its list one has to go. It holds whatever the model is, as long as
new items are drawn as those n were.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]
_ROUNDING = 1e-9  # (n + 1) (1 - alpha) is a whole number more often than its floating point is
LAC, APS = "lac", "aps"
METHODS = (LAC, APS)


def needed(risk: float) -> int:
    """The fewest items from which anything can be promised: the smallest n with 1 / (n + 1) <= risk."""
    return math.ceil(1 / risk - 1 - _ROUNDING)


def threshold(scores: Doubles, risk: float) -> float:
    """The ceil((n + 1)(1 - risk))-th smallest of (n,) scores: a new one is above it with at most that chance.

    The finite-sample correction is the + 1. Infinite where there are fewer than `needed`.
    """
    rank = math.ceil((len(scores) + 1) * (1 - risk) - _ROUNDING)
    if rank > len(scores):
        return math.inf
    return float(np.sort(scores)[max(rank, 1) - 1])


def scores_of(shares: Doubles, method: str) -> Doubles:
    """(N, C) how strange each label would be, of (N, C) probabilities; larger is stranger.

    "lac": 1 - p, the smallest sets on average (Sadinle, Lei and Wasserman 2019). "aps": the probability of
    what is at least as likely, itself included (Romano, Sesia and Candès 2020, without their random part, so
    that the same text gets the same answer; sets are a little larger for it).
    """
    if method == LAC:
        return 1 - shares
    above = shares[:, None, :] >= shares[:, :, None] - 1e-12  # (N, label, other)
    return np.asarray((above * shares[:, None, :]).sum(axis=2))


def thresholds_by_class(scores: Doubles, truth: Ints, risk: float) -> Doubles:
    """(C,) a threshold of each class from its own items (Mondrian; Vovk 2012).

    So the promise holds for a rare class as well as for all together; infinite for one with too few items.
    """
    classes = range(scores.shape[1])
    return np.array([threshold(scores[truth == label, label], risk) for label in classes])


def below(shares: Doubles) -> Doubles:
    """(N, L) the probability of a level lower than each, of (N, L) probabilities of rising levels."""
    return np.asarray(np.cumsum(shares, axis=1) - shares)


def above(shares: Doubles) -> Doubles:
    """(N, L) the probability of a higher level."""
    return np.asarray(shares.sum(axis=1, keepdims=True) - np.cumsum(shares, axis=1))


def controlled(grid: Doubles, lost: Doubles, count: int, risk: float, *, most: float = 1.0) -> float | None:
    """The first of `grid` (G,) at which the expected loss of a new item is at most `risk`.

    lost: (G,) what `count` items lose in all at each value, each between 0 and `most`, never rising along the
    grid. Conformal risk control (Angelopoulos et al. 2022): n / (n + 1) times their mean, plus
    most / (n + 1), is at most `risk`. None where no value does it, always so with too few items.
    """
    good = np.flatnonzero((lost + most) / (count + 1) <= risk + _ROUNDING)
    return float(grid[int(good[0])]) if len(good) else None


def upper_limit(shares: Doubles, truth: Ints, risk: float) -> float | None:
    """How much probability may lie below the highest level of an interval, so that the chance of a truth
    above it (under-triage) is at most `risk`.

    shares: (n, L); truth: (n,) places of levels. None with too few items.
    """
    at_truth = np.sort(below(shares)[np.arange(len(truth)), truth])
    grid = np.unique(np.concatenate([[0.0], at_truth, [1.0]]))
    missed = len(truth) - np.searchsorted(at_truth, grid, side="right")
    return controlled(grid, missed.astype(np.float64), len(truth), risk)


def intervals(shares: Doubles, *, upper: float, upper_by_class: Doubles, lower: float) -> tuple[Ints, Ints]:
    """(N,) lowest and (N,) highest level of each interval, as places; no level is left out between them.

    The highest is the last whose probability `below` is at most `upper`, or at most its own class's
    threshold; the lowest the first whose probability `above` is at most `lower`.
    """
    levels = shares.shape[1]
    limits = np.maximum(upper, upper_by_class)
    within = below(shares) <= limits + 1e-12
    within[:, 0] = True
    highest = levels - 1 - np.argmax(within[:, ::-1], axis=1)
    enough = above(shares) <= lower + 1e-12
    enough[:, -1] = True
    lowest = np.minimum(np.argmax(enough, axis=1), highest)
    return lowest.astype(np.int64), highest.astype(np.int64)


def wilson(hits: int, count: int, *, z: float = 1.959963984540054) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927); (0, 1) of nothing."""
    if not count:
        return 0.0, 1.0
    share, spread = hits / count, z * z / count
    middle = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / count + spread / (4 * count)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def counts_of(labels: Sequence[str], truth: Ints) -> Mapping[str, int]:
    found = np.bincount(truth, minlength=len(labels)).tolist()
    return dict(zip(labels, found, strict=True))
