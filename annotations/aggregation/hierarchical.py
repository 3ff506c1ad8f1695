"""Dawid-Skene in which nobody is judged by their own record alone, and which knows how far to trust itself.

Three levels instead of a matrix per worker out of nothing: what the crowd does, how often this worker errs,
and which of the errors are this worker's own. Each is drawn towards the one above it, the last with a
strength that the crowd itself shows (empirical Bayes), so that thirty answers give one number for a person
and three thousand a whole matrix. See docs/decisions/0030.
"""

from dataclasses import dataclass

import numpy as np

from annotations.aggregation.judgments import Floats
from annotations.aggregation.skill import Habits, learn_habits
from annotations.aggregation.tally import Tally, normalised, vote_shares

# Where people differ in how often they err and in nothing else, they are told apart safely: the fit runs to
# its end, and what it believes is a probability. Where each errs in an own way, every class has a free
# parameter a person, and the rounds may drift towards what confirms itself.
_ONE_CAUSE = 64.0  # from this strength on (skill.HABIT_STRENGTHS)
# So few rounds are made, and half of the belief stays with the vote, where running on explains the answers
# hardly better (in nats a judgment), or overturns the vote on so many units without explaining far better.
_FEW_ROUNDS = 2
_HELD_TO_THE_VOTE = 0.5
_HARDLY_BETTER = 0.001
_FAR_BETTER = 0.025
_OVERTURNED = 0.15
# Where running on pays, the belief is still not wholly a probability.
_SETTLED_DOUBT = 0.1
_TOLERANCE = 1e-4  # largest change of a probability at which further rounds are idle
# Judgments' worth of belief that somebody agrees with the vote seven times in ten.
_VOTER_STRENGTH = 2.0
_VOTER_AGREES = 0.7


@dataclass(frozen=True, slots=True)
class Weighed:
    """`posterior` (patterns, labels) is the `model`'s, but for the share `doubt` of it that is the vote's."""

    posterior: Floats
    model: Floats
    doubt: float = 0.0


@dataclass(frozen=True, slots=True)
class Explained:
    """The habits that a fit ended with, and the log likelihood of the answers, the mean over judgments."""

    habits: Habits
    likelihood: float


def hierarchical(tally: Tally, rounds: int) -> Weighed:
    """The posterior of each pattern of judgments."""
    votes = tally.pinned(vote_shares(tally.coded))
    early, before = _refine(tally, votes, _FEW_ROUNDS)
    settled, after = _refine(tally, early, rounds)
    if min(before.habits.strength, after.habits.strength) >= _ONE_CAUSE:
        return Weighed(settled, settled)
    gain = after.likelihood - before.likelihood
    overturned = tally.coded.weights @ (settled.argmax(axis=1) != votes.argmax(axis=1))
    drifts = gain < _FAR_BETTER and overturned > _OVERTURNED * tally.coded.weights.sum()
    if gain < _HARDLY_BETTER or drifts:
        return _held(tally, early, votes, _HELD_TO_THE_VOTE)
    return _held(tally, settled, votes, _SETTLED_DOUBT)


def _held(tally: Tally, model: Floats, votes: Floats, doubt: float) -> Weighed:
    held = (1 - doubt) * model + doubt * weighted_vote(tally, votes)
    return Weighed(tally.pinned(held), model, doubt)


def weighted_vote(tally: Tally, votes: Floats) -> Floats:
    """(patterns, labels) votes weighted by how often each worker agrees with the majority (Wawa)."""
    winners = (votes >= votes.max(axis=1, keepdims=True)).astype(np.float64)
    winners /= winners.sum(axis=1, keepdims=True)
    counts = tally.counts(winners)
    agreed = np.trace(counts, axis1=1, axis2=2) + _VOTER_STRENGTH * _VOTER_AGREES
    return vote_shares(tally.coded, agreed / (counts.sum(axis=(1, 2)) + _VOTER_STRENGTH))


def _refine(tally: Tally, posterior: Floats, rounds: int) -> tuple[Floats, Explained]:
    """Alternate both steps until nothing moves or `rounds` are done."""
    strength: float | None = None
    for done in range(max(rounds, 1)):
        habits = learn_habits(tally.counts(posterior), strength)
        # It hardly moves after the first rounds, and is the dearest part with many labels.
        strength = habits.strength if done > 2 else None
        before, posterior = posterior, tally.pinned(normalised(_scores(tally, habits, posterior)))
        if np.abs(posterior - before).max() < _TOLERANCE:
            break
    habits = learn_habits(tally.counts(posterior))
    return posterior, Explained(habits, _likelihood(tally, _scores(tally, habits, posterior)))


def _scores(tally: Tally, habits: Habits, posterior: Floats) -> Floats:
    """(patterns, labels) log P(judgments, truth), with the labels as frequent as in `posterior`."""
    scores: Floats = tally.sums(np.log(habits.rates)) + np.log(_priors(tally.coded.weights @ posterior))
    return scores


def _likelihood(tally: Tally, scores: Floats) -> float:
    """Mean log probability of a judgment; `scores` (patterns, labels) are joint with the truth."""
    highest = scores.max(axis=1)
    each = highest + np.log(np.exp(scores - highest[:, None]).sum(axis=1))
    return float(tally.coded.weights @ each / max(tally.judgments, 1.0))


def _priors(class_counts: Floats) -> Floats:
    priors: Floats = (class_counts + 1.0) / (class_counts.sum() + len(class_counts))
    return priors
