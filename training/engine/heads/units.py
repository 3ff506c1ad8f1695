"""The units a span head decides on: words, or single characters where a script has no spaces.

They come from the text, not from the tokenizer, so that the same boundaries can be learned with any encoder:
a run of letters and digits is one unit, every other visible character is its own, and characters of scripts
without spaces (Chinese, kana, Thai, Lao, Khmer, Burmese) stand alone. Marks, joiners and variation selectors
belong to the character before them, so no unit ends inside what a reader sees as one.
"""

import re
import unicodedata
from dataclasses import dataclass

from training.engine.tokens import Tokens

_NO_SPACES = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_ZERO_WIDTH_JOINER = "\u200d"
_SKIN_TONES = range(0x1F3FB, 0x1F400)
NOTHING = -1


@dataclass(frozen=True, slots=True)
class Units:
    """K units with at least one sub-token: position of the first one, and code-point range [start, end)."""

    leads: list[int]
    starts: list[int]
    ends: list[int]


def unit_numbers(text: str) -> list[int]:
    """For each code point the number of its unit, NOTHING for white space."""
    numbers: list[int] = []
    current, word = NOTHING, False  # word: the next letter may go on with the current unit
    for index, char in enumerate(text):
        if char.isspace():
            numbers.append(NOTHING)
            word = False
            continue
        inside = index > 0 and numbers[-1] != NOTHING
        if not (inside and (_clings(char) or text[index - 1] == _ZERO_WIDTH_JOINER)):
            letter = char.isalnum() or char == "_"
            alone = letter and _NO_SPACES.match(char) is not None
            if not (word and letter and not alone):
                current += 1
            word = letter and not alone
        numbers.append(current)
    return numbers


def _clings(char: str) -> bool:
    """Whether a character shows as part of the one before it."""
    return unicodedata.category(char) in ("Mn", "Mc", "Me", "Cf") or ord(char) in _SKIN_TONES


def units_of(text: str) -> tuple[list[int], list[int]]:
    """Starts and ends of all units of a text, whatever a tokenizer makes of them."""
    starts: list[int] = []
    ends: list[int] = []
    last = NOTHING
    for index, number in enumerate(unit_numbers(text)):
        if number == NOTHING:
            continue
        if number == last:
            ends[-1] = index + 1
        else:
            starts.append(index)
            ends.append(index + 1)
        last = number
    return starts, ends


def align(text: str, tokens: Tokens) -> Units:
    """Group sub-tokens into units; continuation sub-tokens get no decision of their own.

    A unit's range runs over all its characters, those included that the tokenizer dropped (accents, joiners).
    """
    numbers = unit_numbers(text)
    units = Units([], [], [])
    last = NOTHING
    for position, (start, end) in enumerate(zip(tokens.starts, tokens.ends, strict=True)):
        while start < end and numbers[start] == NOTHING:  # some tokenizers count the space before a word
            start += 1
        if start >= end:
            continue
        stop = end
        while stop < len(text) and numbers[stop] == numbers[end - 1] != NOTHING:
            stop += 1
        if numbers[start] != last:
            while start > 0 and numbers[start - 1] == numbers[start]:
                start -= 1
            units.leads.append(position)
            units.starts.append(start)
            units.ends.append(stop)
        else:
            units.ends[-1] = max(units.ends[-1], stop)
        last = numbers[end - 1]
    return units
