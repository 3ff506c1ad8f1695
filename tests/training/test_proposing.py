"""A span model in production of the template "find-personal-data" reads imports of other projects."""

import json
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Role, User
from accounts.roles import grant
from annotations.models import Consensus
from privacy.services.proposers import current_proposers
from tasks_app.importing import job as work
from tasks_app.models import Item, Project
from tasks_app.services import imports
from tests.factories import CHOICE, make_items, make_project, make_user
from training import execution, proposing
from training.models import ModelVersion, Run
from training.services.runs import start_run

FIELD = {
    "name": "personal_data", "type": "span", "title": "Personal data", "labels": ["PERSON"],
    "required": False,
}  # fmt: skip


@pytest.fixture
def version(admin: User, quick_recipe: dict[str, Any]) -> ModelVersion:
    """A tiny model that has learned that "parcel" is somebody's name."""
    project = make_project(fields=[FIELD], funds=0, template=proposing.TEMPLATE)
    texts = [f"where is the {'parcel' if n % 2 else 'lamp'} number {n}" for n in range(48)]
    items = make_items(project, len(texts), slots=0, payloads=[{"text": text} for text in texts])
    Consensus.objects.bulk_create(
        Consensus(
            project=project, item=item, field="personal_data", confidence=0.9, state=Consensus.State.APPROVED,
            value=[{"turn": 0, "start": 13, "end": 19, "label": "PERSON"}] if "parcel" in text else [],
        )
        for item, text in zip(items, texts, strict=True)
    )  # fmt: skip
    recipe = {**quick_recipe, "epochs": 12, "learning_rate": 3e-3}
    run = start_run(project=project, field="personal_data", recipe=recipe, actor=admin)
    execution.execute(run.pk)
    run.refresh_from_db()
    assert run.state == Run.State.SUCCEEDED, run.reason
    return run.version


def promote(version: ModelVersion) -> None:
    ModelVersion.objects.filter(pk=version.pk).update(
        stage=ModelVersion.Stage.PRODUCTION, promoted_at=timezone.now()
    )


def load(project: Project, *texts: str) -> None:
    content = b"".join(json.dumps({"text": text}).encode() + b"\n" for text in texts)
    job = imports.start_import(project=project, actor=project.owner, chunks=[content], format="jsonl")
    work.run(job.pk)


def test_a_promoted_model_is_one_more_detector(version: ModelVersion, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    owner = version.model.project.owner
    assert proposing.current_proposer(owner.pk) is None and current_proposers(owner.pk) == []  # not yet
    promote(version)
    [proposer] = current_proposers(owner.pk)
    assert proposer.name == f"{version.model.name} v1"
    project = make_project(owner, fields=[CHOICE], funds=0, privacy_model=True)
    load(project, "please send the parcel last week", "please send the lamp last week")
    first, second = Item.objects.filter(project=project).order_by("position")
    assert first.payload["text"] == "please send the [PERSON_1] last week"
    assert second.payload["text"] == "please send the lamp last week"
    Project.objects.filter(pk=version.model.project_id).update(template="customer-service")
    assert current_proposers(owner.pk) == []  # models of other templates are never asked


def test_no_requester_s_model_decides_about_the_texts_of_others(version: ModelVersion) -> None:
    promote(version)
    owner, other = version.model.project.owner, make_user("other")
    assert current_proposers(other.pk) == []
    grant(owner, Role.ADMIN, scope=other.pk)  # administers something, and not the site
    assert current_proposers(other.pk) == []
    grant(owner, Role.ADMIN)
    assert len(current_proposers(other.pk)) == 1
