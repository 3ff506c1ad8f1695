"""The bench for intents, on made-up texts and a tiny model."""

import json
from pathlib import Path

import pytest

from local.bench import intents_bench
from local.bench.command import Settings
from local.errors import LocalError
from training.engine.data import Row

TEXTS = {"card_lost": "i lost my card", "top_up": "how do i top up", "refund": "i want my money back"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name, count in (("train", 12), ("test", 6)):
        lines = [f"{TEXTS[label]} {number},{label}" for number in range(count) for label in TEXTS]
        (tmp_path / f"banking77_{name}.csv").write_text(
            "\n".join(["text,category", *lines]), encoding="utf-8"
        )
    (tmp_path / "banking77_categories.json").write_text(json.dumps(list(TEXTS)), encoding="utf-8")
    return tmp_path


def test_a_draw_holds_so_many_of_each_label_and_depends_on_its_number() -> None:
    rows = [Row(id=str(n), payload={"text": str(n)}, value=("a", "b")[n % 2]) for n in range(40)]
    drawn = intents_bench.draw(rows, 5, 0)
    assert sorted(row.value for row in drawn) == ["a"] * 5 + ["b"] * 5
    assert drawn == intents_bench.draw(rows, 5, 0) != intents_bench.draw(rows, 5, 1)


def test_it_learns_each_draw_and_gives_the_mean(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = iter([0.8, 0.9])
    seen = []

    def fit(train: list[Row], test: list[Row], labels: list[str], recipe: str, seed: int) -> dict[str, float]:
        seen.append((len(train), len(test), labels, recipe, seed))
        return {"accuracy": next(given), "seconds": 30.0, "cpu_seconds": 20.0}

    monkeypatch.setattr(intents_bench, "_fit", fit)
    report = intents_bench.run(Settings(data=data, per_class=4, draws=2))
    assert seen == [(12, 18, list(TEXTS), "few examples", 0), (12, 18, list(TEXTS), "few examples", 1)]
    figures = report["figures"]
    assert (figures["accuracy"], figures["minutes"]) == (85.0, 1.0)
    # 12.71 * 7.07 / sqrt(2), the t interval of two draws
    assert figures["high"] - figures["accuracy"] == pytest.approx(63.55, abs=0.01)


def test_the_engine_is_started_for_real(
    data: Path, monkeypatch: pytest.MonkeyPatch, tiny_encoder: Path
) -> None:
    quick = {"base_model": str(tiny_encoder), "epochs": 1, "max_length": 32, "stride": 8, "threads": 1}
    monkeypatch.setattr(intents_bench, "written_out", lambda recipe: quick)
    figures = intents_bench.run(Settings(data=data))["figures"]
    assert 0 <= figures["accuracy"] <= 100


def test_without_data_it_says_what_is_missing(tmp_path: Path) -> None:
    for settings in (Settings(), Settings(data=tmp_path)):
        with pytest.raises(LocalError, match="--data"):
            intents_bench.run(settings)
