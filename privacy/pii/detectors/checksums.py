"""Check digits."""

import re
from datetime import date

_GB11643_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
# The first two digits of GB/T 2260: the provinces, municipalities and special regions.
_REGIONS = frozenset(
    {
        "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36",
        "37", "41", "42", "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62",
        "63", "64", "65", "71", "81", "82", "83",
    }
)  # fmt: skip


def digits_of(value: str) -> str:
    """The digits alone."""
    return re.sub(r"\D", "", value)


def luhn(value: str) -> bool:
    """ISO/IEC 7812-1, annex B: every second digit from the right doubled, digit sums adding up to 0 modulo
    10.
    """
    total = 0
    for place, char in enumerate(reversed(digits_of(value))):
        digit = int(char) * (1 + place % 2)
        total += digit - 9 if digit > 9 else digit
    return total % 10 == 0


def gb11643(value: str) -> bool:
    """A Chinese identity number: region, date of birth and the ISO 7064 MOD 11-2 check character (GB
    11643-1999).
    """
    number = re.sub(r"[\s-]", "", value).upper()
    if not re.fullmatch(r"\d{17}[\dX]", number) or number[:2] not in _REGIONS:
        return False
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_GB11643_WEIGHTS, number, strict=False))
    return 1900 <= born.year <= 2100 and "10X98765432"[total % 11] == number[17]
