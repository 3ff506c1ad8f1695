"""Check digits."""

import re
from datetime import date

_GB11643_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
# The first two digits of GB/T 2260: the provinces, municipalities and special regions.
REGIONS = frozenset(
    {
        "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36",
        "37", "41", "42", "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62",
        "63", "64", "65", "71", "81", "82", "83",
    }
)  # fmt: skip

# The registry of ISO 13616: how long a country's number is.
_IBAN_LENGTHS = {
    country: int(length)
    for length, countries in {
        "15": "NO", "16": "BE", "18": "DK FI FK FO GL NL SD", "19": "MK SI",
        "20": "AT BA EE KZ LT LU MN XK", "21": "CH HR LI LV", "22": "BG BH CR DE GB GE IE ME RS VA",
        "23": "AE GI IL IQ OM SO TL", "24": "AD CZ ES MD PK RO SA SE SK TN VG", "25": "LY PT ST",
        "26": "IS TR", "27": "BI DJ FR GR IT MC MR SM", "28": "AL AZ BY CY DO GT HN HU LB NI PL SV",
        "29": "BR EG PS QA UA", "30": "JO KW MU YE", "31": "MT SC", "32": "LC", "33": "RU",
    }.items()
    for country in countries.split()
}  # fmt: skip


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
    if not re.fullmatch(r"\d{17}[\dX]", number) or number[:2] not in REGIONS:
        return False
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_GB11643_WEIGHTS, number, strict=False))
    return 1900 <= born.year <= 2100 and "10X98765432"[total % 11] == number[17]


def nhs(value: str) -> bool:
    """A British health number: ten digits weighted 10 to 1 add up to 0 modulo 11."""
    digits = digits_of(value)
    return sum(int(digit) * weight for digit, weight in zip(digits, range(10, 0, -1), strict=True)) % 11 == 0


def is_iban_long(value: str) -> bool:
    """Whether it has the length of its country's."""
    number = re.sub(r"[ -]", "", value).upper()
    return len(number) == _IBAN_LENGTHS.get(number[:2])


def iban(value: str) -> bool:
    """ISO 13616: the country's length, and ISO 7064 MOD 97-10 over letters as numbers."""
    number = re.sub(r"[ -]", "", value).upper()
    if not is_iban_long(number):
        return False
    return int("".join(str(int(char, 36)) for char in number[4:] + number[:4])) % 97 == 1
