"""How far people agree beyond chance, before any truth is known."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from annotations.aggregation.judgments import Coded, Floats, Judgment, encode


@dataclass(frozen=True, slots=True)
class Alpha:
    """Krippendorff's alpha with a bootstrap interval. `units` and `judgments`: what could be compared."""

    value: float
    low: float
    high: float
    units: int
    judgments: int


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """`agreement`: share of the `units` both judged on which they said the same."""

    agreement: float
    units: int


def krippendorff_alpha(
    judgments: Sequence[Judgment],
    *,
    group: Callable[[str], str] | None = None,
    resamples: int = 1000,
    confidence: float = 0.95,
    seed: int = 13,
) -> Alpha | None:
    """Alpha for nominal labels: 1 - observed / expected disagreement (Krippendorff 2011, "Computing
    Krippendorff's Alpha-Reliability", nominal data, any number of observers, missing values).

    The interval is the percentile bootstrap over units. `group` names what must be drawn as one, such as the
    dialogue of a token: tokens of a dialogue are not independent, and drawn singly they give too narrow an
    interval. None when fewer than two units were judged twice; 1.0 when everybody always gave one and the
    same label.
    """
    if not judgments:
        return None
    coded = encode(judgments)
    votes, weights = _votes(coded)
    sizes = votes.sum(axis=1)
    comparable = sizes >= 2
    if weights[comparable].sum() < 2:
        return None
    parts = _disagreement_parts(votes[comparable])
    if group:
        rows, draws = _grouped(coded, parts, comparable, group)
    else:
        rows, draws = parts, weights[comparable]
    low, high = _interval(rows, draws, resamples, confidence, seed)
    return Alpha(
        value=float(_alpha(draws @ rows)),
        low=low,
        high=high,
        units=int(weights[comparable].sum()),
        judgments=int(weights[comparable] @ sizes[comparable]),
    )


def pairwise_agreement(judgments: Sequence[Judgment]) -> dict[tuple[str, str], PairAgreement]:
    """For every two workers with a unit in common, by name; of a worker's two verdicts the last counts."""
    by_unit: dict[str, dict[str, str]] = defaultdict(dict)
    for judgment in judgments:
        by_unit[judgment.unit][judgment.worker] = judgment.label
    same: dict[tuple[str, str], int] = defaultdict(int)
    both: dict[tuple[str, str], int] = defaultdict(int)
    for verdicts in by_unit.values():
        for pair in combinations(sorted(verdicts), 2):
            both[pair] += 1
            same[pair] += verdicts[pair[0]] == verdicts[pair[1]]
    return {pair: PairAgreement(same[pair] / both[pair], both[pair]) for pair in sorted(both)}


def span_f1(a: Sequence[Mapping[str, Any]], b: Sequence[Mapping[str, Any]]) -> float:
    """F1 of two span answers by exact match of turn, start, end and label; two empty answers agree."""
    left, right = _span_set(a), _span_set(b)
    if not left and not right:
        return 1.0
    return 2 * len(left & right) / (len(left) + len(right))


def span_agreement(items: Sequence[Sequence[Sequence[Mapping[str, Any]]]]) -> float | None:
    """Micro F1 over all pairs of answers to the same item (one list of answers per item).

    The usual agreement for spans, where agreement by chance has no meaning (Hripcsak & Rothschild 2005,
    "Agreement, the F-Measure, and Reliability in Information Retrieval"). None when nobody marked anything.
    """
    shared = marked = 0
    for answers in items:
        for a, b in combinations([_span_set(answer) for answer in answers], 2):
            shared += len(a & b)
            marked += len(a) + len(b)
    return 2 * shared / marked if marked else None


def _span_set(spans: Sequence[Mapping[str, Any]]) -> set[tuple[int, int, int, str]]:
    return {(span["turn"], span["start"], span["end"], span["label"]) for span in spans}


def _votes(coded: Coded) -> tuple[Floats, Floats]:
    """(patterns, labels) votes, and how many units show the pattern."""
    width = len(coded.labels)
    cells = coded.pattern_of_pair * width + coded.pairs % width
    votes = np.bincount(cells, minlength=len(coded.starts) * width).reshape(-1, width)
    return votes.astype(np.float64), coded.weights


def _disagreement_parts(votes: Floats) -> Floats:
    """(rows, 1 + labels): per unit the pairs that differ, sum over c of n_c (m - n_c) / (m - 1), then the
    n_c.

    Alpha depends on the data only through the sums of these columns, which makes resampling a matrix product.
    """
    sizes = votes.sum(axis=1)
    differing = (votes * (sizes[:, None] - votes)).sum(axis=1) / (sizes - 1)
    return np.column_stack([differing, votes])


def _alpha(sums: Floats) -> Floats:
    """1 - (n - 1) * differing / (n^2 - sum of n_c^2), over the last axis of (..., 1 + labels)."""
    totals = sums[..., 1:]
    count = totals.sum(axis=-1)
    expected = count**2 - (totals**2).sum(axis=-1)
    observed = (count - 1) * sums[..., 0]
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
    rows: Floats, weights: Floats, resamples: int, confidence: float, seed: int
) -> tuple[float, float]:
    """Percentiles of alpha over bootstrap samples; `weights` says how many equal units a row stands for."""
    random = np.random.default_rng(seed)
    draws = int(weights.sum())
    chances = weights / weights.sum()
    # In blocks: (resamples, rows) at once would be gigabytes for a large project.
    block = max(1, 2_000_000 // len(rows))
    alphas = [
        _alpha(random.multinomial(draws, chances, size=min(block, resamples - done)) @ rows)
        for done in range(0, resamples, block)
    ]
    tail = (1 - confidence) / 2
    low, high = np.quantile(np.concatenate(alphas), [tail, 1 - tail])
    return float(low), float(high)
