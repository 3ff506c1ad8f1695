"""What is true, and who can be believed, from many imperfect judgments."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from annotations.aggregation.dawid_skene import refine, vote_shares
from annotations.aggregation.judgments import Coded, Floats, Judgment, encode
from annotations.aggregation.reference import crowdkit_posterior
from annotations.aggregation.skill import WorkerSkillEstimate, count_confusions, estimates, shrink

METHODS = ("majority", "dawid-skene", "one-coin", "glad", "mace", "wawa")
# Our rounds after crowd-kit's. Few on purpose: run to convergence, the model's one wrong belief (that
# judgments are independent, given the truth) drifts away from the answers; 2 to 5 rounds did best on every
# set tried.
ROUNDS = 3
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
    """

    posterior: Posterior
    skill: dict[str, WorkerSkillEstimate]
    priors: dict[str, float]


def infer(
    judgments: Sequence[Judgment],
    *,
    method: str = "dawid-skene",
    labels: Iterable[str] | None = None,
    iterations: int = 100,
) -> Inference:
    """The posterior of every unit and the skill of every worker.

    `method` is one of METHODS, all computed by crowd-kit. For "dawid-skene" its fit is the start of a few
    more rounds with shrunken confusion matrices, because crowd-kit smooths nothing: in spans nearly all is O,
    a worker has a handful of judgments on B-x, and raw shares of these are 0 or 1. Whatever the method, skill
    comes from such matrices, estimated once more under the method's posterior. `labels` adds labels that
    nobody gave; `iterations` bounds crowd-kit's rounds. Raises TooManyLabels, and ValueError for an unknown
    method.
    """
    if method not in METHODS:
        raise ValueError(f"Unknown method {method!r}; use one of {', '.join(METHODS)}.")
    if not judgments:
        return Inference({}, {}, {})
    coded = encode(judgments, labels)
    _check_size(coded)
    if len(coded.labels) == 1:  # nothing to tell apart, and several of the models divide by labels - 1
        return _inference(coded, vote_shares(coded))
    posterior = crowdkit_posterior(method, coded, iterations)
    if method == "dawid-skene":
        posterior = refine(coded, posterior, ROUNDS)
    return _inference(coded, posterior)


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


def _inference(coded: Coded, posterior: Floats) -> Inference:
    counts = count_confusions(coded, posterior)
    confusions = shrink(counts, coded.weights @ posterior)
    return Inference(
        posterior=by_unit(coded, posterior),
        skill=estimates(coded, counts, confusions),
        priors=dict(zip(coded.labels, confusions.priors.tolist(), strict=True)),
    )


def _check_size(coded: Coded) -> None:
    cells = len(coded.workers) * len(coded.labels) ** 2
    if cells > MOST_CELLS:
        raise TooManyLabels(
            f"{len(coded.labels)} different labels from {len(coded.workers)} workers are too many to learn "
            "who confuses what. Is this free text or numbers? Put them into classes first, or vote."
        )
