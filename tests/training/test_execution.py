"""Runs by the real engine, in real processes, some of them killed."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from tasks_app.models import Project
from tests.factories import client_of
from tests.training.conftest import approve, lines_of
from training import execution, holding, trainers
from training.engine.data import write_arrow
from training.models import MetricPoint, ModelVersion, Run
from training.services.runs import cancel_run, resume_run, start_run

LONG = {"epochs": 1000, "patience": 0, "checkpoint_steps": 3}
WORKER = """
import sys, uuid, django
django.setup()
from training import execution
execution.execute(uuid.UUID(sys.argv[1]))
"""


@pytest.fixture
def queued(approved: Project, admin: User, quick_recipe: dict[str, Any]) -> Callable[..., Run]:
    return lambda **more: start_run(
        project=approved, field="intent", recipe={**quick_recipe, **more}, actor=admin
    )


def until(condition: Callable[[], Any], *, seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
    return found


@pytest.fixture
def worker() -> Iterator[Callable[[Run], subprocess.Popen[bytes]]]:
    """Start a process that executes a run against the test's database."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    paths = os.pathsep.join([str(settings.BASE_DIR), str(settings.BASE_DIR / "platform")])
    env = os.environ | {
        "DATABASE_URL": url, "ARTIFACTS_DIR": str(settings.ARTIFACTS_DIR), "PYTHONPATH": paths,
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }  # fmt: skip
    started: list[subprocess.Popen[bytes]] = []

    def start(run: Run) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen([sys.executable, "-c", WORKER, str(run.pk)], env=env))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def is_locked(run: Run) -> bool:
    with (run.folder / "lock").open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def has_checkpoint(run: Run) -> bool:
    return any((run.folder / "checkpoints").glob("step-*"))


def test_a_run_becomes_a_version_with_its_lineage(queued: Callable[..., Run]) -> None:
    run = queued()
    execution.execute(run.pk)
    run.refresh_from_db()
    assert (run.state, run.reason, run.progress, run.attempt) == ("succeeded", "", 1.0, 1), run.log
    assert set(run.report) == {
        "dev",
        "test",
        "baseline",
        "calibration",
        "slices",
        "ceiling",
        "memorisation",
        "privacy",
    } and run.device.startswith("CPU")
    assert run.points.filter(kind="step").exists() and run.points.filter(kind="eval").count() == 2
    version = ModelVersion.objects.get(run=run)
    assert (version.model.name, version.number, version.stage) == ("customer-service-intent", 1, "candidate")
    assert (version.folder / "head.json").exists() and run.snapshot.sha256 in version.card
    assert (
        version.metrics["test"] == pytest.approx(run.report["test"]["accuracy"])
        or version.metrics["metric"] != "accuracy"
    )
    assert "| refund |" in version.card and (version.folder / "README.md").read_text() == version.card


def test_a_second_delivery_finds_nothing_to_claim(queued: Callable[..., Run]) -> None:
    run = queued()
    Run.objects.filter(pk=run.pk).update(state="running")
    with patch.object(execution.Execution, "go") as go:
        execution.execute(run.pk)
    go.assert_not_called()


def test_the_engine_sees_neither_secrets_nor_settings() -> None:
    with patch.dict(os.environ, {"SECRET_KEY": "x", "DATABASE_URL": "y", "DJANGO_SETTINGS_MODULE": "z"}):
        seen = execution.engine_process._environment()
    assert not {"SECRET_KEY", "DATABASE_URL", "DJANGO_SETTINGS_MODULE", "REDIS_URL"} & set(seen)


def test_a_base_model_that_is_not_there_fails_in_one_line(queued: Callable[..., Run]) -> None:
    run = queued(base_model="/nowhere/at/all")
    execution.execute(run.pk)
    run.refresh_from_db()
    assert run.state == "failed" and "/nowhere/at/all" in run.reason and "\n" not in run.reason
    assert run.reason in run.log and not ModelVersion.objects.exists()


def test_a_changed_snapshot_file_is_not_trained_on(queued: Callable[..., Run]) -> None:
    run = queued()
    snapshot, _ = execution.snapshots.freeze(project=run.project, actor=None)
    write_arrow(snapshot.folder / "intent/train.arrow", [])
    Run.objects.filter(pk=run.pk).update(snapshot=snapshot)
    execution.execute(run.pk)
    run.refresh_from_db()
    assert run.state == "failed" and "not what was frozen" in run.reason


def test_too_few_by_the_time_it_begins(project: Project, admin: User) -> None:
    approve(project, 40)
    run = start_run(project=project, field="intent", recipe={}, actor=admin)
    project.consensus.filter(pk__in=list(project.consensus.values_list("pk", flat=True)[:30])).delete()
    execution.execute(run.pk)
    run.refresh_from_db()
    assert run.state == "failed" and "train" in run.reason


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_cancel_stops_it_within_five_seconds_and_resume_goes_on(
    queued: Callable[..., Run], admin: User, worker: Callable[[Run], subprocess.Popen[bytes]]
) -> None:
    run = queued(**LONG)
    process = worker(run)
    until(lambda: has_checkpoint(run))
    began = time.monotonic()
    cancel_run(run=run, actor=admin)
    until(lambda: Run.objects.filter(pk=run.pk, state="cancelled").exists(), seconds=5)
    assert time.monotonic() - began < 5 and process.wait(timeout=20) == 0
    assert not is_locked(run) and has_checkpoint(run)
    reached = run.points.filter(kind="step").latest("step").step
    resume_run(run=run, actor=admin)
    worker(run)
    until(lambda: run.points.filter(kind="step", step__gt=reached).exists())
    resumed = [line for line in lines_of(run.folder / "metrics.jsonl") if line.get("state") == "resumed"]
    assert resumed and resumed[0]["step"] > 0
    cancel_run(run=run, actor=admin)
    until(lambda: Run.objects.filter(pk=run.pk, state="cancelled").exists(), seconds=10)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_takes_its_engine_along_and_another_finishes_the_run(
    queued: Callable[..., Run], worker: Callable[[Run], subprocess.Popen[bytes]]
) -> None:
    run = queued(epochs=8, patience=0, checkpoint_steps=3)
    first = worker(run)
    until(lambda: has_checkpoint(run))
    first.send_signal(signal.SIGKILL)
    first.wait()
    until(lambda: not is_locked(run), seconds=20)
    run.refresh_from_db()
    assert run.state == "running"
    Run.objects.filter(pk=run.pk).update(heartbeat_at=timezone.now() - trainers.LOST_AFTER * 2)
    assert trainers.take_back_lost_runs() == [run.pk]
    assert worker(run).wait(timeout=90) == 0
    run.refresh_from_db()
    assert (run.state, run.attempt, run.losses) == ("succeeded", 2, 1), run.log
    steps = sorted(run.points.filter(kind="step").values_list("step", flat=True))
    assert steps == list(range(1, steps[-1] + 1))
    assert any(line.get("state") == "resumed" for line in lines_of(run.folder / "metrics.jsonl"))
    assert ModelVersion.objects.filter(run=run).count() == 1
    unbroken = queued(epochs=8, patience=0, checkpoint_steps=3)
    execution.execute(unbroken.pk)
    unbroken.refresh_from_db()
    assert losses_of(run) == pytest.approx(losses_of(unbroken), abs=1e-6)
    assert run.report["test"] == unbroken.report["test"]


def losses_of(run: Run) -> dict[int, float]:
    return {point.step: point.values["loss"] for point in run.points.filter(kind="step")}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_killed_engine_is_started_again_by_the_next_trainer(
    queued: Callable[..., Run], worker: Callable[[Run], subprocess.Popen[bytes]]
) -> None:
    run = queued(**LONG)
    process = worker(run)
    until(lambda: has_checkpoint(run))
    [engine] = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(engine), signal.SIGKILL)
    assert process.wait(timeout=20) == 0
    run.refresh_from_db()
    assert (run.state, run.losses, run.claim) == ("queued", 1, None)


def test_a_lost_database_loses_nothing(queued: Callable[..., Run]) -> None:
    run = queued()
    real, failures = execution.Execution._store, iter(range(4))

    def store(self: execution.Execution) -> None:
        if next(failures, None) is not None:
            raise OperationalError("server closed the connection unexpectedly")
        real(self)

    with patch.object(execution.Execution, "_store", store), patch.object(holding.connection, "close"):
        execution.execute(run.pk)
    run.refresh_from_db()
    assert run.state == "succeeded"
    steps = sorted(MetricPoint.objects.filter(run=run, kind="step").values_list("step", flat=True))
    assert steps == list(range(1, steps[-1] + 1))


def test_who_lost_the_run_stops_and_writes_nothing(queued: Callable[..., Run]) -> None:
    run = queued(**LONG)
    real = execution.Execution._store

    def stolen(self: execution.Execution) -> None:
        Run.objects.filter(pk=run.pk).update(claim="00000000-0000-0000-0000-000000000001")
        real(self)

    with patch.object(execution.Execution, "_store", stolen):
        execution.execute(run.pk)
    run.refresh_from_db()
    assert run.state == "running" and not is_locked(run)


def test_a_worker_that_shuts_down_gives_the_run_back(queued: Callable[..., Run]) -> None:
    run = queued(**LONG)
    holding.stopping.set()
    try:
        execution.execute(run.pk)
    finally:
        holding.stopping.clear()
    run.refresh_from_db()
    assert (run.state, run.losses) == ("queued", 0) and not is_locked(run)


def stale(run: Run, **more: Any) -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    Run.objects.filter(pk=run.pk).update(state="running", heartbeat_at=long_ago, **more)


def test_a_run_that_kills_every_trainer_fails_at_last(queued: Callable[..., Run], redis_url: str) -> None:
    run = queued()
    stale(run, losses=trainers.MOST_LOSSES)
    assert trainers.take_back_lost_runs() == []
    run.refresh_from_db()
    assert run.state == "failed" and "memory" in run.reason


def test_a_lost_run_that_was_to_be_cancelled_is(queued: Callable[..., Run], redis_url: str) -> None:
    run = queued()
    stale(run, cancel_requested=True)
    assert trainers.take_back_lost_runs() == []
    run.refresh_from_db()
    assert run.state == "cancelled"


def test_a_run_that_the_broker_forgot_is_queued_again(queued: Callable[..., Run], redis_url: str) -> None:
    run = queued()
    assert trainers.take_back_lost_runs() == []
    Run.objects.filter(pk=run.pk).update(queued_at=timezone.now() - timedelta(minutes=5))
    assert trainers.take_back_lost_runs() == [run.pk]


def test_trainers_are_counted_by_their_heartbeats(
    redis_url: str, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert trainers.desk().count == 0
    monkeypatch.setattr(trainers, "_noted", -1000.0)
    monkeypatch.setattr(trainers, "_described", -1000.0)
    trainers.note_presence("celery@one", 2)
    desk = trainers.desk()
    assert (desk.count, desk.slots, desk.outdated) == (1, 2, []) and desk.trainers[0].machine.torch


def test_a_trainer_with_an_older_engine_is_pointed_at(redis_url: str, admin: User) -> None:
    client = trainers._redis()
    client.zadd(trainers.KEY, {"old@host": time.time()})
    client.hset(trainers.ABOUT, "old@host", json.dumps({"engine": "0.9", "cpu": "Abacus", "torch": "1.0"}))
    browser = Client()
    browser.force_login(admin)
    page = browser.get("/training/").content.decode()
    assert "A trainer runs an older engine." in page and "Abacus" in page and "torch 1.0" in page
    [shown] = client_of(admin).get("/api/v1/trainers").json()["results"]
    assert shown["outdated"] and shown["engine"] == "0.9"
