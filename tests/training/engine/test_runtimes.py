"""ONNX Runtime in torch's place: the same answers, chosen only when it is faster, and never in the way."""

import json
import threading

import numpy as np
import pytest

from tests.training.engine.samples import CHOICE_FIELD, choice_rows, span_rows
from training.engine import artifact, runtime_choice, runtimes
from training.engine.errors import EngineError
from training.engine.fit import SUCCEEDED, fit
from training.engine.heads.base import Prediction
from training.engine.onnx_export import export, quantize
from training.engine.runtime_choice import Measured, Tolerance, choose, compare


@pytest.fixture
def span_model(make_run):
    folder = make_run(train=span_rows(12), dev=span_rows(6), epochs=4)
    assert fit(folder) == SUCCEEDED
    return folder / "model"


@pytest.fixture
def choice_model(make_run):
    folder = make_run(train=choice_rows(12), dev=choice_rows(6), field=CHOICE_FIELD, head="choice", epochs=4)
    assert fit(folder) == SUCCEEDED
    return folder / "model"


def forced(model, monkeypatch, runtime, rows, **options):
    """What `choose` writes when `runtime` happens to be the fastest."""
    fast = {runtime: 0.001}
    real = runtime_choice._measure

    def measure(*arguments):
        return [
            Measured(**{**vars(one), "together_ms": fast.get(one.runtime, 9.0)}) for one in real(*arguments)
        ]

    monkeypatch.setattr(runtime_choice, "_measure", measure)
    return choose(model, rows, **options)


@pytest.mark.parametrize("kind", ["span_model", "choice_model"])
def test_an_exported_model_gives_the_same_answers_at_every_length(kind, request, monkeypatch):
    model = request.getfixturevalue(kind)
    rows = (span_rows if kind == "span_model" else choice_rows)(20)
    content = forced(model, monkeypatch, "onnx", rows)
    assert content["chosen"] == "onnx", content["measured"]
    assert sorted(path.name for path in (model / "runtime").iterdir()) == ["choice.json", "encoder.onnx"]
    served, plain = runtimes.load(model), artifact.load(model, "cpu")
    assert (served.runtime, plain.bf16) != ("torch", None)
    plain.bf16 = False
    for part in (rows[:1], rows[3:5], rows):
        agreement, difference = compare(plain.predict_rows(part), served.predict_rows(part))
        assert agreement == 1.0 and difference < 1e-4


def test_what_says_something_else_is_never_chosen(choice_model, monkeypatch):
    content = forced(
        choice_model, monkeypatch, "onnx-int8", choice_rows(20), int8=True,
        tolerance=Tolerance(difference=0.0, agreement=1.0),
    )  # fmt: skip
    refused = {one["runtime"]: one["refused"] for one in content["measured"]}
    assert "says something else" in refused["onnx-int8"]
    assert content["chosen"] != "onnx-int8"


def test_int8_is_tried_only_when_it_is_asked_for(choice_model):
    names = [one["runtime"] for one in choose(choice_model, choice_rows(6))["measured"]]
    assert "onnx" in names and "onnx-int8" not in names


def test_int8_is_served_when_it_is_chosen(choice_model, monkeypatch):
    rows = choice_rows(20)
    loose = Tolerance(agreement=0.0, difference=1.0)
    content = forced(choice_model, monkeypatch, "onnx-int8", rows, int8=True, tolerance=loose)
    assert content["chosen"] == "onnx-int8"
    served = runtimes.load(choice_model)
    assert served.runtime == "onnx-int8" and len(served.predict_rows(rows)) == 20
    assert served.memory_bytes > (choice_model / "runtime" / "encoder.int8.onnx").stat().st_size


@pytest.mark.parametrize("spoil", ["machine", "file", "choice"])
def test_a_choice_that_does_not_hold_here_falls_back_to_torch(choice_model, monkeypatch, spoil):
    forced(choice_model, monkeypatch, "onnx", choice_rows(6))
    choice = choice_model / "runtime" / "choice.json"
    if spoil == "machine":
        choice.write_text(json.dumps({**json.loads(choice.read_text()), "machine": "another"}))
    elif spoil == "file":
        (choice_model / "runtime" / "encoder.onnx").write_bytes(b"half writ")
    else:
        choice.write_text("{")
    assert runtimes.load(choice_model).runtime in {"torch", "torch-bf16"}


def test_torch_stays_unless_another_is_clearly_faster():
    slow, fast = (Measured(runtime="torch", together_ms=2.0), Measured(runtime="onnx", together_ms=1.9))
    assert runtime_choice._decide([slow, fast])[0] == "torch"
    assert runtime_choice._decide([slow, Measured(runtime="onnx", together_ms=1.0)])[0] == "onnx"
    wrong = Measured(runtime="onnx", together_ms=1.0, refused="says something else")
    assert runtime_choice._decide([slow, wrong])[0] == "torch"


def test_the_difference_is_the_largest_of_any_number():
    one = Prediction("a", 0.9, {"probabilities": {"a": 0.9, "b": 0.1}})
    other = Prediction("b", 0.8, {"probabilities": {"a": 0.2, "b": 0.8}})
    assert compare([one, one], [one, other]) == (0.5, pytest.approx(0.7))


def test_an_export_that_fails_is_a_reason_and_no_failure(choice_model, monkeypatch):
    def stumble(*_arguments):
        raise EngineError("the exporter does not follow it: loop")

    monkeypatch.setattr(runtime_choice, "export", stumble)
    content = choose(choice_model, choice_rows(6), int8=True)
    assert content["measured"][-1]["refused"].startswith("the exporter") and content["chosen"] != "onnx"


def test_a_decoder_is_not_exported(tmp_path):
    from transformers import GPT2Config, GPT2Model

    model = GPT2Model(GPT2Config(n_layer=1, n_head=1, n_embd=8, vocab_size=20))
    model.config.is_decoder = True
    with pytest.raises(EngineError, match="decoder"):
        export(model, tmp_path / "x.onnx")


def test_one_process_measures_at_a_time(choice_model):
    began, go_on = threading.Event(), threading.Event()

    def hold():
        with runtime_choice._alone(choice_model):
            began.set()
            go_on.wait(20)

    thread = threading.Thread(target=hold)
    thread.start()
    assert began.wait(10)
    with pytest.raises(EngineError, match="just now"):
        choose(choice_model, choice_rows(3))
    go_on.set()
    thread.join()
    assert choose(choice_model, choice_rows(3))["rows"] == 3


def test_quantized_weights_take_a_quarter(choice_model, tmp_path):
    encoder = artifact.load(choice_model, "cpu").network.encoder
    export(encoder, tmp_path / "a.onnx")
    quantize(tmp_path / "a.onnx", tmp_path / "b.onnx")
    assert (tmp_path / "b.onnx").stat().st_size < (tmp_path / "a.onnx").stat().st_size
    assert np.isfinite((tmp_path / "b.onnx").stat().st_size)
