"""Tricks that hide words, undone; and words that are no trick, left alone."""

import math
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from applications.social_content import keywords
from applications.social_content.disguises import DISGUISES
from applications.social_content.ndcg import expected_at_random, ndcg
from applications.social_content.readings import WORDS_AT_ONCE, is_garbled, readings
from applications.social_content.scoring import score_texts
from training import serving
from training.models import ModelVersion

PLAIN = "nobody wants you here so leave"


@pytest.mark.parametrize(
    "hidden",
    [
        "n0b0dy w4nts y0u h3r3 s0 1eave",
        "n o b o d y  w a n t s  y o u  h e r e  s o  l e a v e",
        "nob\u200body wan\u2060ts you he\u00adre so le\ufeffave",
        "nоbоdy wаnts yоu hеrе sо lеаvе",
        "ｎｏｂｏｄｙ ｗａｎｔｓ ｙｏｕ ｈｅｒｅ ｓｏ ｌｅａｖｅ",
        "nobody wants you here so le🙂ave",
        "noooobody waaaants you here so leeeeave",
        "n*obody wan_ts you here so le*ave",
        "ńőbődy wánts yöu hérè so lëave",
    ],
)
def test_a_hidden_sentence_is_read(hidden: str) -> None:
    assert PLAIN in [one.lower() for one in readings(hidden)]


@pytest.mark.parametrize(
    "text",
    [
        "Rode 5km in 27:30 and came 2nd.",
        "A plain post.",
        "Win $500, or 10% of it!",
        "We meet at 9am on the 3rd.",
    ],
)
def test_an_ordinary_post_has_one_reading(text: str) -> None:
    assert readings(text) == [text]


def test_a_long_post_is_read_in_stretches_that_leave_nothing_out() -> None:
    words = [f"k{chr(97 + n % 26)}x{chr(97 + n // 26)}" for n in range(200)]
    parts = readings(" ".join(words))
    assert parts[0] == " ".join(words) and all(len(part.split()) <= WORDS_AT_ONCE for part in parts[1:])
    for start in range(0, len(words) - 5):
        sentence = " ".join(words[start : start + 6])
        assert any(sentence in part for part in parts[1:]), start


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_whatever_is_written_is_read_as_it_stands_as_well(text: str) -> None:
    found = readings(text)
    assert not text.strip() or " ".join(text.split()) in found
    assert len(found) == len(set(found)) and all(found)


@pytest.mark.parametrize("name", DISGUISES)
def test_the_measured_disguises_hide_the_sentence_from_a_list_of_words(name: str) -> None:
    """But not from its readings; `padded` hides nothing from a list."""
    worn = DISGUISES[name]("you are an idiot and a loser")
    assert name == "padded" or not keywords.is_unsafe(worn)
    assert any(keywords.is_unsafe(one) for one in readings(worn))


def test_letters_without_words_cannot_be_read_and_are_not_shown() -> None:
    assert is_garbled("n o b o d y w a n t s y o u") and not is_garbled("I am a plain post, a b c")


def test_ndcg_by_the_book() -> None:
    assert ndcg([True, False]) == 1.0 and ndcg([False, False]) is None
    assert ndcg([False, True]) == pytest.approx(0.63093, abs=1e-5)
    assert ndcg([True, False, True, False], at=2) == pytest.approx(1 / 1.63093, abs=1e-4)
    assert expected_at_random([True, False]) == pytest.approx((1 + 0.63093) / 2, abs=1e-5)


def test_a_reading_that_is_no_number_hides_the_post(monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(version: object, payloads: Sequence[Any]) -> list[Any]:
        shares = [math.nan if "leave" in one["turns"][-1]["text"] else 0.999 for one in payloads]
        return [
            SimpleNamespace(detail={"turns": [{"probabilities": {"safe": one, "x": 1 - one}}]})
            for one in shares
        ]

    monkeypatch.setattr(serving, "answers_in_background", answers)
    [found] = score_texts(ModelVersion(), ["l3ave now"])
    assert found.score == 0.0
