"""How labels run over the course of a dialogue: emotions, mostly."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

PARTS = 10


@dataclass(frozen=True, slots=True)
class Path:
    """A way that dialogues take through the labels, repeats left out; `example` is the first that took it."""

    labels: tuple[str, ...]
    dialogues: int
    example: int


def shares(
    where: NDArray[np.float64], labels: NDArray[np.int64], kinds: int, *, parts: int = PARTS
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(parts, kinds) counts of labels by place in their dialogue, and shares of each part (0 where empty).

    where: (N,) 0 at a dialogue's first turn and 1 at its last. labels: (N,) 0..kinds-1.
    """
    part = np.minimum((where * parts).astype(np.int64), parts - 1)
    counts = np.bincount(part * kinds + labels, minlength=parts * kinds).reshape(parts, kinds)
    totals = counts.sum(axis=1, keepdims=True)
    return counts, counts / np.maximum(totals, 1)


def places(turns: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float64]:
    """0..1: where turn number `turns` stands in a dialogue of `lengths` turns; an only turn is at 0."""
    return turns / np.maximum(lengths - 1, 1)


def paths(dialogues: Sequence[Sequence[str]], *, most: int = 10, longest: int = 6) -> list[Path]:
    """The commonest ways through the labels of two turns or more, ties by first appearance.

    A way of more than `longest` labels is told by its beginning and its end.
    """
    counts: Counter[tuple[str, ...]] = Counter()
    examples: dict[tuple[str, ...], int] = {}
    for number, labels in enumerate(dialogues):
        if len(labels) < 2:
            continue
        way = tuple(label for label, _ in groupby(labels))
        if len(way) > longest:
            way = (*way[: longest - 2], "…", way[-1])
        counts[way] += 1
        examples.setdefault(way, number)
    return [Path(way, count, examples[way]) for way, count in counts.most_common(most)]


def flows(dialogues: Sequence[Sequence[str]]) -> list[tuple[str, str, int]]:
    """(first label, last label, dialogues) for dialogues of two labelled turns or more, commonest first."""
    counts = Counter((labels[0], labels[-1]) for labels in dialogues if len(labels) >= 2)
    return [(begin, end, count) for (begin, end), count in counts.most_common()]
