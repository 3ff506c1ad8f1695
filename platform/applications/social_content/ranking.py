"""The order of a feed. The floor comes first and is no weight: what is below it is not among what is ranked.

The mark of a post is a weighted mean of its match (the model's), its similarity (cosine of the texts'
vectors) and its recency (2 ** -(age / half-life)), plus its boost. With `diversity`, posts are taken one
after another by maximal marginal relevance (Carbonell and Goldstein 1998). Pure: no Django.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from applications.social_content.floor import InForce, Verdict, may_be_shown

Vector = NDArray[np.float32]
MOST_BOOST = 1.0


@dataclass(frozen=True, slots=True)
class Weights:
    """Parts of the mark; only their proportions count. half_life: days. diversity: 0 (none) to 1."""

    match: float = 0.3
    similarity: float = 0.6
    recency: float = 0.1
    half_life: float = 7.0
    diversity: float = 0.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """age: days. match: probability that it fits the interests, None where no model says so."""

    id: UUID
    verdict: Verdict
    age: float = 0.0
    similarity: float = 0.0
    match: float | None = None
    boost: float = 0.0


@dataclass(frozen=True, slots=True)
class Ranked:
    """mark: what it is ordered by. parts: what each of match, similarity, recency and boost adds to it."""

    candidate: Candidate
    mark: float
    parts: Mapping[str, float]


def rank(
    candidates: Sequence[Candidate],
    *,
    floor: InForce | None,
    weights: Weights,
    count: int,
    vectors: Mapping[UUID, Vector] | None = None,
) -> list[Ranked]:
    """The first `count` of those above the floor, best first. `vectors`: of unit length, for diversity."""
    allowed = [one for one in candidates if may_be_shown(one.verdict, floor)]
    marked = [_marked(one, weights) for one in allowed]
    marked.sort(key=lambda one: (-_number(one.mark), one.candidate.age, one.candidate.id))
    if weights.diversity > 0 and vectors:
        return _diverse(marked, vectors, weights.diversity, count)
    return marked[:count]


def newest_first(candidates: Sequence[Candidate], *, floor: InForce | None, count: int) -> list[Ranked]:
    """For whoever does not want to be profiled: by time alone, above the same floor."""
    allowed = [one for one in candidates if may_be_shown(one.verdict, floor)]
    allowed.sort(key=lambda one: (one.age, one.id))
    return [Ranked(one, 0.0, {}) for one in allowed[:count]]


def recency(age: float, half_life: float) -> float:
    return float(2.0 ** -(max(age, 0.0) / max(half_life, 1e-3)))


def _marked(one: Candidate, weights: Weights) -> Ranked:
    said = {"similarity": max(one.similarity, 0.0), "recency": recency(one.age, weights.half_life)}
    if one.match is not None:
        said["match"] = one.match
    shares = {name: max(_number(getattr(weights, name)), 0.0) for name in said}
    total = sum(shares.values()) or 1.0
    parts = {name: shares[name] / total * value for name, value in said.items()}
    parts["boost"] = min(max(_number(one.boost), -MOST_BOOST), MOST_BOOST)
    return Ranked(one, sum(parts.values()), parts)


def _number(value: float) -> float:
    """What is no number at all ranks as nothing."""
    return float(np.nan_to_num(value, nan=0.0, posinf=1e9, neginf=-1e9))


def _diverse(
    marked: Sequence[Ranked], vectors: Mapping[UUID, Vector], diversity: float, count: int
) -> list[Ranked]:
    left, taken = list(marked), list[Ranked]()
    share = min(diversity, 1.0)
    nearest = {one.candidate.id: 0.0 for one in left}  # to what was taken already
    while left and len(taken) < count:
        best = max(left, key=lambda one: (1 - share) * one.mark - share * nearest[one.candidate.id])
        left.remove(best)
        taken.append(best)
        if (chosen := vectors.get(best.candidate.id)) is None:
            continue
        for one in left:
            if (vector := vectors.get(one.candidate.id)) is not None:
                key = one.candidate.id
                nearest[key] = max(nearest[key], float(vector @ chosen))
    return taken
