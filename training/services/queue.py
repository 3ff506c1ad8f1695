"""Who comes first among the runs that wait."""

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import roles
from accounts.models import Role, User
from common import audit
from common.errors import Conflict, Forbidden
from training import queue
from training.models import Run


def check_priority(priority: int, actor: User | None) -> None:
    """Trainers are shared by all projects: only a site's admin puts a run before those of others."""
    if priority > Run.Priority.NORMAL and actor and Role.ADMIN not in roles.site_roles(actor):
        raise Forbidden(_("Only an admin of the whole site may put a run before others."))


@transaction.atomic
def prioritise_run(*, run: Run, priority: int, actor: User | None) -> Run:
    """Give a waiting run another priority; within it, its place is by when it was queued."""
    check_priority(priority, actor)
    return _move(run, actor, priority=priority)


@transaction.atomic
def advance_run(*, run: Run, actor: User | None) -> Run:
    """Put a waiting run at the head of the queue, with the priority of the one that stood there."""
    check_priority(Run.Priority.HIGH, actor)
    first = queue.waiting().select_for_update().first()
    if first is None or first.pk == run.pk:
        return _move(run, actor)
    return _move(run, actor, priority=first.priority, queued_at=first.queued_at - timedelta(microseconds=1))


def _move(run: Run, actor: User | None, **changes: object) -> Run:
    waiting = Run.objects.filter(pk=run.pk, state=Run.State.QUEUED)
    if not (waiting.update(**changes) if changes else waiting.exists()):
        raise Conflict(_("This run does not wait any more; its place cannot be changed."))
    run.refresh_from_db()
    audit.record("run.moved", run, actor=actor.pk if actor else None, priority=run.priority)
    return run
