"""A point on a scale: order is learned, doubt is learned, blanks are answers, and bad rows are named."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.engine.samples import SCALE_FIELD, events, scale_rows
from training.engine.artifact import load
from training.engine.batching import Truth
from training.engine.build import load_tokenizer
from training.engine.config import FieldSpec
from training.engine.data import Row
from training.engine.errors import EngineError
from training.engine.fit import FAILED, SUCCEEDED, fit
from training.engine.heads.base import Settings
from training.engine.heads.scale import NOT_ASKED, ScaleHead, Steps
from training.engine.ordinal import quadratic_kappa, scale_report, spearman
from training.engine.tokens import TextEncoder


@pytest.fixture
def text(tiny_model) -> TextEncoder:
    return TextEncoder(load_tokenizer(str(tiny_model)))


def make(*, blank: bool = False, **field) -> ScaleHead:
    spec = FieldSpec.from_json(SCALE_FIELD | field)
    return ScaleHead(
        Settings(field=spec, max_length=32, stride=8, context_before=1, context_after=0, blank=blank)
    )


def said(value, payload=None, **row) -> Row:
    return Row(id="r", payload=payload or {"text": "hello"}, value=value, **row)


# -- end to end -------------------------------------------------------------------------------------------


def test_it_learns_the_order_and_answers_the_same_after_loading(make_run):
    folder = make_run(train=scale_rows(60), dev=scale_rows(10, prefix="d"), test=scale_rows(20, prefix="t"),
                      field=SCALE_FIELD, epochs=8)  # fmt: skip
    assert fit(folder) == SUCCEEDED
    report = json.loads((folder / "report.json").read_text())
    test, baseline = report["test"], report["baseline"]
    assert test["quadratic_kappa"] > 0.9 and baseline["quadratic_kappa"] == 0
    assert test["mean_absolute_error"] < 0.3 < baseline["mean_absolute_error"] == 1.2
    assert baseline["name"] == "always 3, the median answer"
    assert test["confusion"]["labels"] == ["1", "2", "3", "4", "5"] and test["labels"]["5"]["support"] == 4
    assert events(folder, "eval")[-1]["metric"] == "quadratic_kappa"
    predictor = load(folder / "model", "cpu")
    [angry, grateful] = predictor.predict([{"text": "money back refund"}, {"text": "thanks bye"}])
    assert angry.value < grateful.value
    assert sum(angry.detail["probabilities"].values()) == pytest.approx(1)
    assert angry.confidence == pytest.approx(angry.detail["probabilities"][str(angry.value)])
    again = load(folder / "model", "cpu").evaluate(scale_rows(20, prefix="t"))
    assert again["quadratic_kappa"] == test["quadratic_kappa"]


def test_each_turn_gets_its_own_point_and_sees_the_turn_before(make_run, text):
    field = SCALE_FIELD | {"scope": "turn", "speakers": ["customer"]}
    turns = [{"speaker": "agent", "text": "hello"}, {"speaker": "customer", "text": "thanks bye"},
             {"speaker": "customer", "text": "money back"}]  # fmt: skip
    row = said([{"turn": 1, "value": 5}], {"turns": turns})
    head = make(scope="turn", speakers=["customer"], blank=True)
    first, second = head.examples([row], text, supervised=True)
    assert (first.turn, second.turn) == (1, 2)
    assert first.targets.tolist() == [[1, 1, 1, 1, 1]]
    assert second.targets.tolist() == [[NOT_ASKED] * 4 + [0]]
    hello = text.encode(["hello"])["hello"].ids[0]
    assert hello in first.ids.tolist() and first.pool[1] <= first.ids.tolist().index(hello)
    rows = [replace(row, id=str(n)) for n in range(6)]
    folder = make_run(train=rows, dev=rows, test=rows, field=field, epochs=10)
    assert fit(folder) == SUCCEEDED
    [answer] = load(folder / "model", "cpu").predict([{"turns": turns}])
    assert answer.value == [{"turn": 1, "value": 5}]
    assert [unit["turn"] for unit in answer.detail["turns"]] == [1, 2]


def test_a_scale_may_be_about_a_pair(make_run):
    rows = [said(1 if n % 2 else 5, {"pair": ["thanks bye", "thanks bye" if n % 2 == 0 else "refund"]})
            for n in range(8)]  # fmt: skip
    rows = [replace(row, id=str(n)) for n, row in enumerate(rows)]
    folder = make_run(train=rows, dev=rows, field=SCALE_FIELD | {"scope": "pair"}, epochs=10)
    assert fit(folder) == SUCCEEDED
    same, other = load(folder / "model", "cpu").predict([row.payload for row in rows[:2]])
    assert same.value > other.value


# -- targets and answers ----------------------------------------------------------------------------------


def test_hard_and_soft_targets_are_probabilities_of_being_above(text):
    head = make()
    rows = [said(1), said(5), said(3), said(4, soft={"4": 0.6, "5": 0.3, "1": 0.1})]
    made = head.examples(rows, text, supervised=True)
    assert [example.targets[0].tolist() for example in made[:3]] == [[0] * 4, [1] * 4, [1, 1, 0, 0]]
    assert made[3].targets[0] == pytest.approx([0.9, 0.9, 0.9, 0.3])


def test_a_blank_says_nothing_about_the_points(text):
    import torch

    head = make(blank=True, required=False)
    [blank] = head.examples([said(None)], text, supervised=True)
    assert blank.targets.tolist() == [[NOT_ASKED] * 4 + [0]]
    outputs = torch.tensor([[5.0, -3.0, 2.0, 9.0, -4.0]])
    moved = torch.tensor([[-5.0, 3.0, -2.0, -9.0, -4.0]])
    truth = Truth.of([blank])
    assert Steps()(outputs, truth) == Steps()(moved, truth)
    [half] = head.examples([said(4, soft={"4": 0.5, "": 0.5})], text, supervised=True)
    assert half.targets[0] == pytest.approx([1, 1, 1, 0, 0.5])


@given(st.lists(st.floats(-30, 30, width=32), min_size=5, max_size=5), st.booleans())
@settings(max_examples=100, deadline=None)
def test_any_scores_give_a_point_or_a_blank_with_shares_that_sum_to_one(scores, blank):
    head = make(blank=blank, required=not blank)
    example = type("E", (), {"row": 0, "turn": 0})()
    outputs = [np.array([scores if blank else scores[:4]], dtype=np.float32)]
    [answer] = head.predictions([said(None)], [example], outputs)
    shares = answer.detail["probabilities"]
    assert sum(shares.values()) == pytest.approx(1, abs=1e-6) and min(shares.values()) >= -1e-9
    assert answer.value in ({1, 2, 3, 4, 5, None} if blank else {1, 2, 3, 4, 5})
    assert 0 <= answer.confidence <= 1 and 1 <= answer.detail["expected"] <= 5


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (said(6), "Row 'r': 6 is no point of the scale from 1 to 5"),
        (said("3"), "'3' is no point"),
        (said(True), "True is no point"),
        (said(3, soft={"7": 1.0}), "'7' among its soft labels is no point"),
    ],
)
def test_a_bad_row_is_named(text, row, words):
    with pytest.raises(EngineError, match=words):
        make().examples([row], text, supervised=True)


def test_a_bad_mark_is_named(text):
    head = make(scope="turn")
    for mark, words in (({"value": 3}, "needs turn and label"), ({"turn": 4, "value": 3}, "no turn 4")):
        with pytest.raises(EngineError, match=words):
            head.examples([said([mark])], text, supervised=True)


@pytest.mark.parametrize("options", [{"min": 5, "max": 1}, {"step": 0}, {"min": "a"}])
def test_a_scale_that_is_none_is_refused(options):
    with pytest.raises(EngineError, match="no scale from"):
        make(**options)


def test_a_metric_that_the_head_does_not_give_fails_clearly(make_run):
    rows = [said(1 + n % 5) for n in range(5)]
    folder = make_run(train=rows, dev=rows, field=SCALE_FIELD | {"max": 101}, metric="quadratic_kappa")
    assert fit(folder) == SUCCEEDED
    from tests.training.engine.samples import choice_rows, CHOICE_FIELD  # noqa: I001

    other = make_run("other", train=choice_rows(6), dev=choice_rows(3), field=CHOICE_FIELD,
                     metric="quadratic_kappa")  # fmt: skip
    assert fit(other) == FAILED
    assert "gives no quadratic_kappa" in events(other, "state")[-1]["reason"]


# -- figures ----------------------------------------------------------------------------------------------


def test_the_figures_are_those_of_scikit_learn_and_scipy():
    from scipy.stats import spearmanr
    from sklearn.metrics import cohen_kappa_score

    rng = np.random.default_rng(3)
    left = rng.integers(1, 6, 200)
    right = np.clip(left + rng.integers(-2, 3, 200), 1, 5)
    pairs = list(zip(left.tolist(), right.tolist(), strict=True))
    assert quadratic_kappa(pairs) == pytest.approx(cohen_kappa_score(left, right, weights="quadratic"))
    assert spearman(pairs) == pytest.approx(spearmanr(left, right).statistic)


@pytest.mark.parametrize(
    ("pairs", "kappa", "rho"),
    [
        ([], 0, 0),
        ([(3, 3)], 1, 0),
        ([(1, 2), (1, 2)], 0, 0),
        ([(1, 3), (5, 3)], 0, 0),
        ([(1, 5), (5, 1)], -1, -1),
    ],
)
def test_figures_of_little(pairs, kappa, rho):
    assert (quadratic_kappa(pairs), spearman(pairs)) == pytest.approx((kappa, rho))


def test_blanks_cost_and_steps_count():
    report = scale_report([10, 20, None, 30, None], [20, None, None, 30, 10], [10, 20, 30])
    assert report["accuracy"] == 2 / 5 and report["within_one"] == 3 / 5
    assert report["mean_absolute_error"] == (10 + 20 + 0 + 0 + 20) / 5
    assert report["confusion"]["labels"] == ["10", "20", "30", ""] and report["units"] == 5
    long = scale_report([0, 100], [1, 100], list(range(101)))
    assert long["labels"] == {} and long["confusion"]["matrix"] == [] and long["within_one"] == 1


def test_an_item_left_blank_is_no_unit_where_blank_is_no_answer(make_run):
    dev = [*scale_rows(5), Row(id="blank", payload={"text": "hello"})]
    folder = make_run(train=scale_rows(10), dev=dev, test=dev, field=SCALE_FIELD, epochs=1)
    assert fit(folder) == SUCCEEDED
    assert json.loads((folder / "report.json").read_text())["test"]["units"] == 5
