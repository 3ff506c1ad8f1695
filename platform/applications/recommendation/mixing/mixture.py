"""What an item is worth to a person: a mixture of four figures, weighted by what people chose.

    score(i) = w_match p_i + w_similarity s_i + w_popularity ln(1 + n_i + n r_i) + w_recency r_i

p_i: probability that the history matches the item, by the model. s_i = max(0, max_h cos(v_h, v_i)): how near
the item is to the nearest one of the history. n_i: interactions with the item, each counted
w_kind 2^(-age / H); n is their mean over the catalogue. r_i = 2^(-days since it was published / F): what is
new is given the benefit of an average popularity, which ends as it grows old untouched. No part is below 0
and no weight is, so each part's share in a score can be told.

The weights are those of a conditional (multinomial) logit: McFadden 1974, "Conditional logit analysis of
qualitative choice behavior"; the same loss is the top-one ListNet of Cao et al. 2007, "Learning to rank:
from pairwise approach to listwise approach".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Floats = NDArray[np.float64]
PARTS = ("match", "similarity", "popularity", "recency")
FRESH_DAYS = 60.0  # F
RIDGE = 0.0005  # for each choice: keeps a weight finite that the choices say nothing about


@dataclass(frozen=True, slots=True)
class Weights:
    """Of the four parts, in the order of PARTS."""

    match: float = 2.0
    similarity: float = 2.0
    popularity: float = 0.5
    recency: float = 0.5

    def array(self) -> Floats:
        return np.array([self.match, self.similarity, self.popularity, self.recency])

    def without_taste(self) -> "Weights":
        """For those of whom no profile may be made, or nothing is known."""
        return Weights(0.0, 0.0, self.popularity or 1.0, self.recency)


@dataclass(frozen=True, slots=True)
class Choice:
    """What stood to choose from, (N, 4) parts, and the row that was chosen."""

    parts: Floats
    chosen: int


def score(parts: Floats, weights: Weights) -> Floats:
    """(N, 4) parts -> (N,)."""
    found: Floats = parts @ weights.array()
    return found


def shares(parts: Floats, weights: Weights) -> dict[str, float]:
    """Of one item's parts (4,): how much of its score comes from each; all 0 where the score is."""
    each = parts * weights.array()
    total = float(each.sum())
    return {name: float(one) / total if total > 0 else 0.0 for name, one in zip(PARTS, each, strict=True)}


def parts_of(near: Floats, counts: Floats, mean_count: float, age_days: Floats) -> Floats:
    """(N, 4) in the order of PARTS, with the match left at 0. near: cosines; counts: n_i; both (N,)."""
    fresh = np.power(2.0, -np.maximum(age_days, 0.0) / FRESH_DAYS)
    counted = np.log1p(np.maximum(counts, 0.0) + mean_count * fresh)
    return np.column_stack([np.zeros(len(near)), np.maximum(near, 0.0), counted, fresh])


def loss_of(choices: Sequence[Choice], weights: Floats) -> tuple[float, Floats]:
    """Mean negative log-likelihood with the ridge, and its gradient (4,)."""
    loss, slope = RIDGE * float(weights @ weights), 2 * RIDGE * weights
    for choice in choices:
        scores = choice.parts @ weights
        likely = np.exp(scores - scores.max())
        likely /= likely.sum()
        loss -= float(np.log(max(likely[choice.chosen], 1e-300))) / len(choices)
        slope = slope + (likely @ choice.parts - choice.parts[choice.chosen]) / len(choices)
    return loss, slope


def learn(choices: Sequence[Choice]) -> tuple[Weights, float]:
    """The likeliest weights of at least 0, and the loss that they reach. The loss is convex: one answer."""
    if not choices:
        return Weights(), float("inf")
    found = minimize(
        lambda weights: loss_of(choices, weights), Weights().array(), jac=True, method="L-BFGS-B",
        bounds=[(0.0, None)] * len(PARTS),
    )  # fmt: skip
    return Weights(*(round(float(weight), 6) for weight in found.x)), float(found.fun)
