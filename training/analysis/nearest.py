"""Nearest neighbours by cosine among unit vectors: exact, in blocks, so that memory stays flat."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

_CELLS = 32_000_000  # of one block of similarities, 128 MB


def nearest(queries: Floats, base: Floats, *, many: int) -> tuple[Ints, Floats]:
    """(Q, K) rows of `base` and their similarities, most similar first; K is `many` or all there are.

    queries (Q, D), base (B, D), B > 0, of unit length. Of equals the first row comes first.
    """
    many = min(many, len(base))
    rows = np.zeros((len(queries), many), dtype=np.int64)
    near = np.zeros((len(queries), many), dtype=np.float32)
    for part in blocks(len(queries), len(base)):
        likeness = queries[part] @ base.T
        found = np.sort(np.argpartition(-likeness, many - 1, axis=1)[:, :many], axis=1)
        values = np.take_along_axis(likeness, found, axis=1)
        order = np.argsort(-values, axis=1, kind="stable")
        rows[part] = np.take_along_axis(found, order, axis=1)
        near[part] = np.take_along_axis(values, order, axis=1)
    return rows, near


def blocks(rows: int, columns: int) -> Iterator[slice]:
    """Slices of 0..rows whose products with `columns` fit into memory."""
    size = max(1, _CELLS // max(columns, 1))
    for begin in range(0, rows, size):
        yield slice(begin, min(begin + size, rows))


def unit(vectors: Floats) -> Floats:
    """The same directions, of length 1; a vector of zeros stays."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Floats = (vectors / np.maximum(lengths, 1e-9)).astype(np.float32)
    return scaled


def means(vectors: Floats, groups: Ints, kinds: int, weights: NDArray[np.float64] | None = None) -> Floats:
    """(kinds, D) weighted means of the rows of each group 0..kinds-1; rows of group -1 are in none."""
    sums = np.zeros((kinds, vectors.shape[1]), dtype=np.float64)
    weight = np.ones(len(vectors)) if weights is None else weights
    inside = groups >= 0
    np.add.at(sums, groups[inside], vectors[inside] * weight[inside, None])
    totals = np.bincount(groups[inside], weight[inside], minlength=kinds)
    found: Floats = (sums / np.maximum(totals, 1e-12)[:, None]).astype(np.float32)
    return found
