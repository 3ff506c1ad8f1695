"""Values that people have found, looked for in every text that comes later: one more detector.

Only keyed digests (BLAKE2b, RFC 7693) of normalised values are kept. A text's runs of words are digested in
the same way and looked up, so neither the list nor the database tells what was learned.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from privacy.pii.finding import Finding
from privacy.pii.folding import WALL, Folded, fold
from privacy.pii.gazetteer import COMMON

NAME = "learned"
SCORE = 0.95
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+")
_SHORTEST = 3  # letters or digits, or two Chinese characters
_MOST_WORDS = 12
_MOST_GAPS = 5  # a number may be written in so many more groups than it was


@dataclass(frozen=True, slots=True)
class Form:
    """A value without case, spaces and signs. `words`: how many it has; `loose`: it may be grouped anew."""

    digest: str
    words: int
    loose: bool


def words_of(folded: Folded) -> list[tuple[int, int, str]]:
    """Start, end (of the folded text) and normalised text of each word; Chinese goes by character."""
    return [(one.start(), one.end(), one[0].casefold()) for one in _WORD.finditer(folded.text)]


def form_of(value: str, secret: bytes) -> Form | None:
    """What is kept of a value; None for one too short or too ordinary to be looked for everywhere."""
    words = [word for _start, _end, word in words_of(fold(value))]
    joined = "".join(words)
    chinese = joined[:1] >= "\u3400"
    if not words or len(words) > _MOST_WORDS or len(joined) < (2 if chinese else _SHORTEST):
        return None
    if all(word in COMMON for word in words) or (joined.isdigit() and len(joined) < 5):
        return None
    return Form(digest(joined, secret), len(words), any(char.isdigit() for char in joined))


def digest(joined: str, secret: bytes) -> str:
    return hashlib.blake2b(joined.encode(), key=secret[:64], digest_size=16).hexdigest()


class Learned:
    """Finds the values whose digests are in `known`: digest -> (kind, words, loose), as JSON has them."""

    def __init__(self, secret: bytes, known: Mapping[str, tuple[str, int, bool]]) -> None:
        self._secret = secret
        self._known = known
        lengths = {words for _kind, words, loose in known.values() if not loose}
        most_loose = max((words + _MOST_GAPS for _kind, words, loose in known.values() if loose), default=0)
        self._lengths = sorted(lengths | set(range(1, most_loose + 1)), reverse=True)

    def __bool__(self) -> bool:
        return bool(self._known)

    def find(self, text: str) -> list[Finding]:
        """Places of known values in `text`, in its own offsets, free of overlaps; of two the longer."""
        if not self._known:
            return []
        folded = fold(text)
        words = words_of(folded)
        found: list[Finding] = []
        taken = [False] * len(words)
        for length in self._lengths:
            for at in range(len(words) - length + 1):
                if any(taken[at : at + length]):
                    continue
                if kind := self._kind_of(folded.text, words[at : at + length]):
                    place = folded.original(words[at][0], words[at + length - 1][1])
                    found.append(Finding(*place, kind, SCORE, NAME))
                    taken[at : at + length] = [True] * length
        return sorted(found, key=lambda one: one.start)

    def _kind_of(self, text: str, words: list[tuple[int, int, str]]) -> str:
        """The kind of the value that these words are, or nothing."""
        joined = "".join(word for _start, _end, word in words)
        known = self._known.get(digest(joined, self._secret))
        if known is None or WALL in text[words[0][0] : words[-1][1]]:
            return ""
        kind, length, loose = known
        return kind if loose or length == len(words) else ""
