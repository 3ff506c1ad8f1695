"""Dawid-Skene as in the textbook: expectation maximisation over the truth and who confuses what.

The same steps, start and end as crowd-kit's classes of these names, which are the oracle of the tests, at a
fraction of their time: names become numbers once, and each step is a product of sparse matrices.
"""

from collections.abc import Callable

import numpy as np

from annotations.aggregation.judgments import Coded, Floats
from annotations.aggregation.skill import Confusions
from annotations.aggregation.tally import Tally, normalised, vote_shares

_TOLERANCE = 1e-5  # gain of the likelihood's bound for each judgment at which further rounds are idle
_LEAST = 1e-10


def dawid_skene(tally: Tally, rounds: int) -> Floats:
    """(patterns, labels) posterior with a confusion matrix per worker (Dawid & Skene 1979)."""
    return _maximise(tally, _shares_of_row, rounds)


def one_coin(tally: Tally, rounds: int) -> Floats:
    """(patterns, labels) posterior with one accuracy per worker, errors spread evenly (Zhang et al. 2016)."""
    return _maximise(tally, _one_accuracy, rounds)


def expectation(coded: Coded, confusions: Confusions) -> Floats:
    """P(true label | judgments) for each pattern: prior times each judgment's likelihood, normalised.

    For few judgments, with numpy alone.
    """
    # (worker * labels + said, true): the row to add for a judgment.
    table = np.log(np.maximum(confusions.matrices, 1e-12)).transpose(0, 2, 1).reshape(-1, len(coded.labels))
    scores = np.add.reduceat(table[coded.pairs], coded.starts, axis=0) + np.log(confusions.priors)
    return normalised(scores)


def _maximise(tally: Tally, rates_of: Callable[[Floats], Floats], rounds: int) -> Floats:
    """`rates_of`: (workers, said, true) counts to P(said | true)."""
    weights = tally.coded.weights
    posterior = tally.pinned(vote_shares(tally.coded))
    counts, reached = tally.counts(posterior), -np.inf
    for _ in range(rounds):
        priors = np.maximum(weights @ posterior / weights.sum(), _LEAST)
        posterior = tally.pinned(normalised(tally.sums(np.log(rates_of(counts))) + np.log(priors)))
        counts = tally.counts(posterior)
        bound = _bound(tally, posterior, counts, rates_of(counts))
        if bound - reached < _TOLERANCE:
            break
        reached = bound
    return posterior


def _shares_of_row(counts: Floats) -> Floats:
    ever_said = counts.sum(axis=2, keepdims=True) > 0
    rates = np.where(ever_said, np.maximum(counts, _LEAST), 0.0)
    rates /= np.maximum(rates.sum(axis=1, keepdims=True), _LEAST)
    return np.where(ever_said, rates, 1.0)  # what nobody said has no judgment to weigh


def _one_accuracy(counts: Floats) -> Floats:
    width = counts.shape[-1]
    right = np.trace(counts, axis1=1, axis2=2) / np.maximum(counts.sum(axis=(1, 2)), _LEAST)
    wrong = (1 - right) / (width - 1)
    rates: Floats = np.where(np.eye(width, dtype=bool), right[:, None, None], wrong[:, None, None])
    return np.clip(rates, _LEAST, 1 - _LEAST)


def _bound(tally: Tally, posterior: Floats, counts: Floats, rates: Floats) -> float:
    """The evidence's lower bound for each judgment, as crowd-kit has it (with the priors once a judgment)."""
    weights = tally.coded.weights
    priors = np.maximum(weights @ posterior / weights.sum(), _LEAST)
    joint = (counts * (np.log(rates) + np.log(priors))).sum()
    sure = np.maximum(posterior, _LEAST)
    entropy = -np.einsum("u,ul,ul", weights, sure, np.log(sure))
    return float((joint + entropy) / counts.sum())
