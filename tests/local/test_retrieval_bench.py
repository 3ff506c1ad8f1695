"""Finding replies: every dialogue is on one side only, and the tuned encoder is asked the same questions."""

import json
import random
from pathlib import Path

import pytest

from local.bench import retrieval_bench, tuned_encoder
from local.bench.command import Settings

WORDS = ("parcel", "late", "order", "cancel", "money", "back", "hotel", "room", "train", "taxi", "food")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    dice = random.Random(1)  # noqa: S311 - a draw that is the same each time
    lines = []
    for number in range(40):
        turns = []
        for place in range(2):
            words = " ".join(dice.sample(WORDS, 3))
            turns.append({"speaker": "customer", "text": f"{words} {number}"})
            turns.append({"speaker": "agent", "text": f"about {words}, {place} of {number}"})
        lines.append(json.dumps({"turns": turns}))
    (tmp_path / "dialogues_en.jsonl").write_text("\n".join(lines))
    return tmp_path


def test_no_dialogue_is_learned_from_and_asked_about(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    learned: list[tuple[str, str]] = []
    asked: list[str] = []

    def tune(pairs: list[tuple[str, str]], folder: Path) -> Path:
        learned.extend(pairs)
        return folder

    def measure(exchanges: list[retrieval_bench.Exchange], encoder: str | None = None) -> dict[str, float]:
        asked.extend(one.reply for one in exchanges)
        return {"recall_at_5_encoder": 1.0}

    monkeypatch.setattr(retrieval_bench, "tune", tune)
    monkeypatch.setattr(retrieval_bench, "_measure", measure)
    figures = retrieval_bench.run(Settings(data=data, items=30, model=True))["figures"]
    assert figures["en_tuned_on"] == len(learned) == 40
    assert len(asked) == 2 * 30 and not {_number(reply) for _said, reply in learned} & set(
        map(_number, asked)
    )


@pytest.mark.slow
def test_the_tuned_encoder_is_measured_beside_the_one_as_it_is(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(tuned_encoder.RECIPE, "epochs", 1)
    figures = retrieval_bench.run(Settings(data=data, items=30, model=True))["figures"]
    methods = ("bm25", "encoder", "fused", "encoder_tuned", "fused_tuned")
    assert all(figures["en_recall_at_5_chance"] < figures[f"en_recall_at_5_{name}"] <= 1 for name in methods)


def _number(reply: str) -> str:
    return reply.rsplit(" ", 1)[1]
