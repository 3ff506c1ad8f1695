"""International bank account numbers: country, length and check digits."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from privacy.pii.clues import Clues
from privacy.pii.detectors.base import Gate
from privacy.pii.detectors.checksums import iban
from privacy.pii.finding import Finding

# Groups of four, and a last one of up to three.
_SHAPE = re.compile(
    r"(?-i:(?<![A-Z0-9]))([A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]{4}){2,6})((?:[ -]?[A-Z0-9]{4})?)"
    r"((?:[ -]?[A-Z0-9]{1,3})?)(?-i:(?![A-Z0-9]))",
    re.I | re.A,
)


@dataclass(frozen=True)
class Iban:
    """As long a number as is valid: what stands behind it ("... 2 days ago") may look like its last group."""

    name: str = "iban"
    kinds: frozenset[str] = frozenset({"IBAN"})
    language: str | None = None
    gate: Gate = Gate(digits=8)

    def find(self, clues: Clues) -> Iterator[Finding]:
        for match in _SHAPE.finditer(clues.text):
            ends = (match.end(group) for group in (3, 2, 1) if match.end(group) > 0)
            start = match.start()
            end = next((end for end in ends if iban(clues.text[start:end])), None)
            if end is not None:
                yield Finding(start, end, "IBAN", 0.97, self.name)


IBAN = Iban()
