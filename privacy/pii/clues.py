"""The cheap look at a turn that decides which detectors have to read it at all."""

import re
from functools import cached_property

_WORD = re.compile(r"[^\W\d_]+")
_HAN = re.compile(r"[\u3400-\u9fff]")
_DIGIT = re.compile(r"\d")


class Clues:
    """A folded turn with what is known about it; every property is worked out once, when first asked for."""

    def __init__(self, text: str, previous: str = "") -> None:
        self.text = text
        self.previous = previous

    @cached_property
    def lower(self) -> str:
        """Lower-cased with the same length, so that offsets hold (U+0130 alone would grow)."""
        lower = self.text.lower()
        return lower if len(lower) == len(self.text) else "".join(c.lower()[:1] for c in self.text)

    @cached_property
    def words(self) -> list[str]:
        """The runs of letters, lower-cased, in order."""
        return _WORD.findall(self.lower)

    @cached_property
    def word_set(self) -> frozenset[str]:
        return frozenset(self.words)

    @cached_property
    def asked(self) -> frozenset[str]:
        """The words of the previous turn when it reads like a request for something, else nothing."""
        lower = self.previous.lower()
        asks = "?" in lower or "？" in lower or _REQUEST.search(lower)
        return frozenset(_WORD.findall(lower)) if asks else frozenset()

    @cached_property
    def digits(self) -> int:
        return len(_DIGIT.findall(self.text))

    @cached_property
    def han(self) -> bool:
        return not self.text.isascii() and _HAN.search(self.text) is not None


_REQUEST = re.compile(
    r"\b(?:please|provide|share|give|tell|need|confirm|enter|may i|help me with)\b|请|告诉|提供"
)
