"""A small library, and a match model with the tiny encoder, whose answers mean nothing."""

import json
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Role, User
from accounts.roles import grant
from annotations.models import Consensus
from applications.recommendation import vectors
from tasks_app.models import Project
from tasks_app.services import projects
from tests.factories import client_of, make_items, make_user

# Fixtures of another area, used here as they are.
from tests.training.conftest import QUICK, WORDS, text_of, tiny_encoder  # noqa: F401
from training.models import ModelVersion, Run
from training.registration import register
from training.services.snapshots import freeze_snapshot

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
TOPICS = list(WORDS)


def pair(number: int) -> tuple[dict[str, Any], str]:
    """A pair about one topic or about two, and whether it suits."""
    first, second = TOPICS[number % 3], TOPICS[(number + number // 3 % 2) % 3]
    texts = [text_of(first, number), text_of(second, number + 1)]
    return {"pair": texts}, "yes" if first == second else "no"


def book(number: int, **more: Any) -> dict[str, Any]:
    topic = TOPICS[number % 3]
    return {
        "id": f"b-{number}",
        "title": text_of(topic, number),
        "text": WORDS[topic],
        "published_at": (NOW - timedelta(days=300 - number)).isoformat(),
        **more,
    }


def used(person: str, number: int, days_ago: float, kind: str = "used") -> dict[str, Any]:
    at = (NOW - timedelta(days=days_ago)).isoformat()
    return {"person": person, "item": f"b-{number}", "kind": kind, "at": at}


class Library:
    """A project of the template, and its endpoints as its owner uses them."""

    def __init__(self, owner: User) -> None:
        self.owner = owner
        self.project: Project = projects.create_project(owner=owner, template="recommendation")
        self.path = f"/api/v1/projects/{self.project.pk}/recommendation/"
        self.page = f"/projects/{self.project.pk}/recommendation/"
        self.client = client_of(owner)

    def ask(self, name: str, body: dict[str, Any], client: APIClient | None = None, **headers: Any) -> Any:
        return (client or self.client).post(f"{self.path}{name}", body, format="json", **headers)

    def push(self, items: Sequence[Any] = (), interactions: Sequence[Any] = ()) -> Any:
        answer = None
        if items:
            answer = self.ask("items", {"items": list(items)})
            vectors.make_vectors()
        if interactions:
            answer = self.ask("interactions", {"interactions": list(interactions)})
        assert answer is not None and answer.status_code == 200, answer and answer.json()
        return answer.json()

    def names(self, **asked: Any) -> list[str]:
        answer = self.ask("recommend", asked)
        assert answer.status_code == 200, answer.json()
        return [line["item"] for line in answer.json()["results"]]


@pytest.fixture(autouse=True)
def artifacts(settings: Settings, tmp_path: Path, tiny_encoder: Path) -> Path:  # noqa: F811
    settings.ARTIFACTS_DIR = tmp_path / "artifacts"
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.BASE_MODEL = str(tiny_encoder)
    return settings.ARTIFACTS_DIR


@pytest.fixture
def library(db: None) -> Library:
    owner = make_user("requester")
    grant(owner, Role.REQUESTER)
    return Library(owner)


@pytest.fixture
def stocked(library: Library) -> Library:
    """Thirty books and forty readers with four to six interactions each."""
    library.push(items=[book(number) for number in range(30)])
    rows = []
    for reader in range(40):
        for step in range(4 + reader % 3):
            number = (reader % 3 + 3 * ((reader * 7 + step * 2) % 10)) % 30
            rows.append(used(f"reader-{reader}", number, 100 - 10 * step - reader / 10))
    library.push(interactions=rows)
    return library


@pytest.fixture(scope="session")
def trained_pairs(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: F811
    """A run folder in which the tiny encoder has seen pairs."""
    from training.engine.data import Row, write_arrow
    from training.engine.fit import fit

    folder = tmp_path_factory.mktemp("trained-pairs")
    field = {"name": "match", "type": "choice", "scope": "pair", "labels": ["yes", "no"]}
    config = {**QUICK, "head": "choice", "field": field, "base_model": str(tiny_encoder), "epochs": 1}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    for split, size in (("train", 24), ("dev", 6), ("test", 6)):
        pairs = [pair(number) for number in range(size)]
        write_arrow(
            folder / f"{split}.arrow",
            [
                Row(id=f"{split}-{n}", payload=payload, value=value)
                for n, (payload, value) in enumerate(pairs)
            ],
        )
    assert fit(folder) == 0
    return folder


@pytest.fixture
def matched(stocked: Library, trained_pairs: Path) -> Library:
    """With a version of the match model in production."""
    put_into_production(stocked.project, trained_pairs)
    return stocked


def put_into_production(project: Project, folder: Path) -> ModelVersion:
    items = make_items(project, 24, slots=0, payloads=[pair(number)[0] for number in range(24)])
    Consensus.objects.bulk_create(
        Consensus(project=project, item=item, field="match", value=pair(number)[1], confidence=0.9,
                  state=Consensus.State.APPROVED)
        for number, item in enumerate(items)
    )  # fmt: skip
    snapshot, _new = freeze_snapshot(project=project, actor=None)
    run = Run.objects.create(
        project=project, number=1, field="match", snapshot=snapshot, state="running", claim=uuid4(),
        queued_at=timezone.now(), started_at=timezone.now(), attempt=1, device="CPU, 1 threads",
    )  # fmt: skip
    shutil.copytree(folder, run.folder)
    run.points.create(kind="eval", step=1, values={"metric": "accuracy", "value": 0.5})
    version = register(run, run.claim)
    assert version is not None
    ModelVersion.objects.filter(pk=version.pk).update(stage="production", promoted_at=timezone.now())
    version.refresh_from_db()
    return version
