import math

import numpy as np
import pytest

from applications.recommendation.mixing import quality
from applications.recommendation.mixing.diversity import diversify
from applications.recommendation.mixing.mixture import Choice, Weights, learn, loss_of, score, shares
from applications.recommendation.mixing.reading import lines_of


def drawn_choices(true: list[float], number: int, seed: int) -> list[Choice]:
    """What people choose whose worth of things is known."""
    draw = np.random.default_rng(seed)
    found = []
    for _ in range(number):
        parts = draw.random((8, 4))
        likely = np.exp(parts @ np.array(true))
        found.append(Choice(parts, int(draw.choice(8, p=likely / likely.sum()))))
    return found


def test_the_weights_that_choices_were_made_with_are_learned():
    weights, loss = learn(drawn_choices([4.0, 2.0, 0.0, 1.0], 3000, seed=3))
    assert weights.match > weights.similarity > weights.recency > weights.popularity
    assert loss < loss_of(drawn_choices([4.0, 2.0, 0.0, 1.0], 3000, seed=3), Weights().array())[0] + 1e-9
    assert min(weights.array()) >= 0


def test_the_slope_is_that_of_the_loss():
    choices, at = drawn_choices([1.0, 1.0, 1.0, 1.0], 20, seed=5), np.array([0.3, 0.7, 0.2, 0.9])
    _loss, slope = loss_of(choices, at)
    for row in range(4):
        step = np.eye(4)[row] * 1e-6
        numeric = (loss_of(choices, at + step)[0] - loss_of(choices, at - step)[0]) / 2e-6
        assert slope[row] == pytest.approx(numeric, abs=1e-6)


def test_a_part_that_never_helped_weighs_nothing():
    parts = np.array([[0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0]])
    weights, _loss = learn([Choice(parts, 1)] * 30)
    assert weights.popularity == 0.0


def test_shares_of_a_score_make_a_whole():
    found = shares(np.array([0.5, 0.2, 2.0, 0.1]), Weights(2.0, 1.0, 0.5, 1.0))
    assert found["match"] == pytest.approx(1.0 / 2.3) and sum(found.values()) == pytest.approx(1.0)
    assert set(shares(np.zeros(4), Weights()).values()) == {0.0}


def test_without_taste_match_and_likeness_say_nothing():
    parts = np.array([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]])
    assert np.argmax(score(parts, Weights().without_taste())) == 1


@pytest.mark.parametrize(
    ("ranked", "wanted", "ndcg", "hit"),
    [
        ("abc", "a", 1.0, 1.0),
        ("abc", "b", 1 / math.log2(3), 1.0),
        ("abc", "ac", (1 + 1 / 2) / (1 + 1 / math.log2(3)), 1.0),
        ("abc", "x", 0.0, 0.0),
        ("", "x", 0.0, 0.0),
        ("bcdefghijka", "a", 0.0, 0.0),
    ],
)
def test_ndcg_and_hit_of_small_lists(ranked, wanted, ndcg, hit):
    assert quality.ndcg(ranked, set(wanted)) == pytest.approx(ndcg)
    assert quality.hit(ranked, set(wanted)) == hit


def test_what_chance_gives_is_what_shuffling_gives():
    draw, items = np.random.default_rng(1), list(range(20))
    lists = [draw.permutation(items).tolist() for _ in range(4000)]
    ndcg = np.mean([quality.ndcg(one, {0, 1}, 5) for one in lists])
    hits = np.mean([quality.hit(one, {0, 1}, 5) for one in lists])
    assert quality.random_ndcg(20, 2, 5) == pytest.approx(ndcg, abs=0.02)
    assert quality.random_hit(20, 2, 5) == pytest.approx(hits, abs=0.03)
    assert quality.random_hit(3, 1, 10) == 1.0


def test_the_interval_is_the_same_each_time_and_holds_the_mean():
    values = [0.0, 1.0] * 30
    low, high = quality.interval(values)
    assert quality.interval(values) == (low, high) and low < 0.5 < high
    assert quality.interval([]) == (0.0, 0.0)


def test_diversity_puts_another_thing_second():
    vectors = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    scores = np.array([1.0, 0.9, 0.5])
    assert diversify(scores, vectors, 3, 0.0) == [0, 1, 2]
    assert diversify(scores, vectors, 3, 0.6) == [0, 2, 1]
    assert diversify(scores, vectors, 1, 0.6) == [0]
    assert diversify(np.zeros(0), np.zeros((0, 1), dtype=np.float32), 5, 0.1) == []


def test_lines_of_both_formats():
    json_lines = list(lines_of(b'\xef\xbb\xbf{"id": "a"}\n\n[1]\n{"id"', "x.jsonl"))
    assert [(line.number, line.row, bool(line.problem)) for line in json_lines] == [
        (1, {"id": "a"}, False), (3, {}, True), (4, {}, True),
    ]  # fmt: skip
    table = list(lines_of(b'id,title,text\r\na,"One\ntwo",\r\nb,Two\r\n', "x.CSV"))
    assert table[0].row == {"id": "a", "title": "One\ntwo"}
    assert table[1].problem and table[1].number == 4
    [bad] = lines_of(b'{"id": "a"}\n\xff', "x.jsonl")
    assert bad.number == 2 and bad.problem
