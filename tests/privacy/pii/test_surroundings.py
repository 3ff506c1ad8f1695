"""What stands around the texts: meta, ids and groups."""

import pytest

from privacy.pii.payload import redact_payload
from privacy.pii.redactor import Language, Redactor
from privacy.pii.surroundings import pseudonymous_id, redact_meta

SECRET = b"secret"


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("mail", "anna@example.com", "[EMAIL_1]"),
        ("customerName", "ravi", "[PERSON_1]"),
        ("customer_name", "nallukowsi", "[PERSON_1]"),
        ("phone", 13812345678, "[PHONE_1]"),
        ("card", "4111111111111111", "[CARD_1]"),
        ("note", "call me on +44 20 7946 0958", "call me on [PHONE_1]"),
        ("product_name", "Fenrir", "Fenrir"),
        ("shop", "north", "north"),
        ("channel", "chat", "chat"),
        ("created", "2026-11-27", "2026-11-27"),
        ("epoch", 1764284400, 1764284400),
        ("pages", 1200, 1200),
        ("score", 0.5, 0.5),
        ("new", True, True),
        ("none", None, None),
    ],
)
def test_a_value_is_read_as_an_answer_to_its_key(key, value, shown):
    assert redact_meta({key: value}, Redactor())[0] == {key: shown}


def test_what_the_texts_have_told_is_known_in_meta_too():
    redactor = Redactor()
    redactor.redact_turns(["my name is nallukowsi"])
    meta, originals = redact_meta({"a": {"b": ["about nallukowsi"]}}, redactor)
    assert meta == {"a": {"b": ["about [PERSON_1]"]}}
    assert originals == [
        {
            "place": "meta", "path": "/a/b/0", "kind": "PERSON",
            "value": "nallukowsi", "replacement": "[PERSON_1]",
        }
    ]  # fmt: skip


def test_a_key_that_is_somebody_goes_and_others_stay():
    redactor = Redactor()
    redactor.redact_turns(["I am Rebecca Edwards."])
    meta = {"by": {"anna@example.com": 1, "Rebecca Edwards": 2, "Customer Name": "", "n1": 3}}
    shown, originals = redact_meta(meta, redactor)
    assert shown == {"by": {"[EMAIL_1]": 1, "[PERSON_1]": 2, "Customer Name": "", "n1": 3}}
    assert [one["path"] for one in originals] == ["/by", "/by"]
    masked, _originals = redact_meta({"by": {"anna@example.com": 1, "olga@example.com": 2}}, Redactor("mask"))
    assert sorted(masked["by"].values()) == [1, 2]


@pytest.mark.parametrize(
    "value", ["", "conv-2024-11873", "482-11873", "0001", "r17", "north", "anna", "4111111111111112"]
)
def test_ids_of_the_file_s_own_stay(value):
    assert pseudonymous_id(value, SECRET) == (value, "")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("anna@example.com", "EMAIL"),
        ("+44 20 7946 0958", "PHONE"),
        ("13812345678", "PHONE"),
        ("4111111111111111", "CARD"),
        ("11010519491231002X", "NATIONAL_ID"),
        ("Rebecca Edwards", "PERSON"),
    ],
)
def test_ids_that_are_personal_data_become_stable_pseudonyms(value, kind):
    shown, found = pseudonymous_id(value, SECRET)
    assert found == kind and value not in shown
    assert pseudonymous_id(value, SECRET)[0] == shown != pseudonymous_id(value, b"another")[0]
    assert pseudonymous_id(shown, SECRET) == (shown, "")


def test_what_stands_around_a_dialogue_may_be_in_another_language() -> None:
    turns = {"turns": [{"speaker": "Priya Solley", "text": "包裹在哪里"}]}
    found = redact_payload(
        turns,
        ["包裹在哪里"],
        policy="placeholder",
        secret=b"x",
        language="zh",
        meta={"customer_name": "程强晓"},
    )
    assert found.payload["turns"][0]["speaker"] == "[PERSON_1]"
    assert found.meta == {"customer_name": "[PERSON_2]"}


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("zh", "my date of birth is 25/04/1977", "my date of birth is [BIRTH_DATE_1]"),
        ("zh", "my username is zanvelali27", "my username is [USERNAME_1]"),
        ("en", "出生日期1965年11月6日", "出生日期[BIRTH_DATE_1]"),
        ("en", "地址是西安市雁塔区人民南路286号", "地址是[ADDRESS_1]"),
    ],
)
def test_a_turn_in_another_language_than_the_file_says_is_read_all_the_same(
    language: Language, text: str, expected: str
) -> None:
    assert Redactor("placeholder", language=language).redact_turns([text]).texts == [expected]
