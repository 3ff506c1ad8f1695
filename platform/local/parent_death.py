"""Tie a child process to its parent, so that not even `kill -9` of the parent leaves orphans behind."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
# Loaded here, not in the child: between fork and exec only async-signal-safe work is allowed.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def dies_with_parent(signum: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn`: the kernel sends `signum` to the child when the thread that started it ends.

    Linux only; elsewhere it does nothing, and the next start takes over whatever was left running.
    """
    parent = os.getpid()

    def arm() -> None:
        if _libc is None:
            return
        _libc.prctl(_PR_SET_PDEATHSIG, int(signum), 0, 0, 0)
        if os.getppid() != parent:  # it died between fork and prctl: no signal will come any more
            os._exit(1)

    return arm
