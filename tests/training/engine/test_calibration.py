import json
import math
import random
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.training.engine.samples import CHOICE_FIELD, choice_rows
from training.engine.artifact import load
from training.engine.batching import Example
from training.engine.config import FieldSpec
from training.engine.evaluation.calibration import fit_temperature, reliability
from training.engine.fit import SUCCEEDED, fit
from training.engine.heads.base import Settings
from training.engine.heads.choice import ChoiceHead
from training.engine.heads.placed import NO_LEADS
from training.engine.heads.scale import ScaleHead
from training.engine.heads.span import SpanHead

HEADS = {
    "choice": (ChoiceHead, CHOICE_FIELD),
    "multi": (ChoiceHead, CHOICE_FIELD | {"multi": True}),
    "scale": (ScaleHead, {"name": "tone", "type": "scale", "min": 1, "max": 4}),
    "span": (SpanHead, {"name": "x", "type": "span", "labels": ["a", "b"]}),
}


def make(kind):
    head, field = HEADS[kind]
    spec = FieldSpec.from_json(field)
    return head(Settings(field=spec, max_length=64, stride=8, context_before=1, context_after=0))


def drawn(head, count, *, heat, seed=1):
    """Examples whose truth is drawn from softmax or sigmoid of logits, and the same logits times `heat`."""
    generator = np.random.default_rng(seed)
    examples, outputs = [], []
    for number in range(count):
        logits = generator.normal(0, 2, size=(1, len(head.classes))).astype(np.float32)
        targets = np.zeros_like(logits)
        if isinstance(head, ScaleHead) or head.multi:
            targets[0] = generator.random(len(head.classes)) < 1 / (1 + np.exp(-logits[0]))
        else:
            shares = torch.softmax(torch.from_numpy(logits), 1).numpy()[0].astype(np.float64)
            targets[0, generator.choice(len(shares), p=shares / shares.sum())] = 1
        blank = np.zeros(3, dtype=np.int64)
        examples.append(Example(row=number, turn=0, ids=blank, types=blank, pool=(0, 3), leads=NO_LEADS,
                                targets=targets))  # fmt: skip
        outputs.append(logits * heat)
    return examples, outputs


@pytest.mark.parametrize("kind", HEADS)
@pytest.mark.parametrize("heat", [3.0, 0.5])
def test_the_temperature_undoes_what_made_the_logits_too_sure(kind, heat):
    head = make(kind)
    examples, outputs = drawn(head, 3000, heat=heat)
    assert head.calibrated(examples, outputs).settings.temperature == pytest.approx(heat, rel=0.1)


@pytest.mark.parametrize("kind", ["choice", "multi", "span"])
def test_a_calibrated_head_is_as_often_right_as_it_says(kind):
    head = make(kind)
    examples, outputs = drawn(head, 4000, heat=4.0)
    warm = head.calibrated(examples, outputs)
    fresh, other = drawn(head, 4000, heat=4.0, seed=2)
    before, after = (reliability(*one.certainties(fresh, other, _as_outcomes(one, other, fresh)))
                     for one in (head, warm))  # fmt: skip
    assert before["ece"] > 0.05 and after["ece"] < 0.02
    assert after["brier"] < before["brier"]


def _as_outcomes(head, outputs, examples):
    from training.engine.evaluation.outcomes import Outcome

    if head.multi or isinstance(head, SpanHead):
        return []
    found = []
    for example, scores in zip(examples, outputs, strict=True):
        shares = head._probabilities(scores[0])
        right = float(shares.argmax() == example.targets[0].argmax())
        found.append(Outcome(id=str(example.row), confidence=float(shares.max()), right=right))
    return found


def test_the_answers_stay_the_same_at_every_temperature():
    head = make("span")
    generator = np.random.default_rng(0)
    logits = generator.normal(0, 3, size=(12, len(head.classes))).astype(np.float32)
    offsets = np.array([[n, n + 1] for n in range(12)])
    ids = np.zeros(14, dtype=np.int64)
    example = Example(row=0, turn=0, ids=ids, types=ids, pool=(0, 0), leads=np.arange(12), offsets=offsets)
    spans = [
        [(s["start"], s["end"], s["label"]) for s in head.at(degree)._decode([(example, logits)])[0]]
        for degree in (0.2, 1.0, 5.0)
    ]
    assert spans[0] and spans[0] == spans[1] == spans[2]


def test_a_few_rows_that_are_all_right_make_no_model_certain():
    head = make("choice")
    examples, outputs = drawn(head, 4, heat=1.0)
    for example, scores in zip(examples, outputs, strict=True):
        example.targets[:] = 0
        example.targets[0, scores[0].argmax()] = 1
    assert 0.3 < head.calibrated(examples, outputs).settings.temperature < 1.0


def test_the_search_finds_the_bottom():
    assert fit_temperature(lambda t: 1e6 * (math.log(t) - math.log(2.5)) ** 2) == pytest.approx(2.5, rel=1e-3)
    assert fit_temperature(lambda t: 0.0) == pytest.approx(1.0, rel=1e-3)


def test_reliability_by_hand():
    found = reliability([0.95, 0.95, 0.55, 0.55], [1, 1, 1, 0])
    assert found["ece"] == pytest.approx((2 * 0.05 + 2 * 0.05) / 4)
    assert found["brier"] == pytest.approx((2 * 0.05**2 + 0.45**2 + 0.55**2) / 4)
    assert found["bins"] == [
        {"from": 0.5, "to": 0.6, "decisions": 2, "confidence": 0.55, "accuracy": 0.5},
        {"from": 0.9, "to": 1.0, "decisions": 2, "confidence": 0.95, "accuracy": 1.0},
    ]
    assert reliability([], [])["decisions"] == 0
    assert reliability([1.0], [1.0])["bins"][0]["to"] == 1.0


def test_both_ways_of_binning_see_what_is_off():
    draw = random.Random(3)  # noqa: S311
    sure = [0.5 + draw.random() / 2 for _ in range(5000)]
    honest = [float(draw.random() < share) for share in sure]
    boastful = [float(draw.random() < share - 0.2) for share in sure]
    for name in ("ece", "ece_mass"):
        assert reliability(sure, honest)[name] < 0.03
        assert reliability(sure, boastful)[name] == pytest.approx(0.2, abs=0.03)


def test_a_run_keeps_its_temperature_and_predicts_with_it(make_run):
    rows = choice_rows(24)
    folder = make_run(
        train=rows,
        dev=choice_rows(30, prefix="d"),
        test=rows,
        field=CHOICE_FIELD,
        label_smoothing=0.6,
        epochs=6,
    )
    assert fit(folder) == SUCCEEDED
    report = json.loads((folder / "report.json").read_text())
    degree = json.loads((folder / "model" / "head.json").read_text())["settings"]["temperature"]
    assert report["calibration"]["temperature"] == degree < 0.9  # smoothed labels leave a model too modest
    assert report["dev"]["reliability"]["ece"] < report["calibration"]["before"]["ece"]
    predictor = load(folder / "model", "cpu")
    [calibrated] = predictor.predict([rows[0].payload])
    predictor.head = predictor.head.at(1.0)
    [plain] = predictor.predict([rows[0].payload])
    assert calibrated.value == plain.value and calibrated.confidence > plain.confidence


def test_a_model_from_before_there_was_a_temperature_still_loads(make_run):
    rows = choice_rows(12)
    folder = make_run(train=rows, dev=rows, field=CHOICE_FIELD)
    assert fit(folder) == SUCCEEDED
    path = folder / "model" / "head.json"
    described = json.loads(path.read_text())
    del described["settings"]["temperature"]
    path.write_text(json.dumps(described))
    assert load(folder / "model", "cpu").head.settings.temperature == 1.0


def test_settings_are_changed_not_shared():
    head = make("choice")
    assert head.at(2.0).settings == replace(head.settings, temperature=2.0)
    assert head.settings.temperature == 1.0
