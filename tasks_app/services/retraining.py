"""Sending a person back to learn a project's rules again, before they take more of its items."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from tasks_app.models import Project, Qualification, WorkerProgress, WorkerQualification
from tasks_app.qualified import required_by
from tasks_app.services.claim_sql import TAKE_TURN, turn_of

_LEARNED = [Qualification.Kind.EXAM, Qualification.Kind.TRAINING]


@transaction.atomic
def require_retraining(*, project: Project, worker: User, reason: str) -> None:
    """No new items until the person has read the instructions again; and passed anew what the project asks
    people to have learned. What they hold they may finish. Twice is harmless."""
    TAKE_TURN.rows(turn=turn_of(project.pk, worker.pk))
    progress, _made = WorkerProgress.objects.get_or_create(project=project, worker=worker)
    if progress.retrain_since is not None:
        return
    progress.retrain_since = timezone.now()
    progress.save(update_fields=["retrain_since"])
    held = _learned_for(project, worker).filter(revoked_at=None)
    held.update(revoked_at=progress.retrain_since, reason=reason[:300])


@transaction.atomic
def end_retraining(*, project: Project, worker: User) -> bool:
    """The person may go on. False if nothing was asked of them."""
    TAKE_TURN.rows(turn=turn_of(project.pk, worker.pk))
    asked = WorkerProgress.objects.filter(project=project, worker=worker, retrain_since__isnull=False)
    return bool(asked.update(retrain_since=None))


@transaction.atomic
def lift_retraining(*, project: Project, worker: User, since: datetime, reason: str) -> None:
    """It was asked wrongly, at `since` for this `reason`: what was withdrawn for it is the person's again."""
    end_retraining(project=project, worker=worker)
    withdrawn = _learned_for(project, worker).filter(
        revoked_by=None, revoked_at__gte=since, reason=reason[:300]
    )
    withdrawn.update(revoked_at=None, reason="")


def _learned_for(project: Project, worker: User) -> QuerySet[WorkerQualification]:
    return WorkerQualification.objects.filter(
        worker=worker,
        qualification__in=[UUID(one) for one in required_by(project)],
        qualification__kind__in=_LEARNED,
    )


def retrain_since(project: Project, worker: User) -> datetime | None:
    rows = WorkerProgress.objects.filter(project=project, worker=worker)
    return rows.values_list("retrain_since", flat=True).first()
