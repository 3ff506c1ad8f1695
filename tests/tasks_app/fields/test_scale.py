import pytest

from tasks_app.fields.problem import InvalidAnswer
from tests.tasks_app.fields.samples import DIALOGUE, PAIR, field


def problems_of(asked, value, payload=DIALOGUE):
    with pytest.raises(InvalidAnswer) as refusal:
        asked.check(value, payload, "/answer/f")
    return [(problem.pointer, problem.code) for problem in refusal.value.problems]


@pytest.mark.parametrize(
    ("config", "value", "canonical"),
    [
        ({}, 1, 1),
        ({}, 5, 5),
        ({}, "4", 4),
        ({}, " 4.0 ", 4),
        ({}, 4.0, 4),
        ({"min": -2, "max": 2}, "-2", -2),
        ({"min": 0, "max": 100, "step": 10}, 70, 70),
        ({"required": False}, None, None),
        ({"required": False}, "", None),
        ({"scope": "turn"}, [{"turn": 2, "value": 5}, {"turn": 0, "value": 1}], None),
    ],
)
def test_what_it_takes(config, value, canonical):
    if isinstance(value, list):
        canonical = sorted(value, key=lambda mark: mark["turn"])
    assert field("scale", **config).check(value, DIALOGUE, "/answer/f") == canonical


@pytest.mark.parametrize(
    ("config", "value", "pointer", "code"),
    [
        ({}, None, "/answer/f", "required"),
        ({}, 0, "/answer/f", "range"),
        ({}, 6, "/answer/f", "range"),
        ({}, True, "/answer/f", "type"),
        ({}, 2.5, "/answer/f", "type"),
        ({}, float("nan"), "/answer/f", "type"),
        ({}, float("inf"), "/answer/f", "type"),
        ({}, "four", "/answer/f", "type"),
        ({}, [3], "/answer/f", "type"),
        ({"max": 10, "min": 0, "step": 2}, 3, "/answer/f", "range"),
        ({"scope": "pair"}, 3, "/answer/f", "scope"),
        ({"scope": "turn"}, 3, "/answer/f", "type"),
        ({"scope": "turn"}, [{"turn": 0}], "/answer/f/0", "keys"),
        ({"scope": "turn"}, [{"turn": 0, "value": 9}], "/answer/f/0/value", "range"),
        ({"scope": "turn"}, [{"turn": 7, "value": 1}], "/answer/f/0/turn", "turn"),
        (
            {"scope": "turn"},
            [{"turn": 0, "value": 1}, {"turn": 0, "value": 1}],
            "/answer/f/1/turn",
            "duplicate",
        ),
        ({"scope": "turn", "speakers": ["agent"]}, [{"turn": 0, "value": 1}], "/answer/f/0/turn", "speaker"),
        ({"scope": "turn", "required": True}, [{"turn": 0, "value": 1}], "/answer/f", "required"),
    ],
)
def test_what_it_refuses(config, value, pointer, code):
    assert (pointer, code) in problems_of(field("scale", **config), value)


def test_a_pair_may_be_rated():
    assert field("scale", scope="pair").check(3, PAIR, "/answer/f") == 3


def test_silence_about_a_turn_is_a_judgment():
    asked = field("scale", scope="turn", speakers=["customer"])
    assert asked.judgments([{"turn": 2, "value": 4}], DIALOGUE) == [("0", ""), ("2", "4")]
    assert asked.verdicts == ("1", "2", "3", "4", "5", "")


@pytest.mark.parametrize(
    ("posterior", "value", "sure"),
    [
        ({"3": 1.0}, 3, 1.0),
        ({"1": 0.4, "2": 0.2, "5": 0.4}, 2, 0.2),  # between two camps: the least error, and much doubt
        ({"1": 0.1, "4": 0.3, "5": 0.6}, 5, 0.6),
        ({"2": 0.3, "3": 0.3, "": 0.4}, 2, 0.3),  # more people answered than left it blank
        ({"2": 0.2, "3": 0.2, "": 0.6}, None, 0.6),
    ],
)
def test_the_median_is_decoded(posterior, value, sure):
    decoded = field("scale", required=False).decode({"item": posterior}, DIALOGUE)
    assert decoded == (value, pytest.approx(sure))


def test_nobody_asked_is_no_confidence():
    assert field("scale").decode({}, DIALOGUE)[1] == 0.0
    assert field("scale", required=False).decode({}, DIALOGUE) == (None, 0.0)
