"""Thousands of byte strings looked for in one pass, with no more than numpy."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from local.leaks.needles import SHORTEST, Needle

CHUNK = 1 << 24
_TABLE_BITS = 20
_SPREAD = np.uint32(2654435761)  # Knuth's multiplicative hash


class Matcher:
    """Finds needles by their first four bytes: a table says where one may begin, then each is compared."""

    def __init__(self, needles: Sequence[Needle]) -> None:
        self._parts = [_Part([one for one in needles if one.folded == folded]) for folded in (False, True)]
        self.overlap = max((len(one.sought) for one in needles), default=1) - 1

    def find(self, data: bytes) -> set[Needle]:
        exact, folded = self._parts
        return exact.find(data) | folded.find(data.lower())

    def find_in(self, pieces: Iterable[bytes]) -> set[Needle]:
        """The same of a stream; a needle may lie across pieces."""
        found: set[Needle] = set()
        for window in _windows(pieces, self.overlap):
            found |= self.find(window)
        return found


class _Part:
    def __init__(self, needles: Sequence[Needle]) -> None:
        self._by_start: dict[bytes, list[Needle]] = defaultdict(list)
        for one in needles:
            self._by_start[one.sought[:SHORTEST]].append(one)
        starts = np.frombuffer(b"".join(self._by_start), dtype="<u4")
        self._table = np.zeros(1 << _TABLE_BITS, dtype=bool)
        self._table[_hashed(starts)] = True

    def find(self, data: bytes) -> set[Needle]:
        found: set[Needle] = set()
        if not self._by_start or len(data) < SHORTEST:
            return found
        for at in self._places(data):
            for one in self._by_start.get(data[at : at + SHORTEST], ()):
                if one not in found and data.startswith(one.sought, at):
                    found.add(one)
        return found

    def _places(self, data: bytes) -> Iterator[int]:
        for shift in range(SHORTEST):
            words = np.frombuffer(data, dtype="<u4", offset=shift, count=(len(data) - shift) // SHORTEST)
            yield from (np.flatnonzero(self._table[_hashed(words)]) * SHORTEST + shift).tolist()


def _hashed(words: NDArray[np.uint32]) -> NDArray[np.uint32]:
    hashed: NDArray[np.uint32] = (words * _SPREAD) >> np.uint32(32 - _TABLE_BITS)
    return hashed


def _windows(pieces: Iterable[bytes], overlap: int) -> Iterator[bytes]:
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) >= CHUNK:
            yield bytes(held)
            del held[: len(held) - overlap]
    yield bytes(held)
