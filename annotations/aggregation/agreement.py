"""How far people agree beyond chance, before any truth is known."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from random import Random
from typing import Any, Literal

import numpy as np

from annotations.aggregation.judgments import Coded, Floats, Judgment, encode

Level = Literal["nominal", "ordinal", "interval"]

_PAIRS = 2_000  # of answers to different items; enough for the second decimal


@dataclass(frozen=True, slots=True)
class Alpha:
    """Krippendorff's alpha with a bootstrap interval. `units` and `judgments`: what could be compared."""

    value: float
    low: float
    high: float
    units: int
    judgments: int


def krippendorff_alpha(
    judgments: Sequence[Judgment],
    *,
    level: Level = "nominal",
    group: Callable[[str], str] | None = None,
    resamples: int = 1000,
    confidence: float = 0.95,
    seed: int = 13,
) -> Alpha | None:
    """Alpha: 1 - observed / expected disagreement (Krippendorff 2011, "Computing Krippendorff's
    Alpha-Reliability", section D: any number of observers, missing values).

    Two labels disagree by 1 (`nominal`), by the square of their difference (`interval`) or of how many
    judgments lie between them (`ordinal`); the last two need labels that are numbers. The interval is the
    percentile bootstrap over units; what lies between two labels is not drawn anew in it. `group` names what
    must be drawn as one, such as the dialogue of a token: tokens of a dialogue are not independent, and drawn
    singly they give too narrow an interval. None when fewer than two units were judged twice; 1.0 when
    everybody always gave one and the same label.
    """
    if not judgments:
        return None
    coded = encode(judgments)
    votes, weights = votes_of(coded)
    sizes = votes.sum(axis=1)
    comparable = sizes >= 2
    if weights[comparable].sum() < 2:
        return None
    votes, counts = votes[comparable], weights[comparable]
    apart = _apart(coded.labels, level, counts @ votes)
    parts = _disagreement_parts(votes, apart)
    rows, draws = _grouped(coded, parts, comparable, group) if group else (parts, counts)
    return Alpha(
        float(_alpha(draws @ rows, apart)),
        *_interval(rows, draws, lambda sums: _alpha(sums, apart), resamples, confidence, seed),
        units=int(counts.sum()),
        judgments=int(counts @ votes.sum(axis=1)),
    )


def distance_alpha(
    units: Sequence[Sequence[Any]],
    distance: Callable[[Any, Any], float],
    *,
    by_chance: float | None = None,
    resamples: int = 1000,
    confidence: float = 0.95,
    seed: int = 13,
) -> Alpha | None:
    """Alpha for answers that have a distance but no common labels, such as texts and orders.

    `units` holds the answers to each item. `by_chance` is the distance to expect of two people who did not
    look; where it is not known it is the mean distance of answers to different items, from a sample.
    """
    compared = [answers for answers in units if len(answers) >= 2]
    if len(compared) < 2:
        return None
    expected = _distance_by_chance(compared, distance, seed) if by_chance is None else by_chance
    sums = [
        [sum(distance(a, b) for a, b in combinations(answers, 2)) * 2 / (len(answers) - 1), len(answers)]
        for answers in compared
    ]

    def alpha_of(totals: Floats) -> Floats:
        observed = totals[..., 0] / totals[..., 1]
        return 1.0 - (observed / expected if expected else np.zeros_like(observed))

    rows, draws = np.array(sums, dtype=np.float64), np.ones(len(sums))
    return Alpha(
        float(alpha_of(draws @ rows)),
        *_interval(rows, draws, alpha_of, resamples, confidence, seed),
        units=len(compared),
        judgments=sum(map(len, compared)),
    )


def ratio_interval(
    rows: Floats, *, resamples: int = 1000, confidence: float = 0.95, seed: int = 13
) -> tuple[float, float]:
    """The bootstrap interval of sum(rows[:, 0]) / sum(rows[:, 1]), such as an F1 from counts by item."""

    def ratio(totals: Floats) -> Floats:
        whole = totals[..., 1]
        shares: Floats = np.divide(totals[..., 0], whole, out=np.ones_like(whole), where=whole > 0)
        return shares

    return _interval(rows, np.ones(len(rows)), ratio, resamples, confidence, seed)


def votes_of(coded: Coded) -> tuple[Floats, Floats]:
    """(patterns, labels) votes, and how many units show the pattern."""
    width = len(coded.labels)
    cells = coded.pattern_of_pair * width + coded.pairs % width
    votes = np.bincount(cells, minlength=len(coded.starts) * width).reshape(-1, width)
    return votes.astype(np.float64), coded.weights


def _apart(labels: tuple[str, ...], level: Level, totals: Floats) -> Floats:
    """(labels, labels) by how much two labels disagree; `totals`: how often each was given."""
    if level == "nominal":
        return 1.0 - np.eye(len(labels))
    places = np.array([float(label) for label in labels])
    if level == "ordinal":
        order = np.argsort(places, kind="stable")
        places[order] = np.cumsum(totals[order]) - totals[order] / 2
    distances: Floats = np.subtract.outer(places, places) ** 2
    return distances


def _disagreement_parts(votes: Floats, apart: Floats) -> Floats:
    """(rows, 1 + labels): per unit its disagreement, sum over c, k of n_c n_k apart_ck / (m - 1),
    then the n_c.

    Alpha depends on the data only through the sums of these columns, which makes resampling a matrix product.
    """
    differing = ((votes @ apart) * votes).sum(axis=1) / (votes.sum(axis=1) - 1)
    return np.column_stack([differing, votes])


def _alpha(sums: Floats, apart: Floats) -> Floats:
    """1 - (n - 1) * differing / sum of n_c n_k apart_ck, over the last axis of (..., 1 + labels)."""
    totals = sums[..., 1:]
    expected = ((totals @ apart) * totals).sum(axis=-1)
    observed = (totals.sum(axis=-1) - 1) * sums[..., 0]
    alpha: Floats = 1.0 - np.divide(observed, expected, out=np.zeros_like(expected), where=expected > 0)
    return alpha


def _grouped(
    coded: Coded, parts: Floats, comparable: np.ndarray[Any, np.dtype[np.bool_]], group: Callable[[str], str]
) -> tuple[Floats, Floats]:
    """The parts summed by group, each group to be drawn with weight 1."""
    row_of = np.cumsum(comparable) - 1
    names: dict[str, int] = {}
    numbers, rows = [], []
    for unit, pattern in zip(coded.units, coded.pattern_of.tolist(), strict=True):
        if comparable[pattern]:
            numbers.append(names.setdefault(group(unit), len(names)))
            rows.append(row_of[pattern])
    sums = np.zeros((len(names), parts.shape[1]))
    np.add.at(sums, numbers, parts[rows])
    return sums, np.ones(len(names))


def _interval(
    rows: Floats,
    weights: Floats,
    statistic: Callable[[Floats], Floats],
    resamples: int,
    confidence: float,
    seed: int,
) -> tuple[float, float]:
    """Percentiles over bootstrap samples of `statistic`, a function of the sums of the columns; `weights`
    says how many equal units a row stands for."""
    # Who said it does not matter here, and 100,000 units of three answers show a few dozen rows: drawing how
    # often each of these comes up is the same bootstrap in a thousandth of the time.
    rows, row_of = np.unique(rows, axis=0, return_inverse=True)
    times = np.bincount(row_of.reshape(-1), weights)
    random = np.random.default_rng(seed)
    draws = int(times.sum())
    # In blocks: (resamples, rows) at once would be gigabytes for a large project.
    block = max(1, 2_000_000 // len(rows))
    found = [
        statistic(random.multinomial(draws, times / times.sum(), size=min(block, resamples - done)) @ rows)
        for done in range(0, resamples, block)
    ]
    tail = (1 - confidence) / 2
    low, high = np.quantile(np.concatenate(found), [tail, 1 - tail])
    return float(low), float(high)


def _distance_by_chance(
    units: Sequence[Sequence[Any]], distance: Callable[[Any, Any], float], seed: int
) -> float:
    random = Random(seed)  # noqa: S311 - a sample
    total = 0.0
    for _ in range(_PAIRS):
        a, b = random.sample(range(len(units)), 2)
        total += distance(random.choice(units[a]), random.choice(units[b]))
    return total / _PAIRS
