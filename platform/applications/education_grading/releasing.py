"""From which doubt on a teacher has to look. Pure.

The threshold is the largest doubt up to which the answers held back keep the wanted quality. Candidates are
tried from the strictest on, and the first that fails ends it (fixed sequence testing: Angelopoulos et al.
2021, "Learn then Test"), so that looking at many thresholds finds none that is good by luck.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import beta

from training.engine.ordinal import quadratic_kappa

FAR = 2  # steps of the scale: what "off by two or more" means
SURE = 0.9
LEAST = 20  # answers below a threshold, fewer say nothing


def fewest(far: float) -> int:
    """Answers, none of them far off, with which the share `far` can be promised: (1 - far)^n <= 1 - SURE."""
    return max(LEAST, math.ceil(math.log(1 - SURE) / math.log(1 - far) - 1e-9))


@dataclass(frozen=True, slots=True)
class Known:
    """An answer with its true score, and what the models made of it. group: what belongs together."""

    truth: int
    score: int
    doubt: float
    group: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """far: the share that may be off by two or more; kappa: the least agreement, 0 for any."""

    far: float = 0.05
    kappa: float = 0.0


def threshold(known: Sequence[Known], wanted: Wanted) -> float | None:
    """The largest doubt that is released; None where no threshold keeps what is wanted.

    The first candidate is the smallest that could pass at all, which `wanted` alone decides. Answers of the
    least doubt may all have one score, for which kappa is 0: such a candidate is passed over.
    """
    ordered = sorted(known, key=lambda one: one.doubt)
    best: float | None = None
    for count in range(fewest(wanted.far), len(ordered) + 1, max(1, len(ordered) // 50)):
        accepted = ordered[:count]
        far = sum(abs(one.truth - one.score) >= FAR for one in accepted)
        if upper(far, count) > wanted.far:
            break
        if kappa(accepted) >= wanted.kappa:
            best = accepted[-1].doubt
    return best


def upper(bad: int, count: int) -> float:
    """The largest share that `bad` of `count` allow, with the certainty SURE (Clopper & Pearson 1934)."""
    return 1.0 if bad >= count else float(beta.ppf(SURE, bad + 1, count - bad))


def kappa(known: Sequence[Known]) -> float:
    return quadratic_kappa([(one.truth, one.score) for one in known])


def curve(known: Sequence[Known], steps: Sequence[float]) -> list[tuple[float, float, float]]:
    """(share that is released, share of it exactly right, share off by two or more), least doubt first."""
    ordered = sorted(known, key=lambda one: one.doubt)
    found = []
    for step in steps:
        part = ordered[: max(1, round(step * len(ordered)))]
        apart = np.array([abs(one.truth - one.score) for one in part])
        found.append((len(part) / len(ordered), float((apart == 0).mean()), float((apart >= FAR).mean())))
    return found
