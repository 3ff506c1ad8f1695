"""A schema as it is typed: problems with line, column and what to do."""

import pytest

from tasks_app.designer.checking import check_text
from tasks_app.designer.samples import read_sample, sample_payloads
from tasks_app.fields.problem import InvalidPayload
from tasks_app.fields.schema import parse_fields

GOOD = '[\n  {"name": "intent", "type": "choice", "labels": ["a", "b"]}\n]'


def marked(text):
    return [(one.code, one.line, one.column, text[one.start : one.end]) for one in check_text(text).problems]


def test_a_good_schema_comes_back_in_full():
    checked = check_text(GOOD)
    assert checked.problems == []
    assert checked.fields is not None
    assert checked.fields[0]["scope"] == "dialogue"


def test_a_wrong_value_is_marked_where_it_stands():
    text = GOOD.replace('"choice"', '"chioce"')
    assert marked(text) == [("field_type", 2, 30, '"chioce"')]


def test_a_name_that_no_field_has_is_marked_itself():
    text = GOOD.replace('"labels"', '"lables"')
    assert ("unknown_key", 2, 40, '"lables"') in marked(text)


def test_what_is_missing_is_marked_at_the_bracket_that_should_hold_it():
    text = GOOD.replace('"name": "intent", ', "")
    assert ("name", 2, 3, "{") in marked(text)


def test_a_fault_of_the_grammar_says_what_to_do():
    [problem] = check_text(GOOD.replace('"b"]', '"b",]')).problems
    assert problem.detail == "Remove this comma: nothing follows it before “]”."
    assert (problem.line, problem.column) == (2, 59)


def test_an_entry_far_inside_is_found():
    text = '[{"name": "a", "type": "span", "labels": [{"name": "x", "color": "no colour"}]}]'
    assert marked(text) == [("color", 1, 66, '"no colour"')]


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        ("Where is it?", {"text": "Where is it?"}),
        (
            "Customer: Where is it?\n\nAgent: Soon.",
            {
                "turns": [
                    {"speaker": "Customer", "text": "Where is it?"},
                    {"speaker": "Agent", "text": "Soon."},
                ]
            },
        ),
        (
            "顾客：在哪里？\n客服：明天到。",
            {"turns": [{"speaker": "顾客", "text": "在哪里？"}, {"speaker": "客服", "text": "明天到。"}]},
        ),
        ("One\n---\nOther", {"pair": ["One", "Other"]}),
        ('{"id": "7", "text": "Hello", "gold": {"a": 1}}', {"text": "Hello"}),
    ],
)
def test_pasted_text_becomes_an_item(text, payload):
    assert read_sample(text) == payload


@pytest.mark.parametrize("text", ["", "{", '{"text": ""}', '{"turns": 3}'])
def test_nonsense_is_no_item(text):
    with pytest.raises(InvalidPayload):
        read_sample(text)


def test_samples_fit_the_fields_that_are_asked():
    pair = parse_fields([{"name": "m", "type": "choice", "labels": ["y", "n"], "scope": "pair"}])
    rank = parse_fields([{"name": "r", "type": "rank"}])
    assert all("pair" in one for one in sample_payloads("customer-service", pair))
    assert all(len(one["candidates"]) > 1 for one in sample_payloads("", rank))
    assert "turns" in sample_payloads("customer-service")[0]
