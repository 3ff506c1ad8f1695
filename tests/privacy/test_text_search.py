"""Finding a person in texts that still say who they are: policy "keep", and what was missed."""

import pytest

from privacy.services.subjects import search_items
from tests.factories import make_items, make_project
from tests.privacy.conftest import item, load

TEXT = 'She said: "I am\nAnna Smith", call (020) 7946-0958 or write a.smith+x@example.com. 我叫王小明。'


@pytest.fixture
def kept(owner):
    project = make_project(owner, privacy_policy="keep")
    load(
        project,
        {"id": "k1", "text": TEXT, "meta": {"number": 4421907788}},
        {"id": "k2", "turns": [{"speaker": "customer", "text": "Annabel Smithson, order 2079460958123."}]},
    )
    return project


@pytest.mark.parametrize(
    "value",
    [
        "Anna Smith", "anna  smith", "020 7946 0958", "02079460958", "+44 20 7946 0958",
        "A.Smith+X@example.com", "王小明",
        "4421907788",
    ],
)  # fmt: skip
def test_a_value_is_found_however_it_is_written_and_only_as_a_word_of_its_own(kept, value):
    assert search_items(values=[value]) == {item("k1").pk}


@pytest.mark.parametrize("value", ["", "An", "smit", "a.smith@example.com", "王", "%", ".*", "["])
def test_what_is_too_short_or_not_there_finds_nothing(kept, value):
    assert search_items(values=[value]) == frozenset()


def test_it_says_how_far_it_is(project):
    make_items(project, 50)
    shares = []
    search_items(values=["Nobody Known"], report=shares.append)
    assert shares == sorted(shares) and shares[-1] == 1.0
