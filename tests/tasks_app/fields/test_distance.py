from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks_app.fields.choice import masi
from tasks_app.fields.likeness import choose_text, edit_distance, normalise
from tests.tasks_app.fields.samples import DIALOGUE, RANKED, field


def mark(turn, start, end, label="answer"):
    return {"turn": turn, "start": start, "end": end, "label": label}


@pytest.mark.parametrize(
    ("kind", "config", "a", "b", "distance"),
    [
        ("choice", {}, "answer", "answer", 0),
        ("choice", {}, "answer", "question", 1),
        ("choice", {"required": False}, None, "question", 1),
        ("choice", {"multi": True}, ["answer"], ["answer", "question"], 1 - 1 / 2 * 2 / 3),
        ("choice", {"scope": "turn"}, [{"turn": 0, "label": "answer"}], [], 1 / 3),
        (
            "choice",
            {"scope": "turn"},
            [{"turn": 0, "label": "answer"}],
            [{"turn": 1, "label": "answer"}],
            2 / 3,
        ),
        ("choice", {"scope": "turn", "speakers": ["agent"]}, [{"turn": 1, "label": "answer"}], [], 1),
        ("choice", {"scope": "turn", "speakers": ["x"]}, [], [], 0),
        ("span", {}, [], [], 0),
        ("span", {}, [mark(0, 0, 10)], [], 1),
        ("span", {}, [mark(0, 0, 10)], [mark(0, 0, 10)], 0),
        ("span", {}, [mark(0, 0, 10)], [mark(0, 5, 15)], 1 - 2 * 5 / 20),
        ("span", {}, [mark(0, 0, 10)], [mark(1, 0, 10)], 1),
        ("span", {}, [mark(0, 0, 10)], [mark(0, 0, 10, "question")], 1),
        ("text", {}, "Hello there.", "hello  THERE", 0),
        ("text", {}, "kitten", "sitting", 3 / 7),
        ("text", {}, "", "abc", 1),
        ("text", {}, "", "", 0),
        ("scale", {}, 1, 5, 1),
        ("scale", {}, 2, 3, 1 / 4),
        ("scale", {"min": -2, "max": 2, "step": 2}, -2, 0, 1 / 2),
        ("scale", {"required": False}, None, 3, 1),
        ("scale", {"required": False}, None, None, 0),
        ("scale", {"scope": "turn"}, [{"turn": 0, "value": 1}], [{"turn": 0, "value": 3}], 1 / 2 / 3),
        ("scale", {"scope": "turn"}, [{"turn": 0, "value": 1}], [], 1 / 3),
        ("rank", {}, ["a", "é", "c"], ["a", "é", "c"], 0),
        ("rank", {}, ["a", "é", "c"], ["c", "é", "a"], 1),
        ("rank", {}, ["a", "é", "c"], ["a", "c", "é"], 1 / 3),
        ("rank", {"required": False}, [], ["a", "c", "é"], 1),
        ("rank", {"required": False}, [], [], 0),
        # a:é and a:c are put the other way round by nobody; é:c is compared by one of them only.
        ("rank", {"top": 2}, ["a", "é"], ["a", "c"], 1 / 3),
        ("rank", {"top": 1}, ["a"], ["c"], (1 + 1 / 2 + 1 / 2) / 3),
    ],
)
def test_distances(kind, config, a, b, distance):
    asked = field(kind, **config)
    payload = RANKED if kind == "rank" else DIALOGUE
    assert isclose(asked.distance(a, b, payload), distance, abs_tol=1e-12)
    assert isclose(asked.distance(b, a, payload), distance, abs_tol=1e-12)


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [("", "", 0), ("a", "", 1), ("a", "b", 1), ("ab", "abc", 1 - 2 / 3 * 2 / 3), ("ab", "bc", 1 - 1 / 3 / 3)],
)
def test_masi(a, b, distance):
    assert isclose(masi(a, b), distance)


def slow_edit_distance(a, b):
    row = list(range(len(b) + 1))
    for i, char in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (char != other))
    return row[-1]


@given(st.text("abc\u00e9", max_size=12), st.text("abc\u00e9", max_size=12))
def test_the_quick_edit_distance_is_the_edit_distance(a, b):
    assert edit_distance(a, b) == slow_edit_distance(a, b)


def test_normalising_keeps_a_text_of_punctuation_only():
    assert normalise("Ｈｉ  There!! ") == "hi there"
    assert normalise("...") == "..."


@pytest.mark.parametrize(
    ("weights", "text", "sure"),
    [
        ({}, "", 0.0),
        ({"a": 1.0}, "a", 1.0),
        ({"yes": 2, "no": 1}, "yes", 2 / 3),
        # No majority: "refund it now" is nearest to the others, so it speaks for all, below one half.
        ({"refund it": 1, "refund it now": 1, "refund it now please": 1}, "refund it now", None),
        ({"abc": 1, "xyz": 1}, "abc", 0.25),  # nothing in common: own share, halved
    ],
)
def test_one_text_out_of_several(weights, text, sure):
    chosen, confidence = choose_text(weights)
    assert chosen == text
    assert confidence < 0.5 if sure is None else isclose(confidence, sure)
