"""Carry character offsets from a text to the same text with some values replaced."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """Code points start..end of the old text became new_start..new_end of the new one (ends exclusive)."""

    start: int
    end: int
    new_start: int
    new_end: int


@dataclass(frozen=True, slots=True)
class OffsetMap:
    """The edits of one text, by place and without overlaps.

    Outside of them every code point was carried over.
    """

    edits: tuple[Edit, ...] = ()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The span in the new text; an edge inside a replaced value moves outward to the replacement's
        edge.
        """
        return self._edge(start, outward_end=False), self._edge(end, outward_end=True)

    def _edge(self, place: int, *, outward_end: bool) -> int:
        # The last edit that begins before the edge (a start may also stand exactly where an edit begins).
        before = bisect_left if outward_end else bisect_right
        at = before(self.edits, place, key=lambda edit: edit.start) - 1
        if at < 0:
            return place
        edit = self.edits[at]
        if place < edit.end:
            return edit.new_end if outward_end else edit.new_start
        return place + edit.new_end - edit.end


UNCHANGED = OffsetMap()


def replace_spans(text: str, replacements: Iterable[tuple[int, int, str]]) -> tuple[str, OffsetMap]:
    """The text with the spans (sorted, not overlapping) replaced, and the map from it to the result."""
    parts: list[str] = []
    edits: list[Edit] = []
    at = length = 0
    for start, end, value in replacements:
        parts += (text[at:start], value)
        length += start - at
        edits.append(Edit(start, end, length, length + len(value)))
        length += len(value)
        at = end
    parts.append(text[at:])
    return "".join(parts), OffsetMap(tuple(edits))
