"""From judgments to a value, with posteriors computed by hand."""

import pytest

from tests.tasks_app.fields.samples import DIALOGUE, PAIR, PLAIN, field

BOTH = ("question", "answer")


def certain(judgments):
    return {unit: {label: 1.0} for unit, label in judgments}


def test_a_whole_item_choice_has_one_unit():
    choice = field("choice")
    assert choice.judgments("answer", DIALOGUE) == [("item", "answer")]
    assert choice.decode({"item": {"question": 0.3, "answer": 0.7}}, DIALOGUE) == ("answer", 0.7)
    assert field("choice", scope="pair").judgments("answer", PAIR) == [("item", "answer")]


def test_of_equally_likely_labels_the_first_is_taken():
    assert field("choice").decode({"item": {"answer": 0.5, "question": 0.5}}, DIALOGUE)[0] == "question"


def test_a_blank_is_a_verdict_where_blanks_are_allowed():
    choice = field("choice", required=False)
    assert choice.judgments(None, DIALOGUE) == [("item", "")]
    assert choice.decode({"item": {"": 0.9, "answer": 0.1}}, DIALOGUE) == (None, 0.9)
    assert field("choice").decode({"item": {"": 0.9, "answer": 0.1}}, DIALOGUE) == ("answer", 0.1)


def test_a_turn_choice_has_a_unit_for_each_turn_asked_about():
    choice = field("choice", scope="turn", speakers=["customer"])
    marks = [{"turn": 2, "label": "answer"}]
    assert choice.judgments(marks, DIALOGUE) == [("0", ""), ("2", "answer")]
    posteriors = {"0": {"": 0.8, "answer": 0.2}, "2": {"answer": 0.5, "question": 0.4, "": 0.1}}
    assert choice.decode(posteriors, DIALOGUE) == (marks, pytest.approx(0.4))


def test_several_labels_are_yes_or_no_each():
    choice = field("choice", multi=True)
    assert choice.judgments(["answer"], DIALOGUE) == [("item:question", "no"), ("item:answer", "yes")]
    posteriors = {"item:question": {"yes": 0.2, "no": 0.8}, "item:answer": {"yes": 0.9, "no": 0.1}}
    assert choice.decode(posteriors, DIALOGUE) == (["answer"], pytest.approx(0.72))


def test_a_required_choice_of_several_takes_the_likeliest_when_none_is_likely():
    posteriors = {"item:question": {"yes": 0.2, "no": 0.8}, "item:answer": {"yes": 0.4, "no": 0.6}}
    value, sure = field("choice", multi=True).decode(posteriors, DIALOGUE)
    assert value == ["answer"]
    assert sure == pytest.approx(0.32)
    assert field("choice", multi=True, required=False).decode(posteriors, DIALOGUE)[0] == []


def test_several_labels_for_each_turn():
    choice = field("choice", scope="turn", multi=True, speakers=["agent"])
    marks = [{"turn": 1, "labels": ["question", "answer"]}]
    judgments = choice.judgments(marks, DIALOGUE)
    assert judgments == [("1:question", "yes"), ("1:answer", "yes")]
    assert choice.decode(certain(judgments), DIALOGUE) == (marks, 1.0)


def test_spans_have_a_verdict_on_every_token():
    judged = field("span").judgments([{"turn": 0, "start": 0, "end": 11, "label": "question"}], PLAIN)
    assert judged == [("0:0:6", "B-question"), ("0:7:11", "I-question"), ("0:12:19", "O"), ("0:19:20", "O")]


def test_spans_of_other_speakers_turns_have_none():
    units = [unit for unit, _ in field("span", speakers=["agent"]).judgments([], DIALOGUE)]
    assert units == ["1:0:2", "1:3:10", "1:11:16", "1:16:17"]


def test_overlapping_spans_have_a_layer_for_each_label():
    spans = field("span", overlapping=True)
    value = [
        {"turn": 0, "start": 0, "end": 11, "label": "question"},
        {"turn": 0, "start": 7, "end": 19, "label": "answer"},
    ]
    judged = spans.judgments(value, PLAIN)
    assert ("0:7:11:question", "I-question") in judged
    assert ("0:7:11:answer", "B-answer") in judged
    assert len(judged) == 8
    assert spans.decode(certain(judged), PLAIN) == (value, 1.0)


def test_decoded_spans_begin_and_end_with_words():
    spans = field("span")
    inside = [{"turn": 0, "start": 2, "end": 9, "label": "answer"}]  # "ares fe"
    whole = [{"turn": 0, "start": 0, "end": 11, "label": "answer"}]
    assert spans.decode(certain(spans.judgments(inside, PLAIN)), PLAIN) == (whole, 1.0)


def test_a_disputed_end_makes_the_answer_doubtful():
    spans = field("span")
    posteriors = certain(spans.judgments([{"turn": 0, "start": 0, "end": 11, "label": "answer"}], PLAIN))
    posteriors["0:12:19"] = {"O": 0.6, "I-answer": 0.4}
    value, sure = spans.decode(posteriors, PLAIN)
    assert value == [{"turn": 0, "start": 0, "end": 11, "label": "answer"}]
    assert sure == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("kind", "config", "value"),
    [
        ("choice", {}, "question"),
        ("choice", {"required": False}, None),
        ("choice", {"multi": True}, ["question"]),
        ("choice", {"multi": True, "required": False}, []),
        ("choice", {"scope": "turn"}, []),
        ("span", {}, []),
        ("text", {}, ""),
    ],
)
def test_nobody_judged_means_no_confidence(kind, config, value):
    assert field(kind, **config).decode({}, DIALOGUE) == (value, 0.0)


def test_a_field_that_asks_about_no_turn_is_certainly_blank():
    for kind in ("choice", "span"):
        config = {"scope": "turn", "speakers": ["nobody"]}
        assert field(kind, **config).decode({}, DIALOGUE) == ([], 1.0)
        assert field(kind, **config).judgments([], DIALOGUE) == []


def test_text_is_voted_on_and_spelling_does_not_split_the_vote():
    text = field("text")
    assert text.judgments("Hello.", DIALOGUE) == [("text", "Hello.")]
    posterior = {"Hello.": 0.25, "hello": 0.25, "Hello": 0.25, "Good bye": 0.25}
    value, sure = text.decode({"text": posterior}, DIALOGUE)
    assert value.lower().rstrip(".") == "hello"
    assert sure == pytest.approx(0.75)
