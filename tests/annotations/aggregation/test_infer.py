from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.aggregation.inference import METHODS, TooManyLabels, infer, majority
from annotations.aggregation.judgments import Judgment, encode


def crowd(accuracies: dict[str, float], units: int, labels: str = "ab", seed: int = 3, each: int = 3):
    """Judgments of `each` workers per unit, and the truth."""
    random = Random(seed)  # noqa: S311 - a simulation
    truth = {f"u{i:03d}": random.choice(labels) for i in range(units)}
    judgments = []
    for unit, label in truth.items():
        for worker in random.sample(sorted(accuracies), each):
            wrong = random.choice([other for other in labels if other != label])
            said = label if random.random() < accuracies[worker] else wrong
            judgments.append(Judgment(worker, unit, said))
    return judgments, truth


def accuracy(posterior, truth):
    return sum(max(posterior[unit], key=posterior[unit].get) == label for unit, label in truth.items()) / len(
        truth
    )


MIXED = {"w1": 0.95, "w2": 0.95, "w3": 0.9, "w4": 0.55, "w5": 0.5, "w6": 0.5}


@pytest.mark.parametrize("method", METHODS)
def test_every_method_gives_probabilities_and_skills(method):
    judgments, truth = crowd(MIXED, 40, labels="abc")
    result = infer(judgments, method=method, labels=["d"], iterations=10)
    assert set(result.posterior) == set(truth)
    for row in result.posterior.values():
        assert set(row) == {"a", "b", "c", "d"}
        assert sum(row.values()) == pytest.approx(1)
    assert sum(result.priors.values()) == pytest.approx(1)
    assert accuracy(result.posterior, truth) > 0.75
    for estimate in result.skill.values():
        for row in estimate.confusion.values():
            assert sum(row.values()) == pytest.approx(1)
    assert sum(estimate.answers for estimate in result.skill.values()) == len(judgments)
    assert result.skill["w1"].accuracy > result.skill["w5"].accuracy


def test_dawid_skene_beats_the_majority_where_skills_differ():
    judgments, truth = crowd(MIXED, 400)
    assert accuracy(infer(judgments).posterior, truth) > accuracy(majority(judgments), truth) + 0.05


def test_it_finds_who_is_right_and_how_often():
    judgments, _ = crowd(MIXED, 400)
    skill = infer(judgments).skill
    for worker, true in MIXED.items():
        assert skill[worker].accuracy == pytest.approx(true, abs=0.08)


def test_a_contrarian_is_understood():
    judgments, truth = crowd({"w1": 0.9, "w2": 0.9, "w3": 0.85, "liar": 0.05}, 300, each=4)
    result = infer(judgments)
    assert result.skill["liar"].confusion["a"]["b"] > 0.8
    assert accuracy(result.posterior, truth) > 0.95


def test_majority_is_the_share_of_votes():
    judgments = [
        Judgment("w1", "u", "a"),
        Judgment("w2", "u", "a"),
        Judgment("w3", "u", "b"),
        Judgment("w1", "v", "b"),
    ]
    assert majority(judgments) == {"u": {"a": 2 / 3, "b": 1 / 3}, "v": {"a": 0.0, "b": 1.0}}
    assert infer(judgments, method="majority").posterior == majority(judgments)


@pytest.mark.parametrize("method", METHODS)
def test_no_order_of_the_judgments_decides_anything(method):
    judgments, _ = crowd(MIXED, 12, labels="abc")
    expected = infer(judgments, method=method, iterations=5)
    Random(5).shuffle(judgments)  # noqa: S311 - a simulation
    found = infer(judgments, method=method, iterations=5)
    for unit, row in expected.posterior.items():
        assert found.posterior[unit] == row
    assert found.skill == expected.skill


@given(st.permutations(sorted(MIXED)))
@settings(max_examples=5, deadline=None)
def test_no_name_of_a_worker_decides_anything(names):
    judgments, _ = crowd(MIXED, 25)
    renamed = dict(zip(sorted(MIXED), names, strict=True))
    expected = infer(judgments)
    found = infer([judgment._replace(worker=renamed[judgment.worker]) for judgment in judgments])
    for unit, row in expected.posterior.items():
        assert found.posterior[unit] == pytest.approx(row)
    for worker, estimate in expected.skill.items():
        assert found.skill[renamed[worker]].accuracy == pytest.approx(estimate.accuracy)


def test_nothing_in_nothing_out():
    result = infer([])
    assert (result.posterior, result.skill, result.priors) == ({}, {}, {})
    assert majority([]) == {}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_tiny_crowds_are_no_special_case(method):
    alone = infer([Judgment("w", "u", "a")], method=method)
    assert alone.posterior == {"u": {"a": 1.0}}
    split = infer([Judgment("w", "u", "a"), Judgment("v", "u", "b")], method=method)
    assert sum(split.posterior["u"].values()) == pytest.approx(1)


def test_one_accident_does_not_make_a_worker_useless():
    """Plain Dawid-Skene would believe that who erred on the one rare case always does."""
    judgments = [Judgment(worker, f"u{i}", "O") for i in range(30) for worker in ("w1", "w2", "w3")]
    judgments += [Judgment("w1", "rare", "B"), Judgment("w2", "rare", "B"), Judgment("w3", "rare", "O")]
    confusion = infer(judgments).skill["w3"].confusion
    assert 0.1 < confusion["B"]["B"] < 0.9
    assert confusion["O"]["O"] > 0.95


def test_an_unknown_method_and_too_many_labels_are_refused():
    with pytest.raises(ValueError, match="use one of hierarchical"):
        infer([Judgment("w", "u", "a")], method="magic")
    many = [Judgment(f"w{i % 40}", f"u{i}", f"text {i}") for i in range(1000)]
    with pytest.raises(TooManyLabels, match="1000 different labels"):
        infer(many)
    assert len(majority(many)) == 1000


def test_equal_units_are_kept_once():
    judgments = [Judgment(worker, f"u{i}", "O") for i in range(50) for worker in ("w1", "w2")]
    coded = encode([*judgments, Judgment("w1", "x", "B"), Judgment("w2", "x", "O")])
    assert sorted(coded.weights) == [1, 50]
    assert len(coded.pairs) == 4
    assert np.array_equal(np.bincount(coded.pattern_of), coded.weights)


def test_labels_in_any_script_and_numbers_as_text():
    judgments = [Judgment("甲", "1", "真"), Judgment("乙", "1", "真"), Judgment("丙", "1", "True")]
    assert max(infer(judgments).posterior["1"], key=infer(judgments).posterior["1"].get) == "真"
