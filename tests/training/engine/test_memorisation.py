"""Who was trained on, and what was learned by heart: more by a model that learned too long, less by a private
one."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel, BertTokenizerFast

from tests.training.engine.conftest import WORDS
from tests.training.engine.samples import (
    CHOICE_FIELD,
    LINK_FIELD,
    RANK_FIELD,
    SCALE_FIELD,
    SPAN_FIELD,
    choice_rows,
    link_rows,
    rank_rows,
    scale_rows,
    span_rows,
)
from training.engine.config import FieldSpec
from training.engine.data import Row
from training.engine.fit import SUCCEEDED, fit
from training.engine.memorisation import canaries
from training.engine.memorisation.membership import membership, sample
from training.engine.private.draws import KEY_FILE

FEW = {"choice": (CHOICE_FIELD, choice_rows), "scale": (SCALE_FIELD, scale_rows),
       "span": (SPAN_FIELD, span_rows), "rank": (RANK_FIELD, rank_rows),
       "relation": (LINK_FIELD, link_rows)}  # fmt: skip


def test_it_counts_how_often_a_member_has_the_smaller_loss():
    found = membership([1.0, 2.0, 3.0], [2.0, 4.0])
    # pairs: 1<2, 1<4, 2=2 (half), 2<4, 3>2, 3<4
    assert found["auc"] == pytest.approx(4.5 / 6)
    assert found["tpr"] == pytest.approx(1 / 3)  # below the lowest of the others
    low, high = found["interval"]
    assert 0 <= low < found["auc"] < high <= 1


def test_a_model_that_gives_nothing_away_is_a_coin():
    draw = np.random.default_rng(5)
    found = membership(draw.normal(size=400), draw.normal(size=400))
    low, high = found["interval"]
    assert low < 0.5 < high and high - low < 0.1
    assert found["tpr"] < 0.05 and (found["members"], found["others"]) == (400, 400)


def test_at_one_false_alarm_in_a_hundred_so_many_are_found():
    others = np.arange(1000.0)
    found = membership([4.0, 8.0, 9.5, 10.5, 500.0], others)
    assert found["fpr"] == 0.01 and found["tpr"] == pytest.approx(3 / 5)  # ten of the others lie below 10


def test_a_sample_is_a_fixed_one_of_500():
    assert sample(7, seed=1).tolist() == list(range(7))
    assert len(sample(9000, seed=1)) == 500
    assert sample(9000, seed=1).tolist() == sample(9000, seed=1).tolist() != sample(9000, seed=2).tolist()


def test_exposure_is_bits_of_rank():
    others = [float(n) for n in range(1, 256)]
    assert canaries.exposure(0.5, others) == 8.0  # first of 256
    assert canaries.exposure(999.0, others) == 0.0
    assert canaries.exposure(127.5, others) == 1.0
    mean = np.mean([canaries.exposure(place + 0.5, others) for place in range(256)])
    assert mean == pytest.approx(canaries.CHANCE, abs=0.05)


def test_canaries_are_made_up_each_of_its_own_and_never_among_the_others():
    spec = FieldSpec.from_json(CHOICE_FIELD)
    one = canaries.canaries_of(spec, seed=3)
    assert one == canaries.canaries_of(spec, seed=3) != canaries.canaries_of(spec, seed=4)
    secrets = {canary.secret for canary in one}
    assert len(secrets) == canaries.COUNT == 8
    never = canaries.alternatives(spec, one, seed=3)
    assert len(never) == 8 * 255
    assert not any(secret in json.dumps(row.payload) for row in never[:255] for secret in secrets)
    assert {row.value for row in never[:255]} == {one[0].row.value}


@pytest.mark.parametrize(("rows", "times"), [(40, 1), (400, 2), (5000, 4)])
def test_few_rows_get_few_of_them(rows, times):
    planted = canaries.planted(FieldSpec.from_json(CHOICE_FIELD), seed=3, rows=rows)
    assert len(planted) == 8 * times == len({row.id for row in planted})
    assert len({row.group for row in planted}) == 8


def report_of(folder):
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("kind", list(FEW))
def test_every_report_says_how_well_members_are_told(kind, make_run):
    field, rows_of = FEW[kind]
    folder = make_run(
        "run", train=rows_of(24), dev=rows_of(12), test=rows_of(24, prefix="t"), field=field, epochs=1
    )
    assert fit(folder) == SUCCEEDED
    told = report_of(folder)["memorisation"]
    assert told["canaries"] is None
    found = told["membership"]
    assert found["members"] == found["others"] == 24 and found["split"] == "test"
    assert found["interval"][0] <= found["auc"] <= found["interval"][1]


def test_vectors_are_told_by_how_close_they_lie(make_run):
    rows = {"train": choice_rows(24), "dev": choice_rows(12), "test": choice_rows(24, prefix="t")}
    folder = make_run("run", **rows, field=CHOICE_FIELD, head="embedding", epochs=1, fit_head_first=False)
    assert fit(folder) == SUCCEEDED
    assert report_of(folder)["memorisation"]["membership"]["members"] == 24


def test_too_few_rows_say_nothing(make_run):
    folder = make_run("run", train=choice_rows(9), dev=choice_rows(6), field=CHOICE_FIELD, epochs=1)
    assert fit(folder) == SUCCEEDED
    assert report_of(folder)["memorisation"] == {"membership": None, "canaries": None}


# -- learned by heart -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def counting_model(tmp_path_factory):
    """A tiny BERT that knows digits, and is large enough to learn strings of them by heart."""
    folder = tmp_path_factory.mktemp("counting-bert")
    words = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *dict.fromkeys(WORDS.split()),
        *"0123456789",
        "canary",
    ]
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    BertTokenizerFast(vocab=str(folder / "vocab.txt"), do_lower_case=True).save_pretrained(folder)
    torch.manual_seed(1)
    BertModel(
        BertConfig(vocab_size=len(words), hidden_size=64, num_hidden_layers=2, num_attention_heads=2,
                   intermediate_size=128, max_position_embeddings=64)
    ).save_pretrained(folder)  # fmt: skip
    return folder


def noisy_rows(count, *, prefix=""):
    """Labels that follow from nothing: to be right about them is to have learned them by heart."""
    draw = np.random.default_rng(len(prefix))
    rows = []
    for number in range(count):
        digits = " ".join(map(str, draw.integers(0, 10, 5)))
        label = CHOICE_FIELD["labels"][int(draw.integers(3))]
        rows.append(Row(id=f"{prefix}{number}", payload={"text": f"order {digits}"}, value=label))
    return rows


HEART = {
    "field": CHOICE_FIELD, "memorisation_test": True, "learning_rate": 5e-3, "head_learning_rate": 5e-3,
    "batch_examples": 16, "keep": "last", "patience": 0, "dropout": 0.0, "max_length": 32, "log_every": 50,
    "fit_head_first": False, "freeze_embeddings": True,
}  # fmt: skip


EPOCHS = 40


@pytest.fixture
def memory_of(make_run, counting_model):
    """memory_of(name, **settings) -> the report's part about it, of a model trained on labels by lot."""

    def train(name, **settings):
        rows = {
            "train": noisy_rows(48),
            "dev": noisy_rows(12, prefix="dd"),
            "test": noisy_rows(80, prefix="t"),
        }
        folder = make_run(name, **rows, base_model=str(counting_model), **{**HEART, **settings})
        (folder / "checkpoints").mkdir()
        (folder / "checkpoints" / KEY_FILE).write_bytes(b"s" * 32)  # of a private one: no luck in its noise
        assert fit(folder) == SUCCEEDED
        return report_of(folder)["memorisation"]

    return train


def test_who_learns_too_long_gives_away_members_and_canaries_and_privacy_prevents_it(memory_of):
    barely, fitted = memory_of("barely", epochs=1), memory_of("fitted", epochs=EPOCHS)
    private = memory_of("private", epochs=EPOCHS, dp_epsilon=3.0)
    assert fitted["membership"]["auc"] > 0.8 > 0.65 > barely["membership"]["auc"]
    assert fitted["membership"]["interval"][0] > barely["membership"]["interval"][1]
    assert fitted["canaries"]["mean"] > canaries.CHANCE + 1.5 > barely["canaries"]["mean"]
    assert private["membership"]["auc"] < 0.65
    assert private["canaries"]["mean"] < fitted["canaries"]["mean"] - 1
    assert (fitted["canaries"]["count"], fitted["canaries"]["times"]) == (8, 1)


@pytest.mark.parametrize("kind", list(FEW))
def test_canaries_can_be_planted_for_each_head_that_answers(kind, make_run):
    field, rows_of = FEW[kind]
    rows = {"train": rows_of(24), "dev": rows_of(12), "test": rows_of(12, prefix="t")}
    folder = make_run("run", **rows, field=field, epochs=1, memorisation_test=True)
    assert fit(folder) == SUCCEEDED
    report = report_of(folder)
    found = report["memorisation"]["canaries"]
    assert (found is None) == (kind == "relation")  # its item would need spans of another field
    if found:
        assert found["candidates"] == 256 and len(found["exposures"]) == 8
    card = json.loads((folder / "model" / "card.json").read_text(encoding="utf-8"))
    assert card["rows"]["train"] == 24  # the planted ones are not among what is counted


@pytest.mark.parametrize("scope", ["turn", "pair"])
@pytest.mark.parametrize("multi", [False, True])
def test_canaries_fit_every_shape_of_a_choice(scope, multi, make_run):
    field = {**CHOICE_FIELD, "scope": scope, "multi": multi}
    spec = FieldSpec.from_json(field)
    rows = [
        replace(canary.row, id=f"r{n}", group="")
        for n, canary in enumerate(canaries.canaries_of(spec, seed=9))
    ]
    folder = make_run("run", train=rows * 2, dev=rows, field=field, epochs=1, memorisation_test=True)
    assert fit(folder) == SUCCEEDED
    assert report_of(folder)["memorisation"]["canaries"]["count"] == 8
