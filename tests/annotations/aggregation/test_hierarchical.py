"""The default model: not below a vote where nearly all is one class, honest where it is well specified."""

import numpy as np
import pytest

from annotations.aggregation.inference import infer, majority
from annotations.aggregation.judgments import Judgment
from annotations.aggregation.skill import interval


def one_skill_crowd(seed, *, units, workers, each, frequencies, low, high):
    """Everybody errs evenly, some more than others."""
    dice = np.random.default_rng(seed)
    width = len(frequencies)
    skill = dice.uniform(low, high, workers)
    truth = dice.choice(width, size=units, p=frequencies)
    judgments = [
        Judgment(
            f"w{worker:02d}",
            f"u{unit}",
            str(true if dice.random() < skill[worker] else (true + dice.integers(1, width)) % width),
        )
        for unit, true in enumerate(truth)
        for worker in dice.permutation(workers)[:each]
    ]
    return judgments, {f"u{unit}": str(true) for unit, true in enumerate(truth)}, skill


def accuracy(posterior, truth):
    return np.mean([max(row, key=row.__getitem__) == truth[unit] for unit, row in posterior.items()])


CALM = [0.93, 0.0175, 0.0175, 0.0175, 0.0175]


def test_where_nearly_all_is_one_class_it_beats_the_vote():
    """Textbook Dawid-Skene loses to it: too few of the rare classes to learn a matrix from."""
    gains = []
    for seed in range(8):
        judgments, truth, _ = one_skill_crowd(
            seed, units=240, workers=24, each=3, frequencies=CALM, low=0.5, high=0.95
        )
        ours = accuracy(infer(judgments).posterior, truth)
        textbook = accuracy(infer(judgments, method="dawid-skene").posterior, truth)
        assert ours > textbook
        gains.append(ours - accuracy(majority(judgments), truth))
    assert min(gains) > -0.01 and np.mean(gains) > 0.01


def test_its_confidence_is_the_chance_of_being_right():
    """Small crowd, five classes: where the textbook is more than 10 points too sure of itself."""
    sure, right = [], []
    for seed in range(6):
        judgments, truth, _ = one_skill_crowd(
            seed, units=600, workers=24, each=3, frequencies=np.full(5, 0.2), low=0.4, high=0.95
        )
        fit = infer(judgments)
        assert fit.doubt == 0
        for unit, row in fit.posterior.items():
            best = max(row, key=row.__getitem__)
            sure.append(row[best])
            right.append(best == truth[unit])
    sure, right = np.array(sure), np.array(right)
    assert sure.mean() == pytest.approx(right.mean(), abs=0.03)
    for low, high in [(0.5, 0.8), (0.8, 0.95), (0.95, 1.01)]:
        inside = (sure >= low) & (sure < high)
        assert sure[inside].mean() == pytest.approx(right[inside].mean(), abs=0.07)


def test_people_who_err_each_in_an_own_way_are_held_to_the_vote():
    """Habits differ: then the model doubts itself, and half of each belief is the vote's."""
    dice = np.random.default_rng(4)
    truth = dice.integers(3, size=500)
    habit = {worker: dice.permutation(3) for worker in range(12)}
    judgments = []
    for unit, true in enumerate(truth):
        for worker in dice.permutation(12)[:5]:
            said = true if dice.random() < 0.75 else habit[worker][true]
            judgments.append(Judgment(f"w{worker}", f"u{unit}", str(said)))
    fit = infer(judgments)
    assert fit.doubt == 0.5
    expected = {f"u{unit}": str(true) for unit, true in enumerate(truth)}
    assert accuracy(fit.posterior, expected) >= accuracy(majority(judgments), expected)


def test_intervals_of_a_persons_figures_hold_the_truth_nine_times_in_ten():
    held = []
    for seed in range(6):
        judgments, _, skill = one_skill_crowd(
            seed, units=500, workers=20, each=3, frequencies=[0.6, 0.3, 0.1], low=0.5, high=0.95
        )
        for worker, estimate in infer(judgments).skill.items():
            true = skill[int(worker[1:])]
            for label, row in estimate.confusion.items():
                low, high = interval(row[label], estimate.evidence[label])
                held.append(low <= true <= high)
    assert 0.8 < np.mean(held) <= 1.0


def test_an_interval_narrows_with_evidence_and_stays_within_bounds():
    wide, narrow = interval(0.8, 5), interval(0.8, 500)
    assert wide[0] < narrow[0] < 0.8 < narrow[1] < wide[1]
    assert narrow == pytest.approx((0.77, 0.829), abs=0.01)
    assert interval(0.0, 3)[0] >= 0 and interval(1.0, 3)[1] <= 1
