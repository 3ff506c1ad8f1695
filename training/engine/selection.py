"""Which items to ask people about next: those that the model doubts, spread over what they are about. Pure.

The most doubtful items by themselves are often many times the same case. So a few times more than wanted are
taken by doubt, gathered into as many clusters as are wanted, weighed by doubt, and of each cluster the item
nearest to its middle is asked about (Zhdanov 2019, "Diverse mini-batch Active Learning"). Before there is a
model, clusters of everything serve: one typical item of each (Hacohen et al. 2022, "Active Learning on a
Budget").
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans, MiniBatchKMeans

from training.engine.batching import Floats, Ints

CANDIDATES = 10  # doubtful items looked at for each one that is chosen
_LEAST_DOUBT = 1e-6  # a cluster of certain items still has a middle
_LARGE = 4_000  # rows above which clusters are found from samples


@dataclass(frozen=True, slots=True)
class Choice:
    """Positions in the pool, in the order of asking, and which of them were drawn by lot."""

    order: Ints  # (K,)
    by_lot: frozenset[int]


def choose(
    features: Floats, doubt: Floats | None, held_out: Sequence[bool], *, count: int, lot_share: float,
    seed: int,
) -> Choice:  # fmt: skip
    """`count` of N items to ask about next.

    features: (N, H) of unit length. doubt: (N,) 0..1, None while there is no model. held_out: whether an item
    would be tested on; such an item is only ever drawn by lot, in the order of the pool, so that what is
    tested on stays a fair sample of everything. lot_share: share of the choice that is drawn by lot; it takes
    held-out items while there are any. The lot is spread evenly over the order, so that whatever is answered
    of it has about that share.
    """
    held = np.asarray(held_out, dtype=bool)
    tested, free = np.flatnonzero(held), np.flatnonzero(~held)
    # Where too few are left that may be chosen, the lot makes up for them.
    lots = min(max(round(count * lot_share), count - len(free)), len(held))
    drawn = np.concatenate([tested, free])[:lots]
    free = np.setdiff1d(free, drawn)
    wanted = min(count - lots, len(free))
    picked = pick(features[free], None if doubt is None else doubt[free], count=wanted, seed=seed)
    return Choice(_spread(free[picked], drawn), frozenset(drawn.tolist()))


def pick(features: Floats, doubt: Floats | None, *, count: int, seed: int) -> Ints:
    """(count,) positions among N items, the most doubtful first (without doubt: largest clusters first)."""
    if count >= len(features):
        return np.argsort(-doubt, kind="stable") if doubt is not None else np.arange(len(features))
    if count <= 0:
        return np.zeros(0, dtype=np.int64)
    if doubt is None:
        return _middles(features, np.ones(len(features), dtype=np.float32), count, seed)
    near = np.sort(np.argsort(-doubt, kind="stable")[: CANDIDATES * count])
    chosen = near[_middles(features[near], np.maximum(doubt[near], _LEAST_DOUBT), count, seed)]
    return chosen[np.argsort(-doubt[chosen], kind="stable")]


def _middles(features: Floats, weights: Floats, count: int, seed: int) -> Ints:
    """The position nearest to the middle of each of `count` clusters, the heaviest cluster first.

    Equal items make fewer clusters; what is then missing is filled up by weight.
    """
    kind = MiniBatchKMeans if len(features) > _LARGE else KMeans
    means = kind(count, random_state=seed, n_init=1, max_iter=20).fit(features, sample_weight=weights)
    away = np.square(features - means.cluster_centers_[means.labels_]).sum(axis=1)
    mass = np.bincount(means.labels_, weights=weights, minlength=count)
    order = np.lexsort((away, means.labels_))  # within each cluster the nearest first
    _clusters, first = np.unique(means.labels_[order], return_index=True)
    chosen = order[first]
    chosen = chosen[np.argsort(-mass[means.labels_[chosen]], kind="stable")]
    others = np.setdiff1d(np.argsort(-weights, kind="stable"), chosen, assume_unique=True)
    return np.concatenate([chosen, others[: count - len(chosen)]]).astype(np.int64)


def _spread(picked: Ints, drawn: Ints) -> Ints:
    """Both in their own order, with the drawn ones at even distances."""
    places = np.concatenate([(np.arange(len(part)) + 0.5) / max(1, len(part)) for part in (picked, drawn)])
    return np.concatenate([picked, drawn])[np.argsort(places, kind="stable")].astype(np.int64)
