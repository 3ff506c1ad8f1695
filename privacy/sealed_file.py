"""A file under AES-GCM (NIST SP 800-38D) in pieces, written and read as a stream. Pure: no Django.

Each piece's nonce is its number, and the last one is marked in what is authenticated, so that pieces can be
neither swapped nor left out at the end (the STREAM construction of Hoang et al., CRYPTO 2015).
"""

import io
from collections.abc import Iterable, Iterator
from typing import IO, TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

PIECE = 2**18  # bytes of plain text
_TAG = 16


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


class SealingWriter(io.RawIOBase):
    """What is written goes sealed into `target`. Cannot seek. A key is for one file only."""

    def __init__(self, target: IO[bytes], key: bytes) -> None:
        self._target, self._cipher = target, AESGCM(key)
        self._waiting = bytearray()
        self._number = 0
        self.plain_size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: "ReadableBuffer", /) -> int:
        piece = bytes(data)
        self._waiting += piece
        self.plain_size += len(piece)
        while len(self._waiting) > PIECE:  # the last piece, even a full one, is written by `finish`
            self._seal(bytes(self._waiting[:PIECE]), b"more")
            del self._waiting[:PIECE]
        return len(piece)

    def finish(self) -> None:
        self._seal(bytes(self._waiting), b"last")
        self._waiting.clear()

    def _seal(self, plain: bytes, mark: bytes) -> None:
        self._target.write(self._cipher.encrypt(_nonce(self._number), plain, mark))
        self._number += 1


def unsealed(source: IO[bytes], key: bytes) -> Iterator[bytes]:
    """The plain pieces. Raises cryptography's InvalidTag for another key, a changed or a cut file."""
    cipher = AESGCM(key)
    for number, (piece, is_last) in enumerate(_with_last(iter(lambda: source.read(PIECE + _TAG), b""))):
        yield cipher.decrypt(_nonce(number), piece, b"last" if is_last else b"more")


def _with_last(pieces: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    waiting = None
    for piece in pieces:
        if waiting is not None:
            yield waiting, False
        waiting = piece
    yield waiting or b"", True
