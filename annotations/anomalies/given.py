"""What the detectors look at: one row for each answer to one field, as columns."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Given:
    """Answers in order of submission. `workers`, `items` and `keys` are numbers from 0.

    Equal values of the field have equal keys, `blank` is that of the empty value (-1: nobody gave it).
    `seconds` is the time that the server believes in, `chars` the length of the item's text.
    """

    workers: Ints
    items: Ints
    keys: Ints
    seconds: Floats
    chars: Floats
    blank: int = -1

    def of(self, worker: int) -> Ints:
        """The places of one person's answers."""
        return np.flatnonzero(self.workers == worker)

    @property
    def people(self) -> int:
        return int(self.workers.max()) + 1 if len(self.workers) else 0


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about `worker` (and `partner`) that chance does not explain; larger scores are odder."""

    worker: int
    score: float
    p_value: float | None
    evidence: dict[str, Any] = field(default_factory=dict)
    partner: int | None = None


def significant(p_values: Sequence[float], rate: float) -> list[bool]:
    """Which of many tests stand, so that of all that do at most the share `rate` is chance (Benjamini and
    Hochberg 1995, "Controlling the False Discovery Rate")."""
    order = np.argsort(p_values)
    count = len(p_values)
    allowed = rate * np.arange(1, count + 1) / max(count, 1)
    under = np.flatnonzero(np.asarray(p_values)[order] <= allowed)
    standing = np.zeros(count, dtype=bool)
    if len(under):
        standing[order[: under[-1] + 1]] = True
    return standing.tolist()


def votes_of_others(given: Given) -> tuple[Floats, Floats]:
    """For each answer: how many other people answered its item, and how many of them said the same."""
    width = int(given.keys.max()) + 1 if len(given.keys) else 1
    pairs = given.items * width + given.keys
    _, place, same = np.unique(pairs, return_inverse=True, return_counts=True)
    total = np.bincount(given.items)[given.items]
    return np.asarray(total - 1.0), np.asarray(same[place] - 1.0)
