"""What training looked like, kept small, to hold later inputs against (see stability.py)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from training.engine.batching import Floats
from training.engine.stability import SURE, Counts, Stability, stability

CENTRES = 10
BINS = 10  # of distance
_ITEMS_PER_CENTRE = 10


@dataclass(frozen=True, slots=True)
class Reference:
    """What training looked like.

    centres: (K, H) of its embeddings. near: K counts of items by their nearest centre. edges: BINS - 1
    distances to the nearest centre that cut training into equal parts, so that texts about something new show
    though they must have a nearest centre as well. far: BINS counts between them. labels: counts.
    """

    centres: list[list[float]]
    near: list[float]
    edges: list[float]
    far: list[float]
    labels: dict[str, int]

    @classmethod
    def fit(cls, vectors: Floats, labels: Mapping[str, int]) -> "Reference":
        """From (N, H) embeddings of training items, N > 0.

        Centres come from every other item and the shares from those between: what a centre was made of lies
        nearer to it than anything new does.
        """
        made_of, others = vectors[::2], vectors[1::2] if len(vectors) > 1 else vectors
        kinds = max(1, min(CENTRES, len(made_of) // _ITEMS_PER_CENTRE, len(np.unique(made_of, axis=0))))
        found = KMeans(n_clusters=kinds, n_init=4, random_state=0).fit(made_of)
        centres = np.asarray(found.cluster_centers_, dtype=np.float32).round(5)
        nearest, distance = _nearest(others, centres)
        edges = np.unique(np.quantile(distance, np.arange(1, BINS) / BINS))
        return cls(
            centres=centres.tolist(),
            near=_counted(nearest, kinds).tolist(),
            edges=edges.tolist(),
            far=_binned(distance, edges).tolist(),
            labels=dict(labels),
        )

    def of_embeddings(self, vectors: Floats) -> Stability:
        """The larger of the indexes over nearest centres and over distances to them, by its own chance."""
        nearest, distance = _nearest(vectors, np.array(self.centres, dtype=np.float32))
        # Two looks at the same items: each may err half as often.
        sure = 1 - (1 - SURE) / 2
        both = (
            stability(self.near, _counted(nearest, len(self.near)), sure=sure),
            stability(self.far, _binned(distance, np.array(self.edges)), sure=sure),
        )
        return max(both, key=lambda one: one.index / max(one.chance, 1e-9))

    def of_labels(self, labels: Mapping[str, int]) -> Stability:
        """Over every label that occurs in training or now."""
        names = sorted({*self.labels, *labels})
        return stability(*([float(side.get(name, 0)) for name in names] for side in (self.labels, labels)))

    def shares(self, labels: Mapping[str, int]) -> dict[str, list[float]]:
        """Label -> [share in training, share now]."""
        totals = [sum(side.values()) or 1 for side in (self.labels, labels)]
        return {
            name: [self.labels.get(name, 0) / totals[0], labels.get(name, 0) / totals[1]]
            for name in sorted({*self.labels, *labels})
        }

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def _nearest(vectors: Floats, centres: Floats) -> tuple[NDArray[np.int64], Counts]:
    """(N,) index of the nearest centre, and (N,) squared distance to it."""
    squares = (vectors**2).sum(1)[:, None] - 2 * vectors @ centres.T + (centres**2).sum(1)[None]
    nearest = squares.argmin(axis=1).astype(np.int64)
    return nearest, squares[np.arange(len(vectors)), nearest].astype(np.float64)


def _binned(values: Counts, edges: Counts) -> Counts:
    return _counted(np.searchsorted(edges, values, side="right"), len(edges) + 1)


def _counted(places: NDArray[np.int64], bins: int) -> Counts:
    return np.bincount(places, minlength=bins).astype(np.float64)
