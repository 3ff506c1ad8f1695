"""How much processor time each part of an installation has taken: what a busy machine cannot distort."""

import contextlib

import psutil

# A word of the command line -> the part. Whoever matches none is the measurement itself.
PARTS = {"postgres": "database", "redis-server": "queue", "config.serve": "web", "celery": "background"}
LOAD = "load"


def seconds() -> dict[str, float]:
    """Part -> seconds of processor time so far, for this process and all that it has started."""
    times = dict.fromkeys([*PARTS.values(), LOAD], 0.0)
    own = psutil.Process().cpu_times()
    times[LOAD] = own.user + own.system
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            spent = process.cpu_times()
            times[_part_of(process)] += spent.user + spent.system
    return times


def _part_of(process: psutil.Process) -> str:
    words = " ".join(process.cmdline())
    return next((part for word, part in PARTS.items() if word in words), LOAD)
