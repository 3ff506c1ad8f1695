"""Characters that a base model cannot read become tokens of their own."""

from pathlib import Path

import pytest
import torch

from tests.training.engine.conftest import MakeRun
from tests.training.engine.samples import events
from training.engine.artifact import load
from training.engine.build import load_encoder, load_tokenizer
from training.engine.config import FitConfig
from training.engine.data import Row
from training.engine.errors import EngineError
from training.engine.fit import SUCCEEDED, fit
from training.engine.vocabulary import learn_characters, unknown_characters

FIELD = {"name": "topic", "type": "choice", "labels": ["rates", "oil"]}


def rows(*texts: str) -> list[Row]:
    return [Row(id=str(n), payload={"text": text}, value="rates") for n, text in enumerate(texts)]


def test_only_characters_of_several_texts_that_are_unknown_are_new(tiny_model: Path) -> None:
    tokenizer = load_tokenizer(str(tiny_model))
    tokenizer.add_tokens(["加"])
    found = unknown_characters(tokenizer, ["利率加息", "降息，利率 rare ж", "加油 ж"])
    # 加 is known, 油 and 降 occur in one text, and what is no ideograph is left to the tokenizer's own ways.
    assert found == ["利", "息", "率"]


def test_tokenizer_and_encoder_grow_together_and_the_same_each_time(tiny_model: Path) -> None:
    tables = []
    for _time in range(2):
        tokenizer, encoder = load_tokenizer(str(tiny_model)), load_encoder(str(tiny_model))
        before = encoder.get_input_embeddings().weight.detach().clone()
        assert learn_characters(tokenizer, encoder, rows("利率", "利率"), seed=3) == 2
        table = encoder.get_input_embeddings().weight.detach()
        assert len(table) == len(tokenizer) == len(before) + 2 and torch.equal(table[: len(before)], before)
        tables.append(table)
        assert learn_characters(tokenizer, encoder, rows("利率", "利率"), seed=3) == 0
    assert torch.equal(*tables)


def test_a_trained_model_tells_apart_what_was_one_unknown_token_before(make_run: MakeRun) -> None:
    train = [
        Row(id=f"{n}{text}", payload={"text": text}, value=label)
        for n in range(3)
        for text, label in (("利率", "rates"), ("石油", "oil"))
    ]
    asked = [{"text": "利率"}, {"text": "石油"}]
    runs = {
        grown: make_run(str(grown), train=train, dev=train, field=FIELD, new_characters=grown)
        for grown in (False, True)
    }
    assert [fit(folder) for folder in runs.values()] == [SUCCEEDED] * 2
    told = {
        grown: [one.confidence for one in load(folder / "model").predict(asked)]
        for grown, folder in runs.items()
    }
    values = [one.value for one in load(runs[False] / "model").predict(asked)]
    assert told[False][0] == told[False][1] and values[0] == values[1]  # the same tokens, the same answer
    said = load(runs[True] / "model").predict(asked)
    assert (said[0].value, said[0].confidence) != (said[1].value, said[1].confidence)
    [added] = [one for one in events(runs[True], "log") if one["message"] == "characters added"]
    assert added["characters"] == 4


def test_it_does_not_go_with_privacy(make_run: MakeRun) -> None:
    with pytest.raises(EngineError, match="new_characters"):
        FitConfig.from_json(
            {"head": "choice", "field": FIELD, "dp_epsilon": 3.0, "fit_head_first": False,
             "freeze_embeddings": True, "new_characters": True}
        )  # fmt: skip
