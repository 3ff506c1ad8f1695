"""Labels that are probably wrong, by confident learning, written anew from the paper (Northcutt, Jiang and
Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR 70).

Out-of-fold probabilities come from multinomial logistic regression on vectors: whole groups (dialogues) stay
in one fold, so that no text is judged by a model that saw it or its neighbours.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST = 5  # examples of a label, fewer teach nothing
TRAINED = 20_000  # rows a model learns from at most; more change little and take long
STEPS = 100
_SEED = 20261128


@dataclass(frozen=True, slots=True)
class Suspects:
    """places: the suspected examples, the least likely label first; suggested: the label each seems to have;
    doubt: 1 - probability of the given label. joint: (K, K) estimated share of examples with the given label
    i whose true label is j; its sum off the diagonal is the noise."""

    places: Ints
    suggested: Ints
    doubt: Floats
    joint: Floats

    @property
    def noise(self) -> float:
        return float(self.joint.sum() - np.trace(self.joint))


def folds_of(groups: Sequence[str], folds: int) -> Ints:
    """(N,) by hash: a group's examples are together, and always in the same fold."""
    return np.array([crc32(f"fold {group}".encode()) % folds for group in groups], dtype=np.int64)


def cross_probabilities(
    vectors: NDArray[np.float32], given: Ints, folds: Ints, classes: int,
    tick: Callable[[float], None] = lambda _share: None,
) -> Floats:  # fmt: skip
    """(N, K) probabilities by models that did not see the example's fold; a row of an unusable fold (nothing
    else to learn from) is uniform."""
    # Half a second to load: only where something is learned.
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    found = np.full((len(given), classes), 1 / classes)
    dice = np.random.default_rng(_SEED)
    present = np.unique(folds)
    for number, fold in enumerate(present):
        others, mine = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        if len(others) > TRAINED:
            others = np.sort(dice.choice(others, TRAINED, replace=False))
        if len(np.unique(given[others])) < 2:
            continue
        model = LogisticRegression(C=10.0, max_iter=STEPS)
        with warnings.catch_warnings():
            # Stopped after STEPS steps: near enough, and what is measured.
            warnings.simplefilter("ignore")
            model.fit(vectors[others], given[others])
        found[mine] = 0.0
        found[np.ix_(mine, model.classes_)] = model.predict_proba(vectors[mine])
        tick((number + 1) / len(present))
    return found


def suspects(probabilities: Floats, given: Ints) -> Suspects:
    """As many examples as the confident joint says are wrong, those with the lowest self-confidence (the
    probability of the given label) of all that the models would label otherwise.

    In the joint an example counts for the label whose probability is highest among those that reach their
    threshold: the mean probability of that label over the examples that were given it. Labels with fewer than
    LEAST examples are neither found wrong nor suggested.
    """
    classes = probabilities.shape[1]
    counts = np.bincount(given, minlength=classes)
    usable = counts >= LEAST
    mine = probabilities[np.arange(len(given)), given]
    sums = np.bincount(given, weights=mine, minlength=classes)
    thresholds = np.where(usable, sums / np.maximum(counts, 1), np.inf)
    reached = np.where(probabilities >= thresholds, probabilities, -1.0)
    confident = (reached.max(axis=1) >= 0) & usable[given]
    joint = _calibrated(given, reached.argmax(axis=1), confident, counts)
    likely = np.where(usable, probabilities, -1.0).argmax(axis=1)
    candidates = np.flatnonzero((likely != given) & usable[given])
    wrong = round((joint.sum() - np.trace(joint)) * len(given))
    places = candidates[np.argsort(mine[candidates], kind="stable")][:wrong]
    return Suspects(places, likely[places], 1 - mine[places], joint)


def _calibrated(given: Ints, likely: Ints, confident: NDArray[np.bool_], counts: Ints) -> Floats:
    """Counts of (given, likely), scaled so that rows sum to how often each label was given (eq. 3)."""
    classes = len(counts)
    joint = np.zeros((classes, classes))
    np.add.at(joint, (given[confident], likely[confident]), 1.0)
    rows = joint.sum(axis=1, keepdims=True)
    joint = np.divide(joint, rows, out=np.eye(classes), where=rows > 0) * counts[:, None]
    whole: Floats = joint / max(1, joint.sum())
    return whole
