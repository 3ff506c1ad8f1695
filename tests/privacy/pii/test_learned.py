"""A value that people found is found again, in every way of writing it, from its digest alone."""

import pytest

from privacy.pii.learned import Learned, form_of

SECRET = b"k" * 32


def learned(**values: str) -> Learned:
    """kind=value; several words joined by _ in a kind stand for nothing more."""
    forms = [(kind, form_of(value, SECRET)) for kind, value in values.items()]
    return Learned(SECRET, {form.digest: (kind, form.words, form.loose) for kind, form in forms if form})


@pytest.mark.parametrize(
    ("value", "text", "place"),
    [
        ("Nallukowsi", "ask nallukowsi, please", "nallukowsi"),
        ("Anne-Marie Ødegård", "ANNE MARIE ØDEGÅRD called", "ANNE MARIE ØDEGÅRD"),
        ("+47 22 12 34 56", "on +4722123456 today", "4722123456"),
        ("4722123456", "on +47 22 12 34 56 today", "47 22 12 34 56"),
        ("诸葛小凤", "请联系诸葛小凤，谢谢", "诸葛小凤"),
        ("ＡＢ１２３４５", "code ab12345.", "ab12345"),
        ("n.q@corp.example", "mail N.Q@corp.example now", "N.Q@corp.example"),
    ],
)
def test_it_is_found_however_it_is_written(value: str, text: str, place: str) -> None:
    assert [text[one.start : one.end] for one in learned(PERSON=value).find(text)] == [place]


@pytest.mark.parametrize("text", ["nallukow", "nallukowsis", "na llukowsi", "[PERSON_1] ●●●", ""])
def test_a_part_of_it_or_something_longer_is_something_else(text: str) -> None:
    assert learned(PERSON="Nallukowsi").find(text) == []


def test_offsets_are_those_of_the_text_before_folding() -> None:
    text = "a\u200bsk nal\u200blukowsi"
    [found] = learned(PERSON="nallukowsi").find(text)
    assert text[found.start : found.end] == "nal\u200blukowsi"


@pytest.mark.parametrize("value", ["May", "an", "12", "2015", "thank you", "", "。。"])
def test_what_is_short_or_ordinary_is_not_learned(value: str) -> None:
    assert form_of(value, SECRET) is None


def test_the_longer_of_two_values_wins() -> None:
    found = learned(PERSON="Quill", ADDRESS="Quill Lane 7").find("at quill lane 7 with quill")
    assert [(one.kind, one.start) for one in found] == [("ADDRESS", 3), ("PERSON", 21)]


def test_another_secret_knows_nothing_of_it() -> None:
    form = form_of("Nallukowsi", SECRET)
    assert form
    assert Learned(b"x" * 32, {form.digest: ("PERSON", 1, False)}).find("Nallukowsi") == []
