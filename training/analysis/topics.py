"""Topics of many texts, and a map on which like texts lie together. Pure: numpy, UMAP, HDBSCAN.

The steps are those of BERTopic (Grootendorst 2022, "BERTopic: Neural topic modeling with a class-based TF-IDF
procedure"): embeddings, UMAP (McInnes, Healy and Melville 2018), HDBSCAN (Campello, Moulavi and Sander 2013);
naming.py gives the words. Two things differ. Clusters are found on the map itself, so that what a reader sees
together is together. And of many texts a sample is laid out; the others take their places among their nearest
in it, and all texts outside of a cluster join the topic that they lie as close to as its own do.
"""

import math
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.analysis.matching import match
from training.analysis.nearest import Floats, Ints, means, nearest, unit

NO_TOPIC = -1
NEIGHBOURS = 15
LAID_OUT = 30_000  # texts; what is beyond is placed among them
FEWEST = 12  # texts; fewer have no topics
_SEED = 20261128
_ANCHORS = 5  # of a text that is placed among others
_STRAY = 0.1  # share of a topic's own texts that lie farther from its middle than a stray one may
_SLOW, _QUICK = 200, 80  # epochs of a layout from nothing, and of one that begins with former places


@dataclass(frozen=True, slots=True, eq=False)
class Former:
    """An earlier analysis of a part of the same N texts, by the same encoder.

    places: (N, 2), NaN where a text was not there. topics: (N,), NO_TOPIC where it had none or was not there.
    centres: (F, D). founded_on: how many texts its topics were last found afresh in.
    """

    places: Floats
    topics: Ints
    centres: Floats
    founded_on: int


@dataclass(frozen=True, slots=True, eq=False)
class TopicMap:
    """topics: (N,) 0..T-1 or NO_TOPIC, largest topic first. centres: (T, D) of unit length. places: (N, 2).

    kept: for each topic the row of the former one that it is, or None. founded_on: see Former.
    """

    topics: Ints
    centres: Floats
    places: Floats
    kept: list[int | None]
    founded_on: int


def find_topics(
    vectors: Floats, keys: NDArray[np.uint64], *, former: Former | None = None, afresh: bool = False
) -> TopicMap:
    """Topics of (N, D) vectors of unit length, each of a distinct text.

    keys: (N,) numbers that depend on the text alone; the smallest are laid out, so that with more texts the
    sample stays nearly what it was. With a former analysis the layout begins from its places, and its topics
    stay: known texts keep theirs, new ones join them, and new topics are found only among what is left. When
    the texts have doubled, or `afresh`, all topics are found anew, and matched to the former ones.
    """
    if len(vectors) == 0:
        none = np.zeros((0, 2), dtype=np.float32)
        return TopicMap(np.zeros(0, dtype=np.int64), none[:, :0], none, [], 0)
    sample = np.sort(np.argsort(keys, kind="stable")[:LAID_OUT])
    laid = _lay_out(vectors[sample], None if former is None else former.places[sample])
    if former is not None:
        laid = turned_onto(laid, former.places[sample])
    places = _place(vectors, sample, laid)
    if former is None or afresh or len(vectors) >= 2 * former.founded_on:
        topics, centres = _found(vectors, sample, laid)
        known = former.centres if former is not None else centres[:0]
        return _by_size(TopicMap(topics, centres, places, match(known, centres), len(vectors)))
    topics, centres = _grown(vectors, sample, laid, former)
    kept = [row if row < len(former.centres) else None for row in range(len(centres))]
    return _by_size(TopicMap(topics, centres, places, kept, former.founded_on))


def _found(vectors: Floats, sample: Ints, laid: Floats) -> tuple[Ints, Floats]:
    topics = np.full(len(vectors), NO_TOPIC, dtype=np.int64)
    topics[sample] = _clusters(laid, smallest_topic(len(sample)))
    centres = _centres(vectors, topics, int(topics.max()) + 1)
    return _adopt(vectors, topics, centres), centres


def _grown(vectors: Floats, sample: Ints, laid: Floats, former: Former) -> tuple[Ints, Floats]:
    topics = _adopt(vectors, former.topics, _centres(vectors, former.topics, len(former.centres)))
    # Clusters of the whole map that are mostly made of texts without a topic.
    rest = topics[sample] == NO_TOPIC
    found = _clusters(laid, smallest_topic(len(sample)))
    for cluster in range(int(found.max(initial=NO_TOPIC)) + 1):
        inside = found == cluster
        if 2 * np.count_nonzero(inside & rest) > np.count_nonzero(inside):
            topics[sample[inside & rest]] = max(len(former.centres), int(topics.max()) + 1)
    centres = _centres(vectors, topics, max(len(former.centres), int(topics.max(initial=NO_TOPIC)) + 1))
    return _adopt(vectors, topics, centres), centres


def smallest_topic(texts: int) -> int:
    """How few texts make a topic; grows with the root of their number, as the number of topics then does."""
    return max(5, round(0.7 * math.sqrt(texts)))


def _centres(vectors: Floats, topics: Ints, kinds: int) -> Floats:
    return unit(means(vectors, topics, kinds))


def _lay_out(vectors: Floats, former: Floats | None) -> Floats:
    """(N, 2) by UMAP, over exact neighbours; of very few texts by principal components."""
    if len(vectors) <= NEIGHBOURS:
        centred = vectors - vectors.mean(axis=0)
        directions = np.linalg.svd(centred, full_matrices=False)[2][:2]
        flat = centred @ directions.T
        return np.pad(flat, ((0, 0), (0, 2 - flat.shape[1]))).astype(np.float32)
    from umap import UMAP  # noqa: PLC0415  # compiles as it is imported

    rows, near = nearest(vectors, vectors, many=NEIGHBOURS)
    start = None if former is None else _started(rows, near, former)
    layout = UMAP(
        n_components=2, n_neighbors=NEIGHBOURS, min_dist=0.1, metric="cosine", random_state=_SEED, n_jobs=1,
        precomputed_knn=(rows.astype(np.int32), np.maximum(1 - near, 0), None),
        init="pca" if start is None else start, n_epochs=_SLOW if start is None else _QUICK,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that neighbours were given, and that a seed leaves one thread
        return np.asarray(layout.fit_transform(vectors), dtype=np.float32)


def _started(rows: Ints, near: Floats, former: Floats) -> Floats | None:
    """Former places; a new text begins among its known neighbours, or in the middle. None: none is known."""
    known = ~np.isnan(former[:, 0])
    if not known.any():
        return None
    weights = np.where(known[rows], np.maximum(near, 1e-6), 0)  # (N, K)
    total = weights.sum(axis=1, keepdims=True)
    among = (np.nan_to_num(former)[rows] * weights[:, :, None]).sum(axis=1) / np.maximum(total, 1e-9)
    middle = np.nanmedian(former, axis=0)
    start: Floats = np.where(known[:, None], former, np.where(total > 0, among, middle)).astype(np.float32)
    return start


def _clusters(places: Floats, smallest: int) -> Ints:
    """HDBSCAN over the map."""
    if len(places) < max(FEWEST, smallest):
        return np.full(len(places), NO_TOPIC, dtype=np.int64)
    from sklearn.cluster import HDBSCAN  # noqa: PLC0415

    found = HDBSCAN(min_cluster_size=smallest, min_samples=min(smallest, 10), copy=True).fit_predict(places)
    return np.asarray(found, dtype=np.int64)


def _adopt(vectors: Floats, topics: Ints, centres: Floats) -> Ints:
    """Texts without a topic join the nearest one, if they lie as close to its middle as its own do."""
    if not len(centres):
        return topics
    rows, near = nearest(vectors, centres, many=1)
    inside = topics >= 0
    own = np.einsum("nd,nd->n", vectors[inside], centres[topics[inside]])
    limits = np.array([_limit(own[topics[inside] == topic]) for topic in range(len(centres))])
    close = near[:, 0] >= limits[rows[:, 0]]
    return np.where(~inside & close, rows[:, 0], topics)


def _limit(own: Floats) -> float:
    """A topic whose texts are all gone takes none."""
    return float(np.quantile(own, _STRAY)) if len(own) else np.inf


def _place(vectors: Floats, sample: Ints, laid: Floats) -> Floats:
    """(N, 2): the sample's own places, and for all others the weighted middle of their nearest in it."""
    places = np.zeros((len(vectors), 2), dtype=np.float32)
    places[sample] = laid
    others = np.setdiff1d(np.arange(len(vectors)), sample, assume_unique=True)
    if len(others):
        rows, near = nearest(vectors[others], vectors[sample], many=_ANCHORS)
        weights = np.maximum(near, 1e-6) ** 8  # the nearest counts for most: no place between two clusters
        places[others] = (laid[rows] * weights[:, :, None]).sum(axis=1) / weights.sum(axis=1, keepdims=True)
    return places


def _by_size(found: TopicMap) -> TopicMap:
    """Largest first; without those that no text is of."""
    sizes = np.bincount(found.topics[found.topics >= 0], minlength=len(found.centres))
    order = np.argsort(-sizes, kind="stable")[: np.count_nonzero(sizes)]
    ranks = np.full(len(found.centres) + 1, NO_TOPIC, dtype=np.int64)
    ranks[order] = np.arange(len(order))  # the last entry is what NO_TOPIC, -1, looks up
    kept = [found.kept[row] for row in order]
    return TopicMap(ranks[found.topics], found.centres[order], found.places, kept, found.founded_on)


def turned_onto(places: Floats, former: Floats) -> Floats:
    """The map moved, turned, mirrored and scaled so that known texts lie closest to where they were.

    Orthogonal Procrustes (Schönemann 1966). former: (N, 2), NaN where unknown. Fewer than three known texts
    fix no turn: then the map stays.
    """
    known = ~np.isnan(former[:, 0])
    if known.sum() < 3:
        return places
    middle, target = places[known].mean(axis=0), former[known].mean(axis=0)
    now, then = places[known] - middle, former[known] - target
    left, sizes, right = np.linalg.svd(now.T @ then)
    scale = sizes.sum() / max(float((now**2).sum()), 1e-12)
    turned: Floats = ((places - middle) @ (left @ right) * scale + target).astype(np.float32)
    return turned
