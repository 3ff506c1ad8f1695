"""How good a ranked list is against what was chosen then.

NDCG: Järvelin & Kekäläinen 2002, "Cumulated gain-based evaluation of IR techniques"; with gains of 0 and 1.
Each list is ranked over the whole catalogue: figures from a sample of items that were not chosen may order
methods wrongly (Krichene & Rendle 2020, "On sampled metrics for item recommendation").
"""

from collections.abc import Collection, Sequence

import numpy as np

DEPTH = 10
RESAMPLES = 2000


def ndcg(ranked: Sequence[object], wanted: Collection[object], depth: int = DEPTH) -> float:
    """Σ 1 / log2(rank + 1) over wanted items within `depth`, divided by the most that could be reached."""
    gained = sum(1 / np.log2(place + 2) for place, item in enumerate(ranked[:depth]) if item in wanted)
    best = sum(1 / np.log2(place + 2) for place in range(min(len(wanted), depth)))
    return float(gained / best) if best else 0.0


def hit(ranked: Sequence[object], wanted: Collection[object], depth: int = DEPTH) -> float:
    """1 where at least one wanted item is within `depth`, else 0."""
    return float(any(item in wanted for item in ranked[:depth]))


def random_ndcg(size: int, wanted: int, depth: int = DEPTH) -> float:
    """What a list in random order reaches on average: every place holds a wanted item equally often."""
    if not size or not wanted:
        return 0.0
    gained = sum(1 / np.log2(place + 2) for place in range(min(depth, size))) * wanted / size
    best = sum(1 / np.log2(place + 2) for place in range(min(wanted, depth)))
    return float(gained / best)


def random_hit(size: int, wanted: int, depth: int = DEPTH) -> float:
    """1 - C(size - wanted, depth) / C(size, depth): the chance that a random list of `depth` holds one."""
    miss = 1.0
    for place in range(min(depth, size)):
        miss *= max(0.0, size - wanted - place) / (size - place)
    return 1.0 - miss if size else 0.0


def interval(values: Sequence[float], *, seed: int = 0) -> tuple[float, float]:
    """95 % percentile bootstrap of the mean (Efron & Tibshirani 1993, §13), drawn over lists."""
    if not values:
        return 0.0, 0.0
    draw = np.random.default_rng(seed)
    data = np.asarray(values, dtype=float)
    means = data[draw.integers(0, len(data), (RESAMPLES, len(data)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
