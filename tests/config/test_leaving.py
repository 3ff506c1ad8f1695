"""A worker whose supervisor was killed ends when it is told to, even if it looks at no mark any more."""

import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

# What Celery does at a SIGTERM is to say so; this worker then goes on for ever.
WORKER = """
import os, subprocess, sys, time
from celery import signals
import config.celery
from common import leaving
leaving.GRACE_SECONDS = 0.2
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
parent = os.getppid()
print(os.getpid(), child.pid, flush=True)
if sys.argv[1] == "orphan":
    while os.getppid() == parent:
        time.sleep(0.01)
signals.worker_shutting_down.send(sender="worker", sig="SIGTERM", how="Warm", exitcode=0)
time.sleep(1.5)
print("still here", flush=True)
time.sleep(600)
"""
PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', *sys.argv[1:]])"


@pytest.fixture
def started() -> Iterator[list[psutil.Process]]:
    """Whoever is in it at the end is killed."""
    processes: list[psutil.Process] = []
    yield processes
    for one in processes:
        if one.is_running():
            one.kill()


def start(kind: str, started: list[psutil.Process]) -> "subprocess.Popen[str]":
    parent = subprocess.Popen([sys.executable, "-c", PARENT, WORKER, kind], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    started += [psutil.Process(int(pid)) for pid in parent.stdout.readline().split()]
    started.append(psutil.Process(parent.pid))
    return parent


def test_an_orphan_ends_with_its_children(started: list[psutil.Process]) -> None:
    parent = start("orphan", started)
    parent.kill()
    parent.wait()
    assert psutil.wait_procs(started[:2], timeout=30)[1] == []


def test_a_worker_with_a_supervisor_takes_its_time(started: list[psutil.Process]) -> None:
    parent = start("supervised", started)
    assert parent.stdout is not None and parent.stdout.readline() == "still here\n"
