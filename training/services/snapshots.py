"""Freezing what was approved."""

from accounts.models import User
from common import audit
from tasks_app.models import Project
from training import snapshots
from training.models import Snapshot


def freeze_snapshot(*, project: Project, actor: User | None) -> tuple[Snapshot, bool]:
    """Freeze what is approved now; returns it and whether it is new: equal data is never frozen twice.

    Consensus is fitted afresh first. Raises Conflict when nothing is approved yet.
    """
    snapshot, new = snapshots.freeze(project=project, actor=actor)
    if new:
        audit.record("snapshot.frozen", snapshot, actor=actor.pk if actor else None, sha256=snapshot.sha256)
    return snapshot, new
