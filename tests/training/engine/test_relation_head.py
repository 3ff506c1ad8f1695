"""Links between marked texts: both ends are marked, no link is an answer, and bad rows are named."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import BertConfig, BertModel, BertTokenizerFast

from tests.training.engine.conftest import WORDS
from tests.training.engine.samples import LINK_FIELD, link_rows
from training.engine.artifact import load
from training.engine.build import load_tokenizer
from training.engine.config import FieldSpec
from training.engine.data import Row
from training.engine.errors import EngineError
from training.engine.evaluation.outcomes import totals
from training.engine.fit import SUCCEEDED, fit
from training.engine.heads.base import Prediction, Settings
from training.engine.heads.marked import Place, around, flatten, mark, texts_of
from training.engine.heads.relation import RelationHead
from training.engine.payload import Turn
from training.engine.tokens import TextEncoder


@pytest.fixture(scope="session")
def marking_model(tmp_path_factory):
    """The tiny model with signs and the labels' names among its words."""
    folder = tmp_path_factory.mktemp("marking-bert")
    known = dict.fromkeys(f"{WORDS} * # question answer".split())
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *known]
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    BertTokenizerFast(vocab=str(folder / "vocab.txt"), do_lower_case=True).save_pretrained(folder)
    torch.manual_seed(1)
    BertModel(
        BertConfig(vocab_size=len(words), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
                   intermediate_size=64, max_position_embeddings=96)
    ).save_pretrained(folder)  # fmt: skip
    return folder


@pytest.fixture
def text(marking_model) -> TextEncoder:
    return TextEncoder(load_tokenizer(str(marking_model)))


def make(max_length: int = 64, **field) -> RelationHead:
    spec = FieldSpec.from_json(LINK_FIELD | field)
    return RelationHead(
        Settings(field=spec, max_length=max_length, stride=8, context_before=1, context_after=0)
    )


def span(turn: int, start: int, end: int, label: str = "question") -> dict:
    return {"turn": turn, "start": start, "end": end, "label": label}


def test_it_learns_which_answer_belongs_to_which_question(make_run, marking_model):
    folder = make_run(
        train=link_rows(60), dev=link_rows(8, prefix="d"), test=link_rows(12, prefix="t"), field=LINK_FIELD,
        base_model=str(marking_model), epochs=8, learning_rate=2e-3, batch_examples=8,
    )  # fmt: skip
    assert fit(folder) == SUCCEEDED
    report = json.loads((folder / "report.json").read_text())
    test, baseline = report["test"], report["baseline"]
    assert test["micro"]["f1"] > 0.9 > baseline["micro"]["f1"]
    assert test["labels"]["answers"]["support"] == 12 and test["units"] == 48
    assert test["confusion"]["labels"] == ["answers", ""]
    predictor = load(folder / "model", "cpu")
    [row] = link_rows(1)
    [answer] = predictor.predict([row.payload])
    assert answer.value == sorted(row.value, key=lambda link: (link["from"], link["to"]))
    assert answer.detail["beside"] == row.payload["beside"]
    assert all(0 <= link["confidence"] <= 1 for link in answer.detail["links"])
    assert load(folder / "model", "cpu").evaluate(link_rows(12, prefix="t"))["micro"] == test["micro"]


def test_only_what_may_be_linked_is_asked(text):
    spans = [span(0, 0, 5), span(0, 6, 8), span(1, 0, 3, "answer")]
    payload = {"turns": [{"speaker": "c", "text": "hello my order"}, {"speaker": "a", "text": "yes it is"}]}
    row = Row(id="r", payload=payload | {"beside": {"qa": spans}})

    def asked(**field):
        return [e.offsets[0].tolist() for e in make(**field).examples([row], text, supervised=False)]

    assert asked() == [[2, 0], [2, 1]]
    free = {"from_labels": [], "to_labels": []}
    assert asked(**free) == [[a, b] for a in range(3) for b in range(3) if a != b]
    assert asked(**free, directed=False) == [[0, 1], [0, 2], [1, 2]]
    assert all(example.leads.shape == (1, 2) for example in make().examples([row], text, supervised=False))


def test_marks_stand_where_the_texts_begin_and_end(text):
    turns = [Turn("customer", "where is my order"), Turn("agent", "it has come")]
    pair = Place(1, 0, 2, "answer"), Place(0, 9, 17, "question")
    tokens = text.encode(texts_of(turns, ["answer", "question"]))
    framed, leads = mark(flatten(turns, tokens, text), pair, tokens, text, max_length=64)
    words = [text._backend.id_to_token(token) for token in framed.ids]
    assert " ".join(words) == (
        "[CLS] customer : where is # question : my order # [SEP] agent : * answer : it * has come [SEP]"
    )
    assert [words[lead] for lead in leads] == ["*", "#"]


@given(
    st.lists(st.text("ab 我é😊 ", min_size=1, max_size=30), min_size=1, max_size=4),
    st.data(), st.integers(16, 40),
)  # fmt: skip
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_two_stretches_fit_and_both_signs_are_there(text, texts, data, length):
    def some() -> Place:
        turn = data.draw(st.integers(0, len(texts) - 1))
        start = data.draw(st.integers(0, len(texts[turn]) - 1))
        return Place(turn, start, data.draw(st.integers(start + 1, len(texts[turn]))), "question")

    turns, pair = [Turn("", one) for one in texts], (some(), some())
    tokens = text.encode(texts_of(turns, ["question"]))
    framed, leads = mark(flatten(turns, tokens, text), pair, tokens, text, max_length=length)
    assert len(framed.ids) <= length
    signs = [text.encode(["*", "#"])[sign].ids[0] for sign in "*#"]
    assert [framed.ids[lead] for lead in leads] == signs


@given(st.integers(4, 200), st.integers(2, 80), st.data())
@settings(max_examples=100, deadline=None)
def test_the_surroundings_are_shared_out_and_keep_both_ranges(total, room, data):
    begins = [data.draw(st.integers(0, total - 1)) for _ in range(2)]
    ranges = [(begin, min(total, begin + data.draw(st.integers(1, room // 2)))) for begin in begins]
    found = around(ranges, total, room)
    assert sum(end - begin for begin, end in found) <= room
    assert all(any(a <= begin and end <= b for a, b in found) for begin, end in ranges)
    assert total > room or found == [(0, total)]


def test_a_far_link_keeps_both_ends_in_a_short_input(text):
    said = ("customer", "where is my parcel"), ("agent", "hello " * 40), ("agent", "refund come back")
    turns = [{"speaker": speaker, "text": words} for speaker, words in said]
    spans = [span(0, 12, 18), span(2, 0, 6, "answer")]
    row = Row(id="r", payload={"turns": turns, "beside": {"qa": spans}})
    [example] = make(max_length=40).examples([row], text, supervised=False)
    both = {tokens.ids[0] for tokens in text.encode(["parcel", "refund"]).values()}
    assert len(example.ids) <= 40 and both <= set(example.ids.tolist())


def test_training_samples_the_unlinked_pairs_and_keeps_their_weight(text):
    words = " ".join(["hello"] * 24)
    spans = [span(0, 6 * n, 6 * n + 5, "answer" if n % 2 else "question") for n in range(24)]
    row = Row(id="r", payload={"text": words, "beside": {"qa": spans}}, weight=2.0,
              value=[{"from": 1, "to": 0, "label": "answers"}])  # fmt: skip
    head = make()
    everything = head.examples([row], text, supervised=True)
    lessons = head.lessons([row], text)
    assert (len(everything), len(lessons)) == (144, 1 + 8)
    linked = [example for example in lessons if example.targets[0, 0] == 0]
    assert [example.weight for example in linked] == [2.0]
    assert sum(example.weight for example in lessons) == pytest.approx(2.0 * 144)
    assert [e.offsets.tolist() for e in lessons] == [e.offsets.tolist() for e in head.lessons([row], text)]
    assert head.lessons([replace(row, weight=0)], text) == []


def test_very_many_spans_are_bounded_by_nearness(text):
    words = " ".join(["hello"] * 100)
    spans = [span(0, 6 * n, 6 * n + 5, "answer" if n % 2 else "question") for n in range(100)]
    row = Row(id="r", payload={"text": words, "beside": {"qa": spans}})
    asked = [e.offsets[0].tolist() for e in make().examples([row], text, supervised=False)]
    assert len(asked) == 400 and max(abs(a - b) for a, b in asked) < 20


def test_doubt_is_learned_as_doubt(text):
    spans = [span(0, 0, 5), span(0, 6, 8, "answer")]
    row = Row(id="r", payload={"text": "hello my", "beside": {"qa": spans}}, value=[],
              soft={"0.6.8>0.0.5": {"": 0.6, "answers": 0.2}})  # fmt: skip
    [example] = make().examples([row], text, supervised=True)
    assert example.targets[0] == pytest.approx([0.75, 0.25])


def test_no_spans_and_no_links_are_answers_too(text):
    empty = Row(id="e", payload={"text": "hello", "beside": {"qa": []}}, value=[])
    assert make().examples([empty], text, supervised=True) == []
    [answer] = make().predictions([empty], [], [])
    assert (answer.value, answer.confidence) == ([], 1.0)
    report = make().report([empty], [[]])
    assert report["micro"]["f1"] == 0 and report["units"] == 0
    # A field that asks for at least one link gets the likeliest one.
    spans = [span(0, 0, 5), span(0, 6, 8, "answer")]
    row = Row(id="r", payload={"text": "hello my", "beside": {"qa": spans}})
    examples = make().examples([row], text, supervised=False)
    low = [np.array([[3.0, 0.0]], dtype=np.float32)]
    assert make().predictions([row], examples, low)[0].value == []
    [forced] = make(required=True).predictions([row], examples, low)
    assert forced.value == [{"from": 1, "to": 0, "label": "answers"}] and forced.confidence < 0.1


def test_outcomes_give_the_report_back_and_every_pair_is_a_decision(text):
    rows = link_rows(6)
    head = make()
    guesses = [
        rows[0].value,
        [],
        [{"from": 2, "to": 0, "label": "answers"}],
        *(row.value for row in rows[3:]),
    ]
    outcomes = head.outcomes(rows, [Prediction(value, 0.9) for value in guesses])
    report, again = head.report(rows, guesses), totals(outcomes, ["answers"])
    assert [again[name] for name in ("micro", "accuracy", "units")] == [
        report[name] for name in ("micro", "accuracy", "units")
    ]
    assert [outcome.wrong for outcome in outcomes] == [
        guess != row.value for guess, row in zip(guesses, rows, strict=True)
    ]
    examples = head.examples(rows, text, supervised=True)
    outputs = [np.log(np.clip(example.targets, 0.1, 0.9)) for example in examples]
    sure, right = head.certainties(examples, outputs, outcomes)
    assert len(sure) == 24 and all(right) and sure == pytest.approx([0.9] * 24)
    assert head.certainties([], [], []) == ([], [])


def beside(spans, value=None, **row) -> Row:
    return Row(id="r", payload={"text": "hello my order", "beside": {"qa": spans}}, value=value, **row)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (Row(id="r", payload={"text": "hello"}), "Row 'r': its 'qa' spans must stand under 'beside'"),
        (Row(id="r", payload={"text": "hello", "beside": {"other": []}}), "its 'qa' spans must stand"),
        (beside([span(0, 3, 99)]), "Row 'r': span 3..99 lies outside"),
        (beside([span(4, 0, 1)]), "Row 'r': there is no turn 4"),
        (beside([{"turn": 0}]), "Row 'r': a span needs"),
        (beside([span(0, 0, 5)], [{"from": 0, "to": 7, "label": "answers"}]), "Row 'r': there is no span 7"),
        (beside([span(0, 0, 5)], [{"from": True, "to": 0, "label": "answers"}]), "there is no span True"),
        (beside([span(0, 0, 5)], [{"from": 0, "to": 0, "label": "what"}]), "unknown label 'what' of a link"),
        (beside([span(0, 0, 5)], ["x"]), "Row 'r': a link needs from, to and label"),
        (
            beside([span(0, 0, 5), span(0, 6, 8, "answer")], [], soft={"0.6.8>0.0.5": {"what": 1.0}}),
            "unknown label 'what' among its soft labels",
        ),
    ],
)  # fmt: skip
def test_a_bad_row_is_named(text, row, words):
    with pytest.raises(EngineError, match=words):
        make().examples([row], text, supervised=True)


def test_a_field_that_names_no_spans_is_refused():
    with pytest.raises(EngineError, match="does not say whose spans"):
        make(**{"from": "", "to": ""})
