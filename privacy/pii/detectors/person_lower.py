"""Names in lower case inside a sentence: a known given name before a word that is none of English; lists."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from privacy.pii.clues import Clues
from privacy.pii.detectors.base import Gate
from privacy.pii.finding import Finding
from privacy.pii.gazetteer import DISTINCT_FAMILY, DISTINCT_GIVEN, GIVEN, NO_NAME
from privacy.pii.vocabulary import ENGLISH, is_unknown

_PAIR = re.compile(r"(?<![\w@.'-])([^\W\d_]+) ((?:[^\W\d_] )?)([^\W\d_]+)(?![\w@]|-\w)")


def _has_given(clues: Clues) -> bool:
    return not DISTINCT_GIVEN.isdisjoint(clues.word_set)


@dataclass(frozen=True)
class LowerFullName:
    """ "olga krylova", "naomi t ryan": with a family name of the list, or a word that is unknown."""

    name: str = "person-lower"
    kinds: frozenset[str] = frozenset({"PERSON"})
    language: str | None = "en"
    gate: Gate = Gate(also=_has_given)

    def find(self, clues: Clues) -> Iterator[Finding]:
        at = 0
        while match := _PAIR.search(clues.lower, at):
            first, last = match[1], match[3]
            if first in DISTINCT_GIVEN and (
                (last in DISTINCT_FAMILY and last not in ENGLISH) or is_unknown(last)
            ):
                yield Finding(*match.span(), "PERSON", 0.68, self.name)
                at = match.end()
            else:
                at = match.end(1)


LOWER_FULL_NAME = LowerFullName()

_LIST = re.compile(r"(?<![\w,])[^\W\d_]{2,}(?:, [^\W\d_]{2,})+,? (?:and|&|or) [^\W\d_]{2,}(?!\w)")


@dataclass(frozen=True)
class NameList:
    """ "silvana, adam, chad and caleb": of the words of a list most are given names, and none is ordinary."""

    name: str = "person-list"
    kinds: frozenset[str] = frozenset({"PERSON"})
    language: str | None = "en"
    gate: Gate = Gate(signs=",", also=_has_given)

    def find(self, clues: Clues) -> Iterator[Finding]:
        for run in _LIST.finditer(clues.lower):
            found = [match for match in re.finditer(r"[^\W\d_]{2,}", run[0]) if match[0] not in {"and", "or"}]
            given = sum(match[0] in GIVEN for match in found)
            if 2 * given < len(found) or any(match[0] in NO_NAME for match in found):
                continue
            for match in found:
                start, end = run.start() + match.start(), run.start() + match.end()
                yield Finding(start, end, "PERSON", 0.7, self.name)


NAME_LIST = NameList()
