import json
import random
from collections import Counter

import pytest
from sklearn.metrics import classification_report

from tests.training.engine.samples import (
    CHOICE_FIELD,
    RANK_FIELD,
    SCALE_FIELD,
    choice_rows,
    rank_rows,
    scale_rows,
    span_rows,
)  # fmt: skip
from training.engine.artifact import load
from training.engine.cli import main
from training.engine.config import FieldSpec
from training.engine.data import Row, read_arrow
from training.engine.errors import EngineError
from training.engine.evaluation.outcomes import FILE, Outcome, read_outcomes, totals, write_outcomes
from training.engine.evaluation.spans import match, matched_report
from training.engine.fit import SUCCEEDED, fit
from training.engine.heads.base import Prediction, Settings
from training.engine.heads.choice import ChoiceHead
from training.engine.heads.span import SpanHead
from training.engine.metrics import pair_table, single_report

SIDES = ("micro", "macro", "weighted")


def settings(field):
    return Settings(
        field=FieldSpec.from_json(field), max_length=64, stride=8, context_before=1, context_after=0
    )


def test_the_sum_of_a_runs_outcomes_is_its_report(make_run):
    folder = make_run(train=span_rows(24), dev=span_rows(6), test=span_rows(9, prefix="t"), epochs=8)
    assert fit(folder) == SUCCEEDED
    report, found = (
        json.loads((folder / "report.json").read_text())["test"],
        list(read_outcomes(folder / FILE)),
    )
    summed = totals(found, ["color", "size"])
    assert summed == {key: report[key] for key in summed}
    assert [outcome.id for outcome in found] == [f"t{n}" for n in range(9)]
    assert all(outcome.turn == 0 and 0 < outcome.confidence <= 1 and outcome.loss > 0 for outcome in found)
    again = folder / "again.arrow"
    arguments = [str(folder / "model"), str(folder / "test.arrow"), "--outcomes", str(again)]
    assert main(["evaluate", *arguments, "--out", str(folder / "again.json")]) == SUCCEEDED
    repeated = list(read_outcomes(again))
    assert [(o.id, o.truth, o.predicted, o.right) for o in repeated] == [
        (o.id, o.truth, o.predicted, o.right) for o in found
    ]


@pytest.mark.parametrize(
    ("field", "rows"),
    [(CHOICE_FIELD, choice_rows(12)), (SCALE_FIELD, scale_rows(15))],
    ids=["choice", "scale"],
)
def test_outcomes_of_whole_items_sum_up_to_the_report(make_run, field, rows):
    folder = make_run(train=rows, dev=rows, test=rows, field=field)
    assert fit(folder) == SUCCEEDED
    report, found = load(folder / "model").judge(list(read_arrow(folder / "test.arrow")))
    summed = totals(found, list(report["labels"]))
    assert summed["accuracy"] == pytest.approx(report["accuracy"])
    assert summed["micro"] == pytest.approx(report["micro"])
    assert all(outcome.turn is None and outcome.units == 1 for outcome in found)


def test_a_turn_of_several_labels_counts_each_of_them():
    head = ChoiceHead(settings({**CHOICE_FIELD, "scope": "turn", "multi": True, "speakers": ["customer"]}))
    payload = {"turns": [{"speaker": "agent", "text": "hi"}, {"speaker": "customer", "text": "refund!"}]}
    row = Row(id="r", group="g", payload=payload, value=[{"turn": 1, "labels": ["refund", "cancel"]}])
    guess = Prediction(
        [{"turn": 1, "labels": ["refund", "track"]}], 0.3, {"turns": [{"turn": 1, "confidence": 0.9}]}
    )
    [outcome] = head.outcomes([row], [guess], {(0, 1): 2.5})
    assert (outcome.turn, outcome.speaker, outcome.characters) == (1, "customer", 7)
    assert (outcome.right, outcome.units, outcome.hits) == (0.0, 1, ("refund",))
    assert (outcome.confidence, outcome.loss, outcome.group) == (0.9, 2.5, "g")
    assert totals([outcome], head.field.labels)["micro"]["f1"] == 0.5


def test_a_blank_place_has_no_labels_and_may_be_right():
    head = ChoiceHead(settings({**CHOICE_FIELD, "required": False}))
    head.settings = Settings(**{**vars_of(head.settings), "blank": True})
    rows = [Row(id="a", payload={"text": "x"}), Row(id="b", payload={"text": "x"}, value="refund")]
    blank, missed = head.outcomes(rows, [Prediction(None, 1.0), Prediction(None, 1.0)])
    assert not blank.wrong and missed.wrong and missed.truth == ("refund",) and missed.predicted == ()


def vars_of(frozen):
    return {name: getattr(frozen, name) for name in frozen.__dataclass_fields__}


def test_what_is_written_is_read_back(tmp_path):
    given = [
        Outcome(
            id="a", group="g", truth=("x", "x"), predicted=("x",), hits=("x",), units=7, right=5.0, loss=0.5
        ),
        Outcome(id="b", turn=3, speaker="客户", confidence=0.25, value=[{"turn": 3, "label": "x"}]),
    ]
    write_outcomes(tmp_path / FILE, given)
    assert list(read_outcomes(tmp_path / FILE)) == given
    (tmp_path / FILE).write_text("no arrow")
    for broken in (FILE, "absent.arrow"):
        with pytest.raises(EngineError):
            list(read_outcomes(tmp_path / broken))


@pytest.mark.parametrize("seed", range(5))
def test_means_equal_scikit_learn(seed):
    draw = random.Random(seed)  # noqa: S311
    labels = list("abcd")
    truth = [draw.choice("aaabbcd") for _ in range(200)]
    guess = [draw.choice(labels) if draw.random() < 0.4 else label for label in truth]
    ours = single_report(truth, guess, labels, blank=False)
    theirs = classification_report(truth, guess, labels=labels, output_dict=True, zero_division=0)
    for side in ("macro", "weighted"):
        for name, their_name in (("precision", "precision"), ("recall", "recall"), ("f1", "f1-score")):
            assert ours[side][name] == pytest.approx(theirs[f"{side} avg"][their_name])


@pytest.mark.parametrize("seed", range(5))
def test_scores_of_words_equal_scikit_learn_without_outside(seed):
    draw = random.Random(seed)  # noqa: S311
    truth = [draw.choice("OOOab") for _ in range(300)]
    guess = [draw.choice("Oab") if draw.random() < 0.3 else tag for tag in truth]
    ours = pair_table(Counter(zip(truth, guess, strict=True)), ["a", "b"])
    theirs = classification_report(truth, guess, labels=["a", "b"], output_dict=True, zero_division=0)
    for side in SIDES:
        for name, their_name in (("precision", "precision"), ("recall", "recall"), ("f1", "f1-score")):
            assert ours[side][name] == pytest.approx(theirs[f"{side} avg"][their_name])


def test_a_span_report_has_words_beside_entities():
    head = SpanHead(settings({"name": "x", "type": "span", "labels": ["color", "size"]}))
    row = Row(id="r", payload={"text": "a dark blue lamp"}, value=[mark(2, 11, "color")])
    report = head.report([row], [[mark(7, 11, "color"), mark(12, 16, "size")]])
    assert report["micro"]["f1"] == 0.0  # the ends differ: no entity is right
    assert report["tokens"]["labels"]["color"] == {"precision": 1.0, "recall": 0.5, "f1": 2 / 3, "support": 2}
    assert report["tokens"]["micro"]["precision"] == 0.5
    assert report["matched"]["kinds"] == {
        "exact": 0, "ends": 1, "label": 0, "both": 0, "missed": 0, "spurious": 1,
    }  # fmt: skip


def mark(start, end, label):
    return {"turn": 0, "start": start, "end": end, "label": label}


def test_spans_are_matched_once_each_by_what_they_share():
    truth, guess = {(0, 10, "a"), (12, 15, "b"), (20, 22, "a")}, {(0, 4, "a"), (5, 10, "b"), (12, 15, "a")}
    assert match(truth, guess) == [
        ((12, 15, "b"), (12, 15, "a")), ((0, 10, "a"), (5, 10, "b")),
        ((20, 22, "a"), None), (None, (0, 4, "a")),
    ]  # fmt: skip
    report = matched_report([(truth, guess)], ["a", "b"])
    assert report["confusion"] == {"labels": ["a", "b", ""], "matrix": [[0, 1, 1], [1, 0, 0], [1, 0, 0]]}
    assert report["kinds"] == {"exact": 0, "ends": 0, "label": 1, "both": 1, "missed": 1, "spurious": 1}


def test_of_an_order_every_comparison_is_a_decision(make_run):
    rows = rank_rows(8)
    folder = make_run(train=rows, dev=rows, test=rows, field=RANK_FIELD)
    assert fit(folder) == SUCCEEDED
    report, found = load(folder / "model").judge(rows)
    assert sum(outcome.units for outcome in found) == report["pairs"] == report["reliability"]["decisions"]
    share = sum(outcome.right for outcome in found) / report["pairs"]
    assert share == pytest.approx(report["pairwise_accuracy"]) == report["reliability"]["accuracy"]
    assert all(outcome.loss is not None for outcome in found)
