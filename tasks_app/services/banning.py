"""Keeping a person out of a project, and letting them in again. Only ever a person's decision.

A ban ends what the person holds: their slots go to others. What was accepted stays paid. What they handed in
and nobody has decided on yet is neither thrown away nor waved through: it goes on counting, and is approved
or rejected on its merits like anybody's (docs/decisions).
"""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.notifications import notify
from common import audit
from common.errors import Conflict, Invalid, Problem
from tasks_app.models import Project, WorkerProgress
from tasks_app.services.assignment import end_leases_of
from tasks_app.services.claim_sql import TAKE_TURN, turn_of


@transaction.atomic
def ban_worker(*, project: Project, worker: User, reason: str, actor: User) -> WorkerProgress:
    """Nothing more of `project` for `worker`. Twice is harmless; the first reason and date stay."""
    if not reason.strip():
        detail = _("Say why: the person is shown this.")
        raise Invalid(detail, problems=[Problem("/reason", "required", detail)])
    if worker.pk == project.owner_id or worker.pk == actor.pk:
        raise Conflict(_("Neither a project's owner nor oneself can be kept out."), code="not_bannable")
    # In turn with the person's claims: none of them can come between the ban and the end of their leases.
    TAKE_TURN.rows(turn=turn_of(project.pk, worker.pk))
    progress, _made = WorkerProgress.objects.get_or_create(project=project, worker=worker)
    if progress.banned_at is not None:
        return progress
    progress.banned_at, progress.banned_by, progress.ban_reason = timezone.now(), actor, reason[:500]
    progress.save(update_fields=["banned_at", "banned_by", "ban_reason"])
    end_leases_of(project=project, worker=worker, reason="banned")
    audit.record("worker.banned", project, actor=actor.pk, worker=str(worker.pk), note=progress.ban_reason)
    notify(
        user_id=worker.pk,
        kind="worker_banned",
        url="/work/",
        project=project.title,
        reason=progress.ban_reason,
    )
    return progress


@transaction.atomic
def lift_ban(*, project: Project, worker: User, reason: str = "", actor: User) -> None:
    """The person may go on. Twice is harmless."""
    TAKE_TURN.rows(turn=turn_of(project.pk, worker.pk))
    changed = WorkerProgress.objects.filter(project=project, worker=worker, banned_at__isnull=False).update(
        banned_at=None, banned_by=None, ban_reason=""
    )
    if changed:
        audit.record("worker.ban_lifted", project, actor=actor.pk, worker=str(worker.pk), note=reason)
        notify(user_id=worker.pk, kind="ban_lifted", url="/catalogue/", project=project.title)
