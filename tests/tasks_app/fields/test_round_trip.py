"""Properties for any text: emoji, combining marks, Chinese, right to left."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks_app.fields.payload import check_payload, content_hash, turn_texts
from tasks_app.fields.schema import check_answer
from tasks_app.fields.tokens import tokenize
from tests.tasks_app.fields.samples import TEXTS, field, payloads, token_spans


def decoded(asked, value, payload):
    return asked.decode({unit: {label: 1.0} for unit, label in asked.judgments(value, payload)}, payload)


@given(st.data(), payloads())
def test_one_perfect_answer_is_decoded_as_it_is(data, payload):
    spans = field("span")
    value = data.draw(token_spans(payload, spans.labels))
    assert spans.check(value, payload, "/answer/f") == value
    assert decoded(spans, value, payload) == (value, 1.0)


@given(st.data(), payloads())
def test_overlapping_layers_are_decoded_as_they_are(data, payload):
    spans = field("span", overlapping=True)
    value = data.draw(token_spans(payload, ("question",))) + data.draw(token_spans(payload, ("answer",)))
    canonical = spans.check(value, payload, "/answer/f")
    assert decoded(spans, canonical, payload) == (canonical, 1.0)


@given(st.data(), payloads())
def test_choices_are_decoded_as_they_are(data, payload):
    turns = data.draw(st.sets(st.integers(0, len(turn_texts(payload)) - 1)))
    single = [{"turn": turn, "label": "answer"} for turn in sorted(turns)]
    several = [{"turn": turn, "labels": ["question", "answer"]} for turn in sorted(turns)]
    assert decoded(field("choice", scope="turn"), single, payload) == (single, 1.0)
    assert decoded(field("choice", scope="turn", multi=True), several, payload) == (several, 1.0)


@pytest.mark.parametrize("text", [text for text in TEXTS if text.strip()])
def test_every_single_token_can_be_marked(text):
    payload = check_payload({"text": text})
    spans = field("span")
    for start, end in tokenize(turn_texts(payload)[0]):
        value = [{"turn": 0, "start": start, "end": end, "label": "answer"}]
        assert decoded(spans, value, payload) == (value, 1.0)


@given(payloads())
def test_checking_a_payload_twice_changes_nothing(payload):
    assert check_payload(payload) == payload
    assert content_hash(json.loads(json.dumps(payload))) == content_hash(payload)


@given(st.data(), payloads())
@settings(max_examples=200)
def test_checking_an_answer_twice_changes_nothing(data, payload):
    """Any offsets that are accepted, inside words and letters too."""
    fields = [
        field("span"),
        field("text", name="reply"),
        field("choice", name="topics", multi=True, required=False),
    ]
    text = turn_texts(payload)[0]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    answer = {
        "f": [{"turn": 0, "start": start, "end": end, "label": "answer"}] if text[start:end].strip() else [],
        "reply": data.draw(st.text(min_size=1, max_size=20).filter(lambda t: t.strip() and "\0" not in t)),
        "topics": data.draw(st.permutations(["question", "answer"])),
    }
    canonical = check_answer(fields, answer, payload)
    assert check_answer(fields, json.loads(json.dumps(canonical)), payload) == canonical
    for span in canonical["f"]:
        assert text[span["start"] : span["end"]] == text[start:end].strip()


@given(st.data(), payloads())
def test_whatever_is_decoded_is_a_legal_answer(data, payload):
    for asked in (field("span", required=False), field("choice", scope="turn"), field("choice", multi=True)):
        labels = sorted(
            {label for _, label in asked.judgments(asked.empty(payload), payload)}
            | {"B-answer", "I-answer", "I-question", "answer", "yes", "no", ""}
        )
        posteriors = {
            unit: dict(
                zip(
                    labels,
                    data.draw(st.lists(st.floats(0, 1), min_size=len(labels), max_size=len(labels))),
                    strict=True,
                )
            )
            for unit, _ in asked.judgments(asked.empty(payload), payload)[:12]
        }
        value, sure = asked.decode(posteriors, payload)
        assert asked.check(value, payload, "/answer/f") == value
        assert 0.0 <= sure <= 1.0
