"""How a value may be written where it stands in the clear: a pattern that Python and PostgreSQL both read."""

import re
import unicodedata

from privacy.pii.lookup import national_number

_SEPARATED = r"[ ().,/+_-]{0,3}"
_SPACE = r"(?:\s|\\[nrt])+"  # JSON writes some of it as a backslash and a letter
_SHORTEST = 3
_DIGITS = 6
_DIALLED = 5
_HAN = re.compile(r"[\u3400-\u9fff]")
_NUMBER = re.compile(r"[+(]?\d[\d\s().\-/+]*\d")


def wording_of(value: str) -> str | None:
    """A regular expression for the value in any case and spacing; None where it is too short to look for.

    Digits of a number may have up to three separators between them, words of a text any white space.
    """
    text = unicodedata.normalize("NFC", value).strip()
    if len(text) < _SHORTEST and len(_HAN.findall(text)) < 2:
        return None
    digits = re.sub(r"\D", "", text)
    if _NUMBER.fullmatch(text) and len(digits) >= _DIGITS:
        return _SEPARATED.join(national_number(text) or digits)
    return _SPACE.join(_escaped(word) for word in text.split())


def _escaped(word: str) -> str:
    """What is no letter or digit stands for itself, also where JSON put a backslash before it."""
    return "".join(char if char.isalnum() else rf"\\?\{char}" for char in word)


def stands_in(pattern: re.Pattern[str], text: str) -> bool:
    """Whether one stands in `text` as a word of its own; Chinese runs on, so there it may stand anywhere."""
    return any(_is_whole(text, *match.span()) for match in pattern.finditer(text))


def _is_whole(text: str, start: int, end: int) -> bool:
    if _HAN.match(text[start]):
        return True
    after = text[end : end + 1]
    if text[start].isdigit():
        # A country's code or what is dialled first may stand before it: up to four digits (0044).
        before = text[max(0, start - _DIALLED) : start]
        return not after.isdigit() and not (len(before) == _DIALLED and before.isdigit())
    return not (_is_letter(text[start - 1 : start]) or _is_letter(after))


def _is_letter(neighbour: str) -> bool:
    return neighbour.isalpha() and not _HAN.match(neighbour)
