"""Verdicts where probabilities are no numbers, or so near to 1 that what is stored of them is rounded."""

import math

import numpy as np

from applications.health_triage.promising import Risk, Scored, judge, promise


def known(sure: float, count: int = 400) -> Scored:
    """Each of four urgencies as often, each with the probability `sure`; groups never that sure."""
    truth = np.arange(count) % 4
    urgency = np.full((count, 4), (1 - sure) / 3)
    urgency[np.arange(count), truth] = sure
    condition = np.where((np.arange(count) % 2)[:, None] == np.arange(2), 0.9, 0.1)
    return Scored(
        labels=("a", "b"), levels=(1, 2, 3, 4), condition=condition, urgency=urgency,
        true_condition=np.arange(count) % 2, true_urgency=truth, group=np.arange(count),
    )  # fmt: skip


def test_what_is_no_number_abstains_and_may_be_an_emergency() -> None:
    promised = promise(known(0.94), Risk())
    for condition, urgency in (([0.9, 0.1], [math.nan] * 4), ([math.nan] * 2, [0.94, 0.02, 0.02, 0.02])):
        [verdict] = judge(promised, np.array([condition]), np.array([urgency]))
        assert verdict.abstains and (verdict.low, verdict.high) == (1, 4)


def test_a_promise_from_stored_scores_holds_for_the_same_scores() -> None:
    sure = known(1 - 6e-7)
    promised = promise(Scored.from_json(sure.to_json()), Risk())
    verdicts = judge(promised, sure.condition, sure.urgency)
    assert not any(verdict.abstains for verdict in verdicts)
    levels = [sure.levels[place] for place in sure.true_urgency.tolist()]
    assert all(verdict.high >= level for verdict, level in zip(verdicts, levels, strict=True))
