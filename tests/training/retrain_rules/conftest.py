"""Rules that start runs, and what ends runs and is read off rules."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Notification, User
from tasks_app.models import Project
from training.models import (
    ModelVersion,
    RetrainRule,
    Run,
)
from training.services.retraining import Terms, create_rule

Make = Callable[..., ModelVersion]
Rule = Callable[..., RetrainRule]


@pytest.fixture
def rule(approved: Project, admin: User) -> Rule:
    def make(kind: str = "approvals", **terms: Any) -> RetrainRule:
        terms.setdefault("condition", {"every": 50} if kind == "approvals" else {})
        return create_rule(project=approved, field="intent", kind=kind, terms=Terms(**terms), actor=admin)

    return make


def verdict(rule: RetrainRule) -> str:
    rule.refresh_from_db()
    return str(rule.last_look["verdict"])


def end(run: Run, state: str = "failed", *, minutes: int = 1) -> None:
    began = timezone.now() - timedelta(minutes=minutes)
    Run.objects.filter(pk=run.pk).update(state=state, started_at=began, finished_at=timezone.now())


def later(**more: int) -> datetime:
    return timezone.now() + timedelta(**more)


def kinds_told() -> list[str]:
    return list(Notification.objects.order_by("pk").values_list("kind", flat=True))
