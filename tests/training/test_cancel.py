"""Cancelled within five seconds whatever the run is doing, even with an engine that hears nothing."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection

from accounts.models import User
from tasks_app.models import Project
from tests.training.test_execution import until
from training import engine_process, execution
from training.models import Run, Snapshot
from training.services.runs import cancel_run, resume_run, start_run

# It says what it is doing, and then neither looks for a file nor heeds a signal.
DEAF = """
import json, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
with open(sys.argv[1] + "/metrics.jsonl", "a") as out:
    for event in json.loads(sys.argv[2]):
        out.write(json.dumps({"time": 0, **event}) + "\\n")
time.sleep(600)
"""
STEP = {"event": "step", "step": 1, "progress": 0.5, "loss": 1.0}
PHASES = {
    "loading": [{"event": "state", "state": "starting"}],
    "training": [{"event": "state", "state": "running", "device": "CPU"}, STEP],
    "evaluating": [STEP, {"event": "state", "state": "evaluating"}],
}


@pytest.fixture
def run(approved: Project, admin: User, quick_recipe: dict[str, Any]) -> Run:
    return start_run(project=approved, field="intent", recipe=quick_recipe, actor=admin)


@pytest.fixture
def trainer(run: Run) -> Iterator[threading.Thread]:
    def work() -> None:
        execution.execute(run.pk)
        connection.close()

    thread = threading.Thread(target=work)
    yield thread
    thread.join(timeout=30)
    assert not thread.is_alive()


def deaf(events: list[dict[str, Any]], started: list[subprocess.Popen[bytes]]) -> Callable[..., Any]:
    def start(arguments: list[str], *, log: Path, **_more: Any) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen([sys.executable, "-c", DEAF, arguments[1], json.dumps(events)]))
        return started[-1]

    return start


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("phase", PHASES)
def test_a_deaf_engine_is_ended_within_five_seconds(
    run: Run, admin: User, trainer: threading.Thread, phase: str
) -> None:
    engines: list[subprocess.Popen[bytes]] = []
    with patch.object(engine_process, "start", deaf(PHASES[phase], engines)):
        trainer.start()
        until(lambda: Run.objects.filter(pk=run.pk).exclude(log="").exists())
        began = time.monotonic()
        cancel_run(run=run, actor=admin)
        until(lambda: Run.objects.filter(pk=run.pk, state="cancelled").exists(), seconds=5)
        took = time.monotonic() - began
    assert took < 5 and engines[0].poll() is not None, took


@pytest.mark.django_db(transaction=True)
def test_a_run_that_freezes_its_data_is_cancelled_at_once(
    run: Run, admin: User, trainer: threading.Thread
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [f"snapshot {run.project_id}"])
        trainer.start()
        until(lambda: Run.objects.filter(pk=run.pk, state="running").exists())
        assert cancel_run(run=run, actor=admin).state == "cancelled"
        assert trainer.is_alive()
        assert resume_run(run=run, actor=admin).state == "queued"
        cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [f"snapshot {run.project_id}"])
    trainer.join(timeout=60)
    run.refresh_from_db()
    assert (run.state, run.claim, run.snapshot) == ("queued", None, None), "who lost it writes nothing"
    assert Snapshot.objects.count() == 1, "what was frozen serves the next run"
