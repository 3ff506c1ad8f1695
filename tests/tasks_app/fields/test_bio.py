from itertools import product
from math import isclose

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks_app.fields.bio import chance_all_right, is_plain, legal_path, spans_of, tag_set, tags_of
from tasks_app.fields.tokens import tokenize

TEXT = "one two three four"
TOKENS = tokenize(TEXT)
TAGS = tag_set(["q", "a"])


def span(start, end, label="q"):
    return {"turn": 0, "start": start, "end": end, "label": label}


@pytest.mark.parametrize(
    ("spans", "tags"),
    [
        ([], "O O O O"),
        ([span(0, 7)], "B-q I-q O O"),
        ([span(0, 3), span(4, 7)], "B-q B-q O O"),
        ([span(0, 3), span(4, 7, "a")], "B-q B-a O O"),
        ([span(1, 5)], "B-q I-q O O"),  # inside words: every word it touches
        ([span(8, 9), span(9, 13, "a")], "O O B-a O"),  # both touch "three": the larger part has it
        ([span(4, 9), span(9, 18, "a")], "O B-q B-a I-a"),
    ],
)
def test_spans_become_tags(spans, tags):
    assert tags_of(spans, TOKENS) == tags.split()


def test_tags_become_spans():
    tags = ["B-q", "I-q", "B-q", "B-a"]
    assert spans_of(tags, TOKENS, 0) == [span(0, 7), span(8, 13), span(14, 18, "a")]


@pytest.mark.parametrize(
    ("tags", "plain"),
    [
        ("O B-q I-q O", True),
        ("I-q", False),
        ("B-q I-a", False),
        ("O I-q", False),
        ("B-q B-q", False),
        ("B-q O B-a", True),
    ],
)
def test_plain_sequences(tags, plain):
    assert is_plain(tags.split()) is plain


def path_of(*rows):
    """Rows are (O, B-q, I-q, B-a, I-a)."""
    return [TAGS[column] for column in legal_path(np.array(rows, dtype=float))]


def test_an_inside_without_a_beginning_becomes_legal():
    assert path_of([0.6, 0.4, 0, 0, 0], [0.2, 0.1, 0.7, 0, 0]) == ["B-q", "I-q"]


def test_two_half_certain_beginnings_are_one_span():
    assert path_of([0.4, 0.6, 0, 0, 0], [0, 0.55, 0.45, 0, 0]) == ["B-q", "I-q"]


def test_two_certain_beginnings_are_two_spans():
    assert path_of([0, 1, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 0, 1, 0]) == ["B-q", "B-q", "B-a"]


def score(path, table):
    total = 0.0
    for place, tag in enumerate(path):
        before = path[place - 1] if place else 0
        if tag in (2, 4) and before not in (tag, tag - 1):
            return -np.inf
        total += np.log(max(table[place][tag], 1e-9))
        if tag in (1, 3) and before != 0:
            total += np.log(0.1)
    return total


@given(st.lists(st.lists(st.integers(0, 20), min_size=5, max_size=5), min_size=1, max_size=4))
def test_no_other_legal_path_is_better(rows):
    table = (np.array(rows) + 0.01) / (np.array(rows) + 0.01).sum(axis=1, keepdims=True)
    best = max(score(path, table) for path in product(range(5), repeat=len(rows)))
    assert isclose(score(legal_path(table), table), best, abs_tol=1e-9)


@pytest.mark.parametrize(
    ("probabilities", "chance"),
    [
        ([], 1.0),
        ([1.0, 0.995], 1.0),
        ([0.8], 0.8),
        ([0.8, 0.6, 0.7], 0.6),  # one doubtful stretch
        ([0.8, 1.0, 0.5], 0.4),  # two
        ([0.0, 1.0], 0.0),
    ],
)
def test_the_chance_that_all_is_right(probabilities, chance):
    assert isclose(chance_all_right(probabilities), chance)
