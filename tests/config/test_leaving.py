"""A worker whose supervisor was killed ends when it is told to, even if it looks at no mark any more."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from common import leaving

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


# As `up` starts it, and its broker is away from the beginning.
SUPERVISOR = """
import os, sys
from local.programs import background
from local.supervisor import Supervisor
program = background()[0]
supervisor = Supervisor({**os.environ, "REDIS_URL": "redis://127.0.0.1:1/0"})
supervisor.add(program)
supervisor.run()
"""


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


@pytest.mark.slow
def test_a_worker_that_tries_to_reach_its_broker_ends_after_its_supervisor(
    started: list[psutil.Process], tmp_path: Path
) -> None:
    """Fails when only signals are waited for: this worker hears the one of the kernel, and stays."""
    log = tmp_path / "log"
    with log.open("wb") as stream:
        supervisor = subprocess.Popen([sys.executable, "-c", SUPERVISOR], stdout=stream, stderr=stream)
    one = psutil.Process(supervisor.pid)
    started.append(one)
    until(lambda: "Trying again" in log.read_text(), seconds=180)
    started += one.children(recursive=True)
    supervisor.kill()
    supervisor.wait()
    assert len(started) > 1
    assert psutil.wait_procs(started[1:], timeout=60)[1] == []


def until(done: Callable[[], bool], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_worker_that_somebody_started_by_hand_outlives_the_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only a supervisor says that it is one; its pid in the environment of a grandchild says nothing."""
    for value in ("", str(os.getpid())):
        monkeypatch.setenv(leaving.SUPERVISOR, value)
        before = threading.active_count()
        leaving.watch_supervisor()
        assert threading.active_count() == before
