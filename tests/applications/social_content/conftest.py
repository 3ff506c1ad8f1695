"""A project of this application, with stand-ins for the models: what they say stands in the texts."""

from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from accounts.models import Role, User
from accounts.roles import grant
from applications.social_content import scoring_round
from applications.social_content.models import Floor
from applications.social_content.services import feed
from tasks_app.gallery.catalogue import template
from tasks_app.models import Project
from tests.factories import make_project, make_user
from training import serving
from training.micro_batching import Pass
from training.models import Model, ModelVersion, Run, Snapshot

FIELDS = template("social-content").fields


@pytest.fixture
def owner(db: None) -> User:
    user = make_user("owner")
    grant(user, Role.REQUESTER)
    return user


@pytest.fixture
def project(owner: User) -> Project:
    return make_project(owner, title="A feed", fields=FIELDS, template="social-content", funds=0)


def version_of(project: Project, field: str = "safety", number: int = 1) -> ModelVersion:
    """A version in production without a file of its own; the stand-ins answer for it."""
    now = timezone.now()
    snapshot, _new = Snapshot.objects.get_or_create(
        project=project, number=1,
        defaults={"schema_version": project.schema_versions.get(), "fields": FIELDS, "sha256": "0" * 64,
                  "counts": {field: {"train": 10, "dev": 1, "test": 5} for field in ("safety", "interest")}},
    )  # fmt: skip
    run = Run.objects.create(
        project=project, number=project.runs.count() + 1, field=field, snapshot=snapshot, state="succeeded",
        queued_at=now, started_at=now, finished_at=now, attempt=1, progress=1, device="CPU",
    )  # fmt: skip
    model, _new = Model.objects.get_or_create(
        project=project, field=field, head="choice", defaults={"name": f"feed-{field}-{project.pk.hex}"}
    )
    model.versions.update(stage=ModelVersion.Stage.ARCHIVED)
    return ModelVersion.objects.create(
        model=model, number=number, run=run, snapshot=snapshot, stage="production", path="nowhere",
        metrics={"metric": "accuracy", "dev": 0.9, "test": 0.9}, config_hash="0" * 64,
    )  # fmt: skip


class Words:
    """Answers by words: "leave" is harassment, "maybe" is doubtful, all else is safe."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, version: ModelVersion, payloads: Sequence[Any]) -> list[Any]:
        return [self._of(version.model.field, payload["turns"]) for payload in payloads]

    def _of(self, field: str, turns: Sequence[Any]) -> Any:
        text = turns[-1]["text"].lower()
        self.asked.append(text)
        if field == "interest":
            yes = 0.9 if set(text.split()) & set(turns[0]["text"].lower().split()) else 0.1
            value = "yes" if yes > 0.5 else "no"
            return SimpleNamespace(
                value=value,
                confidence=max(yes, 1 - yes),
                detail={"probabilities": {"yes": yes, "no": 1 - yes}},
            )
        safe = 0.0001 if "leave" in text else 0.6 if "maybe" in text else 0.9995
        shares = {"safe": safe, "harassment": 1 - safe}
        label = max(shares, key=lambda name: shares[name])
        turn = {"turn": 0, "confidence": shares[label], "probabilities": shares}
        return SimpleNamespace(
            value=[{"turn": 0, "label": label}], confidence=shares[label], detail={"turns": [turn]}
        )


def near(texts: Sequence[str]) -> Any:
    """(N, 8) of unit length: which of a few words are there."""
    known = ["garden", "bike", "soup", "star", "wool", "dice", "lens", "song"]
    rows = [[1e-3 + sum(word in text.lower() for word in [one]) for one in known] for text in texts]
    found = np.array(rows, dtype=np.float32).reshape(len(texts), len(known))
    return found / np.linalg.norm(found, axis=1, keepdims=True) if len(texts) else found


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> Iterator[Words]:
    answers = Words()
    monkeypatch.setattr(serving, "answers_in_background", answers)
    monkeypatch.setattr(serving, "answers_of", lambda version, payloads: Pass(answers(version, payloads), {}))
    monkeypatch.setattr(scoring_round, "embed", near)
    monkeypatch.setattr(feed, "embed", near)
    yield answers


def hold(project: Project, version: ModelVersion, *, threshold: float | None = 0.9) -> Floor:
    """A floor as calibration leaves it: 300 safe posts of high score, and some unsafe ones of low score."""
    scores = [[0.9995, 1.0, float(n % 3 != 0)] for n in range(300)]
    scores += [[0.001, 0.0, float(n % 3 != 0)] for n in range(60)]
    floor, _made = Floor.objects.update_or_create(
        project=project,
        defaults={"version": version, "threshold": threshold, "scores": scores, "state": "done",
                  "tongues": ["en", "script:latin"], "calibrated_at": timezone.now()},
    )  # fmt: skip
    return floor


@pytest.fixture
def running(project: Project, words: Words) -> ModelVersion:
    """Everything is in place: models, and a floor that holds."""
    version = version_of(project)
    version_of(project, "interest")
    hold(project, version)
    return version
