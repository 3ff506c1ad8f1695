"""Telephone numbers of every region that libphonenumber knows, in every way that they are written."""

import pytest
from phonenumbers import (
    SUPPORTED_REGIONS,
    PhoneNumberFormat,
    PhoneNumberType,
    example_number_for_type,
    format_number,
)

from privacy.pii.scan import scan

KINDS = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE)
NUMBERS = [
    number
    for region in sorted(SUPPORTED_REGIONS)
    for kind in KINDS
    if (number := example_number_for_type(region, kind)) is not None
]


def found_share(form: int, frame: str) -> float:
    hits = 0
    for number in NUMBERS:
        value = format_number(number, form)
        text = frame.format(value)
        at = text.index(value)
        hits += any(one.start <= at and one.end >= at + len(value) for one in scan(text))
    return hits / len(NUMBERS)


@pytest.mark.parametrize(
    ("form", "frame", "share"),
    [
        (PhoneNumberFormat.E164, "so {} it is", 1.0),
        (PhoneNumberFormat.INTERNATIONAL, "you get me under {} now", 0.99),
        # Some islands have four to six digits, which may be anything.
        (PhoneNumberFormat.NATIONAL, "my phone is {} today", 0.92),
    ],
)
def test_numbers_of_every_region(form: int, frame: str, share: float) -> None:
    assert len(NUMBERS) > 450
    assert found_share(form, frame) >= share


@pytest.mark.parametrize(
    "text",
    ["from 2019-04-12 to 2020-04-12", "it costs 0.99 or 10.49", "item 12 of 2020, 3 of 8", "12:30-14:00"],
)
def test_what_is_no_number(text: str) -> None:
    assert scan(text) == []
