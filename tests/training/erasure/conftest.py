"""A person's data in snapshots and models, and what the project wishes for these."""

from collections.abc import Callable

from privacy.holders import Subject
from tasks_app.models import Project
from training.models import (
    ModelVersion,
    SnapshotItem,
)

Make = Callable[..., ModelVersion]
Stage = ModelVersion.Stage


def someone(project: Project) -> Subject:
    """Whoever speaks in one training item."""
    row = SnapshotItem.objects.filter(snapshot__project=project, split="train").order_by("pk").first()
    assert row is not None
    return Subject(items=frozenset([row.item]))
