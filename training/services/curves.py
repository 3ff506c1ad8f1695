"""Asking what more data would bring."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common import audit
from common.errors import Conflict, Invalid, Problem
from common.queueing import enqueue_on_commit
from training import tasks
from training.models import LearningCurve, Run
from training.registration import metric_of


@transaction.atomic
def start_curve(*, run: Run, mode: str, actor: User | None) -> LearningCurve:
    """Queue a learning curve of a run that succeeded. While one is at work, asking again gives that one."""
    if mode not in LearningCurve.Mode.values:
        detail = _("One of %s.") % ", ".join(LearningCurve.Mode.values)
        raise Invalid(detail, problems=[Problem("/mode", "choice", detail)])
    Run.objects.select_for_update().get(pk=run.pk)  # two who ask at once get one
    live = run.curves.filter(state__in=[LearningCurve.State.QUEUED, LearningCurve.State.RUNNING]).first()
    if live is not None:
        return live
    if run.state != Run.State.SUCCEEDED or not (run.report or {}).get("test"):
        raise Conflict(
            _("A learning curve needs a run that has succeeded and was tested."), code="not_tested"
        )
    curve = LearningCurve.objects.create(run=run, mode=mode, metric=metric_of(run), created_by=actor)
    audit.record("curve.started", curve, actor=actor.pk if actor else None, run=str(run.pk), mode=mode)
    enqueue_on_commit(tasks.execute_curve, curve.pk)
    return curve
