"""Dawid-Skene with shrunken confusion matrices, by expectation maximisation."""

import numpy as np

from annotations.aggregation.judgments import Coded, Floats
from annotations.aggregation.skill import Confusions, count_confusions, shrink

_TOLERANCE = 1e-4  # largest change of a posterior at which further rounds are idle


def vote_shares(coded: Coded) -> Floats:
    """(patterns, labels) share of the votes."""
    width = len(coded.labels)
    cells = coded.pattern_of_pair * width + coded.pairs % width
    votes = np.bincount(cells, minlength=len(coded.starts) * width).reshape(-1, width).astype(np.float64)
    shares: Floats = votes / votes.sum(axis=1, keepdims=True)
    return shares


def expectation(coded: Coded, confusions: Confusions) -> Floats:
    """P(true label | judgments) for each pattern: prior times each judgment's likelihood, normalised."""
    # (worker * labels + said, true): the row to add for a judgment. Logs, since products of many
    # probabilities underflow; the row's maximum is taken out before exponentiating for the same reason.
    table = np.log(np.maximum(confusions.matrices, 1e-12)).transpose(0, 2, 1).reshape(-1, len(coded.labels))
    scores = np.add.reduceat(table[coded.pairs], coded.starts, axis=0) + np.log(confusions.priors)
    scores -= scores.max(axis=1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=1, keepdims=True)
    return scores


def maximisation(coded: Coded, posterior: Floats) -> Confusions:
    return shrink(count_confusions(coded, posterior), coded.weights @ posterior)


def refine(coded: Coded, posterior: Floats, rounds: int) -> Floats:
    """Alternate both steps from `posterior` (patterns, labels) until nothing moves or `rounds` are done."""
    for _ in range(rounds):
        before, posterior = posterior, expectation(coded, maximisation(coded, posterior))
        if np.abs(posterior - before).max() < _TOLERANCE:
            break
    return posterior
