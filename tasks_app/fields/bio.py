"""Spans as tags on tokens and back: B-x begins a span of label x, I-x goes on with it, O is outside."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks_app.fields.tokens import Token

OUTSIDE = "O"
Span = dict[str, Any]
_FLOOR = 1e-9  # keeps log() finite; a tag nobody gave is all but impossible, not wholly
_ADJACENT = float(np.log(0.1))
CERTAIN = 0.99


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


def is_plain(tags: Sequence[str]) -> bool:
    """Whether every I-x goes on with a span of x, and no span begins where another one has just ended."""
    previous = OUTSIDE
    for tag in tags:
        if tag.startswith("I-") and previous[1:] != tag[1:] or tag.startswith("B-") and previous != OUTSIDE:
            return False
        previous = tag
    return True


def legal_path(probabilities: npt.NDArray[np.float64]) -> list[int]:
    """The likeliest legal sequence of columns (Viterbi); `probabilities` is (tokens, tags), as in `tag_set`.

    I-x needs B-x or I-x before it. A span right behind another is allowed but must be ten times as likely:
    where people differ about a beginning, two neighbouring tokens both look like one. A step costs O(tags).
    """
    scores = np.log(np.maximum(probabilities, _FLOOR))
    length, width = scores.shape
    begin, inside = np.arange(1, width, 2), np.arange(2, width, 2)
    back = np.zeros((length, width), dtype=np.intp)
    best = scores[0].copy()
    best[inside] = -np.inf
    for row in range(1, length):
        top = int(best.argmax())
        previous = np.full(width, top, dtype=np.intp)
        previous[begin] = top if best[top] + _ADJACENT > best[0] else 0
        previous[inside] = np.where(best[begin] >= best[inside], begin, inside)
        back[row] = previous
        best = best[previous] + scores[row]
        best[begin] += _ADJACENT * (previous[begin] != 0)
    path = [int(best.argmax())]
    for row in range(length - 1, 0, -1):
        path.append(int(back[row, path[-1]]))
    return path[::-1]


def chance_all_right(probabilities: Iterable[float]) -> float:
    """How probable it is that every tag of a turn is right, given the posteriors of the tags chosen.

    Neighbouring doubtful tokens are right or wrong together (they doubt the same span), so a stretch of them
    counts once, with its least certain one; stretches count as independent. On simulated crowds this ranks
    right items above wrong ones better than the minimum or the mean, and stays nearer to the truth than the
    product.
    """
    chance = worst = 1.0
    for probability in probabilities:
        if probability < CERTAIN:
            worst = min(worst, probability)
        else:
            chance, worst = chance * worst, 1.0
    return chance * worst
