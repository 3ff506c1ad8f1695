"""A model that read the text as one more annotator, whose errors are estimated like anybody's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from annotations.aggregation.inference import Posterior
from annotations.aggregation.judgments import Floats

LEAST_GOLD = 30
_TEMPERATURES = (0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0)
_ROUNDS = 10
_STRENGTH = 10.0  # units' worth of belief that the model knows nothing, against what it shows
_LEAST_CHANCE = 1e-3


@dataclass(frozen=True, slots=True)
class Reader:
    """`confusion` (said, true): P(true | the model says so), after its probabilities were softened by
    `temperature`; `priors` (labels,) how frequent labels are."""

    labels: tuple[str, ...]
    temperature: float
    confusion: Floats
    priors: Floats


@dataclass(frozen=True, slots=True)
class Scores:
    accuracy: float
    log_loss: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """On gold that neither the crowd's fit nor the model was shown. `helps`: the model may join the crowd."""

    gold: int
    crowd: Scores
    both: Scores
    helps: bool


def learn_reader(crowd: Posterior, model: Posterior, priors: Mapping[str, float]) -> Reader:
    """What the model's word is worth, learned like any annotator's: by expectation maximisation, with the
    crowd's beliefs as what the others say.

    These owe nothing to the model, and the model nothing to these units (it is cross-fitted): given the truth
    they are independent, which is what joining them needs. The temperature is the likeliest of a few.
    """
    labels = tuple(sorted(priors))
    units = [unit for unit in model if unit in crowd]
    others, said = _table(crowd, units, labels), _table(model, units, labels)
    shares = np.array([priors[label] for label in labels]) + 1e-6
    shares /= shares.sum()
    readers = [_fit(others, said, Reader(labels, t, np.eye(len(labels)), shares)) for t in _TEMPERATURES]
    return max(readers, key=lambda reader: _likelihood(others, said, reader))


def _fit(others: Floats, said: Floats, reader: Reader) -> Reader:
    truth, softened = others, _soften(said, reader.temperature)
    for _ in range(_ROUNDS):
        reader = replace(reader, confusion=_confusion(softened, truth, reader.priors))
        truth = others * _calibrated(reader, said) / reader.priors
        truth /= truth.sum(axis=1, keepdims=True)
    return reader


def _likelihood(others: Floats, said: Floats, reader: Reader) -> float:
    return float(np.log((others * _calibrated(reader, said) / reader.priors).sum(axis=1)).sum())


def join(crowd: Posterior, model: Posterior, reader: Reader) -> Posterior:
    """P(label | answers and text): the crowd's belief, with the reader's in place of the frequencies."""
    units = [unit for unit in crowd if unit in model]
    if not units:
        return dict(crowd)
    beliefs = _table(crowd, units, reader.labels) * _calibrated(reader, _table(model, units, reader.labels))
    beliefs /= reader.priors
    beliefs /= beliefs.sum(axis=1, keepdims=True)
    joined = {
        unit: dict(zip(reader.labels, row, strict=True))
        for unit, row in zip(units, beliefs.tolist(), strict=True)
    }
    return {**crowd, **joined}


def compare(crowd: Posterior, both: Posterior, truth: Mapping[str, str]) -> Comparison:
    """The model helps where it makes gold right more often, or surer by more than a standard error and no
    less often right; with little gold it never does."""
    units = [unit for unit in truth if unit in crowd and unit in both]
    if not units:
        return Comparison(0, Scores(0.0, 0.0), Scores(0.0, 0.0), helps=False)
    alone = [_score(crowd[unit], truth[unit]) for unit in units]
    joined = [_score(both[unit], truth[unit]) for unit in units]
    more_right = [after[0] - before[0] for before, after in zip(alone, joined, strict=True)]
    less_lost = [before[1] - after[1] for before, after in zip(alone, joined, strict=True)]
    helps = _clear(more_right) or (sum(more_right) >= 0 and _clear(less_lost))
    return Comparison(
        gold=len(units), crowd=_mean(alone), both=_mean(joined), helps=helps and len(units) >= LEAST_GOLD
    )


def _table(posterior: Posterior, units: Sequence[str], labels: tuple[str, ...]) -> Floats:
    table = np.array([[posterior[unit].get(label, 0.0) for label in labels] for unit in units], np.float64)
    table = np.maximum(table.reshape(len(units), len(labels)), 1e-6)
    table /= table.sum(axis=1, keepdims=True)
    return table


def _soften(said: Floats, temperature: float) -> Floats:
    softened: Floats = said ** (1 / temperature)
    softened /= softened.sum(axis=1, keepdims=True)
    return softened


def _confusion(said: Floats, truth: Floats, priors: Floats) -> Floats:
    counts: Floats = said.T @ truth + _STRENGTH * priors
    counts /= counts.sum(axis=1, keepdims=True)
    return counts


def _calibrated(reader: Reader, said: Floats) -> Floats:
    found: Floats = _soften(said, reader.temperature) @ reader.confusion
    return np.maximum(found, 1e-9)


def _score(row: Mapping[str, float], truth: str) -> tuple[float, float]:
    right = float(max(row, key=row.__getitem__) == truth)
    return right, -float(np.log(max(row.get(truth, 0.0), _LEAST_CHANCE)))


def _clear(gains: Sequence[float]) -> bool:
    mean = sum(gains) / len(gains)
    return mean > sqrt(sum((gain - mean) ** 2 for gain in gains)) / len(gains)


def _mean(scores: Sequence[tuple[float, float]]) -> Scores:
    return Scores(*(sum(column) / len(scores) for column in zip(*scores, strict=True)))
