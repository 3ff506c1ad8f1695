"""The one form in which text is stored and hashed: NFC, without what PostgreSQL or UTF-8 cannot hold."""

import unicodedata
from typing import TypeGuard

# A lone surrogate cannot be written as UTF-8; a NUL cannot be stored in a PostgreSQL text or jsonb.
_UNSTORABLE = {0x00: None} | dict.fromkeys(range(0xD800, 0xE000))


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def nfc_offset(text: str, offset: int) -> int:
    """Where code point `offset` of `text` lies after NFC; inside a composed character: behind it."""
    return len(nfc(text[:offset]))


def is_storable(text: str) -> bool:
    return text.isascii() and "\0" not in text or text == text.translate(_UNSTORABLE)


def is_index(value: object) -> TypeGuard[int]:
    """A whole number as JSON writes one; `true` is an int to Python but not a number to JSON."""
    return isinstance(value, int) and not isinstance(value, bool)
