"""A Presidio recogniser behind our interface."""

import importlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from privacy.pii.clues import Clues
from privacy.pii.detectors.base import always
from privacy.pii.finding import Finding


@dataclass(frozen=True, kw_only=True)
class PresidioDetector:
    """`recogniser` is a class name of Presidio's; results scored below `least` are too vague to use.

    With `window` the recogniser reads only what that expression matches, so that its time is bounded.
    """

    name: str
    kind: str
    recogniser: str
    need: Callable[[Clues], bool]
    score: float = 0.85
    least: float = 0.4
    language: str | None = None
    regions: tuple[str, ...] = ()
    window: re.Pattern[str] | None = None
    check: Callable[[str], bool] = always

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset({self.kind})

    @cached_property
    def _recogniser(self) -> Any:
        return importlib.import_module("privacy.pii.presidio").recogniser(self.recogniser, self.regions)

    def wanted(self, clues: Clues) -> bool:
        return self.need(clues)

    def find(self, clues: Clues) -> Iterator[Finding]:
        recogniser = self._recogniser
        for offset, text in self._windows(clues.text):
            for result in recogniser.analyze(text, recogniser.supported_entities, None):
                if result.score >= self.least and self.check(text[result.start : result.end]):
                    yield Finding(
                        offset + result.start, offset + result.end, self.kind, self.score, self.name
                    )

    def _windows(self, text: str) -> Iterator[tuple[int, str]]:
        if self.window is None:
            yield 0, text
            return
        for match in self.window.finditer(text):
            yield match.start(), match[0]
