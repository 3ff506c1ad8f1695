"""A turn that is nothing but an answer: "ravi", "karthik 8574", "htf 632", "9842136207".

What was asked in the turn before decides the kind; without a turn before (a lone text, or only one side of a
conversation), the shape does, and whole turns alone are looked at, so that "2 pizzas" or "at 7" stay.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from privacy.pii.clues import Clues
from privacy.pii.detectors.base import Gate, words
from privacy.pii.finding import Finding
from privacy.pii.gazetteer import COMMON, DISTINCT, GIVEN, NO_NAME
from privacy.pii.gazetteer import NAMES as NAMES_LISTED
from privacy.pii.questions import ANYTHING, CODES, NAMES
from privacy.pii.vocabulary import KNOWN, is_full_name, is_place, may_be_name

_FILLER = words(
    "yes yeah yup yep ya sure ok okay its it's it is the sorry no and of course my number numbers here that "
    "that's"
)
_CODE = re.compile(
    r"\+?\d[\d ()-]{2,20}\d|(?=[a-z \d-]*\d)[a-z]{0,5}[ -]?\d[a-z\d]*(?:[ -](?:\d+[a-z]*|[a-z]{1,4}\d*)){0,5}"
    r"|(?=[a-z \d-]*\d)[a-z]{1,4}(?:[ -](?:[a-z]{1,2}|\d+[a-z]?)){1,6}",
    re.I,
)
_NAME = re.compile(r"[^\W\d_][^\W\d_'-]*\.?(?: [^\W\d_][^\W\d_'-]*\.?){0,3}")
_TOKEN = re.compile(r"[^\s,]+")
_YEAR = re.compile(r"(?:19|20)\d\d")
_UNITS = words(
    "is no ac my we to so me be do go he if of or us up and ssn am pm gb mb kg km days day nights "
    "night people persons stars star pounds usd inch inches am k x pizza pizzas hours hour "
    "minutes min tickets items years year months weeks percent small large medium st nd rd th line at "
    "in on for to by from top"
)


def _may_be_an_answer(clues: Clues) -> bool:
    if len(clues.text) > 60 or len(clues.words) > 8:
        return False
    if clues.digits > 2 or not NAMES.isdisjoint(clues.asked) or not DISTINCT.isdisjoint(clues.word_set):
        return True
    # Without a question before: a few words of which one is none of English, or two that are names.
    return not clues.asked and (len(clues.words) == 2 or not KNOWN.issuperset(clues.word_set))


@dataclass(frozen=True)
class Answer:
    """Names and codes that fill a whole turn."""

    name: str = "answer"
    kinds: frozenset[str] = frozenset(
        {"PERSON", "NUMBER", "PHONE", *(kind for kind, _ in CODES)},
    )
    language: str | None = "en"
    gate: Gate = Gate(also=_may_be_an_answer)

    def find(self, clues: Clues) -> Iterator[Finding]:
        tokens = [(match.start(), match.end()) for match in _TOKEN.finditer(clues.text.rstrip(" .!,"))]
        while tokens and clues.lower[slice(*tokens[0])].strip(".:!-") in _FILLER:
            tokens.pop(0)
        asked = not NAMES.isdisjoint(clues.asked)
        alone = not clues.asked
        for name, code in _splits(tokens):
            kind = code_kind(clues.text[slice(*code)], clues) if code else None
            if (code and not kind) or (
                name and not _is_name_span(clues.text[slice(*name)], asked or bool(code), alone)
            ):
                continue
            if name and code and is_place(clues.lower[slice(*name)].removesuffix(" and").split()):
                return
            if name:
                name = (name[0], name[0] + len(re.sub(r" and$", "", clues.text[slice(*name)])))
                yield Finding(*name, "PERSON", 0.7, self.name)
            if code and kind:
                yield Finding(*code, kind, 0.65, self.name)
            return


Span = tuple[int, int]


def _splits(tokens: list[Span]) -> Iterator[tuple[Span | None, Span | None]]:
    """The ways to read the turn: a code, a name, a name and then a code, a code and then a name."""
    if not 0 < len(tokens) <= 8:
        return
    whole = (tokens[0][0], tokens[-1][1])
    yield None, whole
    yield whole, None
    for at in range(1, len(tokens)):
        yield (whole[0], tokens[at - 1][1]), (tokens[at][0], whole[1])
        yield (tokens[at][0], whole[1]), (whole[0], tokens[at - 1][1])


def _is_name_span(value: str, asked: bool, alone: bool) -> bool:
    value = re.sub(r" and$", "", value)
    return _NAME.fullmatch(value) is not None and is_name(value, asked=asked, alone=alone)


def is_name(value: str, *, asked: bool, alone: bool = False) -> bool:
    """A name on the lists; when a name was asked for, any word that is no everyday word; `alone`, without a
    turn before that asks for something, words that are none of English.
    """
    parts = value.lower().split()
    if any(part in NO_NAME for part in parts):
        return False
    if alone and _looks_like_a_name(parts):
        return True
    if asked:
        return len(parts) < 4 and any(part not in COMMON for part in parts) or parts[0] in GIVEN
    return any(part in DISTINCT for part in parts) and (len(parts) < 3 or parts[0] in GIVEN)


def _looks_like_a_name(parts: list[str]) -> bool:
    if len(parts) == 2 and is_full_name(*parts):
        return True
    if parts and is_place(parts) and parts[0] not in NAMES_LISTED:
        return False
    if len(parts) > 1 and len(parts[-1]) < 3:  # "sathish k"
        parts = parts[:-1]
    said = [part for part in parts if len(part) > 2]
    return (
        len(parts) < 4
        and bool(said)
        and may_be_name(said[0])
        and all(may_be_name(part) or part in NAMES_LISTED for part in said)
    )


def code_kind(value: str, clues: Clues) -> str | None:
    """What a bare code is, or None when it is a count, a year, a time or a size, or when something else
    was asked.
    """
    if _CODE.fullmatch(value) is None:
        return None
    digits = sum(char.isdigit() for char in value)
    if not _UNITS.isdisjoint(re.findall(r"[a-z]+", value.lower())) or any(
        word in COMMON or (len(word) > 2 and word in DISTINCT)
        for word in re.findall(r"[a-z]{3,}", value.lower())
    ):
        return None
    for kind, cues in CODES:
        if not cues.isdisjoint(clues.asked):
            return kind
    if ANYTHING in clues.asked or _YEAR.fullmatch(value):
        return None
    compact = len(re.sub(r"\W", "", value))
    if digits < 4 and (compact == digits or compact < 5):
        return None
    return "PHONE" if digits >= 10 and compact == digits else "NUMBER"


ANSWER = Answer()
