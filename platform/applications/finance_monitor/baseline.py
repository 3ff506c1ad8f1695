"""The usual range of a share that is counted in bins: robust, seasonal, and aware of small counts.

Model of a topic's bin t with n_t texts, of which k_t are negative:

    k_t ~ Binomial(n_t, p_t),   logit p_t = mu + s_slot(t) + e_t,   e_t ~ N(0, tau^2)

`tau` is how much shares sway beyond what counting explains. Sources: the empirical logit log((k + 1/2) / (n
- k + 1/2)) with variance 1 / (n p (1 - p)) (Gart and Zweifel 1967, "On the bias of various estimators of
the logit and its variance"); the median and its normal consistency factor (Huber and Ronchetti 2009,
"Robust Statistics"); seasonal effects shrunk by their reliability (Efron and Morris 1975, "Data analysis
using Stein's estimator and its generalizations"); the between-bin variance as the one that makes
standardised residuals standard (Paule and Mandel 1982, "Consensus values and weighting factors"; here by
their median). Overdispersed control charts for proportions: Laney 2002, "Improved control charts for
attributes".
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BLOCK = 6.0  # n p (1 - p) of a block at least: logits of less are skewed, and biased towards one half
RAREST = 0.01
LEAST_BLOCKS = 6
_MAD = 0.6745  # median of |z| of a standard normal
_MEDIAN = 1.2533  # standard error of a median over that of a mean
_WIDEST = 4.0  # tau at most


@dataclass(frozen=True, slots=True)
class Usual:
    """logits: (S,) of each seasonal slot. tau: sway from bin to bin. error: the standard error of what all
    slots have in common; slot_errors: (S,) those of what is each slot's own."""

    logits: Floats
    tau: float
    error: float
    slot_errors: Floats

    def shares(self, slots: Ints) -> Floats:
        """(N,) expected shares of bins in these slots."""
        return np.asarray(expit(self.logits[slots]), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Blocks:
    """Neighbouring bins of one slot put together until they hold enough texts; (B,) each.

    y, v: empirical logit and its variance of counting. sway: the share of tau^2 that is left in a block.
    """

    y: Floats
    v: Floats
    sway: Floats
    slot: Ints


def fit_usual(total: Ints, negative: Ints, slots: Ints, seasons: int) -> Usual | None:
    """The usual share by slot from (N,) bins, oldest first; None while there is too little to tell.

    slots: (N,) numbers below `seasons`. Bins without texts count for nothing.
    """
    blocks = _blocks(total, negative, slots)
    if len(blocks.y) < LEAST_BLOCKS:
        return None
    effects, errors = np.zeros(seasons), np.zeros(seasons)
    tau = 0.0
    middle = 0.0
    for _round in range(3):
        weights = 1.0 / (blocks.v + tau**2 * blocks.sway)
        middle = _weighted_median(blocks.y - effects[blocks.slot], weights)
        residuals, variances = blocks.y - middle, blocks.v
        if seasons > 1:
            effects, errors = _effects(residuals, weights, blocks.slot, seasons)
            residuals, extra = _as_unseen(residuals, weights, blocks.slot, seasons)
            variances = blocks.v + extra
        tau = _sway(residuals, variances, blocks.sway)
    weights = 1.0 / (blocks.v + tau**2 * blocks.sway)
    return Usual(middle + effects, tau, float(_MEDIAN / np.sqrt(weights.sum())), errors)


def _blocks(total: Ints, negative: Ints, slots: Ints) -> _Blocks:
    overall = float(np.clip((negative.sum() + 0.5) / (total.sum() + 1.0), RAREST, 1 - RAREST))
    spread = overall * (1 - overall)
    rows: list[tuple[float, float, float, int]] = []
    for slot in np.unique(slots[total > 0]):
        here = (slots == slot) & (total > 0)
        n, k = total[here].astype(float), negative[here].astype(float)
        number = max(1, int(n.sum() * spread / BLOCK))
        # A bin belongs to the block that the texts before it have filled so far.
        place = np.floor((np.cumsum(n) - n) * number / n.sum()).astype(int)
        rows += [_block(n[place == one], k[place == one], int(slot), spread) for one in np.unique(place)]
    if not rows:
        return _Blocks(np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0, dtype=np.int64))
    y, v, sway, slot_of = (np.array(column) for column in zip(*rows, strict=True))
    return _Blocks(y, v, sway, slot_of.astype(np.int64))


def _block(n: Floats, k: Floats, slot: int, spread: float) -> tuple[float, float, float, int]:
    texts, bad = float(n.sum()), float(k.sum())
    y = float(np.log((bad + 0.5) / (texts - bad + 0.5)))
    # Of the overall share, not of the block's own: else blocks with more negatives would weigh more.
    return y, 1.0 / (texts * spread), float(((n / texts) ** 2).sum()), slot


def _effects(residuals: Floats, weights: Floats, slot: Ints, seasons: int) -> tuple[Floats, Floats]:
    """Each slot's median, shrunk towards none by what chance alone would make of it; and standard errors."""
    effects, variances = np.zeros(seasons), np.full(seasons, np.inf)
    for number in np.unique(slot):
        here = slot == number
        effects[number] = _weighted_median(residuals[here], weights[here])
        variances[number] = (_MEDIAN**2 if here.sum() > 2 else 1.0) / weights[here].sum()
    seen = np.isfinite(variances)
    between = max(0.0, float(np.mean(effects[seen] ** 2 - variances[seen]))) if seen.any() else 0.0
    trust = (
        np.where(seen, between / (between + np.where(seen, variances, 1.0)), 0.0) if between else 0 * effects
    )
    return trust * effects, np.sqrt(np.where(seen, trust * np.where(seen, variances, 0.0), between))


def _as_unseen(residuals: Floats, weights: Floats, slot: Ints, seasons: int) -> tuple[Floats, Floats]:
    """(B,) what is left when each block's effect is told by the other half of its slot, and the variance of
    that effect. Told by itself, a slot of few blocks would seem to sway less than it does."""
    half = np.empty(len(slot), dtype=np.int64)
    for number in np.unique(slot):
        here = np.flatnonzero(slot == number)
        half[here] = np.arange(len(here)) % 2
    left, extra = residuals.copy(), np.zeros(len(slot))
    for one in (0, 1):
        told, asked = half == one, half != one
        effects, errors = _effects(residuals[told], weights[told], slot[told], seasons)
        left[asked] -= effects[slot[asked]]
        extra[asked] = errors[slot[asked]] ** 2
    return left, extra


def _sway(residuals: Floats, v: Floats, sway: Floats) -> float:
    """tau such that the median of |residual| / sqrt(v + tau^2 sway) is that of a standard normal."""
    low, high = 0.0, _WIDEST

    def middle(tau: float) -> float:
        return float(np.median(np.abs(residuals) / np.sqrt(v + tau**2 * sway)))

    if middle(0.0) <= _MAD:
        return 0.0
    for _step in range(40):
        half = (low + high) / 2
        low, high = (half, high) if middle(half) > _MAD else (low, half)
    return high


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])
