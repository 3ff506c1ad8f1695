"""Texts that are like no other: how far each vector is from the nearest of a sample of the others.

Sampling the others keeps it linear in N and finds outliers as well as all neighbours do (Sugiyama and
Borgwardt 2013, "Rapid distance-based outlier detection via sampling", NeurIPS). Distances become spreads from
the median by the median absolute deviation (Iglewicz and Hoaglin 1993, "How to detect and handle outliers").
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
SAMPLE = 1_000
LEAST = 30  # texts; among fewer nothing is usual
_ROWS = 4_096
_TO_SPREAD = 1.4826  # the median absolute deviation of a normal distribution, in standard deviations
_SEED = 20261128


def spreads(vectors: Floats, tick: Callable[[float], None] = lambda _share: None) -> NDArray[np.float64]:
    """(N,) how many spreads each of the (N, D) unit vectors lies farther out than the median one."""
    if len(vectors) < LEAST:
        return np.zeros(len(vectors))
    far = _distances(vectors, tick)
    middle = np.median(far)
    spread = _TO_SPREAD * np.median(np.abs(far - middle))
    found: NDArray[np.float64] = (far - middle) / max(spread, 1e-6)
    return found


def _distances(vectors: Floats, tick: Callable[[float], None]) -> NDArray[np.float64]:
    """(N,) cosine distance to the nearest of the sample that is not the text itself."""
    dice = np.random.default_rng(_SEED)
    chosen = np.sort(dice.choice(len(vectors), size=min(SAMPLE, len(vectors)), replace=False))
    sample = np.asarray(vectors[chosen])
    far = np.empty(len(vectors))
    for begin in range(0, len(vectors), _ROWS):
        rows = np.asarray(vectors[begin : begin + _ROWS])
        near = rows @ sample.T
        places = np.searchsorted(chosen, np.arange(begin, begin + len(rows)))
        itself = (places < len(chosen)) & (
            chosen[np.minimum(places, len(chosen) - 1)] == np.arange(begin, begin + len(rows))
        )
        near[np.flatnonzero(itself), places[itself]] = -1.0
        far[begin : begin + len(rows)] = 1.0 - near.max(axis=1)
        tick((begin + len(rows)) / len(vectors))
    return far
