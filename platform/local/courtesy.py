"""Background work steps back while people wait, and takes what the web server and PostgreSQL leave over."""

import contextlib
import os

NICENESS = 5
# Linux shares time between sessions first, and each of our programs is a session of its own: there `nice`
# alone would change nothing.
_SESSION = "/proc/self/autogroup"


def step_back() -> None:
    """Called in a child before it becomes its program."""
    os.nice(NICENESS)
    with contextlib.suppress(OSError), open(_SESSION, "wb", buffering=0) as session:
        session.write(b"%d" % NICENESS)
