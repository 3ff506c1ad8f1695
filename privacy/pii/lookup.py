"""Forms in which a value is looked for without being kept in the clear: what an index holds digests of.

A form is a short text such as "email:anna@example.com". A value that was found in a text has those of its
kind; a value that somebody asks with has those of every kind that it could be, so that a number is found
whatever it was taken for.
"""

import re
import unicodedata
from collections.abc import Iterator

import phonenumbers

from privacy.pii.values import normalised

_HAN = re.compile(r"[\u3400-\u9fff]")
# A national number's last nine digits tell people apart and leave out what is dialled before it (0, 1, 86).
_NATIONAL = 9
_PHONE = re.compile(r"[+(\d][\d\s().\-/]{4,}\d")


def forms_of(value: str, kind: str) -> frozenset[str]:
    """Of a value that was found as `kind`; empty where nothing is left to compare."""
    if kind == "PERSON":
        return frozenset(_names(value))
    if kind == "EMAIL":
        return frozenset(_emails(value))
    if kind == "PHONE":
        return frozenset((*_phones(value), *_codes(value)))
    return frozenset(_codes(value))


def forms_asked(value: str) -> frozenset[str]:
    """Of a value whose kind nobody said."""
    text = unicodedata.normalize("NFKC", value).strip()
    found = [*_codes(text)]
    if "@" in text:
        found += _emails(text)
    if _PHONE.fullmatch(text):
        found += _phones(text)
    if not any(char.isdigit() for char in text):
        found += _names(text)
    return frozenset(found)


def _emails(value: str) -> Iterator[str]:
    yield f"email:{normalised(value, 'EMAIL')}"


def _codes(value: str) -> Iterator[str]:
    """Numbers, ids, addresses: letters and digits alone, so that nobody's way of spacing them matters."""
    code = normalised(value, "OTHER")
    if len(code) > 3:
        yield f"code:{code}"


def _phones(value: str) -> Iterator[str]:
    """By the national significant number, which E.164 and what people dial at home have in common."""
    digits = national_number(unicodedata.normalize("NFKC", value).strip())
    if len(digits) > 5:
        yield f"phone:{digits[-_NATIONAL:]}"


def national_number(text: str) -> str:
    """The digits that identify a number at home; an international one is asked what its country's code is."""
    digits = re.sub(r"\D", "", text)
    if text.startswith("+") or digits.startswith("00"):
        try:
            parsed = phonenumbers.parse("+" + digits.removeprefix("00"))
        except phonenumbers.NumberParseException:
            return digits
        return str(parsed.national_number)
    return digits.lstrip("0")


def _names(value: str) -> Iterator[str]:
    """All words of a name in any order ("Smith, Anna"), and the first with the last ("Anna B. Smith")."""
    words = normalised(value, "PERSON").split()
    if not words or words == ["?"]:
        return
    if _HAN.search(value):
        yield f"name:{''.join(words)}"
        return
    yield f"name:{' '.join(sorted(words))}"
    if len(words) > 2:
        yield f"name:{' '.join(sorted((words[0], words[-1])))}"
