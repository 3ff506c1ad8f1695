"""A real Celery worker on the queue `train`: it says who it is, and works off a search by itself."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
from celery.apps.worker import Worker
from django.conf import settings
from django.db import connection

from accounts.models import User
from config.celery import app
from tasks_app.models import Project
from tests.training.test_execution import until
from training import execution, tasks, trainers
from training.models import Run, Trial
from training.services.runs import start_run

SEARCH = {"trials": 3, "final": False, "space": {"learning_rate": {"low": 1e-4, "high": 1e-2, "log": True}}}


@pytest.fixture
def trainer(redis_url: str, tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    paths = os.pathsep.join([str(settings.BASE_DIR), str(settings.BASE_DIR / "platform")])
    env = os.environ | {
        "DATABASE_URL": url, "ARTIFACTS_DIR": str(settings.ARTIFACTS_DIR), "PYTHONPATH": paths,
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }  # fmt: skip
    command = [
        sys.executable, "-m", "celery", "-A", "config", "worker", "-Q", "train", "--concurrency=2",
        "--prefetch-multiplier=1", "--max-tasks-per-child=1", "--hostname=desk@%h", "--loglevel=WARNING",
    ]  # fmt: skip
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen(command, env=env))
        return started[-1]

    yield start
    for process in started:
        process.terminate()
        process.wait(timeout=60)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_search_is_worked_off_by_two_at_once_from_one_message(
    approved: Project, admin: User, quick_recipe: dict[str, Any], trainer: Callable[[], Any]
) -> None:
    recipe = {**quick_recipe, "epochs": 40, "patience": 0}
    run = start_run(project=approved, field="intent", recipe=recipe, actor=admin, search=SEARCH)
    assert trainers._redis().llen(trainers.QUEUE) == 1
    trainer()
    until(lambda: Trial.objects.filter(state="running").count() == 2, seconds=240)
    [present] = trainers.desk().trainers or []
    assert present.name.startswith("desk@") and present.machine.slots == 2
    until(lambda: Run.objects.filter(pk=run.pk, state="succeeded").exists(), seconds=240)
    assert Trial.objects.filter(state__in=["complete", "pruned"]).count() == 3


def test_one_word_stands_in_the_queue_while_there_is_work(
    approved: Project, admin: User, redis_url: str
) -> None:
    run = start_run(project=approved, field="intent", recipe={}, actor=admin, search=SEARCH)
    with patch.object(execution, "carry_out"), patch.object(tasks, "enqueue_on_commit") as ring:
        for expected in (2, 2, 0):  # before the trial and after it, as nobody takes the word out here
            ring.reset_mock()
            tasks.execute_run(str(run.pk))
            assert ring.call_count == expected
    assert Trial.objects.count() == 3


def test_a_worker_that_is_not_told_how_many_takes_one_for_each_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainers.devices, "list_cards", lambda: [object()] * 3)
    try:
        assert Worker(app=app, queues=["train"], pool_cls="solo").concurrency == 3
        assert Worker(app=app, queues=["train"], pool_cls="solo", concurrency=2).concurrency == 2
    finally:
        app.conf.worker_concurrency = None
