"""A version that people say things about."""

from collections.abc import Callable
from typing import Any

import pytest

from tasks_app.models import Project
from tasks_app.services.projects import fund_project
from tests.factories import make_user
from training.models import Feedback, ModelVersion, Prediction
from training.services import feedback


@pytest.fixture
def version(make_version: Callable[..., ModelVersion], approved: Project) -> ModelVersion:
    fund_project(project=approved, amount_minor=100_000, actor=approved.owner, key="more")
    return make_version(stage="production")


def predict(
    version: ModelVersion, text: str, *, value: str = "refund", confidence: float = 0.6
) -> Prediction:
    return Prediction.objects.create(
        version=version, payload={"text": text}, value=value, confidence=confidence,
        requested_by=make_user(),
    )  # fmt: skip


def say(prediction: Prediction, **said: Any) -> Feedback:
    return feedback.give_feedback(prediction=prediction, author=make_user(), **said)
