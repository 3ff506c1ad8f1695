"""Signatures and address labels: short lines one under the other, of which some hold an address.

The first line is whom it is for; from the first line with a number on they are the address. What stands
between (a company, a job) counts only where more than direct identifiers is asked for.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from privacy.pii.clues import Clues
from privacy.pii.detectors.base import Gate
from privacy.pii.detectors.latin import UPPER
from privacy.pii.finding import Finding
from privacy.pii.gazetteer import COMMON
from privacy.pii.vocabulary import KNOWN, is_place

_LINE = re.compile(r"^[>?#*\s|-]*(?P<value>[^\n]*?)[\s,]*$", re.M)
_ADDRESS = re.compile(
    r"\b(?:apt|suite|ste|unit|flat|box|street|st|road|rd|avenue|ave|lane|ln|drive|dr|court|way|place|square"
    r"|boulevard|blvd|[fda]po)\b\.?|\d{4,6}(?:-\d{3,4})?\W*$|^\d{1,6} \S.* \d{1,5}\b|^[A-Z]{1,2}\d[A-Z\d]? "
    r"\d[A-Z]{2}$",
    re.I,
)
_PROSE = re.compile(r"(?<!pt)(?<!te)(?<! [uc])(?<!St)[.;]\s+\S|[:?!=@{}\[\]<>]|\bhttps?://")
_PHONE = re.compile(r"^[+(\d][\d ()./x+-]{6,}\b")
_NAME = re.compile(
    rf"[{UPPER}][^\W\d_]*\.?(?:[ '-][^\W\d_]+\.?){{0,4}}|[^\W\d_]+(?: [^\W\d_]\.?)?(?: [^\W\d_]+){{1,2}}"
)
_LONGEST = 8  # words of a line


Line = tuple[int, int, str]  # start, end, what it is


def _lines(clues: Clues) -> list[Line]:
    """The lines of the block with ADDRESS or "" for each; empty when the text is something else."""
    found: list[Line] = []
    for match in _LINE.finditer(clues.text):
        value = match["value"]
        if not value:
            continue
        if len(value.split()) > _LONGEST or _PROSE.search(value) or _is_sentence(value):
            return []
        address = bool(re.search(r"\d", value)) and not _PHONE.match(value)
        found.append((*match.span("value"), "ADDRESS" if address else ""))
    sure = sum(1 for start, end, kind in found if kind and _ADDRESS.search(clues.text[start:end]))
    lettered = sum(1 for _s, _e, kind in found if not kind)
    return found if sure and lettered and len(found) > 2 else []


def _is_sentence(value: str) -> bool:
    return sum(word in COMMON for word in re.findall(r"\b[a-z]+\b", value)) > 2


def _is_list(clues: Clues, lines: list[Line]) -> bool:
    """An order ("2 burgers") has numbers before everyday words in lower case."""
    return all(
        not kind or all(word in KNOWN for word in re.findall(r"[a-z]+", clues.lower[start:end]))
        for start, end, kind in lines
    ) and not any(is_place(clues.lower[start:end].split()) for start, end, _kind in lines)


def _gate(clues: Clues) -> bool:
    return clues.text.count("\n") > 1


@dataclass(frozen=True)
class AddressBlock:
    name: str = "address-block"
    kinds: frozenset[str] = frozenset({"PERSON", "ADDRESS"})
    language: str | None = "en"
    gate: Gate = Gate(digits=3, signs="\n", also=_gate)

    def find(self, clues: Clues) -> Iterator[Finding]:
        lines = _lines(clues)
        if not lines or _is_list(clues, lines):
            return
        first = next(at for at, line in enumerate(lines) if line[2])
        start, end, kind = lines[0]
        if not kind and _NAME.fullmatch(clues.text[start:end]):
            yield Finding(start, end, "PERSON", 0.72, self.name)
        for start, end, kind in lines[first:]:
            if kind or not _PHONE.match(clues.text[start:end]):
                yield Finding(start, end, "ADDRESS", 0.74, self.name)


ADDRESS_BLOCK = AddressBlock()


@dataclass(frozen=True)
class BlockLines:
    """The lines of a block between the name and the address."""

    name: str = "organisation-block"
    kinds: frozenset[str] = frozenset({"ORGANISATION"})
    language: str | None = "en"
    gate: Gate = Gate(digits=3, signs="\n", also=_gate)

    def find(self, clues: Clues) -> Iterator[Finding]:
        lines = _lines(clues)
        if not lines or _is_list(clues, lines):
            return
        first = next(at for at, line in enumerate(lines) if line[2])
        for start, end, _kind in lines[1:first]:
            yield Finding(start, end, "ORGANISATION", 0.6, self.name)


BLOCK_LINES = BlockLines()
