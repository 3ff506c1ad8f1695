"""The bench of what privacy costs, with the engine's part made up."""

from pathlib import Path
from typing import Any

import pytest

from local.bench import private_bench
from local.bench.command import Settings
from training.engine.data import Row


def test_members_and_others_are_drawn_by_lot_from_the_same_dialogues() -> None:
    rows = private_bench.made_up(private_bench.TEST_ITEMS + private_bench.DEV_ITEMS + 40)
    parts = private_bench.parted(rows, 30)
    ids = [row.id for part in parts.values() for row in part]
    assert len(ids) == len(set(ids)) and {name: len(part) for name, part in parts.items()} == {
        "train": 30, "dev": private_bench.DEV_ITEMS, "test": private_bench.TEST_ITEMS,
    }  # fmt: skip
    assert parts == private_bench.parted(rows, 30)
    assert all(row.payload["text"] and row.value for row in rows)


def test_a_folder_gives_its_most_frequent_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private_bench, "LABELS", 2)
    for name in ("train", "test"):
        lines = ["text,category", *(f"text {n},{label}" for label, count in
                                    (("a", 5), ("b", 1), ("c", 3)) for n in range(count))]  # fmt: skip
        (tmp_path / f"banking77_{name}.csv").write_text("\n".join(lines), encoding="utf-8")
    assert {row.value for row in private_bench.read(tmp_path)} == {"a", "c"}


def test_it_tells_what_each_way_reaches_and_what_it_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def fit(splits: dict[str, list[Row]], recipe: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        asked.append(recipe)
        epsilon = recipe.get("dp_epsilon")
        report = {
            "test": {"accuracy": 0.9 if epsilon is None else 0.7}, "baseline": {"accuracy": 0.2},
            "memorisation": {"membership": {"auc": 0.6}},
            "privacy": epsilon and {"epsilon": epsilon, "noise_multiplier": 1.0},
        }  # fmt: skip
        return report, {"tokens_per_second": 100.0 if epsilon is None else 40.0, "cpu_seconds": 9.0}

    monkeypatch.setattr(private_bench, "_fit", fit)
    figures = private_bench.run(Settings(quick=True))["figures"]
    assert [recipe.get("dp_epsilon") for recipe in asked] == [None, 8.0, 3.0]
    assert (figures["accuracy_plain"], figures["accuracy_epsilon_3"]) == (0.9, 0.7)
    assert figures["ratio_epsilon_8"] == 0.4 and figures["spent_epsilon_3"] == 3.0
    assert figures["accuracy_rule"] == 0.2 and figures["auc_plain"] == 0.6
