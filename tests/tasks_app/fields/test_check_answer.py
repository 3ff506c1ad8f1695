import pytest

from tasks_app.fields.problem import InvalidAnswer
from tasks_app.fields.schema import check_answer, parse_fields
from tests.tasks_app.fields.samples import DIALOGUE, PAIR, PLAIN, field

FIELDS = parse_fields(
    [
        {"name": "qa", "type": "span", "labels": ["question", "answer"]},
        {
            "name": "mood",
            "type": "choice",
            "scope": "turn",
            "labels": ["calm", "cross"],
            "speakers": ["customer"],
        },
        {"name": "topics", "type": "choice", "multi": True, "labels": ["parcel", "money"], "required": False},
        {"name": "reply", "type": "text", "max_length": 10},
    ]
)
SPAN = {"turn": 0, "start": 0, "end": 5, "label": "question"}


def refusal_of(answer, fields=FIELDS, payload=DIALOGUE):
    with pytest.raises(InvalidAnswer) as refusal:
        check_answer(fields, answer, payload)
    return [(problem.pointer, problem.code) for problem in refusal.value.problems]


def test_a_canonical_answer_has_every_field_in_order_and_sorted():
    answer = {
        "reply": "  Cafe\u0301 ",
        "topics": ["money", "parcel"],
        "qa": [{"turn": 1, "start": 0, "end": 17, "label": "answer"}, SPAN],
        "mood": [{"turn": 2, "label": "calm"}, {"turn": 0, "label": "cross"}],
    }
    assert list(check_answer(FIELDS, answer, DIALOGUE).items()) == [
        ("qa", [SPAN, {"turn": 1, "start": 0, "end": 17, "label": "answer"}]),
        ("mood", [{"turn": 0, "label": "cross"}, {"turn": 2, "label": "calm"}]),
        ("topics", ["parcel", "money"]),
        ("reply", "Caf\u00e9"),
    ]


def test_blank_fields_get_their_empty_value():
    assert check_answer(FIELDS, {"reply": "x"}, DIALOGUE) == {
        "qa": [],
        "mood": [],
        "topics": [],
        "reply": "x",
    }
    assert check_answer([field("choice", required=False)], {}, DIALOGUE) == {"f": None}


@pytest.mark.parametrize("answer", [None, [], "x", 3])
def test_it_wants_an_object(answer):
    assert refusal_of(answer) == [("/answer", "type")]


def test_it_reports_unknown_and_missing_fields_together():
    assert refusal_of({"intent": "x", "a/b": 1}) == [
        ("/answer/intent", "unknown_field"),
        ("/answer/a~1b", "unknown_field"),
        ("/answer/reply", "required"),
    ]


@pytest.mark.parametrize(
    ("spans", "pointer", "code"),
    [
        ({}, "", "type"),
        ("[]", "", "type"),
        ([[]], "/0", "keys"),
        ([SPAN | {"text": "Where"}], "/0", "keys"),
        ([{"turn": 0, "start": 0, "end": 5}], "/0", "keys"),
        ([{"start": 0, "end": 5, "label": "question"}], "/0", "keys"),
        ([SPAN | {"label": "greeting"}], "/0/label", "label"),
        ([SPAN | {"label": ["question"]}], "/0/label", "label"),
        ([SPAN | {"turn": 3}], "/0/turn", "turn"),
        ([SPAN | {"turn": -1}], "/0/turn", "turn"),
        ([SPAN | {"turn": True}], "/0/turn", "type"),
        ([SPAN | {"turn": "0"}], "/0/turn", "type"),
        ([SPAN | {"start": False}], "/0/start", "type"),
        ([SPAN | {"end": 5.0}], "/0/end", "type"),
        ([SPAN | {"end": float("nan")}], "/0/end", "type"),
        ([SPAN | {"end": None}], "/0/end", "type"),
        ([SPAN | {"start": -1}], "/0/start", "outside"),
        ([SPAN | {"end": 32}], "/0/end", "outside"),
        ([SPAN | {"end": 10**5000}], "/0/end", "outside"),
        ([SPAN | {"turn": 10**5000}], "/0/turn", "turn"),
        ([SPAN | {"start": 5}], "/0/end", "empty"),
        ([SPAN | {"start": 6}], "/0/end", "empty"),
        ([SPAN | {"start": 5, "end": 6}], "/0", "empty"),
        ([SPAN, SPAN], "/1", "duplicate"),
        ([SPAN, SPAN | {"end": 6}], "/1", "duplicate"),
        ([SPAN | {"start": 3, "end": 8}, SPAN], "/0", "overlap"),
        ([SPAN, SPAN | {"label": "answer"}], "/1", "overlap"),
    ],
)
def test_it_refuses_spans(spans, pointer, code):
    assert refusal_of({"qa": spans, "reply": "x"}) == [(f"/answer/qa{pointer}", code)]


def test_the_refusal_says_what_to_do():
    with pytest.raises(InvalidAnswer, match="Outside the text, which has 31 characters"):
        check_answer(FIELDS, {"qa": [SPAN | {"end": 99}], "reply": "x"}, DIALOGUE)
    with pytest.raises(InvalidAnswer, match="Only turns by customer are asked about"):
        check_answer(FIELDS, {"mood": [{"turn": 1, "label": "calm"}], "reply": "x"}, DIALOGUE)


@pytest.mark.parametrize(
    ("mood", "pointer", "code"),
    [
        ("calm", "", "type"),
        ([{"turn": 0, "labels": ["calm"]}], "/0", "keys"),
        ([{"turn": 0, "label": "x"}], "/0/label", "label"),
        ([{"turn": 0, "label": None}], "/0/label", "label"),
        ([{"turn": 1, "label": "calm"}], "/0/turn", "speaker"),
        ([{"turn": 9, "label": "calm"}], "/0/turn", "turn"),
        ([{"turn": 0, "label": "calm"}, {"turn": 0, "label": "cross"}], "/1/turn", "duplicate"),
    ],
)
def test_it_refuses_turn_choices(mood, pointer, code):
    assert refusal_of({"mood": mood, "reply": "x"}) == [(f"/answer/mood{pointer}", code)]


def test_a_required_turn_choice_names_the_blank_turns():
    required = field("choice", scope="turn", required=True)
    with pytest.raises(InvalidAnswer, match=r"still blank \(from 0\): 0, 2"):
        check_answer([required], {"f": [{"turn": 1, "label": "answer"}]}, DIALOGUE)


@pytest.mark.parametrize(
    ("topics", "pointer", "code"),
    [
        ("money", "", "type"),
        (["money", "money"], "", "duplicate"),
        (["money", "x"], "/1", "label"),
        ([True], "/0", "label"),
    ],
)
def test_it_refuses_several_labels(topics, pointer, code):
    assert refusal_of({"topics": topics, "reply": "x"}) == [(f"/answer/topics{pointer}", code)]


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("x" * 11, "length"),
        (5, "type"),
        (["x"], "type"),
        (" \n", "required"),
        ("a\0b", "character"),
        ("\udc00", "character"),
    ],
)
def test_it_refuses_texts(reply, code):
    assert refusal_of({"reply": reply}) == [("/answer/reply", code)]


@pytest.mark.parametrize(
    ("config", "value", "code"),
    [
        ({"type": "choice"}, "maybe", "label"),
        ({"type": "choice"}, "", "required"),
        ({"type": "choice"}, 1, "label"),
        ({"type": "choice", "multi": True}, [], "required"),
        ({"type": "span", "required": True}, [], "required"),
    ],
)
def test_it_refuses_blank_or_unknown_where_required(config, value, code):
    fields = [field(config.pop("type"), **config)]
    assert refusal_of({"f": value}, fields) == [("/answer/f", code)]


def test_a_pair_choice_is_only_for_pairs():
    fields = [field("choice", scope="pair")]
    assert check_answer(fields, {"f": "answer"}, PAIR) == {"f": "answer"}
    assert refusal_of({"f": "answer"}, fields) == [("/answer/f", "scope")]


def test_a_plain_text_is_turn_0_and_need_not_be_named():
    fields = [field("span")]
    span = {"start": 0, "end": 6, "label": "question"}
    assert check_answer(fields, {"f": [span]}, PLAIN) == {"f": [{"turn": 0, **span}]}


def test_the_texts_of_a_pair_are_turns_0_and_1():
    span = {"turn": 1, "start": 0, "end": 5, "label": "answer"}
    assert check_answer([field("span")], {"f": [span]}, PAIR) == {"f": [span]}


def test_white_space_at_the_ends_is_cut_off_and_nothing_else():
    fields = [field("span")]
    marked = {"turn": 0, "start": 5, "end": 12, "label": "question"}  # " is my "
    inside = {"turn": 0, "start": 14, "end": 16, "label": "answer"}  # "ar" of parcel
    assert check_answer(fields, {"f": [marked, inside]}, DIALOGUE)["f"] == [
        marked | {"start": 6, "end": 11},
        inside,
    ]


def test_spans_may_touch():
    spans = [SPAN, SPAN | {"start": 5, "end": 8, "label": "answer"}, SPAN | {"start": 8, "end": 11}]
    expected = [spans[0], spans[1] | {"start": 6}, spans[2] | {"start": 9}]
    assert check_answer([field("span")], {"f": spans}, DIALOGUE)["f"] == expected


def test_overlaps_are_allowed_between_labels_where_the_field_says_so():
    fields = [field("span", overlapping=True)]
    nested = [SPAN, SPAN | {"label": "answer"}, SPAN | {"start": 6, "end": 8}]
    assert len(check_answer(fields, {"f": nested}, DIALOGUE)["f"]) == 3
    assert refusal_of({"f": [SPAN, SPAN | {"start": 3, "end": 8}]}, fields) == [("/answer/f/1", "overlap")]


def test_a_span_inside_a_long_one_of_another_label_does_not_hide_an_overlap():
    spans = [SPAN | {"end": 31}, SPAN | {"start": 2, "end": 4}, SPAN | {"start": 10, "end": 12}]
    assert refusal_of({"f": spans}, [field("span")]) == [
        ("/answer/f/1", "overlap"),
        ("/answer/f/2", "overlap"),
    ]


def test_the_answer_given_is_not_changed():
    answer = {"qa": [dict(SPAN, end=6)], "topics": ["money", "parcel"], "reply": " x "}
    check_answer(FIELDS, answer, DIALOGUE)
    assert answer == {"qa": [dict(SPAN, end=6)], "topics": ["money", "parcel"], "reply": " x "}
