"""How likely a count as high as the one that came is while all is as usual."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrc, expit, logit, ndtri

from applications.finance_monitor.baseline import Usual

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Bins: a jump shows in one of them, a slower rise in several together.
WINDOWS = {"hour": (1, 4, 24), "day": (1, 3, 7)}
_POINTS, _MASS = np.polynomial.hermite_e.hermegauss(41)
_MASS = _MASS / _MASS.sum()


def tail(negative: Ints, total: Ints, centre: Floats, spread: Floats) -> Floats:
    """(N,) P(K >= negative) with K ~ Binomial(total, expit(centre + spread Z)), Z standard normal.

    The normal is integrated out by Gauss-Hermite quadrature (Abramowitz and Stegun 1964, 25.4.46).
    """
    shares = expit(centre[:, None] + spread[:, None] * _POINTS[None, :])
    # Of the binomial: P(K > negative - 1), which bdtrc knows from 0 on.
    above = np.where(
        negative[:, None] > 0, bdtrc(np.maximum(negative - 1, 0)[:, None], total[:, None], shares), 1.0
    )
    return np.asarray(above @ _MASS, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Smallest:
    """For each bin the window of bins ending with it that is least likely, (N,) each.

    chance: its tail times the number of windows, 1 where the bin has no texts. width: in bins. total,
    negative: its counts. centre, spread: the logit of its usual share, and how much that sways.
    """

    chance: Floats
    width: Ints
    total: Ints
    negative: Ints
    centre: Floats
    spread: Floats

    @property
    def expected(self) -> Floats:
        return np.asarray(expit(self.centre))

    def high(self, level: float) -> Floats:
        """The share that the window stays below but for `level`: as `range_of`, for all its texts."""
        share = self.expected
        counting = 1.0 / (np.maximum(self.total, 1) * share * (1 - share))
        return np.asarray(expit(self.centre - ndtri(min(0.5, level)) * np.sqrt(counting + self.spread**2)))


def smallest_chances(
    total: Ints, negative: Ints, slots: Ints, usual: Usual, windows: tuple[int, ...]
) -> Smallest:
    """The smallest tail over the windows of bins that end with a bin, times their number.

    By Bonferroni's inequality P(result <= level) <= level for each bin, however the windows overlap. A bin
    without texts says nothing.
    """
    size, share = len(total), usual.shares(slots)
    best = np.full(size, np.inf)
    kept: list[NDArray[Any]] = [
        np.ones(size, dtype=np.int64),
        np.zeros(size, dtype=np.int64),
        np.zeros(size, dtype=np.int64),
        np.zeros(size),
        np.zeros(size),
    ]
    for width in windows:
        n, k, centre, spread = _pooled(total, negative, share, slots, usual, width)
        chance = np.where((n > 0) & (total > 0), tail(k, n, centre, spread), 1.0)
        less = chance < best
        best = np.where(less, chance, best)
        found = (np.full(size, width), n, k, centre, spread)
        kept = [np.where(less, new, old) for new, old in zip(found, kept, strict=True)]
    return Smallest(np.minimum(1.0, best * len(windows)), *kept)


def _pooled(
    total: Ints, negative: Ints, share: Floats, slots: Ints, usual: Usual, width: int
) -> tuple[Ints, Ints, Floats, Floats]:
    """Sums over the last `width` bins, with the logit of their mean share and how much it sways.

    Bins sway each for itself and no slot occurs twice in a window, so these variances add up; what is not
    known of the usual share as such is common to all bins and does not average out.
    """
    n, k = _sums(total, width), _sums(negative, width)
    texts = np.maximum(n, 1)
    mean = np.clip(_sums(total * share, width) / texts, 1e-6, 1 - 1e-6)
    own = usual.tau**2 + usual.slot_errors[slots] ** 2
    variance = _sums((total * share * (1 - share)) ** 2 * own, width) / texts**2
    spread = np.sqrt(variance / (mean * (1 - mean)) ** 2 + usual.error**2)
    return n, k, np.asarray(logit(mean), dtype=np.float64), spread


def _sums(values: NDArray[Any], width: int) -> NDArray[Any]:
    """(N,) of the last `width` values each."""
    whole = np.cumsum(values)
    return np.concatenate([whole[:width], whole[width:] - whole[:-width]])


def range_of(total: Ints, slots: Ints, usual: Usual, level: float) -> tuple[Floats, Floats]:
    """(N,) low and (N,) high: shares within which a bin of `total` texts lies but for `level` on each side.

    For the picture: by the normal approximation of the logit; what decides is `smallest_chances`.
    """
    share = usual.shares(slots)
    counting = 1.0 / (np.maximum(total, 1) * share * (1 - share))
    spread = np.sqrt(counting + usual.tau**2 + usual.error**2 + usual.slot_errors[slots] ** 2)
    reach = -ndtri(min(0.5, level)) * spread
    return expit(usual.logits[slots] - reach), expit(usual.logits[slots] + reach)
