"""BIO tags: spans to tags, and scores back to the likeliest legal tags (Viterbi 1967)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.engine.batching import Floats

OUTSIDE = 0  # tag 0 is O, then B and I of each label in turn


class Span(NamedTuple):
    """Code points [start, end) of one turn, with the index of the label."""

    start: int
    end: int
    label: int


def begin(label: int) -> int:
    return 1 + 2 * label


def inside(label: int) -> int:
    return 2 + 2 * label


def tags_of(spans: Sequence[Span], starts: Sequence[int], ends: Sequence[int]) -> list[int]:
    """A tag per unit, whose code points are [starts, ends).

    A span takes each unit it touches; where spans overlap the earlier, longer one wins.
    """
    tags = [OUTSIDE] * len(starts)
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        touched = [
            index for index, (start, end) in enumerate(zip(starts, ends, strict=True))
            if start < span.end and end > span.start
        ]  # fmt: skip
        if any(tags[index] for index in touched):
            continue
        for number, index in enumerate(touched):
            tags[index] = inside(span.label) if number else begin(span.label)
    return tags


def spans_of(tags: Sequence[int], starts: Sequence[int], ends: Sequence[int]) -> list[tuple[Span, range]]:
    """Spans of a legal tag sequence, each with the range of its units."""
    found: list[tuple[Span, range]] = []
    first = 0
    for index, tag in enumerate([*tags, OUTSIDE]):
        open_tag = tags[index - 1] if index else OUTSIDE
        if open_tag != OUTSIDE and tag != open_tag + (open_tag % 2):  # I of the same label goes on
            label = (open_tag - 1) // 2
            found.append((Span(starts[first], ends[index - 1], label), range(first, index)))
        if tag % 2 == 1:
            first = index
    return found


def decode(log_probabilities: Floats) -> NDArray[np.int64]:
    """The likeliest legal tags of (K, C) scores: I-x only after B-x or I-x.

    When the best tag of each unit already makes a legal sequence it is the optimum, and Viterbi is not run.
    """
    greedy: NDArray[np.int64] = log_probabilities.argmax(axis=1)
    forbidden = _forbidden(log_probabilities.shape[1])
    previous = np.concatenate([[OUTSIDE], greedy[:-1]])
    if not forbidden[previous, greedy].any():
        return greedy
    penalty = np.where(forbidden, -np.inf, 0.0)
    best = log_probabilities[0] + penalty[OUTSIDE]
    back = np.zeros(log_probabilities.shape, dtype=np.int64)
    for index in range(1, len(log_probabilities)):
        candidates = best[:, None] + penalty  # (from, to)
        back[index] = candidates.argmax(axis=0)
        best = candidates.max(axis=0) + log_probabilities[index]
    path = [int(best.argmax())]
    for index in range(len(back) - 1, 0, -1):
        path.append(int(back[index, path[-1]]))
    return np.array(path[::-1], dtype=np.int64)


def _forbidden(classes: int) -> NDArray[np.bool_]:
    """(from, to): an inside tag may follow only its own begin or inside tag."""
    source, target = np.indices((classes, classes))
    stray: NDArray[np.bool_] = (target % 2 == 0) & (source != target) & (source != target - 1)
    return stray & (target > 0)
