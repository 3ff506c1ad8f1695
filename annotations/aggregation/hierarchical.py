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
# Unless the fit, run to its end, explains the answers so much better (in nats a judgment) that the vote must
# be wrong: three who always say the same, against two who know.
_CROWD_MISLEADS = 0.025
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
    one_cause = min(before.habits.strength, after.habits.strength) >= _ONE_CAUSE
    if one_cause or after.likelihood - before.likelihood > _CROWD_MISLEADS:
        return Weighed(settled, settled)
    doubt = _HELD_TO_THE_VOTE
    held = tally.pinned((1 - doubt) * early + doubt * weighted_vote(tally, votes))
    return Weighed(held, early, doubt)


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
        scores = tally.sums(np.log(habits.rates)) + np.log(_priors(tally.coded.weights @ posterior))
        before, posterior = posterior, tally.pinned(normalised(scores))
        if np.abs(posterior - before).max() < _TOLERANCE:
            break
    return posterior, Explained(habits, _likelihood(tally, scores))


def _likelihood(tally: Tally, scores: Floats) -> float:
    """Mean log probability of a judgment; `scores` (patterns, labels) are joint with the truth."""
    highest = scores.max(axis=1)
    each = highest + np.log(np.exp(scores - highest[:, None]).sum(axis=1))
    return float(tally.coded.weights @ each / max(tally.judgments, 1.0))


def _priors(class_counts: Floats) -> Floats:
    priors: Floats = (class_counts + 1.0) / (class_counts.sum() + len(class_counts))
    return priors
