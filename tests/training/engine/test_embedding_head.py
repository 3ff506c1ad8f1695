"""Contrastive tuning: the loss by hand, the vectors, and the figures of retrieval."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.training.engine.samples import CHOICE_FIELD, choice_rows, events
from training.engine.artifact import load
from training.engine.batching import Truth
from training.engine.contrast import Contrast
from training.engine.data import Row
from training.engine.fit import SUCCEEDED, fit
from training.engine.retrieval import Kin, retrieval_report

PAIR_FIELD = {"name": "alike", "type": "choice", "scope": "pair", "labels": ["same", "different"]}


def truth(targets, bundles):
    rows = torch.tensor(targets, dtype=torch.float32)
    return Truth(rows, torch.ones(len(rows)), torch.tensor(bundles))


def test_the_loss_is_the_formula_on_three_texts():
    # a and b share a label and stand at right angles to c; t = 1: a.b = 1, a.c = b.c = 0.
    vectors = torch.tensor([[2.0, 0.0], [1.0, 0.0], [0.0, 3.0]])
    loss, known = Contrast(temperature=1.0), truth([[1, 0], [1, 0], [0, 1]], [0, 1, 2])
    of_a = -math.log(math.e / (math.e + 1))
    assert float(loss(vectors, known)) == pytest.approx(2 * of_a)
    assert loss.weigh(known).tolist() == [1, 1, 0]  # c has nobody


def test_several_partners_count_by_their_mean():
    vectors = torch.eye(4)[[0, 0, 1, 2]]
    known = truth([[1, 0], [1, 0], [1, 0], [0, 1]], [0, 1, 2, 3])
    first = -(math.log(math.e / (math.e + 2)) + math.log(1 / (math.e + 2))) / 2
    third = -math.log(1 / 3)
    assert float(Contrast(temperature=1.0)(vectors, known)) == pytest.approx(2 * first + third)


def test_in_a_field_about_pairs_only_the_texts_of_one_item_belong_together():
    loss, known = Contrast(by_bundle=True), truth([[1], [1], [0], [0]], [0, 0, 1, 1])
    assert loss.weigh(known).tolist() == [1, 1, 0, 0]


def test_a_gradient_draws_partners_together():
    vectors = torch.tensor([[1.0, 0.2], [0.2, 1.0], [-1.0, 0.1]], requires_grad=True)
    loss, known = Contrast(), truth([[1, 0], [1, 0], [0, 1]], [0, 1, 2])
    before = float(loss(vectors, known).detach())
    loss(vectors, known).backward()
    assert float(loss(vectors.detach() - 0.01 * vectors.grad, known)) < before


def test_retrieval_figures_by_hand():
    angles = np.array([0.0, 0.1, 0.3, 0.35])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    kinds = np.eye(2, dtype=np.float32)[[0, 1, 0, 1]]
    report = retrieval_report(vectors, vectors, Kin(kinds, kinds), itself=True)
    # Ranks of the only kin: text 2 second for 0, 3 third for 1, 0 third for 2, 1 second for 3.
    assert report["mrr"] == pytest.approx((1 / 2 + 1 / 3 + 1 / 3 + 1 / 2) / 4)
    assert (report["recall_at_1"], report["recall_at_5"], report["queries"]) == (0.0, 1.0, 4)


def test_a_text_without_kin_is_not_asked_about():
    vectors, kinds = np.eye(3, dtype=np.float32), np.eye(3, dtype=np.float32)
    assert retrieval_report(vectors, vectors, Kin(kinds, kinds), itself=True)["queries"] == 0


def test_a_run_learns_vectors_that_find_their_kind(make_run):
    rows = choice_rows(24)
    folder = make_run(
        train=rows, dev=rows, test=choice_rows(9, prefix="t"), field=CHOICE_FIELD, head="embedding", epochs=8,
        batch_examples=8,
    )  # fmt: skip
    assert fit(folder) == SUCCEEDED
    report = json.loads((folder / "report.json").read_text())
    assert report["test"]["mrr"] > 0.95 > report["baseline"]["mrr"]
    assert events(folder, "eval")[-1]["metric"] == "mrr"
    assert not (folder / "model" / "head.safetensors").exists()


def test_a_loaded_model_gives_a_vector_of_length_one(make_run):
    rows = choice_rows(12)
    folder = make_run(train=rows, dev=rows, field=CHOICE_FIELD, head="embedding")
    assert fit(folder) == SUCCEEDED
    vectors = [p.value for p in load(folder / "model", "cpu").predict([rows[0].payload, rows[1].payload])]
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1], abs=1e-4)
    assert len(vectors[0]) == 32


def test_the_tuned_encoder_is_a_base_model_of_a_later_run(make_run):
    rows = choice_rows(12)
    first = make_run("first", train=rows, dev=rows, field=CHOICE_FIELD, head="embedding")
    assert fit(first) == SUCCEEDED
    second = make_run("second", train=rows, dev=rows, field=CHOICE_FIELD, base_model=str(first / "model"))
    assert fit(second) == SUCCEEDED


def test_turns_are_told_apart(make_run):
    field = {**CHOICE_FIELD, "scope": "turn"}
    turns = [{"speaker": "a", "text": text} for text in ("cancel my order", "money back")]
    value = [{"turn": 0, "label": "cancel"}, {"turn": 1, "label": "refund"}]
    rows = [Row(id=str(n), payload={"turns": turns}, value=value) for n in range(6)]
    folder = make_run(train=rows, dev=rows, field=field, head="embedding")
    assert fit(folder) == SUCCEEDED
    answer = load(folder / "model", "cpu").predict([rows[0].payload])[0].value
    assert [entry["turn"] for entry in answer] == [0, 1]


def test_pairs_that_are_the_same_learn_to_find_each_other(make_run):
    texts = ("cancel my order", "where is the parcel", "i want my money back", "hello agent")
    rows = [
        Row(id=f"{n}{m}", payload={"pair": [text + " please", "thanks " + other]},
            value="same" if text == other else "different")
        for n, text in enumerate(texts) for m, other in enumerate(texts)
    ]  # fmt: skip
    folder = make_run(
        train=rows * 3, dev=rows, field=PAIR_FIELD, head="embedding", epochs=10, batch_examples=16
    )
    assert fit(folder) == SUCCEEDED
    report = json.loads((folder / "report.json").read_text())["dev"]
    assert (report["queries"], report["mrr"]) == (4, 1.0)
    [answer] = load(folder / "model", "cpu").predict([rows[0].payload])
    assert len(answer.value) == 2
    assert answer.confidence > 0.5


def test_texts_with_several_labels_are_learned_to_the_end(make_run):
    field = {**CHOICE_FIELD, "multi": True}
    rows = [replace(row, value=[row.value]) for row in choice_rows(12)]
    folder = make_run(train=rows, dev=rows, test=choice_rows(0), field=field, head="embedding", epochs=1)
    assert fit(folder) == SUCCEEDED
    report = json.loads((folder / "report.json").read_text())
    assert report["dev"]["reliability"]["decisions"] == 0
    assert report["calibration"]["temperature"] == 1.0  # a vector has none: it is of length one


def test_test_rows_without_a_label_are_not_asked_about(make_run):
    rows, blank = choice_rows(12), Row(id="blank", payload={"text": "hello"})
    folder = make_run(train=rows, dev=rows, test=[blank], field=CHOICE_FIELD, head="embedding", epochs=1)
    assert fit(folder) == SUCCEEDED
    assert json.loads((folder / "report.json").read_text())["test"]["queries"] == 0
