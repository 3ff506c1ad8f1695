"""Points on a scale: Dawid-Skene whose confusion matrices know that 4 is nearer to 5 than to 1."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import gcd

import numpy as np

from annotations.aggregation.dawid_skene import expectation
from annotations.aggregation.inference import MOST_CELLS, Inference, Posterior, TooManyLabels, by_unit
from annotations.aggregation.judgments import KNOWN, Coded, Floats, Judgment, encode
from annotations.aggregation.skill import Confusions, WorkerSkillEstimate, count_confusions

ROUNDS = 20
_TOLERANCE = 1e-4
_MOST_POINTS = 250  # of a scale that is filled up with points that nobody chose
_LEAST_STORED = (
    0.0005  # of a confusion: a scale of 101 points has 10,000 for each worker, nearly all of them 0
)
# A worker's habits, each with how likely it is of somebody of whom nothing is known. The slope says how far
# they follow the truth: 1 wholly, 0.6 by keeping to the middle, 1.4 by seeking the ends, 0 not at all.
_SLOPES = {1.0: 0.75, 0.6: 0.1, 1.4: 0.05, 0.0: 0.1}
_BIASES = np.linspace(-0.3, 0.3, 13)  # as a share of the scale's length
_BIAS_SPREAD = 0.1
_SPREADS = 10
_MOST_SHOWN = 12  # points, of which each is judged often enough to speak of
_GUESS = 0.02  # a slip of the finger: any point of the scale
_ALL_BUT_NEVER = 1e-9  # keeps log() finite
_CROWD = 2.0  # workers' worth of belief in any spread, against what this crowd shows


@dataclass(frozen=True, slots=True)
class Habits:
    """Every combination of slope, bias and spread. `tables` (habits, true, said), and their logarithms;
    `chances` (habits,); `spread_of` (habits,): which spread each has."""

    tables: Floats
    logs: Floats
    chances: Floats
    spread_of: np.ndarray[tuple[int], np.dtype[np.int64]]


def fit_ordinal(judgments: Sequence[Judgment]) -> Inference:
    """The posterior of every unit over the points of the scale, and every worker's confusion matrix.

    P(said <= s | true t) = F((s + 1/2 - centre - slope (t - centre) - bias) / spread), F logistic: ordered
    logit with a worker's own slope, bias and spread. These lie on a grid, and a worker's matrix is the mean
    over the grid by how well each combination explains what they said: the full Bayesian answer, so that
    three answers move it a little and three hundred wholly. How frequent the spreads are is learned from the
    crowd; the mean bias is not, because a crowd that is wholly shifted cannot be told from a shifted truth.
    What KNOWN says is true, and tells even that.
    Labels that are no numbers (left blank) keep their share of the votes. Raises TooManyLabels.
    """
    numbers = [judgment for judgment in judgments if is_point(judgment.label)]
    if not numbers:
        return Inference(_with_blanks({}, judgments), {}, {})
    coded = encode(numbers, points_between(judgment.label for judgment in numbers))
    width = len(coded.labels)
    if len(coded.workers) * width**2 > MOST_CELLS:
        raise TooManyLabels(f"A scale of {width} points and {len(coded.workers)} workers is too much to fit.")
    posterior, confusions = _fit(coded, habits_on(coded.labels))
    return Inference(
        posterior=_with_blanks(by_unit(coded, posterior), judgments),
        skill=_estimates(coded, posterior, confusions),
        priors=dict(zip(coded.labels, confusions.priors.tolist(), strict=True)),
    )


def ordinal_given_skill(
    judgments: Sequence[Judgment], skill: Mapping[str, WorkerSkillEstimate], priors: Mapping[str, float]
) -> Posterior:
    """P(point | judgments) for each unit by Bayes' rule, with the workers' matrices as last fitted."""
    numbers = [judgment for judgment in judgments if is_point(judgment.label)]
    if not numbers:
        return _with_blanks({}, judgments)
    known = [label for label in priors if is_point(label)]
    coded = encode(numbers, points_between([*known, *(judgment.label for judgment in numbers)]))
    anybody = _anybody(coded.labels)
    matrices = np.stack([_known_matrix(skill.get(worker), coded.labels, anybody) for worker in coded.workers])
    frequencies = np.array([priors.get(label, 0.0) for label in coded.labels]) + 0.1 / len(coded.labels)
    confusions = Confusions(matrices, anybody, frequencies / frequencies.sum())
    return _with_blanks(by_unit(coded, expectation(coded, confusions)), judgments)


def is_point(label: str) -> bool:
    return label.removeprefix("-").replace(".", "", 1).isdecimal()


def points_between(labels: Iterable[str]) -> list[str]:
    """Whole numbers in the steps that were said, so that a point nobody chose stays possible; of fractions
    those said."""
    said = set(labels)
    if any("." in label for label in said):
        return sorted(said, key=float)
    numbers = sorted(map(int, said))
    low, high = numbers[0], numbers[-1]
    step = gcd(*(number - low for number in numbers)) or 1
    filled = (high - low) // step < _MOST_POINTS
    return [str(n) for n in (range(low, high + 1, step) if filled else numbers)]


@lru_cache(maxsize=32)
def _anybody(labels: tuple[str, ...]) -> Floats:
    """(true, said) of somebody of whom nothing is known. Kept, since an answer is weighed in milliseconds."""
    shape = habits_on(labels)
    matrix: Floats = np.tensordot(shape.chances, shape.tables, axes=1)
    return matrix


def habits_on(labels: Sequence[str]) -> Habits:
    """The grid for a scale of these points, in the labels' own order."""
    values = np.array([float(label) for label in labels])
    order = np.argsort(values)
    rank = np.argsort(order)
    points = values[order]
    length = max(points[-1] - points[0], 1.0)
    step = length / max(len(points) - 1, 1)
    spreads = step * np.geomspace(0.15, 1.5 * max(len(points), 3), _SPREADS)
    belief = np.exp(-((_BIASES / _BIAS_SPREAD) ** 2) / 2)
    belief /= belief.sum()
    grid = [
        (slope, bias * length, spread, number, often * likely / _SPREADS)
        for slope, often in _SLOPES.items()
        for bias, likely in zip(_BIASES, belief, strict=True)
        for number, spread in enumerate(spreads)
    ]
    tables = np.stack([_table(points, slope, bias, spread) for slope, bias, spread, _, _ in grid])
    tables = np.ascontiguousarray(tables[:, rank[:, None], rank[None, :]])
    return Habits(
        tables=tables,
        logs=np.log(tables),
        chances=np.array([row[4] for row in grid]),
        spread_of=np.array([row[3] for row in grid]),
    )


def _table(points: Floats, slope: float, bias: float, spread: float) -> Floats:
    """(true, said). The end points take what would lie beyond them."""
    centre = (points[0] + points[-1]) / 2
    means = centre + slope * (points - centre) + bias
    borders = (points[1:] + points[:-1]) / 2
    # tanh does not overflow as exp would.
    below = 0.5 + 0.5 * np.tanh((borders[None, :] - means[:, None]) / (2 * spread))
    edges = np.ones((len(points), 1))
    table: Floats = np.diff(np.hstack([0 * edges, below, edges]), axis=1)
    return (1 - _GUESS) * table + _GUESS / len(points)


def _fit(coded: Coded, shape: Habits) -> tuple[Floats, Confusions]:
    width = len(coded.labels)
    anybody = _anybody(coded.labels)
    matrices = np.repeat(anybody[None], len(coded.workers), axis=0)
    confusions = Confusions(_with_truth(coded, matrices), anybody, np.full(width, 1 / width))
    posterior = expectation(coded, confusions)
    for _ in range(ROUNDS):
        before = posterior
        shape, confusions = _maximise(coded, posterior, shape)
        posterior = expectation(coded, confusions)
        if np.abs(posterior - before).max() < _TOLERANCE:
            break
    return posterior, confusions


def _maximise(coded: Coded, posterior: Floats, shape: Habits) -> tuple[Habits, Confusions]:
    width = len(coded.labels)
    counts = count_confusions(coded, posterior).reshape(len(coded.workers), -1)
    cells = shape.tables.reshape(len(shape.tables), -1)
    scores = counts @ shape.logs.reshape(cells.shape).T + np.log(shape.chances)  # (workers, habits)
    scores -= scores.max(axis=1, keepdims=True)
    shares = np.exp(scores)
    shares /= shares.sum(axis=1, keepdims=True)
    people = np.array([worker != KNOWN for worker in coded.workers])
    shape = replace(shape, chances=_learned_chances(shape, shares[people]))
    class_counts = coded.weights @ posterior
    return shape, Confusions(
        _with_truth(coded, (shares @ cells).reshape(-1, width, width)),
        np.tensordot(shape.chances, shape.tables, axes=1),
        (class_counts + 1.0) / (class_counts.sum() + width),
    )


def _with_truth(coded: Coded, matrices: Floats) -> Floats:
    """What is known to be true is no opinion to be weighed."""
    if KNOWN in coded.workers:
        matrices[coded.workers.index(KNOWN)] = np.eye(len(coded.labels)) + _ALL_BUT_NEVER
    return matrices


def _learned_chances(shape: Habits, shares: Floats) -> Floats:
    """Each habit's chance with the crowd's own frequency of spreads."""
    before = np.bincount(shape.spread_of, shape.chances, _SPREADS)
    seen = np.bincount(shape.spread_of, shares.sum(axis=0), _SPREADS) + _CROWD / _SPREADS
    after: Floats = shape.chances * (seen / seen.sum() / before)[shape.spread_of]
    return after


def _estimates(coded: Coded, posterior: Floats, confusions: Confusions) -> dict[str, WorkerSkillEstimate]:
    """`accuracy`: how near to the truth an answer is to be expected, 1 at it, 0 at the other end. `evidence`:
    what was judged at each point, on scales short enough to look at them one by one."""
    values = np.array([float(label) for label in coded.labels])
    near = 1 - np.abs(np.subtract.outer(values, values)) / max(np.ptp(values), 1.0)
    accuracy = np.einsum("wts,ts,t->w", confusions.matrices, near, confusions.priors)
    judged = count_confusions(coded, posterior).sum(axis=2)  # (workers, true)
    short = len(coded.labels) <= _MOST_SHOWN
    return {
        worker: WorkerSkillEstimate(
            accuracy=float(accuracy[index]),
            confusion=_to_json(confusions.matrices[index], coded.labels),
            answers=round(float(judged[index].sum())),
            evidence=dict(zip(coded.labels, (judged[index] + 1.0).tolist(), strict=True)) if short else {},
        )
        for index, worker in enumerate(coded.workers)
        if worker != KNOWN
    }


def _to_json(matrix: Floats, labels: tuple[str, ...]) -> dict[str, dict[str, float]]:
    return {
        true: {
            said: share
            for said, share in zip(labels, row, strict=True)
            if share >= _LEAST_STORED or said == true
        }
        for true, row in zip(labels, matrix.tolist(), strict=True)
    }


def _known_matrix(skill: WorkerSkillEstimate | None, labels: tuple[str, ...], anybody: Floats) -> Floats:
    """A worker's matrix; rows of points that were unknown at the last fit are anybody's."""
    if skill is None:
        return anybody
    matrix = np.array([[skill.confusion.get(t, {}).get(s, 0.0) for s in labels] for t in labels])
    matrix += 0.01 * anybody
    empty = np.array([label not in skill.confusion for label in labels])
    matrix[empty] = anybody[empty]
    known: Floats = matrix / matrix.sum(axis=1, keepdims=True)
    return known


def _with_blanks(posterior: Posterior, judgments: Sequence[Judgment]) -> Posterior:
    """Whoever left a unit blank said so: a blank keeps its share of the votes, the points have the rest."""
    blanks: dict[str, dict[str, int]] = {}
    votes: dict[str, int] = {}
    for judgment in judgments:
        votes[judgment.unit] = votes.get(judgment.unit, 0) + 1
        if not is_point(judgment.label):
            own = blanks.setdefault(judgment.unit, {})
            own[judgment.label] = own.get(judgment.label, 0) + 1
    mixed = {}
    for unit, labels in blanks.items():
        shares = {label: count / votes[unit] for label, count in labels.items()}
        rest = 1 - sum(shares.values())
        mixed[unit] = {label: share * rest for label, share in posterior.get(unit, {}).items()} | shares
    return {**posterior, **mixed}
