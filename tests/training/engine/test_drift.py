import json
import math

import numpy as np
import pytest

from training.engine.drift import Reference
from training.engine.stability import chi_squared, stability


def test_the_index_by_hand() -> None:
    """Shares of 1/2 and 1/2 against 1/4 and 3/4, but for the half item that is added to each bin."""
    found = stability([5000, 5000], [2500, 7500])
    assert found.index == pytest.approx((-0.25) * math.log(0.5) + 0.25 * math.log(1.5), rel=1e-3)


def test_equal_shares_have_no_index_and_an_empty_bin_no_infinite_one() -> None:
    assert stability([10, 20, 30], [100, 200, 300]).index == pytest.approx(0, abs=1e-3)
    assert 0.5 < stability([50, 50, 0], [0, 50, 50]).index < 20
    assert stability([], []).index == stability([3], [4]).index == stability([3, 4], [0, 0]).index == 0


@pytest.mark.parametrize(("degrees", "expected"), [(1, 6.635), (9, 21.666), (30, 50.892)])
def test_quantiles_of_chi_squared(degrees: int, expected: float) -> None:
    assert chi_squared(0.99, degrees) == pytest.approx(expected, rel=0.02)


def test_chance_alone_is_beyond_the_bar_about_once_in_a_hundred_times() -> None:
    draw = np.random.default_rng(0)
    shares = draw.dirichlet([5] * 10)
    found = [stability(draw.multinomial(2000, shares), draw.multinomial(300, shares)) for _ in range(2000)]
    assert 0.002 < np.mean([one.index > one.chance for one in found]) < 0.03


def clouds(draw: np.random.Generator, number: int, weights: list[float], *, centres: int = 4) -> np.ndarray:
    """Unit vectors round a few directions."""
    directions = np.random.default_rng(1).normal(size=(centres, 48))
    chosen = draw.choice(centres, size=number, p=weights)
    found = directions[chosen] + draw.normal(size=(number, 48)) * 0.5
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


EVEN = [1 / 3, 1 / 3, 1 / 3, 0.0]


@pytest.mark.parametrize("trained", [60, 200, 2000])
def test_more_of_the_same_is_no_drift_however_little_was_trained_on(trained: int) -> None:
    draw = np.random.default_rng(2)
    false = 0
    for _ in range(20):
        reference = Reference.fit(clouds(draw, trained, EVEN), {})
        found = reference.of_embeddings(clouds(draw, 300, EVEN))
        false += found.index > found.chance
    assert false <= 3


@pytest.mark.parametrize("weights", [[0.6, 0.2, 0.2, 0.0], [0.27, 0.27, 0.26, 0.2]], ids=["shares", "new"])
def test_other_shares_and_something_new_are_drift(weights: list[float]) -> None:
    """The fourth cloud never occurs in training: distances tell it, nearest centres need not."""
    draw = np.random.default_rng(3)
    found = Reference.fit(clouds(draw, 1000, EVEN), {}).of_embeddings(clouds(draw, 300, weights))
    assert found.index > found.chance and found.index > 0.1


def test_a_reference_comes_back_from_json_and_is_small() -> None:
    draw = np.random.default_rng(4)
    reference = Reference.fit(clouds(draw, 500, EVEN), {"a": 3, "b": 1})
    text = json.dumps(reference.to_json())
    now = clouds(draw, 100, EVEN)
    assert Reference(**json.loads(text)).of_embeddings(now) == reference.of_embeddings(now)
    assert len(text) < 50_000 and reference.shares({"a": 1, "c": 1})["c"] == [0.0, 0.5]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_hardly_any_training_says_nothing(number: int) -> None:
    draw = np.random.default_rng(5)
    found = Reference.fit(clouds(draw, number, EVEN), {}).of_embeddings(clouds(draw, 80, EVEN))
    assert found.index <= found.chance
