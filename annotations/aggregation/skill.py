"""How well each worker tells the labels apart, and how sure that is where there is little to go by."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from annotations.aggregation.judgments import KNOWN, Coded, Floats

# What an unknown crowd is believed to do, as a number of judgments: right 70 % of the time.
PRIOR_ACCURACY = 0.7
PRIOR_STRENGTH = 2.0
# Judgments that a worker must have before their own accuracy counts as much as the crowd's.
ACCURACY_STRENGTH = 10.0
# Judgments of one true label before a worker's own habit with it counts as much as what their accuracy says;
# which of these, the crowd shows. At the last, people differ in how often they err and in nothing else.
HABIT_STRENGTHS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)


@dataclass(frozen=True, slots=True)
class WorkerSkillEstimate:
    """`confusion[true][said]`: how probable it is that this worker says `said` where `true` is right.

    `accuracy`: expected share of right judgments among the `answers` that were given. `evidence`: how many
    judgments each row of `confusion` is worth, what was borrowed from the crowd included: a row is the mean
    of a Dirichlet distribution of that weight, and `interval` tells how far a figure can be trusted.
    """

    accuracy: float
    confusion: dict[str, dict[str, float]]
    answers: int
    evidence: dict[str, float] = field(default_factory=dict)
    habits: dict[str, float] = field(default_factory=dict)  # of spans: chances by name (segments.SKILLS)


@dataclass(frozen=True, slots=True)
class Confusions:
    """`matrices` (workers, true, said) with rows that sum to 1; `pooled` (true, said): the whole crowd's."""

    matrices: Floats
    pooled: Floats
    priors: Floats  # (labels,)


@dataclass(frozen=True, slots=True)
class Habits:
    """`rates` (workers, said, true): P(said | true), columns sum to 1; `evidence` (workers, true): judgments'
    worth behind each column; `strength`: one of HABIT_STRENGTHS; `accuracy` (workers,)."""

    rates: Floats
    evidence: Floats
    strength: float
    accuracy: Floats


def count_confusions(coded: Coded, posterior: Floats) -> Floats:
    """Expected judgments by (worker, true, said) under `posterior` (patterns, labels)."""
    width = len(coded.labels)
    pattern = coded.pattern_of_pair
    weights = coded.weights[pattern]
    counts = np.empty((len(coded.workers), width, width))
    for true in range(width):
        column = np.bincount(coded.pairs, posterior[pattern, true] * weights, len(coded.workers) * width)
        counts[:, true, :] = column.reshape(len(coded.workers), width)
    return counts


def learn_habits(counts: Floats, strength: float | None = None) -> Habits:
    """Each worker's habits from expected `counts` (workers, said, true), drawn towards the crowd's.

    Plain Dawid-Skene takes the raw shares. With a rare label and few answers these are 0/0 or 0/1, one
    worker's accident outweighs everybody, and classes swallow one another. Here a column is the mean of a
    Dirichlet posterior; its prior is the crowd's column, tilted by the odds with which this worker is right
    overall. Its `strength` is the likeliest of HABIT_STRENGTHS given the counts (empirical Bayes; Paun et al.
    2018, "Comparing Bayesian Models of Annotation"), unless given.
    """
    crowd = _crowd(counts)
    expected, accuracy = _tilted(counts, crowd)
    strength = strength or max(HABIT_STRENGTHS, key=lambda weight: _evidence(counts, expected, weight))
    totals = counts.sum(axis=1) + strength
    rates = (counts + strength * expected) / totals[:, None, :]
    return Habits(np.maximum(rates, 1e-12), _worth(counts, totals, strength), strength, accuracy)


def _crowd(counts: Floats) -> Floats:
    """(said, true) what all do together."""
    width = counts.shape[-1]
    believed = np.full((width, width), (1 - PRIOR_ACCURACY) / max(width - 1, 1))
    np.fill_diagonal(believed, PRIOR_ACCURACY if width > 1 else 1.0)
    crowd: Floats = counts.sum(axis=0) + PRIOR_STRENGTH * believed
    crowd /= crowd.sum(axis=0)
    return crowd


def _tilted(counts: Floats, crowd: Floats) -> tuple[Floats, Floats]:
    """(workers, said, true) the crowd's columns with each worker's own odds of being right, and (workers,)
    these accuracies."""
    right_of_crowd = np.diag(crowd)
    given = counts.sum(axis=(1, 2))
    right = np.trace(counts, axis1=1, axis2=2)
    foreseen = counts.sum(axis=1) @ right_of_crowd  # of a member of the crowd who judged the same
    usual = foreseen.sum() / max(given.sum(), 1e-9)
    odds = _odds(right, given, usual) / _odds(foreseen, given, usual)
    diagonal = right_of_crowd * odds[:, None]
    diagonal /= diagonal + 1 - right_of_crowd
    left = np.maximum(1 - right_of_crowd, 1e-12)
    expected = crowd * ((1 - diagonal) / left)[:, None, :]
    places = np.arange(len(crowd))
    expected[:, places, places] = diagonal
    return expected, (right + ACCURACY_STRENGTH * usual) / (given + ACCURACY_STRENGTH)


def _worth(counts: Floats, totals: Floats, strength: float) -> Floats:
    """(workers, true) judgments behind each column: a share's variance is that around the column that this
    worker's accuracy foretells, and that of the accuracy, itself learned from so many judgments."""
    borrowed = strength / totals
    foretold = counts.sum(axis=(1, 2)) + ACCURACY_STRENGTH
    worth: Floats = 1 / (1 / totals + borrowed**2 / foretold[:, None])
    return worth


def _odds(right: Floats, given: Floats, usual: float) -> Floats:
    found: Floats = (right + ACCURACY_STRENGTH * usual) / (
        given - right + ACCURACY_STRENGTH * (1 - usual) + 1e-9
    )
    return found


def _evidence(counts: Floats, expected: Floats, strength: float) -> float:
    """Log probability of the counts where columns are drawn around `expected` with `strength`
    (Dirichlet-multinomial, up to a constant)."""
    # Imported here because web processes, which fit nothing, need not spend it.
    from scipy.special import gammaln  # noqa: PLC0415

    totals = counts.sum(axis=1)
    said = counts > 1e-6
    alphas, seen = np.maximum(strength * expected[said], 1e-9), counts[said]
    columns = gammaln(strength) - gammaln(strength + totals)
    return float(columns.sum() + (gammaln(alphas + seen) - gammaln(alphas)).sum())


def estimates(coded: Coded, counts: Floats, habits: Habits) -> dict[str, WorkerSkillEstimate]:
    """The habits by name; `counts` (workers, said, true) are those they were learned from."""
    answers = counts.sum(axis=(1, 2))
    return {
        worker: WorkerSkillEstimate(
            accuracy=float(habits.accuracy[index]),
            confusion=matrix_to_json(habits.rates[index].T, coded.labels),
            answers=round(float(answers[index])),
            evidence=dict(zip(coded.labels, habits.evidence[index].tolist(), strict=True)),
        )
        for index, worker in enumerate(coded.workers)
        if worker != KNOWN
    }


def interval(share: float, weight: float, *, level: float = 0.9) -> tuple[float, float]:
    """Where a share that rests on `weight` judgments lies with probability `level`: a cell of a Dirichlet
    distribution is Beta distributed."""
    from scipy.special import betaincinv  # noqa: PLC0415 - as above

    share = min(max(share, 1e-6), 1 - 1e-6)
    right, wrong = share * weight, (1 - share) * weight
    tail = (1 - level) / 2
    return float(betaincinv(right, wrong, tail)), float(betaincinv(right, wrong, 1 - tail))


def matrix_to_json(matrix: Floats, labels: tuple[str, ...]) -> dict[str, dict[str, float]]:
    return {
        true: dict(zip(labels, row, strict=True)) for true, row in zip(labels, matrix.tolist(), strict=True)
    }


def matrix_from_json(confusion: Mapping[str, Mapping[str, float]], labels: tuple[str, ...]) -> Floats:
    """(true, said); a label that the record does not know yet gets what an unknown worker would do."""
    width = len(labels)
    wrong = (1 - PRIOR_ACCURACY) / max(width - 1, 1)
    return np.array(
        [
            [confusion.get(true, {}).get(said, PRIOR_ACCURACY if true == said else wrong) for said in labels]
            for true in labels
        ]
    )
