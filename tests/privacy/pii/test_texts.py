"""The one walk over a payload's texts: taken out in one order, and put back where they were."""

import copy
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.pii.texts import Texts, turn_texts

WORDS = st.text(alphabet=string.ascii_letters + " é中😀", max_size=12)
TURN = st.fixed_dictionaries({"speaker": st.sampled_from(["", "anna", "Bob", "客户"]), "text": WORDS})
CONTENT = st.one_of(
    st.fixed_dictionaries({"text": WORDS}),
    st.fixed_dictionaries({"pair": st.lists(WORDS, min_size=2, max_size=2)}),
    st.fixed_dictionaries({"turns": st.lists(TURN, min_size=1, max_size=5)}),
)
CANDIDATES = st.lists(st.fixed_dictionaries({"id": st.sampled_from("abc"), "text": WORDS}), max_size=3)


@st.composite
def payloads(draw):
    payload = draw(CONTENT)
    if draw(st.booleans()):
        payload["candidates"] = draw(CANDIDATES)
    if draw(st.booleans()):
        payload["beside"] = {"who": [{"turn": 0, "start": 0, "end": 1, "label": "x"}]}
    return payload


@given(payloads())
def test_taken_out_and_put_back_a_payload_is_the_same(payload):
    before = copy.deepcopy(payload)
    texts = Texts.of(payload)
    assert texts.like(texts.all).put_into(payload) == before
    assert texts.put_into(payload) == before
    assert payload == before


@given(payloads())
def test_each_text_goes_where_it_was_and_nothing_else_changes(payload):
    before = copy.deepcopy(payload)
    texts = Texts.of(payload)
    new = [f"{place}: {text}" for place, text in enumerate(texts.all)]
    changed = texts.like(new).put_into(payload)
    assert payload == before
    assert turn_texts(changed) == new[: len(texts.turns)]
    assert changed.keys() == payload.keys()
    assert changed.get("beside") == payload.get("beside")
    assert [one["id"] for one in changed.get("candidates", [])] == [
        one["id"] for one in payload.get("candidates", [])
    ]
    names = dict(zip(texts.speakers, new[len(texts.turns) + len(texts.candidates) :], strict=True))
    assert [turn["speaker"] for turn in changed.get("turns", [])] == [
        names[turn["speaker"]] for turn in payload.get("turns", [])
    ]


def test_the_order_is_turns_candidates_and_each_speaker_once():
    payload = {
        "turns": [
            {"speaker": "Bob", "text": "Hello"},
            {"speaker": "Anna", "text": "Hi"},
            {"speaker": "Bob", "text": "Bye"},
        ],
        "candidates": [{"id": "1", "text": "See you"}],
    }
    texts = Texts.of(payload)
    assert texts.all == ["Hello", "Hi", "Bye", "See you", "Anna", "Bob"]
    assert texts.like(["a", "b", "c", "d", "e", "f"]).put_into(payload) == {
        "turns": [
            {"speaker": "f", "text": "a"},
            {"speaker": "e", "text": "b"},
            {"speaker": "f", "text": "c"},
        ],
        "candidates": [{"id": "1", "text": "d"}],
    }


@pytest.mark.parametrize("payload", [{"text": "a"}, {"pair": ["a", "b"]}])
@pytest.mark.parametrize("more", [-1, 1])
def test_too_few_or_too_many_texts_are_refused(payload, more):
    texts = Texts.of(payload)
    with pytest.raises(ValueError, match="in place of"):
        texts.like(["x"] * (len(texts.all) + more))
