"""Spans as tags on tokens and back: B-x begins a span of label x, I-x goes on with it, O is outside."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks_app.fields.tokens import Token

OUTSIDE = "O"
Span = dict[str, Any]
_FLOOR = 1e-9  # keeps log() finite; a tag nobody gave is all but impossible, not wholly


def tag_set(labels: Sequence[str]) -> tuple[str, ...]:
    """O first, then B-x and I-x for each label: the order of columns in `legal_path`."""
    return (OUTSIDE, *(f"{part}-{label}" for label in labels for part in "BI"))


def tags_of(spans: Sequence[Span], tokens: Sequence[Token]) -> list[str]:
    """One tag per token. A span takes every token it touches; one touched by two goes to the larger part."""
    owners: list[int | None] = [None] * len(tokens)
    taken = [0] * len(tokens)
    ends = [end for _, end in tokens]
    for number, span in enumerate(spans):
        index = bisect_right(ends, span["start"])
        while index < len(tokens) and tokens[index][0] < span["end"]:
            part = min(tokens[index][1], span["end"]) - max(tokens[index][0], span["start"])
            if part > taken[index]:
                owners[index], taken[index] = number, part
            index += 1
    tags, previous = [], None
    for owner in owners:
        part_of = "I" if owner == previous else "B"
        tags.append(OUTSIDE if owner is None else f"{part_of}-{spans[owner]['label']}")
        previous = owner
    return tags


def spans_of(tags: Sequence[str], tokens: Sequence[Token], turn: int) -> list[Span]:
    """The spans that a legal sequence of tags describes, from a token's start to a token's end."""
    spans: list[Span] = []
    for tag, (start, end) in zip(tags, tokens, strict=True):
        if tag.startswith("B-"):
            spans.append({"turn": turn, "start": start, "end": end, "label": tag[2:]})
        elif tag != OUTSIDE:
            spans[-1]["end"] = end
    return spans


def is_legal(tags: Sequence[str]) -> bool:
    """Whether every I-x follows B-x or I-x."""
    previous = OUTSIDE
    for tag in tags:
        if tag.startswith("I-") and previous[1:] != tag[1:]:
            return False
        previous = tag
    return True


def legal_path(probabilities: npt.NDArray[np.float64]) -> list[int]:
    """The likeliest legal sequence of columns (Viterbi); `probabilities` is (tokens, tags), as in `tag_set`.

    Only one rule forbids anything - I-x needs B-x or I-x before it - so a step costs O(tags), not O(tags^2):
    an I-x looks back at two columns, all others at the best one.
    """
    scores = np.log(np.maximum(probabilities, _FLOOR))
    length, width = scores.shape
    inside = np.arange(2, width, 2)
    back = np.zeros((length, width), dtype=np.intp)
    best = scores[0].copy()
    best[inside] = -np.inf
    for row in range(1, length):
        previous = np.full(width, best.argmax(), dtype=np.intp)
        previous[inside] = np.where(best[inside - 1] >= best[inside], inside - 1, inside)
        back[row] = previous
        best = best[previous] + scores[row]
    path = [int(best.argmax())]
    for row in range(length - 1, 0, -1):
        path.append(int(back[row, path[-1]]))
    return path[::-1]
