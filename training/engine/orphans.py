"""No process of a run outlives the one that started it (Linux; elsewhere the lock of the folder must do)."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
# Loaded here, not in a child: between fork and exec only async-signal-safe work is allowed.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(how: signal.Signals, *, parent: int | None = None) -> None:
    """Have the kernel send `how` to this process when its parent dies, even by `kill -9`.

    parent: who that should be, where it may have died already.
    """
    if _libc is None:
        return
    _libc.prctl(_PR_SET_PDEATHSIG, int(how), 0, 0, 0)
    if parent is not None and os.getppid() != parent:
        os._exit(1)
