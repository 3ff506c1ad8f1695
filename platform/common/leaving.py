"""A worker that was left alone ends, whatever it is busy with.

Asked to shut down, Celery sets a mark that its loops look at; the one that waits for a lost broker does not.
When the supervisor was killed, and the broker with it, nobody is there to ask a second time. What such a
worker had in hand is taken up by others: tasks are acknowledged late, and runs have heartbeats.
"""

import os
import threading

import psutil

GRACE_SECONDS = 5.0
_started_by = os.getppid()


def end_if_orphaned(**_kwargs: object) -> None:
    """To be connected to `worker_shutting_down`."""
    if os.getppid() != _started_by:
        timer = threading.Timer(GRACE_SECONDS, _end)
        timer.daemon = True
        timer.start()


def _end() -> None:
    for child in psutil.Process().children(recursive=True):
        child.kill()
    os._exit(1)
