"""Replacing: the same value the same way, nothing else touched, labels carried along."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.pii.detectors.checksums import gb11643, luhn
from privacy.pii.offsets import replace_spans
from privacy.pii.redactor import POLICIES, Policy, Redactor
from privacy.pii.scan import scan
from privacy.pii.surrogates import Surrogates

DIALOGUE = [
    "Hi, my name is Rebecca Edwards and my order 482-11873 is late",
    "Sorry Rebecca! May I have your phone number?",
    "It is 212-555-0143, or rebecca.edwards@gmail.com",
    "Thank you Mrs Edwards, order 482-11873 leaves today. 482-11873!",
]
PIECES = [
    "my name is ", "anna", " order 482-11873 ", "Dear Olivia,", "13812345678",
    "[PERSON_1]", "[ORDER_", "●●●", "a@b.com",
    "我叫王小明", "，", " and ", "12 Oak Street", "Olivia", "482-11873", "What is your name?",
    "555-123-4567 ", "ssn 1234 ",
]  # fmt: skip
TEXTS = st.lists(
    st.sampled_from(PIECES) | st.text("abC 019-.@:[]_●(\n王李路号是１é\u200b", max_size=8), max_size=8
).map("".join)
TURNS = st.lists(TEXTS, max_size=4)


def test_the_same_value_gets_the_same_placeholder_through_the_dialogue() -> None:
    assert Redactor().redact_turns(DIALOGUE).texts == [
        "Hi, my name is [PERSON_1] and my order [ORDER_1] is late",
        "Sorry [PERSON_1]! May I have your phone number?",
        "It is [PHONE_1], or [EMAIL_1]",
        "Thank you [PERSON_1], order [ORDER_1] leaves today. [ORDER_1]!",
    ]


def test_spelling_does_not_make_another_value() -> None:
    redacted = Redactor().redact_turns(["phone (212) 555-0143", "phone +1 212.555.0143"])
    assert redacted.texts == ["phone [PHONE_1]", "phone [PHONE_1]"]


def test_two_people_of_one_family_stay_two() -> None:
    redacted = Redactor().redact_turns(["my name is Anna Kowalski", "my name is Peter Kowalski", "Hi Anna"])
    assert redacted.texts == ["my name is [PERSON_1]", "my name is [PERSON_2]", "Hi [PERSON_1]"]


def test_numbers_of_placeholders_already_there_are_not_used_again() -> None:
    redacted = Redactor().redact_turns(
        ["[PERSON_1] wrote to [EMAIL_7]", "my name is nolene, a.b@example.com"]
    )
    assert redacted.texts == ["[PERSON_1] wrote to [EMAIL_7]", "my name is [PERSON_2], [EMAIL_8]"]


def test_a_second_call_goes_on_with_the_same_names() -> None:
    redactor = Redactor()
    assert redactor.redact_turns(["my name is nolene"]).texts == ["my name is [PERSON_1]"]
    assert redactor.redact_turns(["bye nolene", "my name is ravi"]).texts == [
        "bye [PERSON_1]",
        "my name is [PERSON_2]",
    ]


def test_mask_keeps_the_length() -> None:
    redacted = Redactor("mask").redact_turns(DIALOGUE)
    assert [len(text) for text in redacted.texts] == [len(text) for text in DIALOGUE]
    assert redacted.texts[0].startswith("Hi, my name is ●●●●●●●●●●●●●●● and")


def test_keep_changes_nothing() -> None:
    redacted = Redactor("keep").redact_turns(DIALOGUE)
    assert redacted.texts == DIALOGUE and not redacted.dropped
    assert redacted.maps[0].span(3, 9) == (3, 9)


def test_drop_says_so_only_when_something_was_found() -> None:
    assert Redactor("drop").redact_turns(DIALOGUE).dropped
    assert not Redactor("drop").redact_turns(["where is my parcel"]).dropped


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(ValueError, match="No such policy"):
        Redactor("hide")  # type: ignore[arg-type]


@settings(max_examples=80, deadline=None)
@given(TURNS, st.sampled_from(["placeholder", "mask", "keep"]))
def test_redacting_again_changes_nothing(turns: list[str], policy: Policy) -> None:
    once = Redactor(policy).redact_turns(turns).texts
    assert Redactor(policy).redact_turns(once).texts == once


@settings(max_examples=80, deadline=None)
@given(TURNS, st.sampled_from(POLICIES))
def test_text_outside_of_findings_is_carried_over_exactly(turns: list[str], policy: Policy) -> None:
    redacted = Redactor(policy, b"secret").redact_turns(turns)
    for turn, (old, new, offsets) in enumerate(zip(turns, redacted.texts, redacted.maps, strict=True)):
        found = [(f.start, f.end, value) for at, f, value in redacted.findings if at == turn]
        assert replace_spans(old, found) == (new, offsets)
        inside = {i for start, end, _ in found for i in range(start, end)}
        for i in set(range(len(old))) - inside:
            start, end = offsets.span(i, i + 1)
            assert new[start:end] == old[i]
        for start, end, value in found:
            assert new[slice(*offsets.span(start, end))] == value


@pytest.mark.parametrize(
    ("old_span", "expected"),
    [
        ((0, 3), "I'm"),
        ((4, 10), "[PERSON_1]"),
        ((5, 6), "[PERSON_1]"),
        ((0, 6), "I'm [PERSON_1]"),
        ((8, 14), "[PERSON_1] now"),
        ((10, 14), " now"),
    ],
)
def test_spans_that_begin_or_end_inside_a_value_snap_outward(
    old_span: tuple[int, int], expected: str
) -> None:
    new, offsets = replace_spans("I'm nolene now", [(4, 10, "[PERSON_1]")])
    assert new[slice(*offsets.span(*old_span))] == expected


REAL = [
    "my name is Rebecca Edwards", "Dear Rebecca, hello", "a.kern@gmail.com",
    "phone 212-555-7143", "手机13812345678",
    "card 4111 1111 1111 1111", "ssn 536-22-8731", "身份证11010519491231002X",
    "DE89370400440532013000", "from 8.8.8.8",
    "I live at 742 Evergreen Terrace, Springfield",
    "order 482-11873", "我叫王小明，谢谢", "地址是北京海淀区双清路89号。",
]  # fmt: skip


@pytest.mark.parametrize("text", REAL)
def test_a_surrogate_is_stable_and_another_value(text: str) -> None:
    first = Redactor("surrogate", b"secret").redact_turns([text])
    again = Redactor("surrogate", b"secret").redact_turns(["unrelated", text])
    other = Redactor("surrogate", b"other secret").redact_turns([text])
    assert first.texts[0] == again.texts[1] != text
    assert first.findings
    for _, finding, value in first.findings:
        assert value.casefold() != text[finding.start : finding.end].casefold()
    assert len(other.texts) == 1


@pytest.mark.parametrize("text", [text for text in REAL if "order" not in text])
def test_a_second_pass_leaves_surrogates_as_they_are(text: str) -> None:
    for secret in (b"one", b"two", b"three", b"four", b"five"):
        once = Redactor("surrogate", secret).redact_turns([text]).texts
        twice = Redactor("surrogate", secret).redact_turns(once)
        assert (twice.texts, twice.findings) == (once, [])
        assert Redactor("surrogate", b"another project").redact_turns(once).texts == once


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("李安", "PERSON"), ("Rebecca Alderwick", "PERSON"), ("arlen.alderwick12@gmail.com", "EMAIL"),
        ("anna12@example.com", "EMAIL"), ("212-555-7143", "PHONE"), ("4111 1111 1111 1111", "CARD"),
        ("500 Evergreen Terrace", "ADDRESS"), ("user12345", "USERNAME"),
        ("0012 3456 7890 1234", "ACCOUNT"), ("049 151 2345678", "PHONE"),
    ],
)  # fmt: skip
def test_what_only_looks_a_little_like_a_surrogate_is_replaced(value: str, kind: str) -> None:
    assert Surrogates(b"secret").stand_in(value, kind) != value


def test_surrogates_are_never_valid_numbers() -> None:
    redacted = Redactor("surrogate", b"secret").redact_turns(REAL)
    made = {finding.kind: value for _, finding, value in redacted.findings}
    assert not luhn(made["CARD"]) and made["CARD"].startswith("0")
    assert made["SSN"].startswith("000")
    assert not gb11643(made["NATIONAL_ID"])
    assert made["EMAIL"].endswith("@example.com")
    assert made["IP"].startswith("192.0.2.")
    assert {"CARD", "IBAN", "NATIONAL_ID"}.isdisjoint(f.kind for text in redacted.texts for f in scan(text))


def test_a_surrogate_first_name_agrees_with_the_full_one() -> None:
    redacted = Redactor("surrogate", b"secret").redact_turns(["my name is Rebecca Edwards", "Hi Rebecca!"])
    full, first = (value for _, _, value in redacted.findings)
    assert full.split()[0] == first


def test_surrogates_need_a_secret() -> None:
    with pytest.raises(ValueError, match="secret"):
        Redactor("surrogate")
