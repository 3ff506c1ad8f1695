"""Answers that stand inside a longer turn: "That's #49710382, thanks", "it's CF-841161 for Zelda Okafor".

The turn before asked for an order number or for a name; the shape alone would be too little to go by.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from privacy.pii.clues import Clues
from privacy.pii.detectors.base import Gate, PatternDetector
from privacy.pii.finding import Finding
from privacy.pii.gazetteer import NO_NAME
from privacy.pii.questions import CHINESE_NUMBER, NAMES, NUMBERS

_CODE = re.compile(r"(?<![\w#-])(?:#[A-Za-z0-9-]*\d{3,}|[A-Za-z]{1,4}-?\d{4,}|\d{6,})(?![\w-])")
_PAIR = re.compile(r"(?<!the )(?<!\ba )(?<![\w'])[^\W\d_a-z][^\W\d_]+ [^\W\d_a-z][^\W\d_'-]+(?!\w)")
_WANTED = NUMBERS | {CHINESE_NUMBER}
_NAMES = NAMES - {"speaking"}


@dataclass(frozen=True)
class AskedCode:
    """A code in the reply to "your order number, please"."""

    name: str = "asked-code"
    kinds: frozenset[str] = frozenset({"ORDER"})
    language: str | None = None
    gate: Gate = Gate(digits=4, also=lambda clues: not _WANTED.isdisjoint(clues.asked))

    def find(self, clues: Clues) -> Iterator[Finding]:
        for match in _CODE.finditer(clues.text):
            yield Finding(*match.span(), "ORDER", 0.7, self.name)


@dataclass(frozen=True)
class AskedName:
    """Two capitalised words that are no everyday words, in the reply to a question for a name."""

    name: str = "asked-name"
    kinds: frozenset[str] = frozenset({"PERSON"})
    language: str | None = "en"
    gate: Gate = Gate(capital=True, also=lambda clues: not _NAMES.isdisjoint(clues.asked))

    def find(self, clues: Clues) -> Iterator[Finding]:
        for match in _PAIR.finditer(clues.text):
            if not any(word.lower() in NO_NAME for word in match[0].split()):
                yield Finding(*match.span(), "PERSON", 0.7, self.name)


ASKED_CODE = AskedCode()
ASKED_NAME = AskedName()

# "#76327882": six digits or more behind a hash are a reference wherever they stand.
HASH_NUMBER = PatternDetector(
    name="order-hash",
    kind="ORDER",
    pattern=re.compile(r"(?<![\w#&])#\d{6,12}(?![\w-])"),
    score=0.7,
    digits=6,
    signs="#",
)
