import pytest

from tasks_app.fields.payload import check_payload
from tasks_app.fields.problem import InvalidAnswer
from tests.tasks_app.fields.samples import RANKED, field


@pytest.mark.parametrize(
    ("config", "value", "canonical"),
    [
        ({}, ["c", "a", "é"], ["c", "a", "é"]),
        ({}, ["c", " a", "e\u0301"], ["c", "a", "é"]),  # ids are NFC, as they are in the item
        ({"top": 2}, ["c", "a"], ["c", "a"]),
        ({"top": 9}, ["c", "a", "é"], ["c", "a", "é"]),
        ({"required": False}, [], []),
    ],
)
def test_what_it_takes(config, value, canonical):
    assert field("rank", **config).check(value, RANKED, "/answer/f") == canonical


@pytest.mark.parametrize(
    ("config", "value", "pointer", "code"),
    [
        ({}, None, "/answer/f", "type"),
        ({}, "c", "/answer/f", "type"),
        ({}, ["c", "a", "x"], "/answer/f/2", "candidate"),
        ({}, ["c", 0, "a"], "/answer/f/1", "candidate"),
        ({}, ["c", ["a"], "a"], "/answer/f/1", "candidate"),  # no ties
        ({}, ["c", "a", "c"], "/answer/f/2", "duplicate"),
        ({}, ["c", "a"], "/answer/f", "required"),
        ({}, [], "/answer/f", "required"),
        ({"required": False}, ["c"], "/answer/f", "required"),  # all or nothing
        ({"top": 2}, ["c", "a", "é"], "/answer/f", "length"),
    ],
)
def test_what_it_refuses(config, value, pointer, code):
    with pytest.raises(InvalidAnswer) as refusal:
        field("rank", **config).check(value, RANKED, "/answer/f")
    assert (pointer, code) in [(problem.pointer, problem.code) for problem in refusal.value.problems]


def test_every_two_candidates_are_compared():
    assert field("rank").judgments(["c", "a", "é"], RANKED) == [
        ("0:1", "first"),
        ("0:2", "second"),
        ("1:2", "second"),
    ]


def test_two_that_were_left_out_were_not_compared():
    assert field("rank", top=1).judgments(["c"], RANKED) == [("0:2", "second"), ("1:2", "second")]
    assert field("rank", required=False).judgments([], RANKED) == []


@pytest.mark.parametrize("config", [{}, {"top": 2}, {"top": 1}])
def test_one_perfect_answer_is_decoded_as_it_is(config):
    asked = field("rank", **config)
    value = ["c", "a", "é"][: config.get("top")]
    posteriors = {unit: {label: 1.0} for unit, label in asked.judgments(value, RANKED)}
    assert asked.decode(posteriors, RANKED) == (value, 1.0)


def test_the_order_by_comparisons_won_and_how_sure_it_is():
    posteriors = {"0:1": {"first": 0.9}, "0:2": {"first": 0.6}, "1:2": {"first": 0.2, "second": 0.8}}
    assert field("rank").decode(posteriors, RANKED) == (["a", "c", "é"], pytest.approx(0.6 * 0.8))
    assert field("rank", top=1).decode(posteriors, RANKED) == (["a"], pytest.approx(0.6))


def test_a_label_too_small_to_be_stored_is_not_even():
    posteriors = {"0:1": {"second": 1.0}, "0:2": {"second": 1.0}, "1:2": {"second": 1.0}}
    assert field("rank").decode(posteriors, RANKED) == (["c", "é", "a"], 1.0)


def test_nobody_asked_is_no_confidence():
    assert field("rank").decode({}, RANKED) == (["a", "é", "c"], 0.0)
    assert field("rank", required=False).decode({}, RANKED) == ([], 0.0)


def test_one_candidate_is_always_first():
    one = check_payload({"text": "x", "candidates": ["only"]})
    assert field("rank").check(["0"], one, "") == ["0"]
    assert field("rank").distance(["0"], [], one) == 1.0
    assert field("rank").distance(["0"], ["0"], one) == 0.0
