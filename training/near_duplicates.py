"""Which texts are nearly the same. Pure: numpy, and files in a scratch folder, so that a million fit.

A text is cut into words (of scripts without spaces: characters), case and punctuation aside, and is the set
of its runs of SHINGLE words. Two texts are near-duplicates when the Jaccard index of their sets is at least
NEAR. Candidates come from MinHash in bands (Broder 1997, "On the resemblance and containment of documents";
banding as in Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets", ch. 3), and each is then checked
on the sets themselves, so that a chance likeness joins nothing.
"""

import os
import re
import unicodedata
from array import array
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Longs = NDArray[np.uint64]
Ints = NDArray[np.int64]

SHINGLE = 3
NEAR = 0.85
BANDS, ROWS = 16, 6  # a pair at NEAR is a candidate with probability 1 - (1 - 0.85^6)^16 = 0.9995
_LOOK_BACK = 4  # candidates of a text: those just before it in its bucket
_CHUNK = 2000
_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+"
)
_DICE = np.random.default_rng(20261127)
# Multiply-shift hashing (Dietzfelbinger et al. 1997): odd factors, the upper half of the product.
_FACTORS: Longs = _DICE.integers(0, 2**63, size=BANDS * ROWS, dtype=np.uint64) * 2 + 1
_MIXERS: Longs = _DICE.integers(0, 2**63, size=max(ROWS, SHINGLE), dtype=np.uint64) * 2 + 1


def words_of(text: str) -> list[str]:
    """Case and width aside; of scripts without spaces the characters."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def shingles(text: str) -> Longs:
    """The sorted distinct hashes of a text's runs of SHINGLE words; of a shorter text, one for the whole."""
    words = words_of(text)
    if len(words) < SHINGLE:
        whole = " ".join(words) or text.strip()
        return np.array([crc32(whole.encode())], dtype=np.uint64)
    codes = np.array([crc32(word.encode()) for word in words], dtype=np.uint64)
    runs = np.lib.stride_tricks.sliding_window_view(codes, SHINGLE)  # (S, SHINGLE)
    mixed = (runs * _MIXERS[:SHINGLE]).sum(axis=1, dtype=np.uint64)
    return np.unique((mixed ^ (mixed >> np.uint64(29))) * _MIXERS[0])


def jaccard(a: Longs, b: Longs) -> float:
    """Of two sorted sets."""
    shared = len(np.intersect1d(a, b, assume_unique=True))
    return shared / (len(a) + len(b) - shared)


class Forest:
    """Union-find over 0..N-1; the root of a cluster is its smallest member, in whatever order it grew."""

    def __init__(self, size: int) -> None:
        self.parent: Ints = np.arange(size, dtype=np.int64)

    def root(self, place: int) -> int:
        parent = self.parent
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = int(parent[place])
        return place

    def join(self, a: int, b: int) -> None:
        a, b = self.root(a), self.root(b)
        self.parent[max(a, b)] = min(a, b)

    def roots(self) -> Ints:
        """(N,) the root of each."""
        while not np.array_equal(shorter := self.parent[self.parent], self.parent):
            self.parent = shorter
        return self.parent


class Sketches:
    """Takes texts one by one, keeps their sets and band keys on disk, and clusters them at the end."""

    def __init__(self, folder: Path, *, near: float = NEAR) -> None:
        self._near = near
        self._keys: list[BinaryIO] = [(folder / f"band-{n}").open("w+b") for n in range(BANDS)]
        self._sets = (folder / "shingles").open("w+b")
        self._ends = array("q", [0])
        self._waiting: list[Longs] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for stream in (*self._keys, self._sets):
            stream.close()

    def __len__(self) -> int:
        return len(self._ends) - 1

    def add(self, text: str) -> None:
        marks = shingles(text)
        self._waiting.append(marks)
        self._ends.append(self._ends[-1] + len(marks))
        if len(self._waiting) == _CHUNK:
            self._flush()

    def clusters(self) -> Ints:
        """(N,) the first text of each text's cluster; a text that resembles no other is its own."""
        self._flush()
        self._sets.flush()
        forest = Forest(len(self))
        for stream in self._keys:
            stream.seek(0)
            self._join_band(np.fromfile(stream, dtype=np.uint64), forest)
        return forest.roots()

    def likeness(self, a: int, b: int) -> float:
        """The Jaccard index of two texts, once `clusters` was asked for."""
        return jaccard(self._set_of(a), self._set_of(b))

    def _flush(self) -> None:
        """Band keys of the waiting texts: for each hash its smallest value over a set, ROWS of them mixed."""
        if not self._waiting:
            return
        marks = np.concatenate(self._waiting)
        starts = np.cumsum([0, *map(len, self._waiting[:-1])])
        self._sets.write(marks.tobytes())
        for band, stream in enumerate(self._keys):
            key = np.zeros(len(self._waiting), dtype=np.uint64)
            for row in range(ROWS):
                lowest = np.minimum.reduceat((marks * _FACTORS[band * ROWS + row]) >> np.uint64(32), starts)
                key = (key ^ lowest) * _MIXERS[row]
                key ^= key >> np.uint64(31)
            stream.write(key.tobytes())
        self._waiting = []

    def _join_band(self, keys: Longs, forest: Forest) -> None:
        order = np.argsort(keys, kind="stable")
        for back in range(1, min(_LOOK_BACK, len(keys) - 1) + 1):
            ahead, behind = order[back:], order[:-back]
            same = keys[ahead] == keys[behind]
            roots = forest.roots()
            open_ = same & (roots[ahead] != roots[behind])
            for a, b in zip(ahead[open_].tolist(), behind[open_].tolist(), strict=True):
                if forest.root(a) != forest.root(b) and self.likeness(a, b) >= self._near:
                    forest.join(a, b)

    def _set_of(self, place: int) -> Longs:
        begin, end = self._ends[place], self._ends[place + 1]
        raw = os.pread(self._sets.fileno(), (end - begin) * 8, begin * 8)
        return np.frombuffer(raw, dtype=np.uint64)


def cluster(texts: Iterable[str], folder: Path) -> Ints:
    """`Sketches.clusters` of texts that are all there already."""
    with Sketches(folder) as sketches:
        for text in texts:
            sketches.add(text)
        return sketches.clusters()
