"""The promises, on numbers worked out by hand and on draws whose truth is known."""

import math

import numpy as np
import pytest

from applications.health_triage import conformal
from applications.health_triage.conformal import APS, LAC
from applications.health_triage.covering import measure, risk_by_share
from applications.health_triage.promising import NO_PROMISE, WIDE, Risk, Scored, judge, promise
from applications.health_triage.resampling import resample

LEVELS = (1, 2, 3, 4)


@pytest.mark.parametrize(("risk", "items"), [(0.5, 1), (0.1, 9), (0.05, 19), (0.04, 24), (0.01, 99)])
def test_how_many_items_a_promise_takes(risk, items):
    assert conformal.needed(risk) == items
    scores = np.arange(items, dtype=float)
    assert conformal.threshold(scores, risk) == items - 1
    assert math.isinf(conformal.threshold(scores[1:], risk))


def test_the_threshold_has_the_correction_for_few_items():
    # n = 19 at 10 %: rank ceil(20 * 0.9) = 18, one more than the plain quantile's 17.1 -> 18th of 19
    assert conformal.threshold(np.arange(1.0, 20.0), 0.1) == 18
    assert conformal.threshold(np.arange(1.0, 11.0), 0.2) == 9  # ceil(11 * 0.8) = 9


def test_scores():
    shares = np.array([[0.5, 0.3, 0.2]])
    assert conformal.scores_of(shares, LAC)[0] == pytest.approx([0.5, 0.7, 0.8])
    assert conformal.scores_of(shares, APS)[0] == pytest.approx([0.5, 0.8, 1.0])
    equal = np.array([[0.5, 0.5]])
    assert conformal.scores_of(equal, APS)[0] == pytest.approx([1.0, 1.0])


def test_each_class_has_a_threshold_of_its_own():
    scores = np.array([[0.1, 0.9], [0.2, 0.9], [0.9, 0.7], [0.9, 0.8]])
    found = conformal.thresholds_by_class(scores, np.array([0, 0, 1, 1]), 0.4)
    assert found == pytest.approx([0.2, 0.8])
    assert math.isinf(conformal.thresholds_by_class(scores, np.array([0, 0, 0, 1]), 0.4)[1])


def test_risk_control_takes_the_first_value_that_holds():
    losses = np.array([[1, 1, 0], [1, 0, 0], [1, 0, 0]], dtype=float)
    grid, lost = np.array([0.0, 0.5, 1.0]), losses.sum(axis=0)  # (sum + 1) / 4: 1, 0.5, 0.25
    assert conformal.controlled(grid, lost, 3, 0.5) == 0.5
    assert conformal.controlled(grid, lost, 3, 0.3) == 1.0
    assert conformal.controlled(grid, lost, 3, 0.2) is None


def test_intervals_leave_no_level_out():
    generator = np.random.default_rng(3)
    shares = generator.dirichlet([0.4] * 4, size=500)  # often two peaks
    low, high = conformal.intervals(shares, upper=0.3, upper_by_class=np.zeros(4), lower=0.2)
    assert (low <= high).all() and (low >= 0).all() and (high <= 3).all()
    rows, under = np.arange(500), np.cumsum(shares, axis=1) - shares
    assert (under[rows, high] <= 0.3 + 1e-9).all()
    assert (under[rows[high < 3], high[high < 3] + 1] > 0.3).all()


def test_wilson_knows_its_ends():
    assert conformal.wilson(0, 0) == (0.0, 1.0)
    low, high = conformal.wilson(50, 100)
    assert (round(low, 3), round(high, 3)) == (0.404, 0.596)
    assert conformal.wilson(10, 10)[1] == pytest.approx(1.0)


def drawn(count: int, *, seed: int, sharpness: float = 2.0) -> Scored:
    """Truths drawn from the very probabilities that the models give, a rare highest level among them."""
    generator = np.random.default_rng(seed)
    condition = generator.dirichlet([0.5] * 3, size=count)
    urgency = generator.dirichlet(np.array([1.0, 1.0, 0.8, 0.4]) * sharpness, size=count)
    pick = generator.random((2, count, 1))
    return Scored(
        labels=("a", "b", "c"), levels=LEVELS, condition=condition, urgency=urgency,
        true_condition=(np.cumsum(condition, axis=1) < pick[0]).sum(axis=1),
        true_urgency=np.minimum((np.cumsum(urgency, axis=1) < pick[1]).sum(axis=1), 3),
        group=np.arange(count),
    )  # fmt: skip


@pytest.mark.parametrize("method", [LAC, APS])
def test_the_promise_holds_on_average_over_many_splits(method):
    """A theorem, so the mean over 200 splits has to be on its side up to what 200 draws may be off."""
    risk = Risk(wrong=0.1, under_triage=0.02, method=method, largest_set=3, widest=4)
    found = resample(drawn(900, seed=11), risk, draws=200, share=0.5, seed=5)
    for name, about in found.shares.items():
        slack = 4 * about.error
        if about.most:
            assert about.mean <= about.promised + slack, name
        else:
            assert about.mean >= about.promised - slack, name
    assert found.shares["under_triage"].mean > 0.005  # and it is not held by saying nothing


def test_a_rare_class_is_covered_only_by_thresholds_of_its_own():
    """The model never believes in it: without thresholds by class it would hardly ever be listed."""
    generator = np.random.default_rng(1)
    truth = (generator.random(2000) < 0.05).astype(np.int64)
    shares = np.where(truth[:, None] == 1, [[0.7, 0.3]], [[0.95, 0.05]]) + generator.normal(
        0, 0.02, (2000, 1)
    ) * [[1, -1]]
    marginal = conformal.threshold(conformal.scores_of(shares, LAC)[np.arange(2000), truth], 0.1)
    own = conformal.thresholds_by_class(conformal.scores_of(shares, LAC), truth, 0.1)
    rare = conformal.scores_of(shares, LAC)[truth == 1, 1]
    assert (rare <= marginal).mean() < 0.5 and (rare <= own[1]).mean() >= 0.9


def test_too_few_items_are_no_promise_and_say_how_many_it_takes():
    known = drawn(60, seed=2)
    promised = promise(known, Risk(wrong=0.05, under_triage=0.01))
    assert not promised.holds
    assert ("urgency", "", 60, 99) in [(o.about, o.name, o.there, o.needed) for o in promised.lacking]
    assert all(one.there < one.needed for one in promised.lacking)
    verdicts = judge(promised, known.condition, known.urgency)
    assert all(one.reasons == (NO_PROMISE,) and (one.low, one.high) == (1, 4) for one in verdicts)
    assert measure(promised, known).share("condition").promised is None


def test_what_is_too_wide_abstains():
    known = drawn(900, seed=4)
    wanted = Risk(wrong=0.1, under_triage=0.01, largest_set=3, widest=1)
    verdicts = judge(promise(known, wanted), known.condition, known.urgency)
    assert all((WIDE in one.reasons) == (one.high > one.low) for one in verdicts)


def test_less_risk_never_makes_sets_smaller():
    known = drawn(900, seed=6)
    careful = measure(promise(known, Risk(wrong=0.04, under_triage=0.01)), known)
    careless = measure(promise(known, Risk(wrong=0.3, under_triage=0.1)), known)
    assert careful.mean_groups >= careless.mean_groups and careful.mean_levels >= careless.mean_levels
    assert careful.abstains.value >= careless.abstains.value


def test_the_curve_ends_with_everything_answered():
    known = drawn(100, seed=8)
    curve = risk_by_share(known)
    assert curve[-1][0] == 1.0
    assert curve[-1][1] == pytest.approx(np.mean(known.condition.argmax(axis=1) != known.true_condition))


def test_scores_survive_being_stored():
    known = drawn(30, seed=9)
    again = Scored.from_json(known.to_json())
    assert again.labels == known.labels and (again.true_urgency == known.true_urgency).all()
    assert np.allclose(again.condition, known.condition, atol=1e-6)
