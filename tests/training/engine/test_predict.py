import io
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.training.engine.samples import CHOICE_FIELD, choice_rows, events, span_rows
from training.engine.artifact import load
from training.engine.cli import main
from training.engine.data import Row, read_arrow, write_arrow
from training.engine.errors import EngineError
from training.engine.fit import SUCCEEDED, fit

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def span_model(make_run):
    folder = make_run(train=span_rows(12), dev=span_rows(6), epochs=6)
    assert fit(folder) == SUCCEEDED
    return folder / "model"


def test_predictions_have_the_fields_form_with_confidence(span_model):
    payloads = [row.payload for row in span_rows(5)]
    for payload, prediction in zip(payloads, load(span_model, "cpu").predict(payloads), strict=True):
        assert 0 < prediction.confidence <= 1
        for span, sure in zip(prediction.value, prediction.detail["spans"], strict=True):
            assert set(span) == {"turn", "start", "end", "label"}
            assert payload["text"][span["start"] : span["end"]].strip()
            assert 0 < sure["confidence"] <= 1


def test_two_loads_and_many_threads_say_the_same(span_model):
    payloads = [row.payload for row in span_rows(8)]
    predictor = load(span_model, "cpu")
    expected = load(span_model, "cpu").predict(payloads)
    with ThreadPoolExecutor(8) as pool:
        assert all(result == expected for result in pool.map(predictor.predict, [payloads] * 24))


def test_nothing_to_predict_and_nothing_to_read(span_model):
    predictor = load(span_model, "cpu")
    assert predictor.predict([]) == []
    assert [p.value for p in predictor.predict([{"text": ""}, {"turns": []}, {"text": " \u200d "}])] == [
        [],
        [],
        [],
    ]


def test_lines_in_lines_out_with_errors_in_their_place(span_model, capsys, monkeypatch):
    lines = [
        '{"id": "a", "text": "i want small one , blue please"}',
        "{broken",
        '{"payload": {"pair": ["x", "y"]}}',
        "[]",
    ]
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(lines)))
    assert main(["predict", str(span_model), "--device", "cpu"]) == 1
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    good = {"value", "confidence", "detail"}
    assert [set(answer) for answer in answers] == [good | {"id"}, {"line", "error"}, good, {"line", "error"}]
    assert (answers[1]["line"], answers[3]["line"]) == (2, 4)


def test_evaluate_writes_the_report(span_model, tmp_path):
    write_arrow(tmp_path / "more.arrow", span_rows(7))
    assert (
        main(["evaluate", str(span_model), str(tmp_path / "more.arrow"), "--out", str(tmp_path / "r.json")])
        == 0
    )
    assert json.loads((tmp_path / "r.json").read_text())["rows"] == 7


@pytest.mark.parametrize(
    ("breakage", "words"),
    [
        (lambda folder: (folder / "head.json").unlink(), "no model folder"),
        (lambda folder: (folder / "head.json").write_text("{"), "head.json is broken"),
        (lambda folder: (folder / "head.safetensors").write_bytes(b"x"), "head.safetensors cannot be read"),
        (lambda folder: (folder / "config.json").unlink(), "cannot be read"),
    ],
)
def test_a_broken_model_folder_is_refused(span_model, breakage, words):
    breakage(span_model)
    with pytest.raises(EngineError, match=words):
        load(span_model, "cpu")


MULTI = {**CHOICE_FIELD, "multi": True}
BY_TURN = {**CHOICE_FIELD, "scope": "turn", "speakers": ["customer"]}


@pytest.mark.parametrize(
    ("field", "wrap"),
    [(CHOICE_FIELD, lambda x: x), (MULTI, lambda x: [x]), (BY_TURN, lambda x: [{"turn": 1, "label": x}])],
)
def test_each_kind_of_choice_is_learned_and_predicted(field, wrap, make_run):
    rows = [Row(id=row.id, payload=row.payload, value=wrap(row.value)) for row in choice_rows(12)]
    folder = make_run(train=rows, dev=rows, field=field, epochs=25, patience=0, class_weights="balanced")
    assert fit(folder) == SUCCEEDED
    predictions = load(folder / "model", "cpu").predict([row.payload for row in rows])
    assert [prediction.value for prediction in predictions] == [row.value for row in rows]


def test_a_pair_field_is_learned(make_run):
    field = {"name": "match", "type": "choice", "scope": "pair", "labels": ["yes", "no"]}
    pairs = [("blue", "i want one", "yes"), ("hello", "it has not come", "no"), ("red", "i want two", "yes")]
    rows = [Row(id=a, payload={"pair": [a, b]}, value=label) for a, b, label in pairs * 4]
    folder = make_run(train=rows, dev=rows[:4], field=field, epochs=40, patience=0)
    assert fit(folder) == SUCCEEDED
    assert events(folder, "eval")[-1]["metric"] == "accuracy"
    assert json.loads((folder / "report.json").read_text())["dev"]["accuracy"] == 1.0


def test_rows_survive_the_file(tmp_path):
    rows = [*span_rows(2500), Row(id="s", payload={"text": "x"}, soft={"a": 0.5}, weight=0.25, group="g")]
    assert write_arrow(tmp_path / "rows.arrow", iter(rows)) == 2501
    assert list(read_arrow(tmp_path / "rows.arrow")) == rows


def test_the_engine_loads_neither_django_nor_the_platform():
    code = (
        "import sys, training.engine.__main__, training.engine.artifact;"
        "bad = {'django', 'rest_framework', 'celery', 'common', 'tasks_app'};"
        "bad &= {name.split('.')[0] for name in sys.modules};"
        "sys.exit(', '.join(sorted(bad)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_the_starter_encoder_beats_the_baseline(make_run):
    colors, things = ["blue", "pink", "grey", "black", "golden", "violet"], ["shoes", "coat", "lamp", "chair"]

    def rows(colors):
        texts = [
            (f"Could I get the {thing} in {color}, please?", color) for color in colors for thing in things
        ]
        return [Row(id=text, payload={"text": text}, value=[place(text, color)]) for text, color in texts]

    def place(text, color):
        start = text.index(f" {color},") + 1
        return {"turn": 0, "start": start, "end": start + len(color), "label": "color"}

    folder = make_run(
        train=rows(colors), dev=rows(["white"]), test=rows(["orange", "purple"]), base_model="starter",
        epochs=4, learning_rate=3e-4, head_learning_rate=2e-3, patience=0, precision="auto",
    )  # fmt: skip
    assert fit(folder) == SUCCEEDED
    report = json.loads((folder / "report.json").read_text())
    assert (
        report["test"]["micro"]["f1"] > report["baseline"]["micro"]["f1"] + 0.7
    )  # colours never seen in training
