"""Whether a value is a stand-in already, so that a second pass leaves it as it is.

It is one where its range belongs to nobody or it is made of invented names: see `surrogates.py`. A real value
that looks the same stays hidden among them. Codes of no reserved range (order numbers, user names, Chinese
names of two characters) cannot be told from real ones and get another stand-in.
"""

import re
from collections.abc import Callable

from privacy.pii.detectors.checksums import digits_of, is_iban_long, luhn
from privacy.pii.values import TITLE

_HAN = re.compile(r"[\u3400-\u9fff]")
_EMAIL = re.compile(r"([a-z]+)\.([a-z]+)\d\d@example\.com")
_ADDRESS = re.compile(r"\d{3} ([a-z ]+)|某市某区某路\d{3}号")
_PATTERNS = {
    "URL": re.compile(r"https://www\.example\.com/[0-9a-f]{8}|www\d{1,3}\.example\.com"),
    "IP": re.compile(r"2001:db8::[0-9a-f]{1,4}|192\.0\.2\.\d{1,3}"),
    "MAC": re.compile(r"00:00:5e:00:53:[0-9a-f]{2}"),
}
_LONGEST_PHONE = 15  # digits (E.164)


class Invented:
    """Knows the lists that stand-ins are made of: given and family names, Chinese given names, streets."""

    def __init__(self, given: list[str], family: list[str], chinese: list[str], streets: list[str]) -> None:
        self._given, self._family = _folded(given), _folded(family)
        self._chinese, self._streets = frozenset(chinese), _folded(streets)
        self._checks: dict[str, Callable[[str], bool]] = {
            "PERSON": self._is_person,
            "EMAIL": self._is_email,
            "ADDRESS": self._is_address,
            "PHONE": _is_phone,
            "CARD": _is_card,
            "SSN": lambda value: len(digits := digits_of(value)) > 8 and digits.startswith("000"),
            "NATIONAL_ID": lambda value: value.startswith("000000"),
        }

    def __contains__(self, found: tuple[str, str]) -> bool:
        """(value, kind)"""
        value, kind = found[0].strip(), found[1]
        if _is_iban(value):  # one that is not valid looks like other kinds
            return True
        if pattern := _PATTERNS.get(kind):
            return pattern.fullmatch(value.lower()) is not None
        check = self._checks.get(kind)
        return check is not None and check(value)

    def _is_person(self, value: str) -> bool:
        if _HAN.search(value):
            return value[1:] in self._chinese
        title = TITLE.match(value)
        words = re.findall(r"\w+", (value[title.end() :] if title else value).casefold())
        return bool(words) and all(word in self._given or word in self._family for word in words)

    def _is_email(self, value: str) -> bool:
        match = _EMAIL.fullmatch(value.lower())
        return match is not None and match[1] in self._given and match[2] in self._family

    def _is_address(self, value: str) -> bool:
        match = _ADDRESS.fullmatch(value.casefold())
        return match is not None and (match[1] is None or match[1] in self._streets)


def _folded(words: list[str]) -> frozenset[str]:
    return frozenset(word.casefold() for word in words)


def _is_phone(value: str) -> bool:
    """As `surrogates` makes them: 555-01xx at the end, behind an area's code where there are nine digits."""
    digits = digits_of(value)
    if len(digits) > _LONGEST_PHONE:
        return _is_card(value)
    if len(digits) == 11 and digits.startswith("100"):
        return True
    line = r"0*555010\d" if len(digits) < 9 else r"(?:0*[2-9]\d\d|\d{0,2})55501\d\d"
    return len(digits) > 4 and re.fullmatch(line, digits) is not None


def _is_iban(value: str) -> bool:
    return value[2:].lstrip(" ").startswith("00") and value[:2].isalpha() and is_iban_long(value)


def _is_card(value: str) -> bool:
    digits = digits_of(value)
    return digits.startswith("0") and not luhn(digits)
