"""How a post may be read: as it stands, and with the tricks undone that hide words from a model. Pure.

A post is as unsafe as its worst reading, so that undoing a trick wrongly can hide a post but never show one.
"""

import re
import unicodedata
from collections.abc import Iterator

WORDS_AT_ONCE = 40
_STEP = 20
_LETTERS = 8
MOST_READINGS = 200

# Letters of other alphabets that look like Latin ones (after Unicode TS #39, the common part of it).
_LOOKALIKES = str.maketrans(
    "аеорсухіјѕһԁԛԝвкмнтгпАЕОРСУХІЈЅВКМНТαβεικνορτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "aeopcyxijshdqwbkmhtrnAEOPCYXIJSBKMHTabeiknoptuxABEZHIKMNOPTYX",
)
# Digits and signs that stand for letters; of `1` and `!` there are two readings.
_STANDS_FOR = {"0": "o", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g", "@": "a", "$": "s",
               "€": "e", "+": "t"}  # fmt: skip
_AS_I, _AS_L = (str.maketrans({**_STANDS_FOR, "1": one, "!": one, "|": one}) for one in "il")
_DISGUISE = re.compile(r"[^\s,;:?()\"“”]+")
_MEASURE = re.compile(
    r"[£$€]?\d[\d.,:/]*(?:km|kg|g|m|mm|cm|min|h|s|st|nd|rd|th|x|k|am|pm|l|ml|mph|gb|mb|p|d|%|!|\+)?\W*\Z",
    re.IGNORECASE,
)
_SPACED = re.compile(r"(?<!\w)(?:[^\W\d_][\s.*_\-~·•|/\\]){1,}[^\W\d_](?!\w)")
_BETWEEN = re.compile(r"(?<=[^\W\d_])[*_~·•^|\\](?=[^\W\d_])")
_REPEATED = re.compile(r"([^\W\d_])\1{2,}")
_DEAF = ("Cf", "Mn", "Me", "Cc", "Co")  # categories that show nothing of their own, or ride on a letter
_SYMBOLS = ("So", "Sk")


def readings(text: str) -> list[str]:
    """The text and what else it may say, each once; of a long one also each stretch of WORDS_AT_ONCE words.

    A model reads the beginning of a long text and is swayed by its length; an unsafe sentence behind many
    safe ones is read by itself as well.
    """
    plain = " ".join(text.split())
    smooth = smoothed(text)
    found = [plain, smooth, _joined(text), *(undisguised(smooth, letter) for letter in "il")]
    found += [part for whole in tuple(found) for part in _stretches(whole)]
    return [one for one in dict.fromkeys(found) if one]


def is_garbled(text: str) -> bool:
    """Whether it is mostly single letters, with no telling where one word ends and the next begins."""
    words = text.split()
    single = sum(len(word) == 1 and word.isalpha() for word in words)
    return single >= _LETTERS and 2 * single > len(words) and single > _LETTERS * len(smoothed(text).split())


def smoothed(text: str) -> str:
    """Lookalikes, compatibility and invisible characters, spaced and drawn-out words in their usual form."""
    text = unicodedata.normalize("NFKD", text)
    kept = "".join(" " if char in "\n\t" else char for char in text if not _is_deaf(char))
    kept = unicodedata.normalize("NFC", kept.translate(_LOOKALIKES))
    kept = _symbols_apart(kept)
    kept = _SPACED.sub(lambda found: "".join(char for char in found.group() if char.isalpha()), kept)
    kept = _BETWEEN.sub("", kept)
    return " ".join(_REPEATED.sub(r"\1", kept).split())


def undisguised(text: str, letter: str) -> str:
    """Digits and signs inside words as the letters that they stand for; 1 and ! as `letter`, i or l."""
    table = _AS_I if letter == "i" else _AS_L
    return _DISGUISE.sub(lambda found: _unmasked(found.group(), table), text)


def _unmasked(word: str, table: dict[int, str]) -> str:
    """Only words with a letter in them, and none that is a number with its unit, such as 5km or 2nd."""
    core = word.rstrip(".!")
    tail = word[len(core) :]
    if _MEASURE.match(word) or not any(char.isalpha() for char in core):
        return word
    return core.translate(table) + tail


def _joined(text: str) -> str:
    """With emoji taken out of words: "le🙂ave" says "leave"."""
    return smoothed("".join(char for char in text if unicodedata.category(char) not in _SYMBOLS))


def _is_deaf(char: str) -> bool:
    return char not in "\n\t" and unicodedata.category(char) in _DEAF


def _symbols_apart(text: str) -> str:
    return "".join(f" {char} " if unicodedata.category(char) in _SYMBOLS else char for char in text)


def _stretches(text: str) -> Iterator[str]:
    words = text.split()
    if len(words) > WORDS_AT_ONCE:
        for start in range(0, len(words) - _STEP, _STEP):
            yield " ".join(words[start : start + WORDS_AT_ONCE])
