"""File locks that the kernel lets go when their holder ends, however it ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FileLock:
    """One flock(2) on one file or folder. Not inherited by child programs."""

    def __init__(self, path: Path) -> None:
        flags = os.O_RDONLY if path.is_dir() else os.O_RDWR | os.O_CREAT
        self._descriptor = os.open(path, flags, 0o600)

    def take(self, *, shared: bool = False, wait: bool = True) -> bool:
        """Whether the lock is ours now. With `wait` it always is in the end."""
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(self._descriptor, kind if wait else kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        os.close(self._descriptor)


@contextmanager
def locked(path: Path, *, shared: bool = False) -> Iterator[None]:
    lock = FileLock(path)
    try:
        lock.take(shared=shared)
        yield
        lock.release()
    finally:
        lock.close()


def is_free(path: Path) -> bool:
    """Whether nobody holds `path` exclusively at this moment."""
    if not path.exists():
        return True
    lock = FileLock(path)
    try:
        return lock.take(shared=True, wait=False)
    finally:
        lock.close()
