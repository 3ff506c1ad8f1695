"""The bench for active learning: what is drawn and chosen, and what counts as enough."""

from pathlib import Path

import numpy as np
import pytest

from local.bench import active_bench
from local.bench.command import Settings
from local.demo.dialogues import read_sample


def test_choosing_asks_the_last_model_and_never_twice() -> None:
    features = np.eye(40, dtype=np.float32)
    asked: list[set[int]] = []

    def learn(labelled: np.ndarray) -> tuple[float, active_bench.Learn]:
        asked.append(set(labelled.tolist()))
        # The model doubts high numbers.
        return len(labelled) / 40, lambda rows: (rows / 40).astype(np.float32)

    found = active_bench.choosing(np.arange(40), features, learn, (4, 8, 12), seed=0)
    assert found == [(4, 0.1), (8, 0.2), (12, 0.3)]
    assert [len(one) for one in asked] == [4, 8, 12]
    assert asked[0] < asked[1] < asked[2]


def test_a_draw_is_one_order_of_the_pool() -> None:
    seen = []

    def learn(labelled: np.ndarray) -> tuple[float, None]:
        seen.append(labelled.tolist())
        return float(len(labelled)), None

    pool = np.arange(10, 30)
    assert active_bench.drawing(pool, learn, (5, 10, 50), seed=1) == [(5, 5.0), (10, 10.0)]
    assert seen[1][:5] == seen[0] and set(seen[1]) <= set(pool.tolist())


def test_half_is_enough_where_the_chosen_half_is_as_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(active_bench, "INTENT_ROUNDS", (10, 20))
    monkeypatch.setattr(active_bench, "_intents", lambda folder: lambda seed: (None, None, None))
    monkeypatch.setattr(active_bench, "choosing", lambda *_a, seed: [(10, 0.5), (20, 0.8 + seed / 10)])
    monkeypatch.setattr(active_bench, "drawing", lambda *_a, seed: [(20, 0.6), (40, 0.8)])
    done = active_bench.run(Settings(data=Path("anything"), draws=2))
    assert done["figures"] == {
        "chosen_10": 0.5, "chosen_20": 0.85, "drawn_20": 0.6, "drawn_40": 0.8, "half_is_enough": 1,
    }  # fmt: skip


def test_turns_keep_their_marks() -> None:
    rows = active_bench.turns_as_rows(read_sample(None, quick=True).dialogues)
    assert len({row.payload["turns"][0]["text"] for row in rows}) == len(rows) > 300
    for row in rows:
        text = row.payload["turns"][0]["text"]
        assert all(mark["turn"] == 0 and 0 <= mark["start"] < mark["end"] <= len(text) for mark in row.value)
