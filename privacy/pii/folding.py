"""A text as the detectors read it.

Full-width forms made narrow, invisible characters gone, replacements walled off.
"""

import re
from dataclasses import dataclass

WALL = "\ufffc"  # no detector matches it, so nothing is found inside or across what was replaced already
MASK = "●"
PLACEHOLDER = re.compile(r"\[([A-Z]+(?:_[A-Z]+)*)_(\d+)\]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    0x3000: 0x20, 0x00A0: 0x20, 0x202F: 0x20, 0x2007: 0x20, ord(MASK): ord(WALL),
    0x2010: 0x2D, 0x2011: 0x2D, 0x2012: 0x2D, 0x2019: 0x27,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Folded:
    """The folded text; `index[i]` is the place in the original of its code point i (None: the same place)."""

    text: str
    index: tuple[int, ...] | None = None

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The span in the original text, without invisible characters at its edges."""
        return (start, end) if self.index is None else (self.index[start], self.index[end - 1] + 1)


def fold(text: str) -> Folded:
    """Fold without changing the length, except that invisible characters are taken out (then with an
    index).
    """
    if "[" in text:
        text = PLACEHOLDER.sub(lambda match: WALL * len(match[0]), text)
    if text.isascii():
        return Folded(text)
    narrow = text.translate(_NARROW)
    if not _INVISIBLE.search(narrow):
        return Folded(narrow)
    index = tuple(i for i, char in enumerate(narrow) if not _INVISIBLE.match(char))
    return Folded("".join(narrow[i] for i in index), index)
