"""Two models on the very same test items: how far apart they are, and how sure that is.

Paired bootstrap (Efron and Tibshirani 1993, ch. 16; for language tasks Berg-Kirkpatrick et al. 2012, "An
empirical investigation of statistical significance in NLP"): groups are drawn again with replacement, the
same ones for both models, so that what makes a dialogue easy or hard for both cancels out. Percentile
interval.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.engine.errors import EngineError
from training.engine.evaluation.outcomes import Outcome
from training.engine.evaluation.resampling import LEVEL, Doubles, Figure, bootstrap, by_group

DRAWS = 2000


@dataclass(frozen=True, slots=True)
class Difference:
    """candidate minus current; low, high: 95 %."""

    candidate: float
    current: float
    value: float
    low: float
    high: float


def difference(
    figure: Figure, candidate: Sequence[Outcome], current: Sequence[Outcome], *, seed: int = 0
) -> Difference:
    """Of two models' outcomes on the same units, in any order. Raises EngineError for other units."""
    ours, theirs = _sorted(candidate), _sorted(current)
    if [_unit(outcome) for outcome in ours] != [_unit(outcome) for outcome in theirs]:
        raise EngineError("The two models were not tested on the same items.")
    both = np.hstack([figure.columns(ours), figure.columns(theirs)])  # (N, 2 K)
    sums = by_group(both, [outcome.group or outcome.id for outcome in ours])
    width = sums.shape[1] // 2

    def apart(sums: Doubles) -> Doubles:
        return figure.value(sums[..., :width]) - figure.value(sums[..., width:])

    low, high = np.quantile(
        bootstrap(sums, apart, seed=seed, draws=DRAWS), [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    )
    a, b = figure.of(ours), figure.of(theirs)
    return Difference(a, b, a - b, float(low), float(high))


def _sorted(outcomes: Sequence[Outcome]) -> list[Outcome]:
    return sorted(outcomes, key=_unit)


def _unit(outcome: Outcome) -> tuple[str, int]:
    return outcome.id, -1 if outcome.turn is None else outcome.turn
