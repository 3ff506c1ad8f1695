"""Whether a confidence of 0.8 is right eight times in ten, and one number that makes it so.

The logits of a trained network are divided by a temperature before they become probabilities; the one that
makes the dev rows likeliest is kept with the model (Guo et al. 2017, "On Calibration of Modern Neural
Networks"). It changes how sure an answer is, never which answer is the likeliest.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

BINS = 10
_COLDEST, _HOTTEST = math.log(0.05), math.log(20.0)
_PRIOR = 1.0  # standard deviation of log temperature: holds a handful of dev rows near 1
_STEPS = 40
_GOLDEN = (math.sqrt(5) - 1) / 2


def fit_temperature(loss: Callable[[float], float]) -> float:
    """The temperature with the smallest `loss(temperature)`, a summed negative log-likelihood.

    Golden-section search over its logarithm (the loss has one valley in it), with a weak prior around 1, so
    that a few rows that are all right do not make a model certain of everything.
    """

    def cost(log: float) -> float:
        return loss(math.exp(log)) + log * log / (2 * _PRIOR**2)

    low, high = _COLDEST, _HOTTEST
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = cost(left), cost(right)
    for _ in range(_STEPS):
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = cost(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = cost(right)
    return math.exp((low + high) / 2)


def reliability(confidences: Sequence[float], right: Sequence[float]) -> dict[str, Any]:
    """How far confidence and being right lie apart, over N decisions; right is a share from 0 to 1.

    ece, ece_mass: mean distance of the two, by BINS bins of equal width and of equal size, each weighted by
    its decisions (Naeini et al. 2015, "Obtaining Well Calibrated Probabilities Using Bayesian Binning").
    brier: mean squared distance of confidence and right, for the decision that was taken (Brier 1950).
    bins: the reliability table by equal width, empty bins left out.
    """
    sure, good = np.asarray(confidences, dtype=np.float64), np.asarray(right, dtype=np.float64)
    if not len(sure):
        return {"decisions": 0, "ece": 0.0, "ece_mass": 0.0, "brier": 0.0, "confidence": 0.0,
                "accuracy": 0.0, "bins": []}  # fmt: skip
    place = np.minimum((sure * BINS).astype(np.int64), BINS - 1)
    order = np.argsort(sure, kind="stable")
    masses = [part for part in np.array_split(order, BINS) if len(part)]
    widths = [found for number in range(BINS) if len(found := np.flatnonzero(place == number))]
    return {
        "decisions": len(sure), "ece": _gap(sure, good, widths), "ece_mass": _gap(sure, good, masses),
        "brier": float(np.mean((sure - good) ** 2)), "confidence": float(sure.mean()),
        "accuracy": float(good.mean()),
        "bins": [_bin(sure, good, part, int(place[part[0]])) for part in widths],
    }  # fmt: skip


def _gap(sure: Doubles, good: Doubles, parts: Sequence[NDArray[np.int64]]) -> float:
    gaps = [abs(float(sure[part].sum() - good[part].sum())) for part in parts]
    return sum(gaps) / len(sure)


def _bin(sure: Doubles, good: Doubles, part: NDArray[np.int64], number: int) -> dict[str, Any]:
    return {
        "from": number / BINS, "to": (number + 1) / BINS, "decisions": len(part),
        "confidence": float(sure[part].mean()), "accuracy": float(good[part].mean()),
    }  # fmt: skip
