"""Asking for what was imported to be read again: with today's detectors, or for what was learned."""

from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common import audit
from common.errors import Conflict
from common.queueing import enqueue_on_commit
from privacy.models import Rescan
from tasks_app import tasks
from tasks_app.models import Item, Project


@transaction.atomic
def start_rescan(*, project: Project, actor: User, learned_only: bool = False) -> Rescan:
    """Read all items of the project again. While one reading waits to begin, it serves whoever asks."""
    Project.objects.select_for_update().get(pk=project.pk)
    if project.privacy_policy == Project.PrivacyPolicy.KEEP and not learned_only:
        raise Conflict(_("This project keeps its texts as they are; nothing is looked for."), code="keep")
    waiting = Rescan.objects.filter(
        project=project.pk, state=Rescan.State.QUEUED, learned_only=learned_only
    ).first()
    if waiting is not None:
        return waiting
    total = Item.objects.filter(project=project).count()
    job = Rescan.objects.create(project=project.pk, asked_by=actor, total=total, learned_only=learned_only)
    audit.record("rescan.started", job, actor=actor.pk, project=str(project.pk), learned_only=learned_only)
    enqueue_on_commit(tasks.rescan, job.pk)
    return job


def look_for_learned(*, project_id: UUID, everywhere: bool, actor: User) -> None:
    """Put right every copy of what was just learned: in the project, or in all that replace personal data.

    After the caller's transaction, which holds items: a reading locks projects, and these come later.
    """
    projects = Project.objects.filter(pk=project_id)
    if everywhere:
        projects = Project.objects.exclude(privacy_policy=Project.PrivacyPolicy.KEEP) | projects
    for project in projects:
        transaction.on_commit(partial(start_rescan, project=project, actor=actor, learned_only=True))
