"""A Presidio recogniser behind our interface."""

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from privacy.pii.clues import Clues
from privacy.pii.detectors.base import always
from privacy.pii.finding import Finding


@dataclass(frozen=True, kw_only=True)
class PresidioDetector:
    """`recogniser` is a class name of Presidio's; results scored below `least` are too vague to use."""

    name: str
    kind: str
    recogniser: str
    need: Callable[[Clues], bool]
    score: float = 0.85
    least: float = 0.4
    language: str | None = None
    regions: tuple[str, ...] = ()
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
        for result in recogniser.analyze(clues.text, recogniser.supported_entities, None):
            if result.score >= self.least and self.check(clues.text[result.start : result.end]):
                yield Finding(result.start, result.end, self.kind, self.score, self.name)
