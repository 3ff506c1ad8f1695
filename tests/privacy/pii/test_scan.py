"""Offsets, overlaps, languages, kinds and the turn before."""

from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.pii.finding import Finding
from privacy.pii.scan import merge, scan

ALPHABET = "abc ABC 019-.@:,[]_●()\n王李路号市在是１ é\u200b😀"
PIECES = st.sampled_from(
    [
        "my name is ",
        "anna",
        " order 482-11873 ",
        "Dear Olivia,",
        "13812345678",
        "[PERSON_1]",
        "●●●",
        "a@b.com",
        "我叫王小明",
        "，",
        " and ",
        "12 Oak Street",
    ]
)
TEXTS = st.lists(PIECES | st.text(ALPHABET, max_size=8), max_size=8).map("".join)


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_findings_are_sorted_apart_and_inside_the_text(text: str) -> None:
    at = 0
    for finding in scan(text):
        assert at <= finding.start < finding.end <= len(text)
        at = finding.end


def test_offsets_are_code_points_of_the_text_given() -> None:
    text = "😀é\u200b my name is St\u200beven Gonzalez"
    [finding] = scan(text)
    assert text[finding.start : finding.end] == "St\u200beven Gonzalez"


def test_overlapping_findings_become_one_of_the_surest_kind() -> None:
    found = merge(
        [Finding(0, 6, "NUMBER", 0.6, "a"), Finding(4, 9, "PHONE", 0.9, "b"), Finding(9, 10, "AGE", 0.7, "c")]
    )
    assert found == [Finding(0, 9, "PHONE", 0.9, "b"), Finding(9, 10, "AGE", 0.7, "c")]


def test_kinds_limits_what_is_reported() -> None:
    text = "my name is nolene and my email is n@example.com"
    assert {found.kind for found in scan(text)} == {"PERSON", "EMAIL"}
    assert {found.kind for found in scan(text, kinds={"EMAIL"})} == {"EMAIL"}


def test_language_leaves_the_other_ones_detectors_out() -> None:
    assert scan("我叫王小明", language="en") == []
    assert [found.kind for found in scan("我叫王小明", language="zh")] == ["PERSON"]


def test_what_was_asked_decides_what_a_bare_answer_is() -> None:
    assert [found.kind for found in scan("nallukowsi", previous="May I have your name please?")] == ["PERSON"]
    assert [found.kind for found in scan("8541", previous="What are the last 4 of your SSN?")] == ["SSN"]
    assert scan("8541", previous="How many units are left?") == []
    assert scan("nallukowsi", previous="Which city do you fly to?") == []
    assert [found.kind for found in scan("nallukowsi")] == ["PERSON"]  # a word of no language that we know
    assert scan("thnaks") == scan("okayyy") == scan("pepperoni") == []


def test_placeholders_are_not_personal_data() -> None:
    assert scan("my name is [PERSON_1], order [ORDER_12], phone ●●●●●●●●●●") == []
