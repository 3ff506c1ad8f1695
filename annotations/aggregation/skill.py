"""How well each worker tells the labels apart, kept sane where there is little to go by."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from annotations.aggregation.judgments import Coded, Floats

# Strength of the crowd's habits against a worker's own record, in judgments per true label. On simulated span
# crowds and three public crowd sets 1 to 4 differ little and 10 is worse.
SHRINKAGE = 2.0
# What an unknown crowd is believed to do, again as a number of judgments: right 70 % of the time.
PRIOR_ACCURACY = 0.7
PRIOR_STRENGTH = 2.0


@dataclass(frozen=True, slots=True)
class WorkerSkillEstimate:
    """`confusion[true][said]`: how probable it is that this worker says `said` where `true` is right.

    `accuracy`: expected share of right judgments among the `answers` that were given.
    """

    accuracy: float
    confusion: dict[str, dict[str, float]]
    answers: int

    @property
    def balanced_accuracy(self) -> float:
        """Mean over the labels, so that a frequent one (O in spans) cannot hide what a worker misses."""
        return sum(row[label] for label, row in self.confusion.items()) / len(self.confusion)


@dataclass(frozen=True, slots=True)
class Confusions:
    """`matrices` (workers, true, said) with rows that sum to 1; `pooled` (true, said): the whole crowd's."""

    matrices: Floats
    pooled: Floats
    priors: Floats  # (labels,)


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


def shrink(counts: Floats, class_counts: Floats) -> Confusions:
    """Each worker's confusion matrix, drawn towards the whole crowd's where the worker's own record is thin.

    Plain Dawid-Skene takes the raw shares. With a rare label and few answers these are 0/0 or 0/1, one
    worker's accident outweighs everybody, and classes swallow one another. Here a row is the mean of a
    Dirichlet posterior whose prior is the crowd's row (hierarchical Dawid-Skene by empirical Bayes; Paun et
    al. 2018, "Comparing Bayesian Models of Annotation").
    """
    width = counts.shape[-1]
    believed = np.full((width, width), (1 - PRIOR_ACCURACY) / max(width - 1, 1))
    np.fill_diagonal(believed, PRIOR_ACCURACY if width > 1 else 1.0)
    pooled = counts.sum(axis=0) + PRIOR_STRENGTH * believed
    pooled /= pooled.sum(axis=1, keepdims=True)
    matrices = counts + SHRINKAGE * pooled
    matrices /= matrices.sum(axis=2, keepdims=True)
    priors = (class_counts + 1.0) / (class_counts.sum() + width)
    return Confusions(matrices, pooled, priors)


def estimates(coded: Coded, counts: Floats, confusions: Confusions) -> dict[str, WorkerSkillEstimate]:
    """The matrices by name."""
    answers = counts.sum(axis=(1, 2))
    right = np.trace(counts, axis1=1, axis2=2) + SHRINKAGE * (confusions.priors @ np.diag(confusions.pooled))
    accuracy = right / (answers + SHRINKAGE)
    return {
        worker: WorkerSkillEstimate(
            accuracy=float(accuracy[index]),
            confusion=matrix_to_json(confusions.matrices[index], coded.labels),
            answers=round(float(answers[index])),
        )
        for index, worker in enumerate(coded.workers)
    }


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
