"""What every detector is, and the shape that most of them have."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from privacy.pii.clues import Clues
from privacy.pii.finding import Finding


@dataclass(frozen=True, kw_only=True)
class Gate:
    """What a turn must have before a detector reads it: so many digits, one of the words, one of the signs.

    Words and signs that are empty ask for nothing. `also` is asked last, of the turns that have the rest.
    """

    digits: int = 0
    words: frozenset[str] = frozenset()
    signs: str = ""
    han: bool = False
    capital: bool = False
    also: Callable[[Clues], bool] | None = None

    def opens(self, clues: Clues) -> bool:
        """The rule in full. `plan.Plan` comes to the same answer for all detectors at once."""
        return (
            clues.digits >= self.digits
            and (not self.words or not self.words.isdisjoint(clues.word_set))
            and (not self.signs or any(sign in clues.text for sign in self.signs))
            and (not self.han or clues.han)
            and (not self.capital or clues.capital)
            and (self.also is None or self.also(clues))
        )


class Detector(Protocol):
    """`find` reads a turn that the gate lets through.

    Offsets are those of the folded text.
    """

    @property
    def name(self) -> str: ...
    @property
    def kinds(self) -> frozenset[str]: ...
    @property
    def language(self) -> str | None: ...
    @property
    def gate(self) -> Gate: ...
    def find(self, clues: Clues) -> Iterator[Finding]: ...


def always(value: str) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class PatternDetector:
    """One expression; its group (the one that took part, if there are several; else the whole match) is the
    finding when `check` accepts it.

    `digits`, `words`, `signs`, `han`, `capital` and `need` make its gate.
    """

    name: str
    kind: str
    pattern: re.Pattern[str]
    score: float
    language: str | None = None
    digits: int = 0
    words: frozenset[str] = frozenset()
    signs: str = ""
    han: bool = False
    capital: bool = False
    need: Callable[[Clues], bool] | None = None
    check: Callable[[str], bool] = always

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset({self.kind})

    @cached_property
    def gate(self) -> Gate:
        return Gate(
            digits=self.digits, words=self.words, signs=self.signs, han=self.han, capital=self.capital,
            also=self.need,
        )  # fmt: skip

    def find(self, clues: Clues) -> Iterator[Finding]:
        for match in self.pattern.finditer(clues.text):
            group = match.lastgroup or 0
            start, end = match.span(group)
            if end > start and self.check(match[group]):
                yield Finding(start, end, self.kind, self.score, self.name)


def words(text: str) -> frozenset[str]:
    """A set of words from a string of them."""
    return frozenset(text.split())
