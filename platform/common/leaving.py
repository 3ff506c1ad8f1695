"""A worker that was left alone ends, whatever it is busy with.

Asked to shut down, Celery sets a mark that its loops look at; the one that waits for a lost broker does not.
When the supervisor was killed, and the broker with it, nobody is there to ask twice; and a worker that
has not reached its broker yet stumbles over being asked at all. So whoever was started by a supervisor also
looks by itself whether that is still there. What such a worker had in hand is taken up by others: tasks are
acknowledged late, and runs have heartbeats.
"""

import os
import threading
import time

import psutil

GRACE_SECONDS, LOOK_SECONDS = 5.0, 1.0
SUPERVISOR = "SUPERVISOR_PID"  # set by the supervisor: others who start workers may well end before these
_started_by = os.getppid()


def watch_supervisor(**_kwargs: object) -> None:
    """To be connected to `worker_init` and `beat_init`: ends this process some seconds after its supervisor.

    In a thread, which no loop of Celery's and no connection that is being tried holds up.
    """
    if os.environ.get(SUPERVISOR) == str(os.getppid()):
        threading.Thread(target=_outlive, args=[os.getppid()], daemon=True).start()


def _outlive(supervisor: int) -> None:
    while os.getppid() == supervisor:
        time.sleep(LOOK_SECONDS)
    time.sleep(GRACE_SECONDS)
    _end()


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
