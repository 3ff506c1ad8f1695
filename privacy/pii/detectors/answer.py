"""A turn that is nothing but an answer: "ravi", "karthik 8574", "htf 632", "9842136207".

What was asked in the turn before decides the kind; without a turn before (a lone text, or only one side of a
conversation), the shape does, and whole turns alone are looked at, so that "2 pizzas" or "at 7" stay.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from privacy.pii.clues import Clues
from privacy.pii.detectors.base import words
from privacy.pii.finding import Finding
from privacy.pii.gazetteer import COMMON, DISTINCT, FAMILY, GIVEN

_FILLER = r"(?:(?:yes|yeah|sure|ok|okay|its|it's|it is|the|sorry|no|and|of course|my|number|numbers|is|here|,|\.|:|!|-)\s*)*"
_NAME = r"(?P<name>[^\W\d_][^\W\d_'.-]*(?:[ ][^\W\d_][^\W\d_'-]*){0,3}?)"
_CODE = (
    r"(?P<code>\+?\d[\d ()-]{2,20}\d|(?=[a-z \d-]*\d[a-z \d-]*$)[a-z]{0,5}[ -]?\d[a-z\d]*(?:[ -](?:\d+[a-z]*|[a-z]{1,4}\d*)){0,5}"
    r"|(?=[a-z \d-]*\d)[a-z]{1,4}(?:[ -](?:[a-z]{1,2}|\d+[a-z]?)){1,6})"
)
_ONLY = re.compile(rf"\s*{_FILLER}(?:{_NAME}|{_CODE}|{_NAME.replace('name', 'who')}[ ,]+(?:and |, ?)?{_CODE.replace('code', 'number')})[\s.!,]*", re.I)
_YEAR = re.compile(r"(?:19|20)\d\d")
_UNITS = words(
    "am pm gb mb kg km days day nights night people persons stars star pounds usd inch inches am k x pizza pizzas hours hour "
    "minutes min tickets items years year months weeks percent small large medium st nd rd th line at in on for to by from top"
)
# What the turn before asked for, in the order in which the words are looked for.
_ASKED = (
    ("PHONE", words("phone mobile telephone cell contact")),
    ("SSN", words("ssn social")),
    ("PASSWORD", words("password passcode pin")),
    ("POSTCODE", words("zip zipcode postcode postal")),
    ("BOOKING", words("booking reservation confirmation reference")),
    ("ORDER", words("order tracking")),
    ("CLAIM", words("claim")),
    ("POLICY", words("policy")),
    ("ACCOUNT", words("account card customer member id")),
)
_ASKED_NAME = words("name names called speaking")


@dataclass(frozen=True)
class Answer:
    """Names and codes that fill a whole turn."""

    name: str = "answer"
    kinds: frozenset[str] = frozenset(
        {"PERSON", "NUMBER", "PHONE", *(kind for kind, _ in _ASKED)},
    )
    language: str | None = "en"

    def wanted(self, clues: Clues) -> bool:
        if len(clues.text) > 60 or len(clues.words) > 8:
            return False
        return clues.digits > 2 or not _ASKED_NAME.isdisjoint(clues.asked) or not DISTINCT.isdisjoint(clues.word_set)

    def find(self, clues: Clues) -> Iterator[Finding]:
        match = _ONLY.fullmatch(clues.text)
        if match is None:
            return
        if match["name"] and is_name(match["name"], asked=not _ASKED_NAME.isdisjoint(clues.asked)):
            yield Finding(*match.span("name"), "PERSON", 0.7, self.name)
        for group in ("code", "number"):
            kind = match[group] and code_kind(match[group], clues)
            if kind:
                yield Finding(*match.span(group), kind, 0.65, self.name)
        if match["who"] and match["number"] and code_kind(match["number"], clues) and is_name(match["who"], asked=True):
            yield Finding(*match.span("who"), "PERSON", 0.66, self.name)


def is_name(value: str, *, asked: bool) -> bool:
    """A name on the lists; or, when a name was asked for, any word that is no everyday word."""
    parts = value.lower().split()
    if any(part in COMMON - GIVEN - FAMILY for part in parts):
        return False
    if asked:
        return any(part not in COMMON for part in parts) or parts[0] in GIVEN
    return any(part in DISTINCT for part in parts) and (len(parts) < 3 or parts[0] in GIVEN)


def code_kind(value: str, clues: Clues) -> str | None:
    """What a bare code is, or None when it is a count, a year, a time or a size, or when something else was asked."""
    digits = sum(char.isdigit() for char in value)
    if not _UNITS.isdisjoint(re.findall(r"[a-z]+", value.lower())) or any(
        word in COMMON for word in re.findall(r"[a-z]{3,}", value.lower())
    ):
        return None
    for kind, cues in _ASKED:
        if not cues.isdisjoint(clues.asked):
            return kind
    if clues.asked or _YEAR.fullmatch(value):
        return None
    compact = len(re.sub(r"\W", "", value))
    if digits < 4 and (compact == digits or compact < 5):
        return None
    return "PHONE" if digits >= 10 and compact == digits else "NUMBER"


ANSWER = Answer()
