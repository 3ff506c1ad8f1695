"""Agreement on spans, where chance has no meaning: how much of what one marked the other marked too."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from annotations.aggregation.agreement import ratio_interval

Marks = frozenset[Any]


@dataclass(frozen=True, slots=True)
class F1:
    """Micro F1 over all pairs of answers to the same item, with its bootstrap interval over items."""

    value: float
    low: float
    high: float
    items: int


def span_f1(a: Sequence[Mapping[str, Any]], b: Sequence[Mapping[str, Any]]) -> float:
    """F1 of two span answers by exact match of turn, start, end and label; two empty answers agree."""
    left, right = span_set(a), span_set(b)
    if not left and not right:
        return 1.0
    return 2 * len(left & right) / (len(left) + len(right))


def span_agreement(items: Sequence[Sequence[Sequence[Mapping[str, Any]]]]) -> float | None:
    """`pairwise_f1` of spans by exact match; None when nobody marked anything."""
    found = pairwise_f1([[span_set(answer) for answer in answers] for answers in items])
    return found.value if found else None


def pairwise_f1(items: Iterable[Sequence[Marks]], *, resamples: int = 1000) -> F1 | None:
    """The usual agreement for spans (Hripcsak & Rothschild 2005, "Agreement, the F-Measure, and Reliability
    in Information Retrieval"), from one list of answers per item; an answer is the set of what was marked:
    whole spans for exact agreement, tokens with their labels for the lenient one.

    An item that nobody marked adds nothing: where nearly all of a text is unmarked, agreement on that would
    hide everything else. None when nobody marked anything twice looked at.
    """
    counts = [_counts(answers) for answers in items if len(answers) >= 2]
    shared, marked = (sum(column) for column in zip(*counts, strict=True)) if counts else (0, 0)
    if not marked:
        return None
    low, high = ratio_interval(np.array(counts, dtype=np.float64), resamples=resamples)
    return F1(shared / marked, low, high, sum(1 for _, all_marks in counts if all_marks))


def _counts(answers: Sequence[Marks]) -> tuple[int, int]:
    """2 * marks shared, and all marks, over the pairs of one item's answers."""
    shared = sum(len(a & b) for a, b in combinations(answers, 2))
    return 2 * shared, sum(map(len, answers)) * (len(answers) - 1)


def span_set(spans: Iterable[Mapping[str, Any]]) -> Marks:
    return frozenset((span["turn"], span["start"], span["end"], span["label"]) for span in spans)
