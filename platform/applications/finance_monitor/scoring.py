"""Figures over answers to test items, with intervals that know which items belong together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

DRAWS, SEED = 500, 11
Labels = frozenset[str]


@dataclass(frozen=True, slots=True)
class Judged:
    """One test item. group: items of one group say nearly the same, and are drawn together."""

    group: str
    truth: Labels
    said: Labels


Score = Callable[[Sequence[Judged]], float]


def macro_f1(rows: Sequence[Judged]) -> float:
    """The mean over labels that occur in the truth of 2 TP / (2 TP + FP + FN)."""
    labels = sorted(set().union(*(row.truth for row in rows)))
    return float(np.mean([_f1(rows, label) for label in labels])) if labels else 0.0


def _f1(rows: Sequence[Judged], label: str) -> float:
    hits = sum(label in row.truth and label in row.said for row in rows)
    either = sum((label in row.truth) + (label in row.said) for row in rows)
    return 2 * hits / either if either else 0.0


def accuracy(rows: Sequence[Judged]) -> float:
    return sum(row.truth == row.said for row in rows) / len(rows) if rows else 0.0


def interval(rows: Sequence[Judged], score: Score) -> tuple[float, float]:
    """95 % by the bootstrap over groups (Efron and Tibshirani 1993, "An Introduction to the Bootstrap")."""
    groups: dict[str, list[Judged]] = {}
    for row in rows:
        groups.setdefault(row.group, []).append(row)
    parts = [groups[name] for name in sorted(groups)]
    random = np.random.default_rng(SEED)
    drawn = [
        score([row for place in random.integers(0, len(parts), len(parts)) for row in parts[place]])
        for _draw in range(DRAWS)
    ]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def majority(rows: Sequence[Judged], most_frequent: Labels) -> list[Judged]:
    return [Judged(row.group, row.truth, most_frequent) for row in rows]
