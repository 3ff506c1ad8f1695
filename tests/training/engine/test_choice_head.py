import json
from dataclasses import replace

import numpy as np
import pytest
from transformers import AutoTokenizer

from tests.training.engine.samples import events
from training.engine.config import FieldSpec, FitConfig
from training.engine.data import Row
from training.engine.errors import EngineError
from training.engine.fit import SUCCEEDED, fit
from training.engine.heads.base import Settings
from training.engine.heads.choice import ChoiceHead, has_blanks
from training.engine.tokens import TextEncoder

DIALOGUE = {"turns": [
    {"speaker": "agent", "text": "hello"}, {"speaker": "customer", "text": "cancel my order"},
    {"speaker": "agent", "text": "thanks"},
]}  # fmt: skip


def make(*, blank=False, max_length=64, context_after=0, **field):
    config = {"name": "f", "type": "choice", "labels": ["a", "b", "c"], **field}
    settings = {"max_length": max_length, "stride": 8, "context_before": 1, "context_after": context_after}
    return ChoiceHead(Settings(field=FieldSpec.from_json(config), blank=blank, **settings))


@pytest.fixture
def text(tiny_model):
    return TextEncoder(AutoTokenizer.from_pretrained(tiny_model))


@pytest.fixture
def words(tiny_model):
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    return lambda example: " ".join(tokenizer.convert_ids_to_tokens(example.ids.tolist()))


def test_a_turn_is_shown_with_its_speaker_and_neighbours_and_pooled_alone(text, words):
    rows = [Row(id="1", payload=DIALOGUE)]
    example = make(scope="turn", context_after=1).examples(rows, text, supervised=False)[1]
    assert words(example) == (
        "[CLS] cancel my order [SEP] customer [SEP] agent : hello [SEP] agent : thanks [SEP]"
    )
    assert example.pool == (1, 4)


def test_a_dialogue_is_one_input_and_a_pair_two_segments(text, words):
    whole = make().examples([Row(id="1", payload=DIALOGUE)], text, supervised=False)[0]
    assert words(whole).startswith("[CLS] agent : hello [SEP] customer : cancel my order [SEP] agent")
    pair = make(scope="pair").examples(
        [Row(id="1", payload={"pair": ["blue", "red one"]})], text, supervised=False
    )
    assert words(pair[0]) == "[CLS] blue [SEP] red one [SEP]"
    assert pair[0].types.tolist() == [0, 0, 0, 1, 1, 1]


def test_a_long_dialogue_keeps_head_and_tail(text, words):
    payload = {"text": "hello " * 100 + "blue " + "thanks " * 30}
    example = make(max_length=34).examples([Row(id="1", payload=payload)], text, supervised=False)[0]
    assert words(example) == f"[CLS] {'hello ' * 8}{'thanks ' * 24}[SEP]"


def test_a_long_pair_cuts_the_longer_text_first(text, words):
    payload = {"pair": ["blue red", "hello " * 100]}
    example = make(scope="pair", max_length=35).examples(
        [Row(id="1", payload=payload)], text, supervised=False
    )[0]
    assert words(example) == f"[CLS] blue red [SEP] {'hello ' * 30}[SEP]"


SCOPES = [
    ({}, "b", False),
    ({"multi": True}, ["a", "c"], False),
    ({"multi": True, "required": False}, [], False),
    (
        {"scope": "turn"},
        [{"turn": 0, "label": "a"}, {"turn": 1, "label": "c"}, {"turn": 2, "label": "a"}],
        False,
    ),
    ({"scope": "turn"}, [{"turn": 1, "label": "c"}], True),
    ({"scope": "turn", "speakers": ["customer"]}, [{"turn": 1, "label": "c"}], False),
    ({"scope": "turn", "multi": True}, [{"turn": 2, "labels": ["a", "b"]}], True),
    ({"required": False}, None, True),
]


@pytest.mark.parametrize(("field", "value", "blank"), SCOPES)
def test_truth_comes_back_as_the_fields_answer(field, value, blank, text):
    row = Row(id="1", payload=DIALOGUE, value=value)
    assert has_blanks([row], make(**field).settings) in (blank, True)
    head = make(blank=blank, **field)
    examples = head.examples([row], text, supervised=True)
    prediction = head.predictions([row], examples, [example.targets * 30 - 15 for example in examples])[0]
    assert prediction.value == value
    assert prediction.confidence > 0.99
    assert head.report([row], [value])["accuracy"] == 1.0


def test_unlabelled_turns_teach_nothing_unless_blank_is_an_answer(text):
    row = Row(id="1", payload=DIALOGUE, value=[{"turn": 1, "label": "c"}])
    assert len(make(scope="turn").examples([row], text, supervised=True)) == 1
    assert len(make(scope="turn", blank=True).examples([row], text, supervised=True)) == 3


def test_soft_labels_become_the_target(text):
    head = make(scope="turn")
    row = Row(id="1", payload=DIALOGUE, value=[{"turn": 1, "label": "a"}], soft={"1": {"a": 0.6, "b": 0.4}})
    assert np.allclose(head.examples([row], text, supervised=True)[0].targets, [[0.6, 0.4, 0]])


def test_confidence_of_an_answer_is_that_of_its_least_sure_turn(text):
    head = make(scope="turn")
    row = Row(id="1", payload=DIALOGUE)
    examples = head.examples([row], text, supervised=False)
    logits = [np.log(np.array([[p, 1 - p, 1e-9]], dtype=np.float32)) for p in (0.9, 0.6, 0.8)]
    prediction = head.predictions([row], examples, logits)[0]
    assert prediction.confidence == pytest.approx(0.6)
    assert prediction.detail["turns"][1]["probabilities"]["b"] == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ({}, "d", "unknown label 'd'"),
        ({}, ["a", "b"], "takes one"),
        ({"scope": "turn"}, [{"turn": 9, "label": "a"}], "no turn 9"),
        ({"scope": "turn"}, ["a"], "needs turn and label"),
    ],
)
def test_a_bad_choice_is_refused_with_its_row(field, value, words, text):
    with pytest.raises(EngineError, match="Row 'x7'") as refusal:
        make(**field).examples([Row(id="x7", payload=DIALOGUE, value=value)], text, supervised=True)
    assert words in str(refusal.value)


def test_the_names_of_the_labels_are_texts_to_learn_from(make_run):
    field = {"name": "intent", "type": "choice", "labels": ["cancel_my-order", "track"]}
    rows = [Row(id=str(n), payload={"text": "where"}, value="track") for n in range(4)]
    plain, named = (
        make_run(name, train=rows, dev=rows, field=field, label_names=name == "named")
        for name in ("plain", "named")
    )
    assert [fit(plain), fit(named)] == [SUCCEEDED] * 2
    counts = [events(folder, "state")[1]["examples"] for folder in (plain, named)]
    assert (counts[0]["train"], counts[1]["train"], counts[1]["dev"]) == (4, 6, 4)
    head = ChoiceHead(Settings.of(FitConfig(head="choice", field=field), max_length=64, blank=False))
    assert [(row.payload["text"], row.value) for row in head.label_rows()] == [
        ("cancel my order", "cancel_my-order"),
        ("track", "track"),
    ]


def test_an_item_left_blank_is_no_unit_where_blank_is_no_answer(make_run):
    field = {"name": "topic", "type": "choice", "labels": ["cancel", "refund"], "required": False}
    labels = field["labels"] * 4
    rows = [Row(id=str(n), payload={"text": label}, value=label) for n, label in enumerate(labels)]
    dev = [*rows, Row(id="blank", payload={"text": "hello"})]
    folder = make_run(train=rows, dev=dev, test=dev, field=field, epochs=1)
    assert fit(folder) == SUCCEEDED
    assert json.loads((folder / "report.json").read_text())["test"]["units"] == 8


@pytest.mark.parametrize("neighbours", [20, 50])
def test_very_many_neighbours_leave_room_for_the_turn(text, neighbours):
    said = [{"speaker": "agent", "text": "hello thanks bye please"} for _ in range(110)]
    many = make(scope="turn")
    many.settings = replace(many.settings, context_before=neighbours, context_after=neighbours)
    examples = many.examples([Row(id="long", payload={"turns": said})], text, supervised=False)
    assert max(example.length for example in examples) <= 64
    assert all(example.pool[1] - example.pool[0] == 4 for example in examples)
