"""The units of a text: words, or single characters where a script has no spaces.

They come from the text, not from the tokenizer, so that the same boundaries can be learned with any encoder:
a run of letters and digits is one unit, every other visible character is its own, and characters of scripts
without spaces (Chinese, kana, Thai, Lao, Khmer, Burmese) stand alone. Marks, joiners and variation selectors
belong to the character before them, so no unit ends inside what a reader sees as one.
"""

import re
import unicodedata

_NO_SPACES = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_ZERO_WIDTH_JOINER = "\u200d"
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_SYMBOL = re.compile("[\u2190-\u2bff\U0001f000-\U0001faff]")
NOTHING = -1


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


def set_apart(text: str) -> tuple[str, list[int] | None]:
    """The text with spaces round its emoji and other symbols, and where each code point of it came from.

    WordPiece reads "thanks😊" as one word that it does not know; set apart, the word is read and only the
    emoji is unknown. The places are None when nothing had to be changed.
    """
    if not _SYMBOL.search(text):
        return text, None
    numbers = unit_numbers(text)
    pieces: list[str] = []
    places: list[int] = []
    before = after = False  # whether the unit before, and this one, is a symbol
    for index, char in enumerate(text):
        if index == 0 or numbers[index] != numbers[index - 1]:
            before, after = after, _SYMBOL.match(char) is not None
            if index and (before or after) and NOTHING not in numbers[index - 1 : index + 1]:
                pieces.append(" ")
                places.append(index)
        pieces.append(char)
        places.append(index)
    return "".join(pieces), places
