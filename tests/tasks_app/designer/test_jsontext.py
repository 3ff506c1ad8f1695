"""The reader of JSON text agrees with the standard one, and says where things are and what is wrong."""

import json
import random

import pytest

from tasks_app.designer.jsontext import line_and_column, read_json

FAULTS = [
    ('[{"name": "a",}]', "last_comma", 1, 14),
    ("[1,]", "last_comma", 1, 3),
    ("[\n  // note\n  1]", "comment", 2, 3),
    ("[/* note */ 1]", "comment", 1, 2),
    ("['a']", "single_quotes", 1, 2),
    ('[{name: "a"}]', "bare_key", 1, 3),
    ('[{"a" 1}]', "no_colon", 1, 7),
    ('[{"a" = 1}]', "equals", 1, 7),
    ('[{"a": yes}]', "bare_word", 1, 8),
    ("[True]", "bare_word", 1, 2),
    ("[NaN]", "bare_word", 1, 2),
    ("[01]", "bare_word", 1, 2),
    ("[.5]", "bare_word", 1, 2),
    ("[1 2]", "no_comma", 1, 4),
    ('[{"a": 1\n "b": 2}]', "no_comma", 2, 2),
    ('["a]', "open_string", 1, 2),
    ('[{"a": [1, 2}]', "unexpected", 1, 13),
    ('[{"a": 1}', "open_bracket", 1, 1),
    ("[1] 2", "after_end", 1, 5),
    ("", "early_end", 1, 1),
    ("[,1]", "comma_first", 1, 2),
    ("[1,,2]", "comma_first", 1, 4),
    ('[{"a": 1, "a": 2}]', "twice", 1, 11),
    ('["\\q"]', "escape", 1, 3),
    ('["a\tb"]', "control", 1, 4),
    ("[{: 1}]", "unexpected", 1, 3),
    ("[@]", "no_value", 1, 2),
]


@pytest.mark.parametrize(("text", "code", "line", "column"), FAULTS)
def test_a_fault_has_its_own_code_and_place(text, code, line, column):
    fault = read_json(text).faults[0]
    assert (fault.code, *line_and_column(text, fault.start)) == (code, line, column)


def test_all_that_can_be_read_past_is_told_at_once():
    text = "[\n  {name: 'a', // the first\n   \"labels\": [1 2,],},\n]"
    assert [fault.code for fault in read_json(text).faults] == [
        "bare_key", "single_quotes", "comment", "no_comma", "last_comma", "last_comma", "last_comma",
    ]  # fmt: skip


def test_places_are_code_points():
    text = '[{"a": "😀é"}, 7]'
    reading = read_json(text)
    start, end = reading.places["/0/a"]
    assert text[start:end] == '"😀é"'
    assert text[slice(*reading.keys["/0/a"])] == '"a"'
    assert text[slice(*reading.places["/1"])] == "7"
    assert text[slice(*reading.place_of("/0/missing/deep"))] == '{"a": "😀é"}'


def test_a_key_with_a_slash_is_found_by_its_pointer():
    assert read_json('{"a/b~": 1}').places["/a~1b~0"] == (9, 10)


def test_it_reads_what_the_standard_reader_reads():
    draw = random.Random(3)  # noqa: S311

    def value(depth):
        kind = draw.choice(["text", "number", "literal", "list", "object"] if depth else ["text", "number"])
        if kind == "text":
            return "".join(draw.choice('aé"\\/\n\t😀中 ') for _ in range(draw.randrange(6)))
        if kind == "number":
            return draw.choice([0, -3, 2.5, 1e30, -0.25, 12345678901234567890])
        if kind == "literal":
            return draw.choice([True, False, None])
        if kind == "list":
            return [value(depth - 1) for _ in range(draw.randrange(4))]
        return {f"k{n}": value(depth - 1) for n in range(draw.randrange(4))}

    for _ in range(300):
        wanted = value(3)
        for text in (
            json.dumps(wanted),
            json.dumps(wanted, ensure_ascii=False, indent=2),
        ):
            reading = read_json(text)
            assert reading.faults == []
            assert reading.value == wanted


def test_any_cut_or_changed_text_is_told_and_never_raises():
    """Whatever the standard reader refuses, this one has a fault for, and the other way round."""
    draw = random.Random(5)  # noqa: S311
    good = json.dumps([{"name": "intent", "type": "choice", "labels": ["a", {"name": "b"}], "n": 1.5}])
    for _ in range(2_000):
        at = draw.randrange(len(good))
        changed = good[:at] + draw.choice(["", '"', ",", "]", "}", "x", "'", "\\", ":"]) + good[at + 1 :]
        try:
            json.loads(changed, object_pairs_hook=_once)
            fine = True
        except ValueError:
            fine = False
        assert (read_json(changed).faults == []) == fine, changed


def _once(pairs):
    if len(dict(pairs)) != len(pairs):
        raise ValueError
    return dict(pairs)


def test_depth_and_length_are_limited():
    assert read_json("[" * 5_000).faults[0].code == "too_deep"
    assert read_json("[" + "1," * 300_000 + "1]").faults[0].code == "too_long"
