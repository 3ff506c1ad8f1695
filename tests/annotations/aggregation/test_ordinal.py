from collections import defaultdict
from pathlib import Path
from statistics import mean, median

import numpy as np
import pytest

from annotations.aggregation.inference import infer, majority
from annotations.aggregation.judgments import KNOWN, Judgment
from annotations.aggregation.ordinal import (
    fit_ordinal,
    habits_on,
    ordinal_given_skill,
    points_between,
)
from annotations.aggregation.table import read_judgments, read_truth

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "crowd"


def crowd(seed, *, points=5, units=200, answers=3, people=24):
    """Good and fair people, some shifted by a point, some who keep to the middle, spammers and guessers."""
    random = np.random.default_rng(seed)
    truth = random.choice(points, size=units, p=random.dirichlet([3.0] * points))
    kinds = random.choice(
        ["good", "fair", "shifted", "middling", "constant", "guessing"],
        people,
        p=[0.3, 0.3, 0.12, 0.1, 0.09, 0.09],
    )
    middle = (points - 1) / 2

    def say(worker, t):
        kind = kinds[worker]
        said = {
            "good": t + random.normal(0, 0.4),
            "fair": t + random.normal(0, 0.8),
            "shifted": t + (1 if worker % 2 else -1) + random.normal(0, 0.5),
            "middling": middle + (t - middle) / 2 + random.normal(0, 0.5),
            "constant": worker % points,
            "guessing": random.integers(points),
        }[kind]
        return str(int(np.clip(round(float(said)), 0, points - 1)) + 1)

    judgments = [
        Judgment(f"w{worker:02d}", f"u{unit:04d}", say(worker, truth[unit]))
        for unit in range(units)
        for worker in random.choice(people, answers, replace=False)
    ]
    return judgments, {f"u{unit:04d}": int(t) + 1 for unit, t in enumerate(truth)}


def middle_of(posterior):
    below = 0.0
    for label in sorted(posterior, key=float):
        below += posterior[label]
        if below >= 0.5:
            return float(label)
    raise AssertionError("the posterior does not sum to 1")


def errors(posterior, truth):
    return mean(abs(middle_of(posterior[unit]) - value) for unit, value in truth.items())


def said(judgments):
    by_unit = defaultdict(list)
    for judgment in judgments:
        by_unit[judgment.unit].append(float(judgment.label))
    return by_unit


@pytest.mark.parametrize("settings", [{"units": 150}, {"points": 10}, {"answers": 5}])
def test_it_errs_less_than_median_majority_and_unordered_dawid_skene(settings):
    """Over ten seeds: the mean difference is at least two standard errors from nothing."""
    gains = defaultdict(list)
    for seed in range(10):
        judgments, truth = crowd(seed, **settings)
        ours = errors(fit_ordinal(judgments).posterior, truth)
        by_unit = said(judgments)
        gains["median"].append(mean(abs(median(by_unit[u]) - t) for u, t in truth.items()) - ours)
        voted = {unit: float(max(row, key=row.__getitem__)) for unit, row in majority(judgments).items()}
        gains["majority"].append(mean(abs(voted[u] - t) for u, t in truth.items()) - ours)
        gains["dawid-skene"].append(errors(infer(judgments).posterior, truth) - ours)
    for found in gains.values():
        assert mean(found) > 2 * np.std(found, ddof=1) / len(found) ** 0.5 > 0


def test_what_it_believes_is_about_as_often_true_as_it_says():
    hits = []
    for seed in range(10):
        judgments, truth = crowd(seed)
        for unit, row in fit_ordinal(judgments).posterior.items():
            best = max(row, key=row.__getitem__)
            hits.append((row[best], best == str(truth[unit])))
    believed, right = np.array(hits).T
    assert believed.mean() == pytest.approx(right.mean(), abs=0.06)
    sure = believed > 0.95  # what is settled at the usual threshold, a quarter of the units
    assert 0.15 < sure.mean() < 0.4 and right[sure].mean() > 0.94


def test_who_comes_first_does_not_matter():
    judgments, _ = crowd(1, units=60)
    names = {judgment.worker for judgment in judgments}
    other = dict(zip(sorted(names), sorted(names, reverse=True), strict=True))
    renamed = [judgment._replace(worker=other[judgment.worker]) for judgment in reversed(judgments)]
    first, second = fit_ordinal(judgments).posterior, fit_ordinal(renamed).posterior
    assert all(first[unit] == pytest.approx(second[unit], abs=1e-9) for unit in first)


def test_a_scale_turned_round_gives_the_same_turned_round():
    judgments, _ = crowd(2, units=60)
    turned = [judgment._replace(label=str(6 - int(judgment.label))) for judgment in judgments]
    first, second = fit_ordinal(judgments).posterior, fit_ordinal(turned).posterior
    for unit, row in first.items():
        assert row == pytest.approx(
            {str(6 - int(label)): share for label, share in second[unit].items()}, abs=1e-6
        )


def test_one_steady_person_outweighs_two_who_guess():
    random = np.random.default_rng(3)
    judgments = []
    for unit in range(120):
        t = int(random.integers(1, 6))
        judgments += [Judgment(name, f"u{unit:03d}", str(t)) for name in ("a", "b", "c")]
        judgments += [Judgment(name, f"u{unit:03d}", str(random.integers(1, 6))) for name in ("x", "y")]
    judgments += [Judgment("a", "new", "5"), Judgment("x", "new", "2"), Judgment("y", "new", "1")]
    fit = fit_ordinal(judgments)
    assert middle_of(fit.posterior["new"]) == 5
    assert fit.skill["a"].accuracy > 0.95 > 0.75 > fit.skill["x"].accuracy


def test_a_shifted_person_is_read_as_shifted():
    """Who always says one more than the others is right by one less."""
    random = np.random.default_rng(4)
    judgments = []
    for unit in range(200):
        t = int(random.integers(1, 5))
        judgments += [Judgment(name, f"u{unit:03d}", str(t)) for name in ("a", "b")]
        judgments += [Judgment("high", f"u{unit:03d}", str(t + 1))]
    judgments += [Judgment("high", "new", "4")]
    assert middle_of(fit_ordinal(judgments).posterior["new"]) == 3


def test_known_truth_tells_that_a_whole_crowd_is_shifted():
    random = np.random.default_rng(6)
    truth = random.integers(1, 5, size=90)
    judgments = [
        Judgment(name, f"u{unit:02d}", str(t + (random.random() < 0.9)))
        for unit, t in enumerate(truth)
        for name in "abc"
    ]
    known = [Judgment(KNOWN, f"u{unit:02d}", str(t)) for unit, t in enumerate(truth[:30])]
    rest = {f"u{unit:02d}": int(t) for unit, t in enumerate(truth) if unit >= 30}
    fit = fit_ordinal(judgments + known)
    assert errors(fit.posterior, rest) < 0.2 < 0.8 < errors(fit_ordinal(judgments).posterior, rest)
    assert all(fit.posterior[one.unit][one.label] > 0.999 for one in known) and KNOWN not in fit.skill


def test_a_single_answer_is_believed_with_room_for_its_neighbours():
    row = fit_ordinal([Judgment("a", "u", "4"), Judgment("a", "v", "1"), Judgment("b", "w", "5")]).posterior[
        "u"
    ]
    assert sum(row.values()) == pytest.approx(1) and list(row) == ["1", "2", "3", "4", "5"]
    assert row["4"] == max(row.values()) and row["3"] > row["1"] and row["5"] > row["2"]


@pytest.mark.parametrize(
    ("judgments", "posterior"),
    [
        ([], {}),
        ([Judgment("a", "u", "3")], {"u": {"3": 1.0}}),
        ([Judgment("a", "u", "")], {"u": {"": 1.0}}),
        ([Judgment("a", "u", "3"), Judgment("b", "u", "3")], {"u": {"3": 1.0}}),
        ([Judgment("a", "u", "3"), Judgment("b", "u", "")], {"u": {"3": 0.5, "": 0.5}}),
    ],
)
def test_edges(judgments, posterior):
    assert fit_ordinal(judgments).posterior == posterior
    assert ordinal_given_skill(judgments, {}, {}) == posterior


def test_between_two_fits_the_known_skill_decides():
    judgments, truth = crowd(5, units=300)
    old, new = [j for j in judgments if j.unit < "u0200"], [j for j in judgments if j.unit >= "u0200"]
    fit = fit_ordinal(old)
    step = ordinal_given_skill(new, fit.skill, fit.priors)
    whole = fit_ordinal(judgments).posterior
    some = {unit: value for unit, value in truth.items() if unit >= "u0200"}
    assert errors(step, some) <= errors(whole, some) + 0.05
    by_unit = said(new)
    assert errors(step, some) < mean(abs(median(by_unit[u]) - t) for u, t in some.items())


def test_a_stranger_counts_as_anybody_and_a_new_point_is_possible():
    fit = fit_ordinal([Judgment("a", "u", "3"), Judgment("b", "u", "3"), Judgment("a", "v", "2")])
    strangers = [Judgment(f"stranger {n}", "w", "7") for n in range(3)]
    row = ordinal_given_skill(strangers, fit.skill, fit.priors)["w"]
    assert list(row) == ["2", "3", "4", "5", "6", "7"] and max(row, key=row.__getitem__) == "7"


@pytest.mark.parametrize(
    ("said", "points"),
    [
        (["1", "4"], ["1", "4"]),
        (["1", "3", "4"], ["1", "2", "3", "4"]),
        (["0", "20", "50"], ["0", "10", "20", "30", "40", "50"]),
        (["-1", "1", "0"], ["-1", "0", "1"]),
        (["2.5", "1"], ["1", "2.5"]),
        (["7"], ["7"]),
        (["0", "1", "100000"], ["0", "1", "100000"]),
    ],
)
def test_points(said, points):
    assert points_between(said) == points


def test_habits_are_probabilities():
    shape = habits_on(("1", "10", "2"))
    assert shape.chances.sum() == pytest.approx(1) and shape.tables.sum(axis=2) == pytest.approx(1)
    assert shape.tables.min() > 0


@pytest.mark.skipif(not DATA.is_dir(), reason="the public crowd sets are not at hand")
@pytest.mark.parametrize(
    ("name", "correlation", "error"), [("snow_valence", 0.81, 21.5), ("snow_wordsim", 0.95, 3.31)]
)
def test_numbers_of_snow_et_al(name, correlation, error):
    """valence: mean .850 / 21.7, median .733 / 26.5, ours .816 / 21.4; word similarity: mean .952 / 3.37,
    median .924 / 3.58, ours .952 / 3.29 (Pearson's r and mean absolute error)."""
    truth = {unit: float(value) for unit, value in read_truth(DATA / f"{name}_truth.csv").items()}
    judgments = read_judgments(DATA / f"{name}_labels.csv")
    ours = {unit: expected_value(row) for unit, row in fit_ordinal(judgments).posterior.items()}
    middle = {unit: median(values) for unit, values in said(judgments).items()}
    assert score(ours, truth)[0] >= correlation and score(ours, truth)[1] <= error
    assert score(ours, truth)[0] > score(middle, truth)[0] and score(ours, truth)[1] < score(middle, truth)[1]


def expected_value(posterior):
    """Has the least squared error; the median, which the scale takes, has the least absolute one."""
    return sum(float(label) * share for label, share in posterior.items())


def score(found, truth):
    pairs = np.array([(found[unit], value) for unit, value in truth.items()])
    return np.corrcoef(pairs.T)[0, 1], np.abs(pairs[:, 0] - pairs[:, 1]).mean()
