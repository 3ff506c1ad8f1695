"""Candidates in order: every comparison counts once, ties are decided, bad rows are named."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.engine.samples import RANK_FIELD, events, rank_rows
from training.engine.artifact import load
from training.engine.batching import Truth
from training.engine.build import load_tokenizer
from training.engine.config import FieldSpec
from training.engine.data import Row
from training.engine.errors import EngineError
from training.engine.fit import SUCCEEDED, fit
from training.engine.heads.base import Settings
from training.engine.heads.rank import Preferences, RankHead
from training.engine.orders import compared_pairs, rank_report
from training.engine.tokens import TextEncoder


@pytest.fixture
def text(tiny_model) -> TextEncoder:
    return TextEncoder(load_tokenizer(str(tiny_model)))


def make(max_length: int = 32, **field) -> RankHead:
    spec = FieldSpec.from_json(RANK_FIELD | field)
    return RankHead(Settings(field=spec, max_length=max_length, stride=8, context_before=1, context_after=0))


def item(value, *texts, **row) -> Row:
    return Row(id="r", payload={"text": "where is it", "candidates": list(texts)}, value=value, **row)


def test_it_learns_whom_people_prefer_and_answers_the_same_after_loading(make_run):
    folder = make_run(train=rank_rows(40), dev=rank_rows(8, prefix="d"), test=rank_rows(12, prefix="t"),
                      field=RANK_FIELD, epochs=6)  # fmt: skip
    assert fit(folder) == SUCCEEDED
    report = json.loads((folder / "report.json").read_text())
    test, baseline = report["test"], report["baseline"]
    assert test["pairwise_accuracy"] > 0.9 and test["kendall_tau"] > 0.8 and test["top_one"] > 0.9
    assert test["pairwise_accuracy"] > baseline["pairwise_accuracy"] and test["pairs"] == 36
    assert events(folder, "eval")[-1]["metric"] == "pairwise_accuracy"
    predictor = load(folder / "model", "cpu")
    [answer] = predictor.predict([rank_rows(1)[0].payload])
    assert answer.value == [entry["id"] for entry in answer.detail["scores"]] == ["a", "b", "c"]
    scores = [entry["score"] for entry in answer.detail["scores"]]
    assert scores == sorted(scores, reverse=True) and 0.5 <= answer.confidence <= 1
    again = load(folder / "model", "cpu").evaluate(rank_rows(12, prefix="t"))
    assert again["pairwise_accuracy"] == test["pairwise_accuracy"]


def test_an_item_is_one_example_in_one_batch(text):
    [example] = make().examples([item(["1", "0", "2"], "hello", "thanks", "bye")], text, supervised=True)
    assert len(example.inputs) == example.decisions == 3
    assert [part.targets[0].tolist() for part in example.inputs] == [[-1, 0, 1], [1, -1, 1], [0, 0, -1]]
    # The candidate is what is pooled; the dialogue stands behind it.
    begin, end = example.pool
    assert example.ids[begin:end].tolist() == text.encode(["hello"])["hello"].ids


def test_the_loss_of_items_together_is_the_sum_of_their_losses(text):
    rows = [item(["1", "0", "2"], "a", "b", "c"), item(["0", "1"], "d", "e", weight=3.0)]
    examples = make().examples(rows, text, supervised=True)
    outputs = torch.tensor([[0.3], [1.2], [-2.0], [0.5], [-0.5]])
    loss, truth = Preferences(), Truth.of(examples)
    assert loss.weigh(truth).tolist() == pytest.approx([1 / 3] * 3 + [1.5] * 2)
    parts = [loss(outputs[:3], Truth.of(examples[:1])), loss(outputs[3:], Truth.of(examples[1:]))]
    assert loss(outputs, truth).item() == pytest.approx(sum(part.item() for part in parts))
    # By hand: -log s(difference), the mean over the comparisons of the item, times its weight.
    margins = np.array([1.2 - 0.3, 0.3 + 2.0, 1.2 + 2.0])
    assert parts[0].item() == pytest.approx(np.log1p(np.exp(-margins)).mean())
    assert parts[1].item() == pytest.approx(3 * np.log1p(np.exp(-1.0)))
    # Adding the same to all scores of an item changes nothing.
    assert loss(outputs + 7, truth).item() == pytest.approx(loss(outputs, truth).item(), rel=1e-5)


def test_doubt_is_learned_as_doubt(text):
    row = item(["0", "1"], "a", "b", soft={"0:1": {"first": 0.6, "second": 0.2}})
    [example] = make().examples([row], text, supervised=True)
    assert [part.targets[0].tolist() for part in example.inputs] == [
        pytest.approx([-1, 0.75]), pytest.approx([0.25, -1]),
    ]  # fmt: skip


def test_of_a_short_order_the_rest_was_not_compared(text):
    [example] = make(top=1).examples([item(["1"], "a", "b", "c")], text, supervised=True)
    assert [part.targets[0].tolist() for part in example.inputs] == [[-1, 0, -1], [1, -1, 1], [-1, 0, -1]]
    rows = [item(None, "a", "b", "c")]
    examples = make(top=1).examples(rows, text, supervised=False)
    [answer] = make(top=1).predictions(rows, examples, [np.array([[0], [3], [1]], dtype=np.float32)])
    assert answer.value == ["1"] and len(answer.detail["scores"]) == 3
    assert answer.confidence == pytest.approx(1 / (1 + np.exp(-2.0)))


def test_one_candidate_and_blank_answers_teach_nothing_and_are_answered(text):
    rows = [item(["0"], "a"), item([], "a", "b"), item(None, "a", "b")]
    assert make().examples(rows, text, supervised=True) == []
    examples = make().examples(rows[:1], text, supervised=False)
    [answer] = make().predictions(rows[:1], examples, [np.array([[0.2]], dtype=np.float32)])
    assert (answer.value, answer.confidence) == (["0"], 1.0)
    assert make().report(rows, [["0"], ["1", "0"], []])["units"] == 0


def test_equal_scores_keep_the_order_of_the_item(text):
    rows = [item(None, "a", "a", "a")]
    examples = make().examples(rows, text, supervised=False)
    [answer] = make().predictions(rows, examples, [np.zeros((3, 1), dtype=np.float32)])
    assert answer.value == ["0", "1", "2"] and answer.confidence == 0.5


def test_a_long_candidate_and_a_long_dialogue_share_the_room(text):
    row = item(None, "thanks " * 50, "bye")
    row.payload["text"] = "hello " * 40 + "refund"
    [example] = make(max_length=24).examples([row], text, supervised=False)
    assert [len(part.ids) for part in example.inputs] == [24, 24]
    refund = text.encode(["refund"])["refund"].ids[0]
    assert all(refund in part.ids for part in example.inputs)  # the latest is what is answered


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (Row(id="r", payload={"text": "hello"}, value=["0"]), "Row 'r': A ranking needs an item with cand"),
        (item(["9", "0"], "a", "b"), "Row 'r': there is no candidate '9'"),
        (item(["0", "0"], "a", "b"), "Row 'r': a candidate is ranked twice"),
        (item(["0", "1"], "a", "b", soft={"0:7": {"first": 1.0}}), "Row 'r': '0:7' among its soft labels"),
        (item(["0"], {"id": "0", "text": "a"}, {"id": "0", "text": "b"}), "Row 'r': Two candidates share"),
        (item(["0"], {"id": "0"}), "Row 'r': candidates/0/text must be a text"),
    ],
)
def test_a_bad_row_is_named(text, row, words):
    with pytest.raises(EngineError, match=words):
        make().examples([row], text, supervised=True)


# -- figures ----------------------------------------------------------------------------------------------


def test_figures_by_hand():
    ids = [["a", "b", "c"]] * 2
    report = rank_report([["a", "b", "c"], ["a"]], [["b", "a", "c"], ["b"]], ids)
    # Item 1: two of three pairs right. Item 2: a>b wrong, a>c a tie (neither was named by the answer).
    assert (report["pairs"], report["units"]) == (5, 2)
    assert report["pairwise_accuracy"] == pytest.approx(2.5 / 5)
    assert report["kendall_tau"] == pytest.approx((1 / 3 + (2 * 0.5 / 2 - 1)) / 2)
    assert (report["top_one"], report["accuracy"]) == (0, 0)


@given(st.permutations("abcdef"), st.permutations("abcdef"))
@settings(max_examples=60, deadline=None)
def test_kendall_is_scipys_and_reversing_negates_it(truth, guess):
    from scipy.stats import kendalltau

    ids = ["abcdef"]
    report = rank_report([truth], [guess], ids)
    expected = kendalltau([truth.index(x) for x in "abcdef"], [guess.index(x) for x in "abcdef"]).statistic
    assert report["kendall_tau"] == pytest.approx(expected)
    assert rank_report([truth], [guess[::-1]], ids)["kendall_tau"] == pytest.approx(-expected)
    assert len(compared_pairs(truth, "abcdef")) == 15
