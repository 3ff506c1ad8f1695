"""National numbers: published examples are found, with a digit changed they are not."""

import pytest

from privacy.pii.scan import scan

WITH_CUE = "my national id is {}"
NUMBERS = [
    ("germany", "36574261809", WITH_CUE),
    ("germany", "36 574 261 809", "Steuer ID {}"),
    ("france", "295109912611193", "{} is mine"),
    ("france", "2 95 10 99 126 111 93", "mine: {}"),
    ("spain", "54362315K", "{} is mine"),
    ("spain", "X-2482300W", "{} is mine"),
    ("italy", "RCCMNL83S18D969H", "{} is mine"),
    ("italy", "rccmnl83s18d969h", "{} is mine"),
    ("netherlands", "1112.22.333", "BSN {}"),
    ("netherlands", "111222333", WITH_CUE),
    ("poland", "44051401359", "pesel {}"),
    ("sweden", "880320-0016", "{} is mine"),
    ("belgium", "85.07.30-033.28", "{} is mine"),
    ("belgium", "85073003328", WITH_CUE),
    ("portugal", "501964843", "o meu nif {}"),
    ("finland", "131052-308T", "{} is mine"),
    ("denmark", "211062-5629", "cpr {}"),
    ("austria", "1237 010180", "meine sozialversicherungsnummer {}"),
    ("ireland", "6433435F", "{} is mine"),
    ("romania", "1630615123457", "cnp {}"),
    ("bulgaria", "7523169263", "egn {}"),
    ("czechia", "710319/2745", "{} is mine"),
    ("croatia", "33392005961", "oib {}"),
    ("baltic", "36805280109", "isikukood {}"),
    ("baltic", "33309240064", "asmens kodas {}"),
    ("latvia", "161175-19997", "{} is mine"),
    ("greece", "01013099997", "amka {}"),
    ("slovenia", "0101006500006", "emšo {}"),
    ("hungary", "123 456 788", "taj {}"),
    ("china", "91110000600037341L", "{} is ours"),
    ("china", "91110000600037341L", "统一社会信用代码{}"),
]


def national(text: str) -> list[str]:
    return [text[one.start : one.end] for one in scan(text) if one.kind == "NATIONAL_ID"]


@pytest.mark.parametrize(("country", "number", "frame"), NUMBERS)
def test_a_number_is_found(country: str, number: str, frame: str) -> None:
    [found] = national(frame.format(number))
    assert found.endswith(number)  # a word that is none of ours in front ("cnp 163...") may go with it


@pytest.mark.parametrize(("country", "number", "frame"), NUMBERS)
def test_with_its_last_sign_changed_it_is_none(country: str, number: str, frame: str) -> None:
    last = number[-1]
    others = [str((int(last) + step) % 10) for step in (1, 2, 3)] if last.isdigit() else list("ABC")
    if country == "denmark":  # no check digit any more: a day that is none
        number, others = "321362-5629", ["8"]
    wrong = [number[:-1] + other for other in others if other.upper() != last.upper()]
    found = [text for text in wrong if number_of(country, frame.format(text))]
    assert len(found) < len(wrong), found  # another country's check may let one of them pass


def number_of(country: str, text: str) -> list[str]:
    return [one.detector for one in scan(text) if country in one.detector]


@pytest.mark.parametrize("number", ["36574261809", "44051401359", "33392005961", "36805280109"])
def test_digits_alone_are_no_national_number_without_a_word_of_it(number: str) -> None:
    assert national(f"item {number} is sold out") == []


@pytest.mark.parametrize(
    "text", ["version 12345678-A", "call 131052-308 now", "item 9111000060003734IO", "flight AB1234567"]
)
def test_what_only_looks_like_one(text: str) -> None:
    assert national(text) == []
