"""Cuts text into the tokens on which people can agree or differ. White space belongs to no token."""

import re
import unicodedata
from functools import lru_cache

Token = tuple[int, int]  # start, end (exclusive)

# Scripts without spaces between words, or with particles glued to them (Hangul): one token per character.
_ALONE = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\u1780-\u17ff"  # Myanmar, Khmer
    "\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff"  # iteration marks, Hiragana, Katakana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"  # Han
    "\uac00-\ud7af"  # Hangul syllables
)
_PIECE = re.compile(
    rf"[{_ALONE}]"
    r"|[\U0001f1e6-\U0001f1ff]{2}"  # a flag
    r"|\d+"
    rf"|[^\W\d_{_ALONE}]+"  # letters
    r"|\S"  # punctuation, symbols, marks: one by one
)
_JOINER = "\u200d"
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_STANDS_ALONE = re.compile(f"[{_ALONE}]")


@lru_cache(maxsize=4096)
def tokenize(text: str) -> tuple[Token, ...]:
    """Runs of letters, runs of digits, single CJK (and Thai, Khmer, ...) characters, single other characters.

    Offsets are code points. Combining marks, variation selectors, skin tones and what a zero-width joiner
    ties together stay in one token, so no boundary falls inside what a reader sees as one character.
    """
    pieces = [match.span() for match in _PIECE.finditer(text)]
    if text.isascii():
        return tuple(pieces)
    tokens: list[Token] = []
    for start, end in pieces:
        if tokens and tokens[-1][1] == start and _belongs_to_previous(text, start):
            tokens[-1] = (tokens[-1][0], end)
        else:
            tokens.append((start, end))
    return tuple(tokens)


def _belongs_to_previous(text: str, start: int) -> bool:
    char, previous = text[start], text[start - 1]
    if char == _JOINER or previous == _JOINER or ord(char) in _SKIN_TONES:
        return True
    if unicodedata.category(char).startswith("M"):
        return True
    # A mark inside a word (a Devanagari vowel sign) has cut the word in two: letters behind it go on with it.
    return char.isalpha() and not _STANDS_ALONE.match(char) and unicodedata.category(previous).startswith("M")
