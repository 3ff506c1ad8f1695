"""Replies: learned on the reply alone, by adapters or whole, written after loading, bad bases named."""

import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.training.engine.samples import events
from tests.training.engine.tiny_decoder import PLACES, QUICK_REPLIES, TEXT_FIELD, make_decoder, reply_rows
from training.engine.artifact import load
from training.engine.batching import collate
from training.engine.build import load_tokenizer
from training.engine.config import FieldSpec, FitConfig
from training.engine.data import Row
from training.engine.decoder import Decoder, NextToken, load_decoder, with_adapters
from training.engine.errors import EngineError
from training.engine.fit import FAILED, SUCCEEDED, fit
from training.engine.heads.base import Settings
from training.engine.heads.text import TextHead
from training.engine.payload import Turn
from training.engine.replies import messages, plain_prompt, replier_of, reply_report, rouge_l
from training.engine.tokens import TextEncoder

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_decoder(tmp_path_factory.mktemp("tiny-llama"))


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_decoder(tmp_path_factory.mktemp("tiny-chat"), template=True)


def head(max_length: int = 48, **field) -> TextHead:
    spec = FieldSpec.from_json(TEXT_FIELD | field)
    return TextHead(Settings(
        field=spec, max_length=max_length, stride=8, context_before=1, context_after=0, reply_tokens=8,
    ))  # fmt: skip


def make(make_run, decoder, **changes):
    return make_run(train=reply_rows(27), dev=reply_rows(6, prefix="d"), test=reply_rows(9, prefix="t"),
                    field=TEXT_FIELD, base_model=str(decoder), **QUICK_REPLIES | changes)  # fmt: skip


@pytest.mark.parametrize("changes", [{}, {"lora_rank": 8, "lora_alpha": 32, "epochs": 60}])
@pytest.mark.slow
def test_it_learns_to_reply_and_writes_the_same_after_loading(make_run, decoder, changes):
    folder = make(make_run, decoder, **changes)
    assert fit(folder) == SUCCEEDED
    report = json.loads((folder / "report.json").read_text())
    assert report["test"]["rouge_l"] > 0.9 > report["baseline"]["rouge_l"]
    assert report["test"]["replies"] == 9 and report["test"]["exact"] > 0.8
    # Adapters on a model of random weights cannot make it sure of anything: only a whole one can be.
    least = 0.5 if not changes else 0.0
    assert report["test"]["loss"] < (0.3 if not changes else 3.2)
    assert events(folder, "eval")[-1]["metric"] == "rouge_l"
    predictor = load(folder / "model", "cpu")
    answers = predictor.predict([row.payload for row in reply_rows(3)])
    assert [answer.value for answer in answers] == list(PLACES.values())
    for answer in answers:
        assert least < answer.confidence <= 1
        assert answer.confidence == pytest.approx(math.exp(answer.detail["mean_logprob"]))
    kinds = {path.suffix for path in (folder / "model").iterdir()}
    assert kinds <= {".json", ".safetensors", ".jinja"}


@pytest.mark.slow
def test_a_chat_model_is_asked_in_its_own_template(make_run, chat):
    folder = make(make_run, chat)
    assert fit(folder) == SUCCEEDED
    [answer] = load(folder / "model", "cpu").predict([reply_rows(1)[0].payload])
    assert answer.value == PLACES["parcel"]


def test_only_the_reply_is_learned(decoder):
    text = TextEncoder(load_tokenizer(str(decoder)))
    [example] = head().examples([reply_rows(1)[0]], text, supervised=True)
    words = text.tokenizer.convert_ids_to_tokens(example.ids)
    asked = [words[place + 1] for place in example.leads]
    assert asked == [*PLACES["parcel"].split(), "<end>"]
    assert example.targets[:, 0].tolist() == example.ids[example.leads + 1].tolist()
    assert words[: len(words) - len(asked)] == [
        "<s>",
        "customer",
        ":",
        "where",
        "is",
        "my",
        "parcel",
        "agent",
        ":",
    ]
    # Only what follows the prompt counts: the same loss as with -100 on all of the prompt.
    network = Decoder(load_decoder(str(decoder)), text.tokenizer)
    batch = collate([example], 0, CPU)
    loss = NextToken()(network(batch), batch.truth)
    whole = network.encoder(input_ids=batch.ids, labels=torch.where(
        torch.arange(len(example.ids)) > example.leads[0], batch.ids[0], -100)[None])  # fmt: skip
    assert loss.item() / len(example.leads) == pytest.approx(whole.loss.item(), rel=1e-4)
    assert NextToken().weigh(batch.truth).sum() == len(example.leads)


def test_adapters_alone_are_trained_and_merged_when_saved(decoder, tmp_path):
    config = FitConfig(head="text", field=TEXT_FIELD, base_model=str(decoder), lora_rank=4)
    network = Decoder(with_adapters(load_decoder(str(decoder)), config), load_tokenizer(str(decoder)))
    trained = [name for name, parameter in network.named_parameters() if parameter.requires_grad]
    assert trained and all("lora_" in name and name.startswith("encoder.") for name in trained)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if "lora_B" in name:
                parameter.normal_()
    text = TextEncoder(load_tokenizer(str(decoder)))
    [example] = head().examples([reply_rows(1)[0]], text, supervised=True)
    network.eval()
    before = network(collate([example], 0, CPU))
    head().save_network(network, tmp_path)
    text.tokenizer.save_pretrained(tmp_path)
    after = head().load_network(tmp_path).eval()(collate([example], 0, CPU))
    assert torch.allclose(before, after, atol=1e-4)
    with pytest.raises(EngineError, match="Adapters do not fit"):
        with_adapters(load_decoder(str(decoder)), replace(config, lora_targets="no_such_layer"))


def test_of_a_long_dialogue_the_latest_turns_are_kept(decoder):
    text = TextEncoder(load_tokenizer(str(decoder)))
    turns = [{"speaker": "customer", "text": f"where is my {thing}"} for thing in [*PLACES] * 5]
    [example] = head().examples(
        [Row(id="r", payload={"turns": turns}, value="we can")], text, supervised=True
    )
    words = text.tokenizer.convert_ids_to_tokens(example.ids)
    assert len(words) <= 48 and words[0] == "<s>" and words[1] == "customer"
    assert words[-5:] == ["agent", ":", "we", "can", "<end>"]
    one = {"turns": [{"speaker": "customer", "text": "parcel " * 200}]}
    [example] = head().examples([Row(id="r", payload=one, value="we can " * 100)], text, supervised=True)
    assert example.length <= 48 and len(example.leads) == 8
    [asked] = head().examples([Row(id="r", payload=one)], text, supervised=False)
    assert asked.length <= 48 - 8 and len(asked.leads) == 1


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_losses(make_run, decoder, tmp_path):
    whole = make(make_run, decoder, epochs=6, checkpoint_steps=2)
    broken = Path(shutil.copytree(whole, tmp_path / "broken"))
    assert fit(whole) == SUCCEEDED
    process = subprocess.Popen(
        [sys.executable, "-m", "training.engine", "fit", str(broken)], env=os.environ.copy()
    )
    for _ in range(1200):
        if (broken / "metrics.jsonl").exists() and any(
            event["step"] >= 8 for event in events(broken, "step")
        ):
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert fit(broken) == SUCCEEDED
    losses = [
        {event["step"]: event["loss"] for event in events(folder, "step")} for folder in (whole, broken)
    ]
    assert losses[0].keys() == losses[1].keys()
    assert max(abs(losses[0][step] - losses[1][step]) for step in losses[0]) < 1e-6


def test_bad_bases_and_rows_are_named(make_run, decoder, tiny_model, tmp_path, capsys):
    with pytest.raises(EngineError, match="causal decoder as base_model"):
        FitConfig(head="text", field=TEXT_FIELD)
    folder = make(make_run, tmp_path / "nothing")
    assert fit(folder) == FAILED
    assert "does not exist" in capsys.readouterr().err
    text = TextEncoder(load_tokenizer(str(decoder)))
    with pytest.raises(EngineError, match="'r7'.*must be a text"):
        head().examples([Row(id="r7", payload={"text": "where"}, value=["x"])], text, supervised=True)
    assert head().examples([Row(id="r", payload={"text": "where"}, value=" ")], text, supervised=True) == []


def test_roles_follow_the_speakers():
    said = [("agent", "hello"), ("customer", "where"), ("customer", "is it"), ("agent", "what"),
            ("customer", "my parcel")]  # fmt: skip
    turns = [Turn(*one) for one in said]
    assert replier_of(turns) == "agent"
    assert messages(turns, "agent") == [
        {"role": "user", "content": "where\nis it"}, {"role": "assistant", "content": "what"},
        {"role": "user", "content": "my parcel"},
    ]  # fmt: skip
    assert plain_prompt(turns[:2], "agent") == "agent: hello\ncustomer: where\nagent:"
    assert replier_of([Turn(None, "a text")]) == "agent"


def test_how_near_a_reply_comes():
    assert rouge_l("the cat sat on the mat", "the cat was on the mat") == pytest.approx(10 / 12)
    assert rouge_l("", "") == 1 and rouge_l("", "a") == 0
    assert rouge_l("Ｗe can, cancel!", "we can cancel") == 1
    assert rouge_l("可以退款", "可以退货") == pytest.approx(6 / 8)
    report = reply_report(["we can", "no"], ["We can.", None])
    assert report == {"rouge_l": 0.5, "exact": 0.5, "words": 1.0, "replies": 2}


def long_dialogue(turns: int) -> dict[str, Any]:
    return {"turns": [{"speaker": "customer", "text": "where is my parcel please"}] * turns}


def test_a_prompt_tells_nothing_of_how_long_the_true_reply_is(decoder):
    text = TextEncoder(load_tokenizer(str(decoder)))
    rows = [Row(id="r", payload=long_dialogue(20), value=reply) for reply in ("no", "we can " * 3)]
    learned = head().examples(rows, text, supervised=True)
    [asked] = head().examples([Row(id="r", payload=long_dialogue(20))], text, supervised=False)
    for example in learned:
        assert example.ids[: int(example.leads[0]) + 1].tolist() == asked.ids.tolist()


def test_a_reply_that_was_cut_does_not_end_there(decoder):
    text = TextEncoder(load_tokenizer(str(decoder)))
    [example] = head().examples(
        [Row(id="r", payload=long_dialogue(1), value="we can " * 50)], text, supervised=True
    )
    assert len(example.leads) == 8 and text.tokenizer.eos_token_id not in example.targets


def test_prompt_and_reply_never_pass_what_the_model_can_take(decoder, monkeypatch):
    text = TextEncoder(load_tokenizer(str(decoder)))
    network, whole = Decoder(load_decoder(str(decoder)), text.tokenizer), head(max_length=64)
    whole.settings = replace(whole.settings, reply_tokens=60)
    asked: list[int] = []
    generate = network.encoder.generate

    def watch(**options: Any) -> Any:
        asked.append(options["input_ids"].shape[1] + options["max_new_tokens"])
        return generate(**options)

    monkeypatch.setattr(network.encoder, "generate", watch)
    rows = [Row(id="r", payload=long_dialogue(30), value="no")]
    whole.outputs(network, whole.examples(rows, text, supervised=True), pad_id=0, device=CPU)
    assert asked and max(asked) <= 64


def test_of_a_thousand_turns_not_every_beginning_is_tried(decoder, monkeypatch):
    text = TextEncoder(load_tokenizer(str(decoder)))
    tried: list[int] = []
    plain = TextHead._prompt_ids
    monkeypatch.setattr(TextHead, "_prompt_ids", lambda *a: tried.append(1) or plain(*a))
    [example] = head().examples([Row(id="r", payload=long_dialogue(1000))], text, supervised=False)
    assert len(tried) < 15 and 30 < example.length <= 40


def test_a_template_that_refuses_a_dialogue_is_named(chat):
    tokenizer = load_tokenizer(str(chat))
    tokenizer.chat_template = "{{ raise_exception('no such role') }}"
    with pytest.raises(EngineError, match="chat template cannot be used: no such role"):
        head().examples(reply_rows(1), TextEncoder(tokenizer), supervised=False)


def test_a_reply_of_blanks_is_none():
    rows = [
        Row(id="a", payload=long_dialogue(1), value="  "),
        Row(id="b", payload=long_dialogue(1), value="no"),
    ]
    assert head().report(rows, ["", "yes"])["replies"] == 1
