"""Orders out of comparisons: Bradley-Terry with people who are more or less to be relied on."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations
from math import exp, log

import numpy as np

from annotations.aggregation.comparisons import Block, blocks_of, part_of
from annotations.aggregation.inference import Inference, Posterior
from annotations.aggregation.judgments import KNOWN, Floats, Judgment
from annotations.aggregation.skill import WorkerSkillEstimate
from tasks_app.fields.rank import FIRST, SECOND

ROUNDS = 10
_STEPS = 2  # of Newton's method in a round
_TOLERANCE = 1e-2
_DRAWS, _SEED = 512, 13
_WIDER = 1.2  # than the mode's normal, since what is to be sampled has longer tails
_MOST_DRAWN = 10_000  # comparisons that are sampled at once
# How sharply people see: of two candidates that are one standard deviation of worth apart, the better one is
# preferred with a chance of s(sharpness): 50, 62, 73, 88, 98 and 99.97 %; below 0 they say the contrary.
# Each with how likely it is of somebody of whom nothing is known.
SHARPNESS = np.array([-1.0, 0.0, 0.5, 1.0, 2.0, 4.0, 8.0])
_BELIEF = np.array([0.05, 0.1, 0.1, 0.2, 0.3, 0.2, 0.05])
_UNKNOWN = float(SHARPNESS @ _BELIEF)
_TRUTH = 1.0  # of what is known; that it cannot be outvoted comes from its weight
_CROWD = 5.0  # workers' worth of that belief, against what this crowd shows
_NODES, _NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(5)


def fit_pairwise(judgments: Sequence[Judgment]) -> Inference:
    """P(the first is better) for every two candidates of an item, and how sharply each worker sees.

    Bradley-Terry with a worker's own noise: worker w says a over b with chance s(k_w (a - b)), s logistic in
    the worths, k_w their sharpness, which is 0 for one who guesses and below 0 for one who has it the wrong
    way round. (Chen et al. 2013, "Pairwise Ranking Aggregation in a Crowdsourced Setting", mix honest and
    reversed answers instead; that tells guessing from a close decision less well.) Worths are standard
    normal, since an item has a handful of candidates and answers; sharpness is the mean over a grid by how
    well each value explains what somebody said. Variational EM, with the worths normal around their mode;
    what comes out at the end is sampled. Candidates that were never compared, not even through others, come
    out even. A ranking of k candidates has k (k - 1) / 2 comparisons but is only k - 1 decisions: as
    independent evidence they would make it too sure of itself, and at 2 / k each, which comes to k - 1, not
    sure enough. So each counts the root of that, with which belief and truth agree on simulated crowds.
    What is no comparison (the field was another kind of question before) is left out.
    """
    judgments = [judgment for judgment in judgments if judgment.label in (FIRST, SECOND)]
    blocks, workers = blocks_of(judgments)
    people = np.array([worker != KNOWN for worker in workers], dtype=bool)
    sharpness, belief = np.where(people, _UNKNOWN, _TRUTH), _BELIEF
    worths = [np.zeros((len(block.items), block.width)) for block in blocks]
    for _ in range(ROUNDS if workers else 0):
        before = sharpness
        worths = [_ascend(block, worth, sharpness) for block, worth in zip(blocks, worths, strict=True)]
        scores = sum(_explained(block, worth, sharpness) for block, worth in zip(blocks, worths, strict=True))
        shares = _normalised(scores + np.log(belief))
        belief = (shares[people].sum(axis=0) + _CROWD * _BELIEF) / (people.sum() + _CROWD)
        sharpness = np.where(people, shares @ SHARPNESS, _TRUTH)
        if np.abs(sharpness - before).max() < _TOLERANCE:
            break
    posterior = _posterior(blocks, worths, sharpness)
    skill = _skills(judgments, posterior, dict(zip(workers, sharpness.tolist(), strict=True)))
    return Inference(posterior, skill, {FIRST: 0.5, SECOND: 0.5} if posterior else {})


def pairwise_given_skill(
    judgments: Sequence[Judgment], skill: Mapping[str, WorkerSkillEstimate], priors: Mapping[str, float]
) -> Posterior:
    """The same with the workers' sharpness as last fitted; `priors` say nothing here."""
    blocks, workers = blocks_of([one for one in judgments if one.label in (FIRST, SECOND)])
    sharpness = np.array([_known_sharpness(skill.get(worker)) for worker in workers])
    worths = []
    for block in blocks:
        worth = np.zeros((len(block.items), block.width))
        for _ in range(3):
            worth = _ascend(block, worth, sharpness)
        worths.append(worth)
    return _posterior(blocks, worths, sharpness)


def _ahead(block: Block, worth: Floats) -> Floats:
    """(comparisons,) how much more the one that was preferred is worth."""
    first = worth[block.item_of, block.firsts] - worth[block.item_of, block.seconds]
    return np.where(block.won > 0, first, -first)


def _logistic(x: Floats) -> Floats:
    return 0.5 + 0.5 * np.tanh(x / 2)  # tanh does not overflow as exp would


def _ascend(block: Block, worth: Floats, sharpness: Floats) -> Floats:
    """A few steps of Newton's method on the log posterior of the worths, which is concave."""
    sharp = sharpness[block.workers]
    for _ in range(_STEPS):
        pull = block.weights * sharp * (1 - _logistic(sharp * _ahead(block, worth)))
        slope = _scatter(block, np.where(block.won > 0, pull, -pull)) - worth
        worth = worth + np.linalg.solve(_information(block, worth, sharpness), slope[..., None])[..., 0]
    return worth


def _scatter(block: Block, values: Floats) -> Floats:
    """(items, candidates): added to the first of each comparison, taken from the second."""
    size = len(block.items) * block.width
    first, second = block.item_of * block.width + block.firsts, block.item_of * block.width + block.seconds
    total = np.bincount(first, values, size) - np.bincount(second, values, size)
    return np.asarray(total.reshape(-1, block.width), dtype=np.float64)


def _information(block: Block, worth: Floats, sharpness: Floats) -> Floats:
    """(items, candidates, candidates): minus the second derivative of the log posterior."""
    sharp = sharpness[block.workers]
    chance = _logistic(sharp * _ahead(block, worth))
    values = block.weights * sharp**2 * chance * (1 - chance)
    width = block.width
    found = np.zeros(len(block.items) * width * width)
    a, b = block.firsts, block.seconds
    for row, column, sign in ((a, a, 1), (b, b, 1), (a, b, -1), (b, a, -1)):
        found += sign * np.bincount((block.item_of * width + row) * width + column, values, len(found))
    information: Floats = found.reshape(-1, width, width) + np.eye(width)
    return information


def _explained(block: Block, worth: Floats, sharpness: Floats) -> Floats:
    """(workers, sharpness): the expected log likelihood of what each worker said, had they that sharpness."""
    spread = np.linalg.inv(_information(block, worth, sharpness))
    n, a, b = block.item_of, block.firsts, block.seconds
    deviation = np.sqrt(spread[n, a, a] + spread[n, b, b] - 2 * spread[n, a, b])
    ahead = _ahead(block, worth)[:, None] + deviation[:, None] * _NODES  # (comparisons, nodes)
    found = np.empty((len(sharpness), len(SHARPNESS)))
    for column, sharp in enumerate(SHARPNESS):
        likely = np.log(_logistic(sharp * ahead) + 1e-9) @ _NODE_WEIGHTS / _NODE_WEIGHTS.sum()
        found[:, column] = np.bincount(block.workers, block.weights * likely, len(sharpness))
    return found


def _normalised(scores: Floats) -> Floats:
    """Probabilities out of logarithms, over the last axis."""
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    normalised: Floats = shares / shares.sum(axis=-1, keepdims=True)
    return normalised


def _posterior(blocks: Sequence[Block], worths: Sequence[Floats], sharpness: Floats) -> Posterior:
    found: Posterior = {}
    for block, worth in zip(blocks, worths, strict=True):
        found |= _pairs(block, worth, sharpness)
    return found


def _pairs(block: Block, worth: Floats, sharpness: Floats) -> Posterior:
    """P(worth of a > worth of b) for every two candidates that were in any comparison."""
    found: Posterior = {}
    size = max(1, _MOST_DRAWN * len(block.items) // len(block.item_of))
    for start in range(0, len(block.items), size):
        part = part_of(block, start, start + size)
        shares = _chances(part, worth[start : start + size], sharpness)
        for item, places, row in zip(part.items, part.candidates, shares.tolist(), strict=True):
            for (a, b), share in zip(combinations(places, 2), row, strict=True):
                found[f"{item}{a}:{b}"] = {FIRST: share, SECOND: 1 - share}
    return found


def _chances(block: Block, worth: Floats, sharpness: Floats) -> Floats:
    """(items, pairs) P(worth of a > worth of b) by importance sampling.

    Two or three answers leave a posterior that is far from normal (a candidate that always won may be better
    by any distance), so samples from the normal at the mode are weighed by what they should have been.
    """
    root = np.linalg.cholesky(np.linalg.inv(_information(block, worth, sharpness)))
    drawn = np.random.default_rng(_SEED).standard_normal((_DRAWS // 2, block.width))
    drawn = np.vstack([drawn, -drawn])
    samples = worth[:, None, :] + np.einsum(
        "nij,sj->nsi", _WIDER * root, drawn
    )  # (items, samples, candidates)
    signed = np.where(block.won > 0, 1.0, -1.0) * sharpness[block.workers]
    ahead = samples[block.item_of, :, block.firsts] - samples[block.item_of, :, block.seconds]
    likely = block.weights[:, None] * np.log(_logistic(signed[:, None] * ahead) + 1e-9)
    starts = np.searchsorted(block.item_of, np.arange(len(block.items)))
    scores = np.add.reduceat(likely, starts, axis=0)
    scores += (drawn**2).sum(axis=1) / 2 - (samples**2).sum(axis=2) / 2
    shares = _normalised(scores)
    better = [
        (shares * (samples[:, :, a] > samples[:, :, b])).sum(axis=1)
        for a, b in combinations(range(block.width), 2)
    ]
    return np.stack(better, axis=1)


def _known_sharpness(skill: WorkerSkillEstimate | None) -> float:
    if skill is None or FIRST not in skill.confusion:
        return _UNKNOWN
    share = min(max(skill.confusion[FIRST][FIRST], 0.2), 0.9997)
    return log(share / (1 - share))


def _skills(
    judgments: Sequence[Judgment], posterior: Posterior, sharpness: Mapping[str, float]
) -> dict[str, WorkerSkillEstimate]:
    """`accuracy`: the share of a worker's comparisons that are right, as far as the orders are known.

    `confusion`: the chance that the better of two that are one standard deviation apart is preferred.
    """
    right: dict[str, float] = defaultdict(float)
    count: dict[str, int] = defaultdict(int)
    for judgment in judgments:
        right[judgment.worker] += posterior[judgment.unit][judgment.label]
        count[judgment.worker] += 1
    return {
        worker: WorkerSkillEstimate(
            accuracy=(right[worker] + 1.4) / (count[worker] + 2),  # two comparisons' worth of PRIOR_ACCURACY
            confusion={FIRST: {FIRST: seen, SECOND: 1 - seen}, SECOND: {FIRST: 1 - seen, SECOND: seen}},
            answers=count[worker],
        )
        for worker, sharp in sharpness.items()
        if worker != KNOWN
        for seen in [1 / (1 + exp(-sharp))]
    }
