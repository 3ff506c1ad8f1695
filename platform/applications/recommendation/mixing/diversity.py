"""Putting different things on one list.

Maximal marginal relevance (Carbonell & Goldstein 1998, "The use of MMR, diversity-based reranking"): the
next item is the one with the greatest (1 - d) score - d max cos(item, those on the list), with scores brought
to 0..1.
"""

import numpy as np
from numpy.typing import NDArray

from applications.recommendation.mixing.mixture import Floats


def diversify(scores: Floats, vectors: NDArray[np.float32], count: int, diversity: float) -> list[int]:
    """Indexes of the best `count`, the first one first. scores (N,), vectors (N, D) of unit length or zero.

    diversity: 0 (by score alone) to 1. Equal ones keep the order they came in.
    """
    if not len(scores):
        return []
    span = float(scores.max() - scores.min()) or 1.0
    worth = (scores - scores.min()) / span
    likeness = np.zeros(len(scores))
    left, chosen = list(range(len(scores))), list[int]()
    while left and len(chosen) < count:
        gains = (1 - diversity) * worth[left] - diversity * likeness[left]
        best = left.pop(int(np.argmax(gains)))
        chosen.append(best)
        likeness = np.maximum(likeness, np.maximum(vectors @ vectors[best], 0.0))
    return chosen
