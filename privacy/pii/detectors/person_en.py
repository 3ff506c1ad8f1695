"""Personal names in Latin script by their look: titles, gazetteer, the endings of family names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from privacy.pii.clues import Clues
from privacy.pii.detectors.base import Gate, PatternDetector, words
from privacy.pii.detectors.latin import (
    ANY,
    CAPITALISED,
    INITIAL,
    NO_PERSON_AFTER,
    PARTICLE,
    PLAIN,
    ROLES,
    UPPER,
)  # fmt: skip
from privacy.pii.finding import Finding
from privacy.pii.gazetteer import COMMON, DISTINCT, DISTINCT_FAMILY, DISTINCT_GIVEN, FAMILY, GIVEN, NO_NAME

_TITLES = (
    r"(?:mr|mrs|ms|miss|mx|dr|prof|professor|sir|madam|mister|doctor|herr|frau|señor|señora|rev|capt|sgt)"
)

_TITLED = re.compile(
    rf"(?<!\w)(?:{_TITLES}\.? ){{1,2}}(?P<name>{CAPITALISED}|(?!(?:{'|'.join(sorted(ROLES))}|or|and|i"
    rf"|you|please|can|is)\b){ANY}(?= |$|[.,]))",
    re.I,
)


@dataclass(frozen=True)
class Titled:
    """ "Dr. Kyle Kuefer" with the title; ordinary words behind ("Who are you?") are left out."""

    name: str = "person-title"
    kinds: frozenset[str] = frozenset({"PERSON"})
    language: str | None = "en"
    gate: Gate = Gate(words=words("mr mrs ms mx dr prof professor mister herr frau"))

    def find(self, clues: Clues) -> Iterator[Finding]:
        for match in _TITLED.finditer(clues.text):
            start, end = match.span("name")
            parts = [(start + p.start(), start + p.end()) for p in re.finditer(r"\S+", clues.text[start:end])]
            while parts and clues.lower[slice(*parts[-1])].strip(".'") in NO_NAME:
                parts.pop()
            if parts:
                yield Finding(match.start(), parts[-1][1], "PERSON", 0.88, self.name)


TITLED = Titled()


_FULL = rf"{PLAIN}(?: (?:{INITIAL}|{PARTICLE}))* {PLAIN}"

# One of these is in every such text.
_ACTS = words("album song concert speaking talking lives flew shouted said says explained listed spent")
_AGED = re.compile(r" is a \d", re.I)
_MIDDLE = re.compile(rf" [{UPPER}](?:\. |  ?)[{UPPER}]")


def _may_hold_a_full_name(clues: Clues) -> bool:
    return (
        not _ACTS.isdisjoint(clues.word_set)
        or _MIDDLE.search(clues.text) is not None
        or (clues.digits > 0 and _AGED.search(clues.text) is not None)
    )


# A full name, by what it does or by a middle initial: no company speaks, flies or has a concert.
FULL_NAME = PatternDetector(
    name="person-full",
    kind="PERSON",
    pattern=re.compile(
        rf"(?<![\w'.-])(?:{PLAIN} (?-i:[{UPPER}])(?:\. |  ?){PLAIN}"
        rf"|{_FULL}(?='s (?:album|song|concert)| (?:concert|is speaking|will be talking|lives at|lives "
        rf"on|flew to|shouted"
        rf"|said|says|is a \d|explained|listed|spent a year)\b))"
    ),
    score=0.72,
    language="en",
    capital=True,
    need=_may_hold_a_full_name,
    check=lambda value: (
        not any(part.lower() in NO_NAME for part in value.split() if len(part) > 1)
        and NO_PERSON_AFTER.isdisjoint(value.lower().split())
        and not value.endswith((" I", " A"))
    ),
)

# The lines of a signature or an address label: two or three capitalised words alone on the first line.
LABEL = PatternDetector(
    name="person-label",
    kind="PERSON",
    pattern=re.compile(rf"\A[>?# ]{{0,5}}(?P<value>{_FULL}|{PLAIN} {PLAIN} {PLAIN})[ \t]*\n(?=[\s\S]*\d)"),
    score=0.7,
    language="en",
    digits=3,
    signs="\n",
    check=lambda value: (
        not value.isupper()
        and not any(part.lower() in NO_NAME or part.lower() in NO_PERSON_AFTER for part in value.split())
    ),
)

# Endings that family names have and English words have not.
_ENDINGS = re.compile(
    r"[^\W\d_]{2,}(?:sson|sdóttir|ssen|nsen|rsen|lsen|ović|ević|ová|enko|enka|wski|wska|czyk|ński|ńska"
    r"|ovich|evich|shvili|adze"
    r"|escu|opoulos|akis|idis|[^aeiou]ov|[^aeiou]ova|yev|yeva|ayev|ayeva|ievic|quist|qvist|strøm|ström"
    r"|gaard|dahl|holm|nen|manyan|ueva|iyev)$"
)
_RUN = re.compile(rf"{PLAIN}(?:[ ](?:{PLAIN}|{INITIAL}|{PARTICLE}(?= {PLAIN})))*")


_ENDED = (
    "sson", "sdóttir", "ssen", "nsen", "rsen", "lsen", "ović", "ević", "ová", "enko", "enka", "wski", "wska",
    "czyk", "ński", "ńska", "ovich", "evich", "shvili", "adze", "escu", "opoulos", "akis", "idis", "ov",
    "ova", "yev", "yeva", "ayev", "ayeva", "ievic", "quist", "qvist", "strøm", "ström", "gaard", "dahl",
    "holm", "nen", "manyan", "ueva", "iyev",
)  # fmt: skip


# Long enough for an ending, and written as a name is.
_CAPITALISED = re.compile(rf"[{UPPER}][^\W\d_]{{4,}}")


def _has_name(clues: Clues) -> bool:
    if not DISTINCT.isdisjoint(clues.word_set):
        return True
    for word in _CAPITALISED.findall(clues.text):  # noqa: SIM110  (faster than a generator, on every turn)
        if word.endswith(_ENDED):
            return True
    return False


@dataclass(frozen=True)
class NameInText:
    """Capitalised runs with a known given name in front, or a family name known by list (second) or
    ending.
    """

    name: str = "person-gazetteer"
    kinds: frozenset[str] = frozenset({"PERSON"})
    language: str | None = "en"
    gate: Gate = Gate(capital=True, also=_has_name)

    def find(self, clues: Clues) -> Iterator[Finding]:
        for run in _RUN.finditer(clues.text):
            span = person_in_run(clues.text, run.start(), run[0])
            if span:
                yield Finding(*span, "PERSON", 0.7, self.name)


def person_in_run(text: str, offset: int, run: str) -> tuple[int, int] | None:
    """The part of a capitalised run that is a person, as a span of `text`.

    Ordinary words in front are left out.
    """
    parts = [(match.start(), match.end(), match[0].rstrip(".")) for match in re.finditer(r"\S+", run)]
    while (
        parts and (parts[0][2].lower() in COMMON or parts[0][2].lower() in _LEADING) and not _goes_on(parts)
    ):
        parts.pop(0)
    parts = parts[:5]
    while parts and parts[-1][2].lower() in NO_NAME:
        parts.pop()
    if not parts or any(part[2].lower() in NO_PERSON_AFTER for part in parts):
        return None
    end = offset + parts[-1][1]
    following = re.match(r" ([^\W\d_]+)", text[end : end + 24])
    if following and following[1][0].isupper() and following[1].lower() in NO_PERSON_AFTER:
        return None
    first, last = parts[0][2], parts[-1][2]
    known = first.lower() in DISTINCT_GIVEN and not first.isupper()
    second = len(parts) > 1 and (first.lower() in GIVEN or last.lower() in DISTINCT_FAMILY)
    ending = _ENDINGS.match(last) is not None and last.lower() not in COMMON
    if not (known or second or ending or (len(parts) == 1 and first.lower() in DISTINCT_FAMILY)):
        return None
    stop = end - (1 if text[end - 1] == "." and len(last) > 1 else 0)
    return offset + parts[0][0], stop


def _goes_on(parts: list[tuple[int, int, str]]) -> bool:
    """Whether an ordinary first word is a given name because a family name follows ("Will Smith")."""
    if len(parts) < 2 or parts[0][2].lower() not in GIVEN:
        return False
    following = parts[1][2].lower()
    return following in FAMILY or len(following) == 1 or _ENDINGS.match(parts[1][2]) is not None


_LEADING = words(
    "patient producer attending nurse rn maintainer from re cc author director songwriter singer "
    "actor with by"
)

NAME_IN_TEXT = NameInText()
