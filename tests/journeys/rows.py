"""Rows that journeys start from."""

import shutil
import uuid
from pathlib import Path
from typing import Any

from django.utils import timezone

from accounts.models import User
from tasks_app.models import Project
from tests.factories import CHOICE, make_items, make_project
from tests.training.conftest import approve
from training.models import ModelVersion, Run
from training.registration import register
from training.services.snapshots import freeze_snapshot

QA: dict[str, Any] = {
    "name": "qa",
    "type": "span",
    "title": "Questions and answers",
    "scope": "turn",
    "required": False,
    "labels": ["question", "answer"],
}
EMOTION: dict[str, Any] = {
    "name": "emotion",
    "type": "choice",
    "title": "Emotion",
    "scope": "turn",
    "speakers": ["customer"],
    "required": True,
    "labels": ["calm", "pleased", "annoyed"],
}
INTENT: dict[str, Any] = {
    "name": "intent",
    "type": "choice",
    "title": "Intent",
    "scope": "dialogue",
    "required": True,
    "labels": ["refund", "delivery", "other"],
}
REPLY: dict[str, Any] = {"name": "reply", "type": "text", "title": "Best reply", "required": False}
FIELDS = (QA, EMOTION, INTENT, REPLY)


def dialogue(number: int) -> dict[str, Any]:
    """Every turn has characters that are two or more code units before what is marked in it."""
    return {
        "turns": [
            {"speaker": "customer", "text": f"😀 Hi there! Where is my parcel {number}?"},
            {"speaker": "agent", "text": "👩‍👩‍👧 Good news: it arrives tomorrow."},
            {"speaker": "customer", "text": "𠮷野家好的，谢谢你 👍🏽"},
        ]
    }


def dialogues(number: int, *, owner: User | None = None, **settings: Any) -> Project:
    """A published project with `number` dialogues and a field of every kind that works."""
    wanted = {"fields": FIELDS, "instructions": "Mark, **choose**, write.", "gold_share": 0.0, **settings}
    project = make_project(owner, **wanted)
    make_items(project, number, payloads=[dialogue(n) for n in range(number)])
    return project


def trained_version(trained: Path, owner: User | None = None) -> ModelVersion:
    """A finished run of the weights in the folder `trained`, and its version in production."""
    project = make_project(owner, title="Customer service", fields=[CHOICE], funds=0)
    approve(project, 60)
    run = Run.objects.create(
        project=project, number=1, field="intent", snapshot=freeze_snapshot(project=project, actor=None)[0],
        state="running", claim=uuid.uuid4(), queued_at=timezone.now(), started_at=timezone.now(), attempt=1,
        device="CPU, 1 threads", log="12:00:00 starting\n12:00:09 checkpoint",
    )  # fmt: skip
    shutil.copytree(trained, run.folder)
    for step in range(1, 31):
        values = {"loss": 2.0 / step, "tokens_per_second": 900.0 + step, "epoch": step // 10}
        run.points.create(kind="step", step=step, values=values)
    for step in (10, 20, 30):
        run.points.create(kind="eval", step=step, values={"metric": "accuracy", "value": step / 33})
    version = register(run, run.claim)
    assert version is not None
    ModelVersion.objects.filter(pk=version.pk).update(stage="production", promoted_at=timezone.now())
    version.refresh_from_db()
    return version
