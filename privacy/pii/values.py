"""When two findings of one dialogue are the same value, and where a value found once is said again."""

import re
import unicodedata
from collections.abc import Iterator

from privacy.pii.clues import Clues, in_word
from privacy.pii.finding import Finding
from privacy.pii.gazetteer import COMMON

TITLE = re.compile(r"(?:(?:mr|mrs|ms|miss|mx|dr|prof|professor|mister|doctor)\b\.?\s*)+(?=\S)", re.I)
_CHINESE = re.compile(r"[\u3400-\u9fff]+")
_SURE = 0.7  # below this a finding holds where it stands and is not looked for elsewhere
_DIGITS_ONLY = frozenset({"PHONE", "CARD", "SSN"})


def _untitled(name: str) -> str:
    title = TITLE.match(name)
    return name[title.end() :] if title else name


def normalised(value: str, kind: str) -> str:
    """The value as compared: no case, no titles, no punctuation; a phone number by its last ten digits."""
    value = unicodedata.normalize("NFKC", value).casefold()
    if kind in _DIGITS_ONLY:
        digits = re.sub(r"\D", "", value)
        return digits[-10:] if kind == "PHONE" and len(digits) > 10 else digits or value
    if kind == "PERSON":
        value = " ".join(re.findall(r"\w+", _untitled(value)))
    elif kind not in {"EMAIL", "URL", "PASSWORD", "API_KEY"}:
        value = re.sub(r"[\W_]+", "", value)
    return value.strip() or "?"


def person_parts(name: str) -> frozenset[str]:
    """The words of a normalised name that may stand for it alone.

    Three letters or more and no everyday word.
    """
    return frozenset(part for part in name.split() if len(part) > 2 and part not in COMMON)


class Repeats:
    """Finds again what was found once in a dialogue.

    "Rebecca" after "Rebecca Edwards", a code without its cue.
    """

    def __init__(self) -> None:
        self._kinds: dict[str, str] = {}

    def learn(self, value: str, finding: Finding) -> bool:
        """Remember a value when it is sure enough and long enough to be looked for everywhere.

        Says whether there was anything new to remember.
        """
        if finding.score < _SURE:
            return False
        known = len(self._kinds)
        for form in self._forms(value, finding.kind):
            self._kinds.setdefault(form, finding.kind)
        return len(self._kinds) > known

    @staticmethod
    def _forms(value: str, kind: str) -> Iterator[str]:
        value = value.lower()
        if kind == "PERSON":
            name = _untitled(value)
            if _CHINESE.fullmatch(name):
                yield from (name,) if len(name) > 1 else ()
                return
            yield from person_parts(normalised(value, kind))
            if len(name) > 3 and name not in COMMON:
                yield name
        elif len(value) > 4 and (any(char.isdigit() for char in value) or "@" in value):
            yield value

    def find(self, clues: Clues) -> list[Finding]:
        """Every place of a known value in a folded turn, as whole words; of two that overlap the first, of
        two that begin together the longer.
        """
        if not self._kinds:
            return []
        places = [
            (start, -len(form), form)
            for form in self._kinds
            if form in clues.lower
            for start in _places(form, clues.lower)
        ]
        found: list[Finding] = []
        for start, _length, form in sorted(places):
            if not found or start >= found[-1].end:
                found.append(Finding(start, start + len(form), self._kinds[form], 0.8, "repeat"))
        return found


def _places(form: str, text: str) -> Iterator[int]:
    """Where a form stands; Chinese runs on without spaces, everything else has to be a whole word."""
    anywhere = _CHINESE.fullmatch(form) is not None
    at = text.find(form)
    while at >= 0:
        end = at + len(form)
        if anywhere or not ((at and in_word(text[at - 1])) or (end < len(text) and in_word(text[end]))):
            yield at
        at = text.find(form, at + 1)
