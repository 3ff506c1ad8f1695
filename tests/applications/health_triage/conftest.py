"""A project of the template whose models are tiny, and one whose models say what a test wants."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from annotations.models import Consensus
from applications.health_triage.kind import KIND
from tasks_app.fields.schema import parse_fields
from tasks_app.models import Item, Project
from tasks_app.services.projects import create_project
from tests.applications.shipped import import_shipped, teach, train_tiny
from tests.factories import make_items, make_project
from training import serving
from training.micro_batching import Pass
from training.models import Model, ModelVersion, Run, Snapshot

LABELS = ("cardiac", "respiratory", "skin")
CONDITION = {"name": "condition", "type": "choice", "labels": list(LABELS), "required": True}
URGENCY = {"name": "urgency", "type": "scale", "min": 1, "max": 4, "required": True}
FIELDS = [CONDITION, URGENCY]


# --- models that say what a test wants -------------------------------------------------------------------


@dataclass
class Said:
    value: Any
    confidence: float
    detail: dict[str, Any] = field(default_factory=dict)


class Speaker:
    """In place of models. A text such as "cardiac 4 0.9" is answered like that, with so much probability."""

    def answers(self, version: ModelVersion, payloads: Any) -> list[Said]:
        return [self._answer(version.model.field, one["text"]) for one in payloads]

    def _answer(self, name: str, text: str) -> Said:
        label, level, share = text.split()[:3]
        names = list(LABELS) if name == "condition" else ["1", "2", "3", "4"]
        chosen, sure = (label if name == "condition" else level), float(share)
        rest = (1 - sure) / (len(names) - 1)
        shares = {one: sure if one == chosen else rest for one in names}
        return Said(chosen if name == "condition" else int(chosen), sure, {"probabilities": shares})


@pytest.fixture
def speaker(monkeypatch: pytest.MonkeyPatch) -> Speaker:
    speaker = Speaker()
    monkeypatch.setattr(serving, "answers_in_background", speaker.answers)
    monkeypatch.setattr(serving, "answers_of", lambda *asked: Pass(speaker.answers(*asked), {}))
    return speaker


def put_into_production(project: Project, name: str) -> ModelVersion:
    """The next version of a field's model: a row, without weights."""
    shape = next(one for one in FIELDS if one["name"] == name)
    number = Snapshot.objects.filter(project=project).count() + 1
    snapshot = Snapshot.objects.create(
        project=project, number=number, schema_version=project.schema_versions.get(),
        fields=[one.to_json() for one in parse_fields(FIELDS)], sha256=uuid.uuid4().hex,
    )  # fmt: skip
    now = timezone.now()
    run = Run.objects.create(
        project=project, number=number, field=name, snapshot=snapshot, state="succeeded", queued_at=now
    )
    model, _new = Model.objects.get_or_create(
        project=project, field=name, head=shape["type"], defaults={"name": f"{project.pk}-{name}"}
    )
    model.versions.update(stage="archived")
    last = model.versions.count()
    return ModelVersion.objects.create(
        model=model, number=last + 1, run=run, snapshot=snapshot, stage="production", path="nowhere",
        metrics={"metric": "accuracy", "dev": 0.8, "test": 0.8, "baseline": 0.5}, config_hash="0" * 64,
    )  # fmt: skip


def gold(project: Project, texts: list[str], **extra: Any) -> list[Item]:
    """Held back from training, their truth being what "cardiac 4 0.9" begins with unless said otherwise."""
    items = []
    for text in texts:
        truth = {"condition": text.split()[0], "urgency": int(text.split()[1]), **extra}
        items += make_items(project, 1, slots=0, payloads=[{"text": text}], gold=truth)
    return items


def enough() -> list[str]:
    """25 of each group and at least 25 of each urgency, most of them certain: any usual promise holds."""
    return [
        f"{label} {level} {0.9 if number % 9 else 0.6} number {number}"
        for label in LABELS
        for level in (1, 2, 3, 4)
        for number in range(25)
    ]


@pytest.fixture
def project(db: None, speaker: Speaker) -> Project:
    """Two models in production, and 300 items held back."""
    made = make_project(fields=FIELDS, funds=0, template="health-triage", reviewers_needed=2)
    for shape in FIELDS:
        put_into_production(made, str(shape["name"]))
    gold(made, enough())
    return made


def approve(project: Project, text: str, **extra: Any) -> Item:
    [item] = make_items(project, 1, slots=0, payloads=[{"text": text}], **extra)
    for name, value in (("condition", text.split()[0]), ("urgency", int(text.split()[1]))):
        Consensus.objects.create(
            project=project, item=item, field=name, value=value, confidence=1.0, state="approved"
        )
    return item


# --- tiny models of the real template --------------------------------------------------------------------


@pytest.fixture(scope="session")
def tiny_models(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run folder for each field of the template, of a model that has seen a few shipped rows."""
    return train_tiny(
        KIND, content="text", sizes=(40, 10, 10), encoder=tiny_encoder, folder=tmp_path_factory.mktemp
    )


Make = Callable[[User], Project]


@pytest.fixture
def make_taught(tiny_models: dict[str, Path]) -> Iterator[Make]:
    def make(owner: User) -> Project:
        project = create_project(owner=owner, template="health-triage", data_basis="not_personal")
        import_shipped(project, KIND)
        teach(project, KIND, tiny_models)
        return project

    yield make
