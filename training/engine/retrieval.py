"""How well vectors find their own kind: recall at k, mean reciprocal rank, mean average precision."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.engine.batching import Floats

Bools = NDArray[np.bool_]
AT = (1, 5, 10)
_MOST_QUERIES = 2000
_MOST_TEXTS = 20_000


def retrieval_report(queries: Floats, texts: Floats, kin: "Kin", *, itself: bool) -> dict[str, Any]:
    """Each query is answered with all texts, nearest first; vectors (Q, H) and (T, H) of length one.

    recall_at_k: share of queries with kin among the first k. mrr: mean of 1 / rank of the first kin. map:
    mean over queries of the mean, over its kin, of the share of kin down to its rank (Manning et al. 2008,
    "Introduction to Information Retrieval", chapter 8.4). A query without kin is left out; `itself`: query n
    is text n, and not among its answers. Of more than 2,000 queries or 20,000 texts, the first are taken.
    """
    texts = texts[:_MOST_TEXTS]
    rows = [
        _of_query(number, queries, texts, kin, itself) for number in range(min(len(queries), _MOST_QUERIES))
    ]
    asked = [row for row in rows if row is not None]
    names = (*(f"recall_at_{k}" for k in AT), "mrr", "map")
    means = np.mean(asked, axis=0) if asked else np.zeros(len(names))
    return {**dict(zip(names, map(float, means), strict=True)), "queries": len(asked), "texts": len(texts)}


class Kin:
    """Who belongs to whom: by shared labels (Q, C) and (T, C), or one text each when those are absent."""

    def __init__(self, of_queries: Floats | None = None, of_texts: Floats | None = None) -> None:
        self._queries, self._texts = of_queries, of_texts

    def __call__(self, query: int, texts: int) -> Bools:
        """(T,) whether each text is kin of the query."""
        if self._queries is None or self._texts is None:
            only: Bools = np.arange(texts) == query
            return only
        found: Bools = self._texts[:texts] @ self._queries[query] > 0
        return found


def _of_query(
    number: int, queries: Floats, texts: Floats, kin: Kin, itself: bool
) -> tuple[float, ...] | None:
    related = kin(number, len(texts))
    likeness = texts @ queries[number]
    if itself:
        related, likeness = np.delete(related, number), np.delete(likeness, number)
    if not related.any():
        return None
    ranks = np.flatnonzero(related[np.argsort(-likeness, kind="stable")]) + 1  # of its kin, from 1
    precision = np.arange(1, len(ranks) + 1) / ranks
    return (*(float(ranks[0] <= k) for k in AT), 1 / ranks[0], float(precision.mean()))
