"""What is true, and who can be believed, from many imperfect judgments."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from annotations.aggregation.dawid_skene import dawid_skene, one_coin
from annotations.aggregation.hierarchical import Weighed, hierarchical
from annotations.aggregation.judgments import Coded, Floats, Judgment, Names, encode, encode_columns
from annotations.aggregation.reference import crowdkit_posterior
from annotations.aggregation.skill import WorkerSkillEstimate, estimates, learn_habits
from annotations.aggregation.tally import Tally, vote_shares

METHODS = ("hierarchical", "majority", "dawid-skene", "one-coin", "glad", "mace", "wawa")
DEFAULT = METHODS[0]
# A confusion matrix per worker has labels^2 cells; above this it no longer fits into memory, nor could it be
# learnt.
MOST_CELLS = 30_000_000

Posterior = dict[str, dict[str, float]]  # unit -> label -> probability


class TooManyLabels(ValueError):
    """There are too many different labels for a model of each worker's confusions."""


@dataclass(frozen=True, slots=True)
class Inference:
    """Read-only: units on which everything was the same share one dictionary, or a large project needs
    gigabytes.

    `priors`: how frequent each label is, which `posterior_given_skill` needs together with `skill`.
    `doubt`: the share of each posterior that was left to the vote (`hold_to_vote`).
    """

    posterior: Posterior
    skill: dict[str, WorkerSkillEstimate]
    priors: dict[str, float]
    doubt: float = 0.0


def infer(
    judgments: Sequence[Judgment],
    *,
    method: str = DEFAULT,
    labels: Iterable[str] | None = None,
    iterations: int = 100,
) -> Inference:
    """The posterior of every unit and the skill of every worker.

    `method` is one of METHODS: ours, the textbook's ("dawid-skene", "one-coin": equal to crowd-kit's, many
    times as fast), plain votes, and crowd-kit's GLAD, MACE and Wawa. Whatever the method, skill is learned
    once more under the method's posterior, with habits drawn towards the crowd's. `labels` adds labels that
    nobody gave; `iterations` bounds the rounds. Raises TooManyLabels, and ValueError for an unknown method.
    """
    if method not in METHODS:
        raise ValueError(f"Unknown method {method!r}; use one of {', '.join(METHODS)}.")
    if not judgments:
        return Inference({}, {}, {})
    coded = encode(judgments, labels)
    _check_size(coded)
    tally = Tally(coded)
    if len(coded.labels) == 1:  # nothing to tell apart, and several of the models divide by labels - 1
        votes = vote_shares(coded)
        return _inference(tally, Weighed(votes, votes))
    return _inference(tally, _weigh(method, tally, iterations))


def infer_labels(
    workers: Names, units: Names, verdicts: Names, *, method: str = DEFAULT, iterations: int = 100
) -> tuple[tuple[str, ...], list[str]]:
    """Units and the likeliest label of each, from columns: for millions of labels that need no more."""
    coded = encode_columns(workers, units, verdicts)
    _check_size(coded)
    best = _weigh(method, Tally(coded), iterations).posterior.argmax(axis=1)[coded.pattern_of]
    return coded.units, [coded.labels[place] for place in best.tolist()]


def _weigh(method: str, tally: Tally, iterations: int) -> Weighed:
    if method == "hierarchical":
        return hierarchical(tally, iterations)
    if method in {"dawid-skene", "one-coin"}:
        textbook = (dawid_skene if method == "dawid-skene" else one_coin)(tally, iterations)
        return Weighed(textbook, textbook)
    if method == "majority":
        votes = vote_shares(tally.coded)
        return Weighed(votes, votes, doubt=1.0)
    posterior = crowdkit_posterior(method, tally.coded, iterations)
    return Weighed(posterior, posterior, doubt=1.0 if method == "wawa" else 0.0)


def majority(judgments: Sequence[Judgment]) -> Posterior:
    """Each unit's share of votes. Needs no crowd-kit, and takes any number of labels (free text)."""
    if not judgments:
        return {}
    coded = encode(judgments)
    return by_unit(coded, vote_shares(coded))


def by_unit(coded: Coded, posterior: Floats) -> Posterior:
    """(patterns, labels) as dictionaries, one per pattern."""
    rows = [dict(zip(coded.labels, row, strict=True)) for row in posterior.tolist()]
    return {unit: rows[pattern] for unit, pattern in zip(coded.units, coded.pattern_of.tolist(), strict=True)}


def _inference(tally: Tally, weighed: Weighed) -> Inference:
    coded, counts = tally.coded, tally.counts(weighed.model)
    frequencies = coded.weights @ weighed.model + 1.0
    frequencies /= frequencies.sum()
    return Inference(
        posterior=by_unit(coded, weighed.posterior),
        skill=estimates(coded, counts, learn_habits(counts)),
        priors=dict(zip(coded.labels, frequencies.tolist(), strict=True)),
        doubt=weighed.doubt,
    )


def _check_size(coded: Coded) -> None:
    cells = len(coded.workers) * len(coded.labels) ** 2
    if cells > MOST_CELLS:
        raise TooManyLabels(
            f"{len(coded.labels)} different labels from {len(coded.workers)} workers are too many to learn "
            "who confuses what. Is this free text or numbers? Put them into classes first, or vote."
        )
