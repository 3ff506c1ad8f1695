"""How much more data would bring: a curve through scores by amount of data, and where it leads.

The curve is the inverse power law y = a - b n^-c (Cortes et al. 1994, "Learning Curves: Asymptotic Values and
Rate of Convergence"), fitted by weighted least squares with more weight on more data, as what lies ahead is
nearest to it (Figueroa et al. 2012, "Predicting sample size required for classification performance").
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Point = tuple[int, float]  # amount of data, score

LEAST_SIZES = 4
LEAST_POINTS = 6
LEAST_FIT = 0.5  # share of the scores' variance that the curve explains; below it they are noise
FARTHEST = 2.0  # nothing is said about more than this many times the data there is
_RATES = np.geomspace(0.05, 2.0, 60)
_DRAWS = 500
_LEVEL = 0.9


@dataclass(frozen=True, slots=True)
class Curve:
    """y = a - b n^-c; a is at most 1, b at least 0."""

    a: float
    b: float
    c: float

    def at(self, amount: float) -> float:
        return self.a - self.b * float(amount**-self.c)


@dataclass(frozen=True, slots=True)
class Forecast:
    """reason: why nothing can be said ("too_few", "noise"), else "". gain: of `more` rows over `now` rows;
    low, high: 90 % of the bootstrap. explained: R^2."""

    reason: str
    now: int = 0
    more: int = 0
    gain: float = 0.0
    low: float = 0.0
    high: float = 0.0
    curve: Curve | None = None
    explained: float = 0.0


def nested_groups(groups: Sequence[str], share: float, *, draw: int) -> set[str]:
    """The first groups of a shuffled order that hold `share` of the rows; a smaller share is part of a larger
    one of the same draw. groups: one for each row."""
    names = sorted(set(groups))
    order = np.random.default_rng(draw).permutation(len(names))
    sizes = dict.fromkeys(names, 0)
    for name in groups:
        sizes[name] += 1
    wanted, taken, count = share * len(groups), set[str](), 0
    for index in order:
        if count >= wanted:
            break
        taken.add(names[index])
        count += sizes[names[index]]
    return taken


def fit_curve(points: Sequence[Point]) -> Curve:
    """The curve nearest to the points: for each rate c the best a and b are a linear problem."""
    amounts, scores = (np.array(side, dtype=np.float64) for side in zip(*points, strict=True))
    weights = amounts / amounts.sum()
    best, chosen = np.inf, Curve(float(scores.mean()), 0.0, 1.0)
    for rate in _RATES:
        a, b = _line(amounts**-rate, scores, weights)
        error = float((weights * (scores - a + b * amounts**-rate) ** 2).sum())
        if error < best:
            best, chosen = error, Curve(a, b, float(rate))
    return chosen


def forecast(points: Sequence[Point], *, more: int, seed: int = 0) -> Forecast:
    """What `more` rows would bring beyond the largest amount, with the interval of a residual bootstrap.

    Nothing is said on the strength of fewer than four amounts or six points, nor where the scores scatter
    more than they rise. `more` is cut to what doubles the data.
    """
    points = [(amount, score) for amount, score in points if amount > 0]
    if len({amount for amount, _ in points}) < LEAST_SIZES or len(points) < LEAST_POINTS:
        return Forecast("too_few")
    now = max(amount for amount, _ in points)
    more = min(more, int(now * (FARTHEST - 1)))
    curve = fit_curve(points)
    scores = np.array([score for _, score in points])
    fitted = np.array([curve.at(amount) for amount, _ in points])
    spread = float(((scores - scores.mean()) ** 2).sum())
    explained = 1 - float(((scores - fitted) ** 2).sum()) / spread if spread else 0.0
    if explained < LEAST_FIT:
        return Forecast("noise", now, more, curve=curve, explained=explained)
    gains = _gains(points, fitted, scores - fitted, now, more, seed)
    low, high = np.quantile(gains, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    gain = curve.at(now + more) - curve.at(now)
    low, high = min(float(low), gain), max(float(high), gain)
    return Forecast("", now, more, gain, low, high, curve, explained)


def _gains(
    points: Sequence[Point], fitted: Doubles, residuals: Doubles, now: int, more: int, seed: int
) -> Doubles:
    """Gains of curves through the fitted scores with residuals drawn anew (Efron 1979)."""
    generator = np.random.default_rng(seed)
    # The fit has taken up three numbers' worth of scatter; what is left is too small by as much.
    wide = residuals * np.sqrt(len(points) / max(len(points) - 3, 1))
    found = []
    for _ in range(_DRAWS):
        scores = fitted + generator.choice(wide, len(wide))
        curve = fit_curve([(amount, score) for (amount, _), score in zip(points, scores, strict=True)])
        found.append(curve.at(now + more) - curve.at(now))
    return np.array(found)


def _line(x: Doubles, y: Doubles, weights: Doubles) -> tuple[float, float]:
    """a <= 1 and b >= 0 of y = a - b x with the smallest weighted squared error."""
    middle_x, middle_y = float((weights * x).sum()), float((weights * y).sum())
    width = float((weights * (x - middle_x) ** 2).sum())
    slope = float((weights * (x - middle_x) * (y - middle_y)).sum()) / width if width > 0 else 0.0
    b = max(-slope, 0.0)
    a = middle_y + b * middle_x
    if a <= 1.0:
        return a, b
    return 1.0, max(float((weights * x * (1 - y)).sum() / (weights * x * x).sum()), 0.0)
