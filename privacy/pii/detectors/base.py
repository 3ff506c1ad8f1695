"""What every detector is, and the two shapes most of them have."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from privacy.pii.clues import Clues
from privacy.pii.finding import Finding


class Detector(Protocol):
    """`wanted` is the cheap test on the clues; `find` reads the text.

    Offsets are those of the folded text.
    """

    @property
    def name(self) -> str: ...
    @property
    def kinds(self) -> frozenset[str]: ...
    @property
    def language(self) -> str | None: ...
    def wanted(self, clues: Clues) -> bool: ...
    def find(self, clues: Clues) -> Iterator[Finding]: ...


def always(value: str) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class PatternDetector:
    """One expression; its group `value` (else the whole match) is the finding when `check` accepts it.

    It reads a turn that has `digits` digits or more, one of the `words` (any, when empty) and passes `need`.
    """

    name: str
    kind: str
    pattern: re.Pattern[str]
    score: float
    language: str | None = None
    digits: int = 0
    words: frozenset[str] = frozenset()
    need: Callable[[Clues], bool] | None = None
    check: Callable[[str], bool] = always

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset({self.kind})

    def wanted(self, clues: Clues) -> bool:
        if self.digits and clues.digits < self.digits:
            return False
        if self.words and self.words.isdisjoint(clues.word_set):
            return False
        return self.need is None or self.need(clues)

    def find(self, clues: Clues) -> Iterator[Finding]:
        group = "value" if "value" in self.pattern.groupindex else 0
        for match in self.pattern.finditer(clues.text):
            start, end = match.span(group)
            if end > start and self.check(match[group]):
                yield Finding(start, end, self.kind, self.score, self.name)


def words(text: str) -> frozenset[str]:
    """A set of words from a string of them."""
    return frozenset(text.split())
