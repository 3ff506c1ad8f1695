"""A figure as a function of sums over rows, so that its interval is a matter of drawing rows again."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.engine.evaluation.outcomes import Outcome

Doubles = NDArray[np.float64]

DRAWS = 1000
LEVEL = 0.95
_Z = 1.959963984540054
_CELLS = 4_000_000  # drawn weights held at a time


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric of outcomes: what each contributes, (K,) numbers, and the figure that their sums make."""

    metric: str
    labels: tuple[str, ...]

    def columns(self, outcomes: Sequence[Outcome]) -> Doubles:
        """(N, K) contributions."""
        rows = [self._contribution(outcome) for outcome in outcomes]
        return np.array(rows, dtype=np.float64).reshape(len(rows), -1)

    def value(self, sums: Doubles) -> Doubles:
        """(..., K) sums -> (...) figures; 0 where there is nothing to judge."""
        if self.metric == "micro_f1":
            return _ratio(sums[..., 0], sums[..., 1])
        if self.metric == "macro_f1":
            parts = sums.reshape(*sums.shape[:-1], len(self.labels), 2)
            scores, present = _ratio(parts[..., 0], parts[..., 1]), parts[..., 1] > 0
            return _ratio(scores.sum(axis=-1), present.sum(axis=-1).astype(np.float64))
        if self.metric == "quadratic_kappa":
            return _kappa(sums)
        return _ratio(sums[..., 0], sums[..., 1])

    def of(self, outcomes: Sequence[Outcome]) -> float:
        return float(self.value(self.columns(outcomes).sum(axis=0))) if outcomes else 0.0

    def _contribution(self, outcome: Outcome) -> list[float]:
        if self.metric == "micro_f1":
            hits, either = self._known(outcome.hits), self._known(outcome.predicted + outcome.truth)
            return [2.0 * hits, float(either)]
        if self.metric == "macro_f1":
            named = outcome.predicted + outcome.truth
            pairs = ((2.0 * outcome.hits.count(name), float(named.count(name))) for name in self.labels)
            return [number for pair in pairs for number in pair]
        if self.metric == "quadratic_kappa":
            if not (outcome.truth and outcome.predicted):
                return [0.0] * 6
            a, b = float(outcome.truth[0]), float(outcome.predicted[0])
            return [1.0, a, b, a * a, b * b, (a - b) ** 2]
        return [outcome.right, float(outcome.units)]

    def _known(self, labels: Sequence[str]) -> int:
        return sum(label in self.labels for label in labels)


def interval(figure: Figure, outcomes: Sequence[Outcome], *, seed: int = 0) -> tuple[float, float]:
    """95 % of the figure: Wilson's for a plain share of independent units, else a bootstrap over groups.

    Wilson 1927, "Probable inference"; Efron 1979, "Bootstrap methods". Units of one group (the turns of a
    dialogue) are drawn together, because they are right or wrong together.
    """
    if not outcomes:
        return 0.0, 0.0
    groups = [outcome.group or outcome.id for outcome in outcomes]
    plain = figure.metric == "accuracy" and all(outcome.units == 1 for outcome in outcomes)
    if plain and len(set(groups)) == len(groups):
        return wilson(sum(outcome.right for outcome in outcomes), len(outcomes))
    drawn = bootstrap(by_group(figure.columns(outcomes), groups), figure.value, seed=seed)
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def by_group(columns: Doubles, groups: Sequence[str]) -> Doubles:
    """(G, K) sums of the (N, K) rows of each group, in the order in which the groups appear."""
    place = {group: index for index, group in enumerate(dict.fromkeys(groups))}
    sums = np.zeros((len(place), columns.shape[1]))
    np.add.at(sums, [place[group] for group in groups], columns)
    return sums


def bootstrap(
    sums: Doubles, value: Callable[[Doubles], Doubles], *, seed: int = 0, draws: int = DRAWS
) -> Doubles:
    """(draws,) figures of as many groups drawn with replacement from the (G, K) sums."""
    generator, size = np.random.default_rng(seed), len(sums)
    if not size:
        return np.zeros(draws)
    found = []
    for begin in range(0, draws, max(1, _CELLS // size)):
        count = min(max(1, _CELLS // size), draws - begin)
        weights = generator.multinomial(size, np.full(size, 1 / size), size=count)
        found.append(value(weights @ sums))
    return np.concatenate(found)


def wilson(right: float, count: int) -> tuple[float, float]:
    """The score interval of a share; (0, 1) of nothing."""
    if not count:
        return 0.0, 1.0
    share, z2 = right / count, _Z * _Z
    centre = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = _Z / (1 + z2 / count) * math.sqrt(share * (1 - share) / count + z2 / (4 * count * count))
    return max(0.0, centre - half), min(1.0, centre + half)


def _ratio(top: Doubles, bottom: Doubles) -> Doubles:
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)


def _kappa(sums: Doubles) -> Doubles:
    """From n, sum a, sum b, sum a^2, sum b^2, sum (a - b)^2; see ordinal.quadratic_kappa."""
    n, a, b, aa, bb, apart = np.moveaxis(sums, -1, 0)
    n = np.maximum(n, 1.0)
    chance = aa / n - (a / n) ** 2 + bb / n - (b / n) ** 2 + (a / n - b / n) ** 2
    return np.where(chance > 1e-12, 1 - (apart / n) / np.maximum(chance, 1e-12), (sums[..., 0] > 0) * 1.0)
