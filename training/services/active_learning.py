"""Turning active learning on and off for a project."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common import audit
from common.errors import Conflict, Invalid, Problem
from common.queueing import enqueue_on_commit
from tasks_app import selectors
from tasks_app.models import Project
from tasks_app.services.projects import update_project
from training import freezing, tasks
from training.models import ActiveLearning

BATCH = (10, 5_000)
LOT_SHARE = (0.05, 1.0)
State = ActiveLearning.State


@transaction.atomic
def set_active_learning(
    *, project: Project, field: str, batch: int, lot_share: float, actor: User
) -> ActiveLearning:
    """Have the project ask first what the model of `field` doubts; its items are asked by priority then.

    Said again with other settings it changes them and ranks anew. Raises Invalid with pointers.
    """
    _check(project, field, batch, lot_share)
    # Two who turn it on at once: one makes it, the other changes it.
    project = Project.objects.select_for_update().get(pk=project.pk)
    if project.sampling != Project.Sampling.PRIORITY:
        update_project(project=project, actor=actor, sampling=Project.Sampling.PRIORITY)
    chosen = {"field": field, "batch": batch, "lot_share": lot_share}
    wish, made = ActiveLearning.objects.get_or_create(
        project=project, defaults={**chosen, "created_by": actor}
    )
    if not made:
        # A ranking under way goes by what was wished before: without its claim it writes nothing.
        ActiveLearning.objects.filter(pk=wish.pk).update(**chosen, state=State.QUEUED, claim=None, reason="")
        wish.refresh_from_db()
    audit.record("active_learning.set", wish, actor=actor.pk, field=field, batch=batch, lot_share=lot_share)
    enqueue_on_commit(tasks.predict_ranking, wish.pk)
    return wish


@transaction.atomic
def rank_now(*, wish: ActiveLearning, actor: User) -> ActiveLearning:
    """Choose anew, at once. While a ranking waits or runs, that one is it."""
    ActiveLearning.objects.filter(pk=wish.pk, state__in=[State.IDLE, State.FAILED]).update(
        state=State.QUEUED, heartbeat_at=timezone.now()
    )
    audit.record("active_learning.asked", wish, actor=actor.pk)
    enqueue_on_commit(tasks.predict_ranking, wish.pk)
    wish.refresh_from_db()
    return wish


@transaction.atomic
def stop_active_learning(*, project: Project, actor: User) -> None:
    """Ask in the order of import again. Raises Conflict when it is off."""
    project = Project.objects.select_for_update().get(pk=project.pk)
    wish = ActiveLearning.objects.filter(project=project).first()
    if wish is None:
        raise Conflict(_("Active learning is off in this project."), code="off")
    audit.record("active_learning.stopped", wish, actor=actor.pk)
    wish.delete()
    update_project(project=project, actor=actor, sampling=Project.Sampling.ORDERED)


def fields_to_learn(project: Project) -> list[str]:
    """Names of the fields whose model may say what it doubts."""
    return [field.name for field in freezing.trainable(selectors.current_fields(project))]


def _check(project: Project, field: str, batch: int, lot_share: float) -> None:
    problems = []
    if field not in fields_to_learn(project):
        problems.append(
            Problem("/field", "unknown", _("The project has no such field that a model can learn."))
        )
    if not BATCH[0] <= batch <= BATCH[1]:
        problems.append(Problem("/batch", "range", _("Give a number from %d to %d.") % BATCH))
    if not LOT_SHARE[0] <= lot_share <= LOT_SHARE[1]:
        problems.append(Problem("/lot_share", "range", _("Give a share from %s to %s.") % LOT_SHARE))
    if problems:
        raise Invalid(_("Active learning cannot be set up like this."), problems=problems)
