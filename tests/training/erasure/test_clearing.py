"""Data is taken back out of snapshots, files and predictions, also of those in use."""

import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from common.errors import Conflict
from privacy.holders import Subject
from tasks_app.models import Item, Project
from tests.privacy.subjects import erase, residue, restrict, rows_that_say
from tests.training.erasure.conftest import Make, someone
from tests.training.test_execution import until
from training import clearing, execution, run_folder
from training.models import (
    DriftReference,
    Feedback,
    FeedbackCase,
    FilesToClear,
    LearningCurve,
    Prediction,
    Run,
    SnapshotItem,
)
from training.registration import register
from training.services.runs import start_run
from training.services.snapshots import freeze_snapshot

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_snapshot_says_that_it_was_withdrawn_and_trains_nobody_again(approved: Project) -> None:
    snapshot, _new = freeze_snapshot(project=approved, actor=None)
    gone = someone(approved)
    erase(gone)
    snapshot.refresh_from_db()
    assert snapshot.withdrawn_at and snapshot.sha256.startswith("withdrawn-")
    assert not snapshot.folder.exists()
    assert not SnapshotItem.objects.filter(item__in=gone.items).exists()
    assert SnapshotItem.objects.get(snapshot=snapshot, erased=True).group == ""
    assert residue(gone) == {}
    with pytest.raises(Conflict, match="was withdrawn"):
        start_run(project=approved, field="intent", recipe={}, actor=None, snapshot=snapshot)
    run = Run.objects.create(
        project=approved, number=1, field="intent", snapshot=snapshot, queued_at=timezone.now()
    )
    with pytest.raises(run_folder.Unusable, match="Freeze a new one"):
        run_folder.prepare(run, snapshot)
    after, new = freeze_snapshot(project=approved, actor=None)
    assert new and sum(after.counts["intent"].values()) == 59
    assert not after.items.filter(item__in=gone.items).exists()


def test_everything_that_holds_its_rows_is_cleared(
    approved: Project, make_version: Make, artifacts: Path
) -> None:
    version = make_version()
    gone, run = someone(approved), version.run
    run_folder_files = ("train.arrow", "dev.arrow", "test.arrow", "outcomes.arrow", "engine.log")
    shutil.copy(version.snapshot.folder / "intent/train.arrow", run.folder / "train.arrow")
    (run.folder / "checkpoints").mkdir(exist_ok=True)
    (run.folder / "engine.log").write_text("what it printed")
    (artifacts / "tokens").mkdir(exist_ok=True)
    (artifacts / "tokens" / "x.arrow").write_bytes(b"tokens")
    tested_on = version.snapshot.files["intent/test.arrow"]
    (artifacts / "outcomes").mkdir(exist_ok=True)
    (artifacts / "outcomes" / f"{tested_on}-{version.pk}.arrow").write_bytes(b"x")
    curve = LearningCurve.objects.create(run=run, metric="accuracy", state="running", claim=uuid4())
    curve.folder.mkdir(parents=True)
    DriftReference.objects.create(version=version, data={})
    Run.objects.filter(pk=run.pk).update(log="a row of the data")
    assert residue(gone)["training"]["files"] >= 2

    erase(gone)

    assert not FilesToClear.objects.exists()
    assert not any((run.folder / name).exists() for name in (*run_folder_files, "checkpoints"))
    assert (version.folder / "head.json").exists()
    assert not (artifacts / "tokens").exists() and not curve.folder.exists()
    assert list((artifacts / "outcomes").iterdir()) == []
    curve.refresh_from_db()
    run.refresh_from_db()
    assert curve.state == "failed" and run.log == "" and not DriftReference.objects.exists()
    assert residue(gone) == {}


def test_what_is_in_use_is_cleared_by_the_sweep(
    approved: Project, make_version: Make, monkeypatch: Any
) -> None:
    version = make_version()
    monkeypatch.setattr(clearing.engine_process, "wait_until_free", lambda *a, **k: False)
    gone = someone(approved)
    erase(gone)
    assert residue(gone)["training"]["files_to_clear"] == 1
    monkeypatch.undo()
    assert clearing.clear_waiting() == 0
    assert {path.name for path in version.run.folder.iterdir()} == {"model"}
    assert residue(gone) == {}


def test_what_was_asked_of_models_about_it_goes(approved: Project, make_version: Make, admin: User) -> None:
    version = make_version()
    gone = someone(approved)
    payload = Item.objects.get(pk__in=gone.items).payload
    marker = {"text": "call Aino Virtanen at 040 1234567"}
    for asked in (payload, marker):
        row = Prediction.objects.create(
            version=version, payload=asked, value="refund", confidence=1, requested_by=admin
        )
        Feedback.objects.create(prediction=row, author=admin, comment="Aino Virtanen complained", thumbs=-1)
    FeedbackCase.objects.create(model=version.model, digest="d", payload=payload, confidence=1)
    subject = Subject(items=gone.items, values=("Aino Virtanen", "040 1234567"))
    erase(subject)
    assert residue(subject) == {}
    assert rows_that_say("Aino Virtanen", "040 1234567") == []
    assert not Prediction.objects.filter(payload=payload).exists()
    assert FeedbackCase.objects.get().digest != "d"
    erase(Subject(account=admin.pk))
    assert Feedback.objects.filter(thumbs=-1, author=None).count() == 2


def test_a_restricted_item_is_in_no_new_snapshot_until_it_is_lifted(approved: Project) -> None:
    item = Item.objects.filter(project=approved).first()
    assert item is not None
    subject = Subject(items=frozenset([item.pk]))
    restrict(subject, restricted=True)
    first, _new = freeze_snapshot(project=approved, actor=None)
    assert not first.items.filter(item=item.pk).exists()
    restrict(subject, restricted=False)
    second, _new = freeze_snapshot(project=approved, actor=None)
    assert second.items.filter(item=item.pk).exists()


def test_a_running_run_is_stopped_and_registers_nothing(
    approved: Project, make_version: Make, trained: Path
) -> None:
    snapshot, _new = freeze_snapshot(project=approved, actor=None)
    claim = uuid4()
    run = Run.objects.create(
        project=approved,
        number=7,
        field="intent",
        snapshot=snapshot,
        state="running",
        claim=claim,
        queued_at=timezone.now(),
        heartbeat_at=timezone.now(),
    )
    shutil.copytree(trained, run.folder)
    run.points.create(kind="eval", step=1, values={"metric": "accuracy", "value": 0.5})
    report = json.loads((run.folder / "report.json").read_text())
    erase(someone(approved))
    run.refresh_from_db()
    assert run.state == "failed" and run.claim is None and "erased" in run.reason
    (run.folder / "model").mkdir(exist_ok=True)
    (run.folder / "report.json").write_text(json.dumps(report))
    shutil.copytree(trained / "model", run.folder / "model", dirs_exist_ok=True)
    assert register(run, claim) is None


# It holds its folder, hears nothing, and writes the data that it has read again and again.
STUBBORN = """
import fcntl, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
folder = sys.argv[1]
handle = open(folder + "/lock", "a")
fcntl.flock(handle, fcntl.LOCK_EX)
data = open(folder + "/train.arrow", "rb").read()
with open(folder + "/metrics.jsonl", "a") as out:
    out.write('{"event": "state", "state": "running", "device": "CPU", "time": 0}\\n')
while True:
    with open(folder + "/checkpoint.arrow", "wb") as out:
        out.write(data)
    time.sleep(0.02)
"""


def test_a_training_that_is_at_work_ends_before_its_folder_is_cleared(
    approved: Project, quick_recipe: dict[str, Any]
) -> None:
    snapshot, _new = freeze_snapshot(project=approved, actor=None)
    run = start_run(project=approved, field="intent", recipe=quick_recipe, actor=None, snapshot=snapshot)
    engines: list[subprocess.Popen[bytes]] = []

    def start(arguments: list[str], *, log: Path) -> subprocess.Popen[bytes]:
        engines.append(subprocess.Popen([sys.executable, "-c", STUBBORN, arguments[1]]))
        return engines[-1]

    def train() -> None:
        execution.execute(run.pk)
        connection.close()

    with patch.object(execution.engine_process, "start", start):
        trainer = threading.Thread(target=train)
        trainer.start()
        until(lambda: (run.folder / "checkpoint.arrow").exists())
        gone = someone(approved)
        erase(gone)
        trainer.join(timeout=30)
    assert not trainer.is_alive() and engines[0].poll() is not None
    run.refresh_from_db()
    assert run.state == "failed" and not hasattr(run, "version")
    assert residue(gone) == {}
    assert list(run.folder.iterdir()) == []
