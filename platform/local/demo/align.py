"""Carry offsets from an original text to its redacted form without knowing what was found in it.

The redacted text repeats the original word for word except where a placeholder such as [PERSON_1] stands.
The literal stretches around the placeholders are looked for in the original, in order; where that fails
(another policy than placeholders, trimmed white space) a difference of the two texts decides.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

PLACEHOLDER = re.compile(r"\[[A-Z][A-Z_]*(?:_?\d+)?\]")


@dataclass(frozen=True)
class Alignment:
    """Matching stretches without gaps: original start and end, shown start and end, literal or not."""

    stretches: tuple[tuple[int, int, int, int, bool], ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where original characters start..end are now; a place in a replacement takes all of it."""
        return self._place(start, 2), self._place(end, 3)

    def replaced(self, start: int, end: int) -> bool:
        """Whether none of the original characters start..end is still shown."""
        touching = [s for s in self.stretches if s[0] < end and s[1] > start]
        return not any(literal for *_, literal in touching)

    def _place(self, offset: int, side: int) -> int:
        """`side` is the column to fall back on inside a replaced stretch: 2 its start, 3 its end."""
        at_start = side == 2
        for stretch in self.stretches:
            begin, stop, shown, _, literal = stretch
            if begin <= offset < stop if at_start else begin < offset <= stop:
                return shown + offset - begin if literal else stretch[side]
        return self.stretches[-1][3] if self.stretches and offset else 0


def align(original: str, shown: str) -> Alignment:
    """How the shown text came out of the original."""
    if original == shown:
        return Alignment(((0, len(original), 0, len(shown), True),))
    return _by_placeholders(original, shown) or _by_difference(original, shown)


def _by_placeholders(original: str, shown: str) -> Alignment | None:
    """Placeholders become gaps of a pattern; which reading fits does not matter outside them."""
    holes = [match.span() for match in PLACEHOLDER.finditer(shown) if match[0] not in original]
    edges = [0, *(edge for hole in holes for edge in hole), len(shown)]
    literals = [shown[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True)]
    pattern = "(.+?)".join(f"({re.escape(literal)})" for literal in literals)
    match = re.fullmatch(pattern, original, re.DOTALL)
    if not holes or not match:
        return None
    ends = zip(edges, edges[1:], strict=False)
    places = [(*match.span(i), *end, i % 2 == 1) for i, end in enumerate(ends, start=1)]
    return Alignment(tuple(place for place in places if place[0] < place[1]))


def _by_difference(original: str, shown: str) -> Alignment:
    codes = SequenceMatcher(None, original, shown, autojunk=False).get_opcodes()
    return Alignment(tuple((a, b, c, d, tag == "equal") for tag, a, b, c, d in codes if a < b))


def carry_truth(truth: Mapping[str, Any], original: Sequence[str], shown: Sequence[str]) -> dict[str, Any]:
    """The truth of a dialogue with its spans where the shown turns have them; vanished ones are left out."""
    maps = [align(before, after) for before, after in zip(original, shown, strict=True)]
    return {name: _carried(value, maps) for name, value in truth.items()}


def _carried(value: Any, maps: Sequence[Alignment]) -> Any:
    if not (isinstance(value, list) and value and "start" in value[0]):
        return value
    moved = []
    for span in value:
        start, end = maps[span["turn"]].span(span["start"], span["end"])
        if start < end:
            moved.append({**span, "start": start, "end": end})
    return moved


def missed_data(
    pii: Iterable[Mapping[str, Any]], original: Sequence[str], shown: Sequence[str]
) -> list[Mapping[str, Any]]:
    """The planted personal data of which something can still be read."""
    maps = [align(before, after) for before, after in zip(original, shown, strict=True)]
    return [datum for datum in pii if not maps[datum["turn"]].replaced(datum["start"], datum["end"])]
