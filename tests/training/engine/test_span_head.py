import numpy as np
import pytest
from transformers import AutoTokenizer

from tests.training.engine.samples import SPAN_FIELD
from training.engine.config import FieldSpec
from training.engine.data import Row
from training.engine.errors import EngineError
from training.engine.heads.base import Settings
from training.engine.heads.span import SpanHead
from training.engine.tokens import TextEncoder


def make(field=SPAN_FIELD, **changes):
    settings = {"max_length": 64, "stride": 8, "context_before": 1, "context_after": 0} | changes
    return SpanHead(Settings(field=FieldSpec.from_json(field), **settings))


@pytest.fixture
def text(tiny_model):
    return TextEncoder(AutoTokenizer.from_pretrained(tiny_model))


def confident(example):
    """Logits of a model that knows the truth."""
    return example.targets * 20


def span(turn, whole, part, label="color"):
    start = whole.index(part)
    return {"turn": turn, "start": start, "end": start + len(part), "label": label}


TRICKY = [
    "\U0001f600 the blue\U0001f44d\U0001f3fd one",
    "cafe\u0301 blue\u0301 play",
    "我想blue退款",
    "שלום blue عالم",
    "playing unknown blue.",
]


@pytest.mark.parametrize("turn", TRICKY)
def test_truth_comes_back_to_the_very_code_points(turn, text):
    part = "blue\u0301" if "blue\u0301" in turn else "blue"
    turns = [{"speaker": "agent", "text": "hello"}, {"speaker": "customer", "text": turn}]
    row = Row(id="1", payload={"turns": turns}, value=[span(1, turn, part)])
    head = make()
    examples = head.examples([row], text, supervised=True)
    prediction = head.predictions([row], examples, [confident(example) for example in examples])[0]
    assert prediction.value == row.value
    assert prediction.confidence > 0.99


def test_only_the_first_sub_token_of_a_word_of_the_turn_is_decided(text, tiny_model):
    turns = [{"speaker": "agent", "text": "thanks"}, {"speaker": "customer", "text": "playing blue"}]
    row = Row(id="1", payload={"turns": turns}, value=[])
    example = make().examples([row], text, supervised=True)[1]
    tokens = AutoTokenizer.from_pretrained(tiny_model).convert_ids_to_tokens(example.ids.tolist())
    assert " ".join(tokens) == "[CLS] play ##ing blue [SEP] customer [SEP] agent : thanks [SEP]"
    assert example.leads.tolist() == [1, 3]
    assert example.types.tolist() == [0] * 5 + [1] * 6


def test_a_long_turn_is_read_whole_and_each_word_decided_once(text):
    turn = " ".join(["i want a blue one"] * 60)
    row = Row(id="1", payload={"text": turn}, value=[span(0, turn, "blue")])
    head = make()
    examples = head.examples([row], text, supervised=True)
    assert len(examples) > 4
    assert all(example.length <= 64 for example in examples)
    starts = np.concatenate([example.offsets[:, 0] for example in examples])
    assert starts.tolist() == sorted(set(starts)) and len(starts) == 300
    assert head.predictions([row], examples, [confident(e) for e in examples])[0].value == row.value


def test_only_turns_of_the_asked_speakers_are_read(text):
    turns = [{"speaker": "agent", "text": "blue"}, {"speaker": "customer", "text": "red"}]
    head = make({**SPAN_FIELD, "speakers": ["customer"]})
    examples = head.examples([Row(id="1", payload={"turns": turns})], text, supervised=False)
    assert [example.turn for example in examples] == [1]


def test_the_crowds_doubt_becomes_the_target(text):
    row = Row(
        id="1", payload={"text": "the blue one"}, value=[], soft={"0": [[4, 8, {"O": 1, "B-color": 3}]]}
    )
    targets = make().examples([row], text, supervised=True)[0].targets
    assert targets.tolist() == [[1, 0, 0, 0, 0], [0.25, 0.75, 0, 0, 0], [1, 0, 0, 0, 0]]


def test_report_counts_words_and_names_what_no_tagging_can_reach():
    row = Row(
        id="1",
        payload={"text": "the blue one"},
        value=[span(0, "the blue one", "blue"), span(0, "the blue one", "on")],
    )
    report = make().report([row], [[span(0, "the blue one", "blue")]])
    assert (report["micro"]["precision"], report["micro"]["recall"]) == (1.0, 0.5)
    assert report["unreachable"] == 1
    assert report["confusion"]["labels"] == ["O", "color", "size"]
    assert report["confusion"]["matrix"] == [[1, 0, 0], [1, 1, 0], [0, 0, 0]]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([{"turn": 0, "start": 0, "end": 3, "label": "weight"}], "unknown label 'weight'"),
        ([{"turn": 1, "start": 0, "end": 3, "label": "color"}], "no turn 1"),
        ([{"turn": 0, "start": 0, "end": 99, "label": "color"}], "outside the text"),
        ([{"start": 0}], "needs turn, start, end and label"),
    ],
)
def test_a_bad_span_is_refused_with_its_row(value, words, text):
    with pytest.raises(EngineError, match="Row 'x7'") as refusal:
        make().examples([Row(id="x7", payload={"text": "blue"}, value=value)], text, supervised=True)
    assert words in str(refusal.value)
