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

# People whose errors have one cause, how careful they are, are told apart safely: the fit runs to its end.
# Where each errs in an own way, every class has a free parameter a person, and the rounds drift towards what
# confirms itself; then few rounds are made, and half of the belief stays with the vote.
_ONE_CAUSE = 64.0  # from this strength on (skill.HABIT_STRENGTHS)
_FEW_ROUNDS = 2
_HELD_TO_THE_VOTE = 0.5
_TOLERANCE = 1e-4  # largest change of a probability at which further rounds are idle
# Judgments' worth of belief that somebody agrees with the vote seven times in ten.
_VOTER_STRENGTH = 2.0
_VOTER_AGREES = 0.7


@dataclass(frozen=True, slots=True)
class Weighed:
    """`posterior` (patterns, labels). `doubt`: the share of it that is the vote's."""

    posterior: Floats
    doubt: float


def hierarchical(tally: Tally, rounds: int) -> Weighed:
    """The posterior of each pattern of judgments."""
    votes = vote_shares(tally.coded)
    early, habits = _refine(tally, votes, _FEW_ROUNDS)
    if habits.strength >= _ONE_CAUSE:
        settled, habits = _refine(tally, early, rounds)
        if habits.strength >= _ONE_CAUSE:
            return Weighed(settled, 0.0)
    doubt = _HELD_TO_THE_VOTE
    return Weighed((1 - doubt) * early + doubt * weighted_vote(tally, votes), doubt)


def weighted_vote(tally: Tally, votes: Floats) -> Floats:
    """(patterns, labels) votes weighted by how often each worker agrees with the majority (Wawa)."""
    winners = (votes >= votes.max(axis=1, keepdims=True)).astype(np.float64)
    winners /= winners.sum(axis=1, keepdims=True)
    counts = tally.counts(winners)
    agreed = np.trace(counts, axis1=1, axis2=2) + _VOTER_STRENGTH * _VOTER_AGREES
    return vote_shares(tally.coded, agreed / (counts.sum(axis=(1, 2)) + _VOTER_STRENGTH))


def _refine(tally: Tally, posterior: Floats, rounds: int) -> tuple[Floats, Habits]:
    """Alternate both steps until nothing moves or `rounds` are done."""
    strength: float | None = None
    for done in range(rounds):
        habits = learn_habits(tally.counts(posterior), strength)
        # It hardly moves after the first rounds, and is the dearest part with many labels.
        strength = habits.strength if done > 2 else None
        priors = _priors(tally.coded.weights @ posterior)
        before, posterior = posterior, normalised(tally.sums(np.log(habits.rates)) + np.log(priors))
        if np.abs(posterior - before).max() < _TOLERANCE:
            break
    return posterior, habits


def _priors(class_counts: Floats) -> Floats:
    priors: Floats = (class_counts + 1.0) / (class_counts.sum() + len(class_counts))
    return priors
