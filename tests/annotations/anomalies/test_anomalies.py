"""Planted cheats are found; honest people, slow or fast or skilled, are left alone."""

import numpy as np
import pytest

from annotations.anomalies.collusion import colluding, count_pairs
from annotations.anomalies.constant import always_the_same
from annotations.anomalies.fast import believed_seconds, too_fast
from annotations.anomalies.given import Given, significant
from annotations.anomalies.pasted import Written, copied
from annotations.anomalies.pattern import in_rhythm
from tests.annotations.anomalies.simulated import Crowd

SEEDS = range(10)
DETECTORS = [too_fast, always_the_same, in_rhythm, colluding]


@pytest.mark.parametrize("seed", SEEDS)
def test_an_honest_crowd_raises_no_alarm(seed: int) -> None:
    """20 people and 190 pairs a seed; docs/decisions has the rates over 200 seeds."""
    given = Crowd(seed).given()
    assert {detector.__name__: detector(given) for detector in DETECTORS} == {
        detector.__name__: [] for detector in DETECTORS
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_planted_cheats_are_found_and_only_they(seed: int) -> None:
    given = with_cheats(Crowd(seed, weak=(3, 4))).given()
    assert {one.worker for one in too_fast(given)} == {0}
    assert {one.worker for one in always_the_same(given)} == {1}
    assert {one.worker for one in in_rhythm(given)} == {2}
    assert {(one.worker, one.partner) for one in colluding(given)} == {(3, 4)}


def with_cheats(crowd: Crowd) -> Crowd:
    crowd.rushes(0)
    crowd.repeats_itself(1, key=2)
    crowd.cycles(2)
    crowd.copies(4, 3)
    return crowd


def test_fast_and_right_is_skill() -> None:
    crowd = Crowd(1)
    mine = crowd.of(7)
    crowd.seconds[mine] /= 8
    crowd.keys[mine] = crowd.truth[crowd.items[mine]]
    assert too_fast(crowd.given()) == []
    crowd.keys[mine] = crowd.decoy[crowd.items[mine]]
    assert [one.worker for one in too_fast(crowd.given())] == [7]


def test_slow_people_are_left_alone() -> None:
    crowd = Crowd(2)
    crowd.seconds[crowd.of(3)] *= 20
    assert too_fast(crowd.given()) == []


def test_short_texts_may_be_answered_quickly() -> None:
    """Somebody who got nothing but short texts is as fast as these allow."""
    crowd = Crowd(3)
    mine = crowd.of(5)
    short = crowd.items[mine]
    crowd.chars[short] = 15
    there = np.isin(crowd.items, short)
    crowd.seconds[there] = np.exp(crowd.random.normal(0.5, 0.3, there.sum()))
    assert too_fast(crowd.given()) == []


def test_many_items_of_one_kind_are_not_held_against_anybody() -> None:
    crowd = Crowd(4)
    mine = crowd.of(6)
    there = np.isin(crowd.items, crowd.items[mine])
    crowd.keys[there] = 1
    assert always_the_same(crowd.given()) == []


def test_a_rhythm_of_the_items_is_nobodys_fault() -> None:
    """An import sorted by class in turns: everybody who is right answers in that rhythm."""
    workers = np.tile(np.arange(5), 90)
    items = np.repeat(np.arange(90), 5)
    given = Given(workers, items, items % 3, np.full(450, 20.0), np.full(450, 100.0))
    assert in_rhythm(given) == []


def test_skilled_people_agree_without_talking() -> None:
    crowd = Crowd(5)
    for worker in (8, 9):
        mine = crowd.of(worker)
        crowd.keys[mine] = crowd.truth[crowd.items[mine]]
    assert colluding(crowd.given()) == []


def test_pairs_are_counted_by_hand() -> None:
    """Three people on two items: 0 and 1 are wrong together on the second one."""
    given = Given(
        np.array([0, 1, 2, 0, 1, 2]),
        np.array([0, 0, 0, 1, 1, 1]),
        np.array([5, 5, 5, 7, 7, 5]),
        np.ones(6),
        np.ones(6),
    )
    pairs = count_pairs(given)
    assert list(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)) == [(0, 1), (0, 2), (1, 2)]
    assert pairs.common.tolist() == [2, 2, 2] and pairs.same.tolist() == [2, 1, 1]
    assert pairs.together.tolist() == [1, 0, 0]


def test_nobody_works_longer_than_the_leases_lasted() -> None:
    started, submitted = np.array([0.0, 3.0, 6.0]), np.array([3.0, 6.0, 9.0])
    liar = believed_seconds(started, submitted, np.full(3, 60.0))
    assert liar == pytest.approx([3, 3, 3])
    honest = believed_seconds(np.zeros(3), np.array([300.0, 300.1, 300.2]), np.array([90.0, 80.0, 100.0]))
    assert honest == pytest.approx([90, 80, 100])  # offline, then sent at once
    silent = believed_seconds(np.zeros(3), np.array([5.0, 8.0, 10.0]), np.zeros(3))
    assert silent == pytest.approx([5, 3, 2])


def written(worker: int, item: int, text: str, **more: bool) -> Written:
    return Written(worker, item, text, more.get("pasted", False), more.get("offered", False))


def test_one_text_under_many_items_is_found() -> None:
    long = "we are sorry to hear that, your parcel is on its way and will arrive"
    texts = [written(0, n, long, pasted=True) for n in range(10)]
    texts += [written(1, n, f"{long} in about {n} days from now") for n in range(10)]
    texts += [written(2, n, "thank you") for n in range(10)]
    texts += [written(3, n, long, offered=True) for n in range(10)]
    [found] = copied(texts)
    assert found.worker == 0 and found.evidence == {
        "answers": 10,
        "times": 10,
        "like_others": 0,
        "pasted": 10,
    }


def test_two_who_hand_in_the_same_texts_are_found() -> None:
    texts = [
        written(who, n, f"the answer to question number {n} is that it arrives tomorrow")
        for n in range(10)
        for who in (0, 1)
    ]
    assert {(one.worker, one.evidence["like_others"]) for one in copied(texts)} == {(0, 10), (1, 10)}


def test_of_many_tests_only_the_strong_ones_stand() -> None:
    """Benjamini and Hochberg's own example (1995, section 3.2): 4 of 15 at 5 %."""
    p_values = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344]
    p_values += [0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    assert sum(significant(p_values, 0.05)) == 4 and significant([], 0.05) == []


def test_nothing_comes_of_nothing() -> None:
    empty = np.zeros(0)
    nobody = Given(*(empty.astype(np.int64),) * 3, empty, empty)
    assert [detector(nobody) for detector in DETECTORS] == [[]] * 4
