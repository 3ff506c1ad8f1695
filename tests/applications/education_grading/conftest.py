"""A project of the template whose models say what a test wants, and one whose models are tiny."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Role, User
from accounts.roles import grant
from applications.education_grading.kind import KIND
from applications.education_grading.models import Question
from applications.education_grading.services.questions import create_question
from tasks_app.fields.schema import parse_fields
from tasks_app.gallery.catalogue import template
from tasks_app.models import Project
from tasks_app.services.projects import create_project
from tests.applications.shipped import import_shipped, teach, train_tiny
from tests.factories import make_project, make_user
from training import serving
from training.micro_batching import Pass
from training.models import Model, ModelVersion, Run, Snapshot

FIELDS = template("education-grading").fields
REFERENCE = "The roots take up water. The leaves catch light. Sugar is made."
POINTS = [(0, 24), (25, 48), (49, 63)]


@dataclass
class Said:
    value: Any
    confidence: float
    detail: dict[str, Any] = field(default_factory=dict)


class Speaker:
    """In place of models. An answer with "level 3 sure 0.9" and "without 1" is judged like that."""

    def answers(self, version: ModelVersion, payloads: Any) -> list[Said]:
        return [self._answer(version.model.field, one["turns"][2]["text"].split()) for one in payloads]

    def _answer(self, name: str, words: list[str]) -> Said:
        if name == "missing":
            numbers = [int(words[place + 1]) for place, word in enumerate(words) if word == "without"]
            spans = [
                {"turn": 1, "start": POINTS[n][0], "end": POINTS[n][1], "label": "missing"} for n in numbers
            ]
            sure = [{**span, "confidence": 0.95} for span in spans]
            return Said(spans, 0.95, {"spans": sure, "turns": [{"turn": 1, "confidence": 0.95}]})
        if "level" not in words:
            words = ["level", "4", "sure", "0.6"]
        score, sure = int(words[words.index("level") + 1]), float(words[words.index("sure") + 1])
        shares = {str(step): sure if step == score else (1 - sure) / 4 for step in range(5)}
        return Said([{"turn": 2, "value": score}], sure, {"turns": [{"turn": 2, "probabilities": shares}]})


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
    run = Run.objects.create(
        project=project, number=number, field=name, snapshot=snapshot, state="succeeded",
        queued_at=timezone.now(),
    )  # fmt: skip
    model, _new = Model.objects.get_or_create(
        project=project, field=name, head=shape["type"], defaults={"name": f"{project.pk}-{name}"}
    )
    model.versions.update(stage="archived")
    return ModelVersion.objects.create(
        model=model, number=model.versions.count() + 1, run=run, snapshot=snapshot, stage="production",
        path="nowhere", config_hash="0" * 64,
        metrics={"metric": "accuracy", "dev": 0.8, "test": 0.8, "baseline": 0.5},
    )  # fmt: skip


@pytest.fixture
def teacher(db: None) -> User:
    teacher = make_user("teacher")
    grant(teacher, Role.REQUESTER)
    return teacher


@pytest.fixture
def project(teacher: User, speaker: Speaker) -> Project:
    made = make_project(teacher, fields=FIELDS, funds=0, template="education-grading")
    for name in ("score", "missing"):
        put_into_production(made, name)
    return made


@pytest.fixture
def question(project: Project) -> Question:
    return make_question(project)


def make_question(project: Project) -> Question:
    return create_question(
        project=project, actor=project.owner, title="Plants", text="How does a plant make food?",
        reference=REFERENCE, max_score=8,
    )  # fmt: skip


# --- tiny models of the real template --------------------------------------------------------------------


@pytest.fixture(scope="session")
def tiny_graders(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run folder for each field, of a model that has seen a few shipped rows."""
    return train_tiny(
        KIND, content="turns", sizes=(24, 8, 8), encoder=tiny_encoder, folder=tmp_path_factory.mktemp
    )


def teach_tiny(project: Project, folders: dict[str, Path]) -> None:
    """From the shipped data to models in production, without the training."""
    import_shipped(project, KIND)
    teach(project, KIND, folders)


Make = Callable[[User], Project]


@pytest.fixture
def make_graded(tiny_graders: dict[str, Path]) -> Iterator[Make]:
    def make(owner: User) -> Project:
        project = create_project(owner=owner, template="education-grading", data_basis="not_personal")
        teach_tiny(project, tiny_graders)
        return project

    yield make
