"""From what two models say about one answer to a score, how sure it is, and the points that are missing.

One model judges the whole answer on the scale, the other marks in the reference what the answer leaves out.
The second says how probable each point is, and independent points add up to a distribution of the score
(Poisson binomial, by convolution). Both distributions are mixed; see POINTS_SHARE.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Shares = NDArray[np.float64]
# Chosen on the shipped calibration answers; the test answers had no part in it.
POINTS_SHARE = 0.5
MISSING = 0.5


@dataclass(frozen=True, slots=True)
class Point:
    """A stretch of the reference, in code points with the end exclusive, and what it counts."""

    start: int
    end: int
    weight: int


@dataclass(frozen=True, slots=True)
class Grade:
    """score: the median, from which the expected error is smallest. confidence: its own probability.
    doubt: expected squared distance of the truth from it, in steps of the scale; what weighs in the kappa.
    missing: numbers of the points that are more probably missing than not."""

    score: int
    shares: tuple[float, ...]
    confidence: float
    doubt: float
    missing: tuple[int, ...]


def grade(
    whole: Mapping[str, float] | None, absent: Sequence[float] | None, points: Sequence[Point], top: int
) -> Grade:
    """A score from 0 to `top`. whole: {"0": probability, ...}; absent: P(missing) of each point.

    Either may be None where its model does not answer, but not both.
    """
    parts: list[tuple[float, Shares]] = []
    if whole is not None:
        parts.append((1 - POINTS_SHARE, np.array([whole.get(str(step), 0.0) for step in range(top + 1)])))
    if absent is not None and points:
        parts.append((POINTS_SHARE, shares_of_points(absent, points, top)))
    mixed = np.sum([weight * shares for weight, shares in parts], axis=0)
    shares = mixed / (mixed.sum() or 1.0)
    score = int((shares.cumsum() < 0.5 - 1e-12).sum())
    doubt = float(shares @ (np.arange(top + 1) - score) ** 2)
    missing = tuple(number for number, chance in enumerate(absent or ()) if chance >= MISSING)
    return Grade(score, tuple(shares.tolist()), float(shares[score]), doubt, missing)


def shares_of_points(absent: Sequence[float], points: Sequence[Point], top: int) -> Shares:
    """(top + 1,) probabilities; what the points weigh in all is stretched to the scale."""
    total = sum(point.weight for point in points)
    sums = np.zeros(total + 1)
    sums[0] = 1.0
    for chance, point in zip(absent, points, strict=True):
        kept = np.zeros_like(sums)
        kept[point.weight :] = sums[: total + 1 - point.weight]
        sums = sums * chance + kept * (1 - chance)
    shares = np.zeros(top + 1)
    for weight, share in enumerate(sums):
        shares[scaled(weight, total, top)] += share
    return shares


def scaled(weight: int, total: int, top: int) -> int:
    """Half a step goes up."""
    return (2 * weight * top + total) // (2 * total)


def absent_shares(
    spans: Sequence[Mapping[str, Any]], unmarked: float, points: Sequence[Point], turn: int
) -> list[float]:
    """P(missing) of each point, from marked stretches with their confidence.

    unmarked: how sure the model is of the turn's words in all; what it did not mark may be missing with the
    rest of that.
    """
    chances = []
    for point in points:
        marked = [(_shared(span, point), float(span["confidence"])) for span in spans if span["turn"] == turn]
        length = point.end - point.start
        covered = min(1.0, sum(characters for characters, _sure in marked) / length)
        sure = sum(characters * sure for characters, sure in marked) / length
        chances.append(min(1.0, sure + (1 - covered) * (1 - unmarked)))
    return chances


def points_in(spans: Sequence[Mapping[str, Any]], points: Sequence[Point], turn: int) -> tuple[int, ...]:
    """Numbers of the points of which at least half is marked."""
    return tuple(
        number
        for number, point in enumerate(points)
        if 2 * sum(_shared(span, point) for span in spans if span["turn"] == turn) >= point.end - point.start
    )


def _shared(span: Mapping[str, Any], point: Point) -> int:
    return max(0, min(int(span["end"]), point.end) - max(int(span["start"]), point.start))
