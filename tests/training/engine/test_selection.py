"""Choosing what to ask next: doubt, spread, and a fair share by lot."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.engine.heads.base import Prediction
from training.engine.selection import choose, pick
from training.engine.survey import doubt_of


def clustered(kinds: int, each: int, *, seed: int = 0) -> np.ndarray:
    """`each` near-equal vectors of unit length round each of `kinds` axes."""
    noise = np.random.default_rng(seed).normal(scale=0.02, size=(kinds * each, kinds + 2))
    points = np.repeat(np.eye(kinds, kinds + 2), each, axis=0) + noise
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)


def test_without_a_model_one_typical_item_of_each_kind_comes_first() -> None:
    chosen = pick(clustered(6, 20), None, count=6, seed=1)
    assert sorted(chosen // 20) == [0, 1, 2, 3, 4, 5]


def test_the_doubted_are_chosen_but_not_one_case_many_times() -> None:
    features = clustered(5, 20)
    doubt = np.full(100, 0.05, dtype=np.float32)
    doubt[:40] = 0.9  # two kinds are doubted, twenty items each
    chosen = pick(features, doubt, count=4, seed=1)
    assert set(chosen // 20) >= {0, 1}
    assert (chosen < 40).sum() >= 2
    by_doubt_alone = np.argsort(-doubt, kind="stable")[:4]
    assert set(by_doubt_alone // 20) == {0}


def test_what_would_be_tested_on_is_only_drawn_by_lot() -> None:
    features = clustered(4, 25)
    held = [n % 5 == 0 for n in range(100)]
    doubt = np.where(held, 1.0, 0.2).astype(np.float32)  # as tempting as can be
    choice = choose(features, doubt, held, count=40, lot_share=0.25, seed=3)
    tested = [int(n) for n in choice.order if held[n]]
    assert len(choice.order) == len(set(choice.order)) == 40
    assert set(tested) == choice.by_lot and len(tested) == 10
    # The first ten of them in the order of the pool, which is that of their lots, whatever is doubted.
    assert tested == [n for n in range(100) if held[n]][:10]


def test_the_lot_is_spread_over_the_order() -> None:
    choice = choose(clustered(4, 25), None, [n < 20 for n in range(100)], count=40, lot_share=0.25, seed=0)
    for start in range(0, 40, 8):
        assert sum(int(n) in choice.by_lot for n in choice.order[start : start + 8]) == 2


@settings(max_examples=60, deadline=None)
@given(
    size=st.integers(0, 40), count=st.integers(0, 50), share=st.floats(0.05, 1), seed=st.integers(0, 9),
    modelled=st.booleans(),
)  # fmt: skip
def test_every_choice_is_whole(size: int, count: int, share: float, seed: int, modelled: bool) -> None:
    rng = np.random.default_rng(seed)
    features = np.repeat(rng.normal(size=(max(1, size // 3 + 1), 4)), 3, axis=0)[:size].astype(np.float32)
    doubt = rng.random(size).astype(np.float32).round(1) if modelled else None
    choice = choose(features, doubt, list(rng.random(size) < 0.2), count=count, lot_share=share, seed=seed)
    assert len(set(choice.order.tolist())) == len(choice.order) == min(size, count)


@pytest.mark.parametrize(
    ("detail", "confidence", "doubt"),
    [
        ({"probabilities": {"a": 0.6, "b": 0.3, "c": 0.1}}, 0.6, 0.7),
        (
            {"turns": [{"probabilities": {"a": 1.0, "b": 0.0}}, {"probabilities": {"a": 0.5, "b": 0.5}}]},
            0.5,
            1.0,
        ),
        ({"spans": []}, 0.8, 0.2),
        ({"probabilities": {"a": 0.9}}, 0.9, 0.1),
    ],
)
def test_doubt_is_how_little_the_first_leads(
    detail: dict[str, object], confidence: float, doubt: float
) -> None:
    assert doubt_of(Prediction("a", confidence, detail)) == pytest.approx(doubt)
