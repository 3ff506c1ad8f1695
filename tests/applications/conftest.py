"""An application as small as one can be, on a project of the template for customer service."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Role, User
from accounts.roles import grant
from applications import kinds
from applications.kinds import Figure, Kind
from tests.factories import make_user

# Fixtures of another area, used here as they are.
from tests.training.conftest import text_of, tiny_encoder, trained  # noqa: F401
from training.models import ModelVersion, Run
from training.registration import register

LABELS = ("refund", "delivery_time", "complaint")


class Shop:
    """What the small application was asked for, and what it answers."""

    def __init__(self) -> None:
        self.prepared: list[object] = []
        self.figure = 0.8

    def prepare(self, project: object) -> None:
        self.prepared.append(project)

    def first_use(self, project: object, user: User) -> str:
        return "It is about a refund."

    def measure(self, project: object) -> list[Figure]:
        return [
            Figure("intent", "Intent, macro F1", self.figure, 0.2, "always the same", 12, low=0.7, high=0.9)
        ]


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Shop]:
    data = tmp_path / "en.jsonl"
    lines = [
        {
            "id": f"talk {number}",
            "turns": [{"speaker": "customer", "text": text_of("refund", number)}],
            "approved": {"intent": LABELS[number % 3], "emotion": [{"turn": 0, "label": "calm"}]},
            "split": "test" if number % 4 == 0 else "train",
        }
        for number in range(60)
    ]
    data.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    shop = Shop()
    kind = Kind(
        template="customer-service", page="project", fields=("intent",), data=(data,),
        prepare=shop.prepare, first_use=shop.first_use, measure=shop.measure,
    )  # fmt: skip
    monkeypatch.setitem(kinds._kinds, kind.template, kind)
    yield shop


@pytest.fixture
def requester(db: None) -> User:
    user = make_user("requester")
    grant(user, Role.REQUESTER)
    return user


@pytest.fixture(autouse=True)
def artifacts(settings: Settings, tmp_path: Path) -> Path:
    settings.ARTIFACTS_DIR = tmp_path / "artifacts"
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.ARTIFACTS_DIR


def finish(run: Run, trained: Path) -> ModelVersion:  # noqa: F811
    """What a trainer does to a queued run, without the training."""
    claim = uuid4()
    Run.objects.filter(pk=run.pk).update(
        state="running", claim=claim, started_at=timezone.now(), attempt=1, device="CPU, 1 threads"
    )
    run.refresh_from_db()
    shutil.copytree(trained, run.folder)
    run.points.create(kind="eval", step=1, values={"metric": "accuracy", "value": 0.5})
    version = register(run, claim)
    assert version is not None
    return version
