import pytest

from tasks_app.fields.problem import InvalidField
from tasks_app.fields.schema import check_fit, fields_to_json, parse_fields
from tests.tasks_app.fields.samples import DIALOGUE, PAIR, RANKED

CHOICE = {"name": "intent", "type": "choice", "labels": ["refund", "other"]}
SPAN = {"name": "qa", "type": "span", "labels": ["question"]}
SCALE = {"name": "mood", "type": "scale"}
LINK = {"name": "links", "type": "relation", "from": "qa", "labels": ["answers"]}


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        (None, "/fields", "fields"),
        ([], "/fields", "fields"),
        ([CHOICE | {"name": f"n{i}"} for i in range(21)], "/fields", "fields"),
        (["intent"], "/fields/0", "type"),
        ([CHOICE | {"type": "number"}], "/fields/0/type", "field_type"),
        ([CHOICE | {"type": ["choice"]}], "/fields/0/type", "field_type"),
        ([{"name": "x"}], "/fields/0/type", "field_type"),
        ([CHOICE, CHOICE], "/fields/1/name", "duplicate"),
        ([CHOICE | {"name": "Intent"}], "/fields/0/name", "name"),
        ([CHOICE | {"name": "a b"}], "/fields/0/name", "name"),
        ([CHOICE | {"name": "1a"}], "/fields/0/name", "name"),
        ([CHOICE | {"name": "a\n"}], "/fields/0/name", "name"),
        ([CHOICE | {"name": 5}], "/fields/0/name", "name"),
        ([CHOICE | {"labels": []}], "/fields/0/labels", "labels"),
        ([CHOICE | {"labels": "a"}], "/fields/0/labels", "labels"),
        ([CHOICE | {"labels": ["a", "a"]}], "/fields/0/labels/1", "duplicate"),
        ([CHOICE | {"labels": ["e\u0301", "\u00e9"]}], "/fields/0/labels/1", "duplicate"),
        ([CHOICE | {"labels": ["a", " "]}], "/fields/0/labels/1/name", "empty"),
        ([CHOICE | {"labels": ["a", "b\u200bc"]}], "/fields/0/labels/1/name", "character"),
        ([CHOICE | {"labels": ["a", 3]}], "/fields/0/labels/1", "label"),
        ([CHOICE | {"labels": [{"name": "a", "colour": "red"}]}], "/fields/0/labels/0", "label"),
        ([CHOICE | {"labels": [{"name": "a", "color": "red;}"}]}], "/fields/0/labels/0/color", "color"),
        ([CHOICE | {"scope": "word"}], "/fields/0/scope", "scope"),
        ([CHOICE | {"multi": 1}], "/fields/0/multi", "type"),
        ([CHOICE | {"required": "yes"}], "/fields/0/required", "type"),
        ([CHOICE | {"title": 5}], "/fields/0/title", "text"),
        ([CHOICE | {"lables": ["a"]}], "/fields/0/lables", "unknown_key"),
        ([CHOICE | {"overlapping": True}], "/fields/0/overlapping", "not_applicable"),
        ([CHOICE | {"speakers": ["customer"]}], "/fields/0/speakers", "not_applicable"),
        ([SPAN | {"scope": "pair"}], "/fields/0/scope", "scope"),
        ([SPAN | {"speakers": "customer"}], "/fields/0/speakers", "type"),
        ([CHOICE | {"scope": "pair"}, SPAN | {"speakers": ["customer"]}], "/fields/1/speakers", "scope"),
        ([{"name": "r", "type": "text", "max_length": True}], "/fields/0/max_length", "range"),
        ([{"name": "r", "type": "text", "max_length": 10**9}], "/fields/0/max_length", "range"),
        ([{"name": "r", "type": "text", "labels": ["a"]}], "/fields/0/labels", "not_applicable"),
        ([SCALE | {"min": "1"}], "/fields/0/min", "range"),
        ([SCALE | {"min": 5, "max": 5}], "/fields/0/max", "range"),
        ([SCALE | {"min": -1001}], "/fields/0/min", "range"),
        ([SCALE | {"step": 3}], "/fields/0/step", "range"),
        ([SCALE | {"step": 0}], "/fields/0/step", "range"),
        ([SCALE | {"max": 102}], "/fields/0/step", "range"),
        ([SCALE | {"low": "x" * 81}], "/fields/0/low", "text"),
        ([SCALE | {"speakers": ["customer"]}], "/fields/0/speakers", "not_applicable"),
        ([SCALE | {"labels": ["a"]}], "/fields/0/labels", "not_applicable"),
        ([{"name": "r", "type": "rank", "top": -1}], "/fields/0/top", "range"),
        ([{"name": "r", "type": "rank", "scope": "turn"}], "/fields/0/scope", "scope"),
        ([LINK], "/fields/0/from", "reference"),
        ([LINK, SPAN], "/fields/0/from", "reference"),
        ([CHOICE, LINK | {"from": "intent"}], "/fields/1/from", "reference"),
        ([SPAN, LINK | {"from": ["qa"]}], "/fields/1/from", "text"),
        ([SPAN, {**LINK, "from": ""}], "/fields/1/from", "reference"),
        ([SPAN, LINK | {"to": "q"}], "/fields/1/to", "reference"),
        ([SPAN, LINK | {"to_labels": ["answer"]}], "/fields/1/to_labels", "reference"),
        ([SPAN, LINK | {"to_labels": "question"}], "/fields/1/to_labels", "type"),
        ([SPAN, LINK | {"labels": []}], "/fields/1/labels", "labels"),
        (
            [SPAN, SPAN | {"name": "b"}, LINK | {"to": "b", "directed": False}],
            "/fields/2/directed",
            "direction",
        ),
    ],
)
def test_it_refuses(fields, pointer, code):
    with pytest.raises(InvalidField) as refusal:
        parse_fields(fields)
    assert (pointer, code) in [(problem.pointer, problem.code) for problem in refusal.value.problems]


def test_it_reports_the_problems_of_every_field():
    with pytest.raises(InvalidField) as refusal:
        parse_fields([CHOICE | {"labels": []}, SPAN | {"name": "Q"}, {"name": "z", "type": "ranks"}])
    pointers = {problem.pointer for problem in refusal.value.problems}
    assert pointers == {"/fields/0/labels", "/fields/1/name", "/fields/2/type"}


def test_a_field_of_a_later_version_is_named_in_the_refusal():
    with pytest.raises(InvalidField, match="Use one of: choice, span, scale, text, rank, relation"):
        parse_fields([CHOICE | {"type": "drawing"}])


@pytest.mark.parametrize(
    ("config", "required"),
    [
        (CHOICE, True),
        (CHOICE | {"scope": "turn"}, False),
        (CHOICE | {"required": False}, False),
        (SPAN, False),
        ({"name": "r", "type": "text"}, True),
        (SCALE, True),
        (SCALE | {"scope": "turn"}, False),
        ({"name": "r", "type": "rank"}, True),
    ],
)
def test_what_is_asked_once_is_required_and_marks_are_not(config, required):
    assert parse_fields([config])[0].required is required


def test_options_of_another_type_may_be_there_when_switched_off():
    assert parse_fields([SPAN | {"multi": False, "max_length": None}])[0].name == "qa"


def test_writing_and_reading_gives_the_same_fields():
    label = {"name": "refund", "title": "Refund", "title_zh": "退款", "color": "#aa0000"}
    fields = parse_fields(
        [
            CHOICE | {"labels": [label, "other"], "multi": True, "title_zh": "意图", "help": "One or more."},
            CHOICE | {"name": "mood", "scope": "turn", "speakers": ["customer"], "required": True},
            SPAN | {"overlapping": True, "required": True, "speakers": ["agent"], "title": "Q & A"},
            {"name": "reply", "type": "text", "max_length": 80, "required": False},
            SCALE
            | {
                "name": "tone",
                "min": -2,
                "max": 2,
                "low": "bad",
                "low_zh": "差",
                "high": "good",
                "scope": "turn",
            },
            {"name": "best", "type": "rank", "top": 3, "shuffle": False},
            LINK | {"to": "qa", "from_labels": ["question"], "to_labels": ["question"], "directed": False},
        ]
    )
    assert parse_fields(fields_to_json(fields)) == fields
    assert fields[0].labels == ("refund", "other")
    assert [(field.type, field.widget, field.head) for field in fields[1:]] == [
        ("choice", "choice", "choice"),
        ("span", "span", "span"),
        ("text", "text", "text"),
        ("scale", "scale", "scale"),
        ("rank", "rank", "rank"),
        ("relation", "relation", "relation"),
    ]


def test_ranking_asks_for_candidates():
    fields = parse_fields([{"name": "best", "type": "rank"}])
    assert [problem.pointer for problem in check_fit(fields, DIALOGUE)] == ["/candidates"]
    assert check_fit(fields, RANKED) == []


def test_a_pair_field_does_not_fit_a_dialogue():
    fields = parse_fields([CHOICE | {"scope": "pair"}])
    assert [problem.pointer for problem in check_fit(fields, DIALOGUE)] == ["/pair"]
    assert check_fit(fields, PAIR) == []
