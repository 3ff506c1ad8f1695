"""A zip file made piece by piece, for a reader that takes each piece as soon as it is there."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _Pieces(io.RawIOBase):
    """What is written and not taken yet. It cannot seek, so zipfile puts sizes behind the files."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: "ReadableBuffer", /) -> int:
        self._waiting.append(bytes(data))
        return len(self._waiting[-1])

    def take(self) -> bytes:
        taken = b"".join(self._waiting)
        self._waiting.clear()
        return taken


class _Member(io.RawIOBase):
    """One file in the zip, which knows how far it is: parquet notes where its parts begin."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._at = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def write(self, data: "ReadableBuffer", /) -> int:
        length = self._file.write(bytes(data))
        self._at += length
        return length


class StreamedZip:
    """Members are stored as they are: parquet is packed already."""

    def __init__(self) -> None:
        self._pieces = _Pieces()
        self._zip = zipfile.ZipFile(self._pieces, "w", zipfile.ZIP_STORED)

    @contextmanager
    def member(self, name: str) -> Iterator[io.RawIOBase]:
        """A file to write to, one at a time."""
        with self._zip.open(name, "w", force_zip64=True) as file:
            yield _Member(file)

    def made(self) -> bytes:
        """What has been made since the last call."""
        return self._pieces.take()

    def finish(self) -> bytes:
        self._zip.close()
        return self._pieces.take()
