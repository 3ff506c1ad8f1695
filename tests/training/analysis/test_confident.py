"""Confident learning against examples worked by hand, and against labels that were planted wrong."""

import numpy as np
import pytest

from training.analysis.confident import cross_probabilities, folds_of, suspects


def test_the_joint_and_the_count_are_those_of_the_paper() -> None:
    # Two labels. Thresholds, the mean self-confidence of each: 0: (0.9*5 + 0.1)/6 = 0.767; 1: 0.8.
    given = np.array([0] * 6 + [1] * 6, dtype=np.int64)
    own = [0.9] * 5 + [0.1] + [0.8] * 6
    shares = np.array([[p, 1 - p] if label == 0 else [1 - p, p] for p, label in zip(own, given, strict=True)])
    found = suspects(shares, given)
    # The sixth reaches the threshold of label 1 with 0.9: one of the six that were called 0.
    assert found.joint == pytest.approx(np.array([[5, 1], [0, 6]]) / 12)
    assert found.noise == pytest.approx(1 / 12)
    assert (found.places.tolist(), found.suggested.tolist()) == ([5], [1])
    assert found.doubt == pytest.approx([0.9])


def test_a_label_with_few_examples_is_neither_suspected_nor_suggested() -> None:
    given = np.array([0] * 20 + [1] * 20 + [2] * 2, dtype=np.int64)
    shares = np.full((42, 3), 0.05)
    shares[np.arange(42), given] = 0.9
    shares[0] = [0.01, 0.0, 0.99]  # looks like the rare one
    shares[41] = [0.99, 0.01, 0.0]  # a rare one that looks like label 0
    found = suspects(shares, given)
    assert 41 not in found.places and 2 not in found.suggested


def test_sound_labels_give_no_suspects() -> None:
    given = np.array([0, 1] * 20, dtype=np.int64)
    shares = np.where(np.eye(2)[given] > 0, 0.95, 0.05)
    found = suspects(shares, given)
    assert len(found.places) == 0 and found.noise == 0.0


def test_a_group_is_in_one_fold_and_always_in_the_same() -> None:
    groups = [f"dialogue {number // 3}" for number in range(300)]
    folds = folds_of(groups, 5)
    assert set(folds) == set(range(5)) and np.array_equal(folds, folds_of(groups, 5))
    for number in range(100):
        assert len(set(folds[number * 3 : number * 3 + 3])) == 1


def test_planted_errors_are_found_from_vectors() -> None:
    """Four clouds that do not touch, one label in ten wrong: nearly all are found, and hardly any other."""
    dice = np.random.default_rng(1)
    truth = np.repeat(np.arange(4), 100)
    vectors = (np.eye(8)[truth] + 0.05 * dice.normal(size=(400, 8))).astype(np.float32)
    given = truth.copy()
    planted = dice.choice(400, 40, replace=False)
    given[planted] = (truth[planted] + 1 + dice.integers(0, 3, 40)) % 4
    told: list[float] = []
    shares = cross_probabilities(vectors, given, folds_of(list(map(str, range(400))), 5), 4, told.append)
    assert shares.shape == (400, 4) and shares.sum(axis=1) == pytest.approx(np.ones(400))
    assert told[-1] == 1.0
    found = suspects(shares, given)
    hits = np.isin(found.places, planted)
    assert hits.sum() >= 36 and hits.mean() >= 0.9
    assert (found.suggested[hits] == truth[found.places[hits]]).mean() >= 0.95
    again = suspects(cross_probabilities(vectors, given, folds_of(list(map(str, range(400))), 5), 4), given)
    assert np.array_equal(found.places, again.places)


def test_one_label_alone_teaches_nothing() -> None:
    vectors = np.ones((10, 2), dtype=np.float32)
    shares = cross_probabilities(
        vectors, np.zeros(10, dtype=np.int64), folds_of(list(map(str, range(10))), 2), 2
    )
    assert (shares == 0.5).all()
