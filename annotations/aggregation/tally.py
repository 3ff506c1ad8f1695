"""Judgments as a sparse matrix: both steps of expectation maximisation are then one product each."""

from typing import Any

import numpy as np

from annotations.aggregation.judgments import KNOWN, Coded, Floats, Ints


class Tally:
    """(patterns, workers * labels), 1 where a worker said a label.

    Tables of this module's callers are (workers, said, true): a row for each cell of the matrix. The worker
    KNOWN is none: what they say is true, and `pinned` holds a posterior to it.
    """

    def __init__(self, coded: Coded) -> None:
        # Imported here because web processes, which only ever weigh one item, need not spend it.
        from scipy import sparse  # noqa: PLC0415

        self.coded = coded
        self.width = len(coded.labels)
        self.workers = len(coded.workers)
        ends = np.append(coded.starts, len(coded.pairs))
        shape = (len(coded.starts), self.workers * self.width)
        heard = np.ones(len(coded.pairs))
        self._known: Ints = np.empty(0, dtype=np.int64)
        if KNOWN in coded.workers:
            of_truth = coded.pairs // self.width == coded.workers.index(KNOWN)
            heard[of_truth] = 0.0
            self._known, self._truth = coded.pattern_of_pair[of_truth], coded.pairs[of_truth] % self.width
        self.judgments = float(heard @ coded.weights[coded.pattern_of_pair])
        self._said: Any = sparse.csr_matrix((heard, coded.pairs, ends), shape=shape)

    def pinned(self, posterior: Floats) -> Floats:
        """In place: certainty where the truth is known."""
        if len(self._known):
            posterior[self._known] = 0.0
            posterior[self._known, self._truth] = 1.0
        return posterior

    def counts(self, posterior: Floats) -> Floats:
        """(workers, said, true) expected judgments under `posterior` (patterns, labels)."""
        summed: Floats = self._said.T @ (posterior * self.coded.weights[:, None])
        return summed.reshape(self.workers, self.width, self.width)

    def sums(self, table: Floats) -> Floats:
        """(patterns, true): for each pattern the sum of its judgments' rows of `table`."""
        found: Floats = self._said @ table.reshape(self.workers * self.width, -1)
        return found


def vote_shares(coded: Coded, weights: Floats | None = None) -> Floats:
    """(patterns, labels) share of the votes, each counted once or with its worker's weight."""
    width = len(coded.labels)
    workers, labels = np.divmod(coded.pairs, width)
    cells = coded.pattern_of_pair * width + labels
    counted = np.bincount(cells, None if weights is None else weights[workers], len(coded.starts) * width)
    votes: Floats = counted.reshape(-1, width).astype(np.float64)
    votes /= votes.sum(axis=1, keepdims=True)
    return votes


def normalised(scores: Floats) -> Floats:
    """Probabilities from log scores (patterns, labels).

    The maximum is taken out first, or products of many probabilities would underflow. By columns, since numpy
    is slow along an axis as short as a few labels.
    """
    columns = np.ascontiguousarray(scores.T)
    columns -= columns.max(axis=0)
    np.exp(columns, out=columns)
    columns /= columns.sum(axis=0)
    return np.ascontiguousarray(columns.T)
