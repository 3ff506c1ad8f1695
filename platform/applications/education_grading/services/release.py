"""What may go to learners without a teacher."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from applications.education_grading import calibrating, tasks
from applications.education_grading.models import Calibration, ReleaseRule
from common import audit
from common.errors import Conflict, Invalid, Problem
from common.queueing import enqueue_on_commit
from tasks_app.models import Project


@transaction.atomic
def set_release(
    *, project: Project, actor: User, is_on: bool, far: float | None = None, kappa: float | None = None
) -> ReleaseRule:
    """Switch it on or off. Where the models have to be asked about the answers held back first, a worker does
    so and then switches it on; until then the rule stays as it is.

    Raises Conflict with the code `not_kept` where those answers do not allow what is wanted.
    """
    # Of two who set it at once, the second changes what the first has set.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    rule = calibrating.rule_of(project)
    rule.is_on = is_on
    rule.far, rule.kappa = rule.far if far is None else far, rule.kappa if kappa is None else kappa
    if not (0 < rule.far < 1 and 0 <= rule.kappa < 1):
        detail = _("Shares are above 0 and below 1.")
        raise Invalid(detail, problems=[Problem("/far", "range", detail)])
    if is_on and not _can_be_kept(project, rule, actor):
        return calibrating.rule_of(project)
    if not is_on:  # nor may it be switched on later by what is being asked
        Calibration.objects.filter(project=project).update(wanted=None, asked_by=None)
    rule.changed_by = actor
    rule.save()
    audit.record("grading.release", rule, actor=actor.pk, is_on=is_on, far=rule.far, kappa=rule.kappa)
    return rule


def _can_be_kept(project: Project, rule: ReleaseRule, actor: User) -> bool:
    """False while that is being measured. Raises Conflict."""
    row = calibrating.wish(project)
    if row is None:
        raise Conflict(_("No models are in production yet."), code="no_version")
    if not calibrating.is_up_to_date(row):
        _measure(row, {"far": rule.far, "kappa": rule.kappa}, actor)
        return False
    if calibrating.threshold_of(project, rule) is None:
        raise Conflict(calibrating.too_few(len(row.known), rule.far), code="not_kept")
    return True


def _measure(row: Calibration, wanted: dict[str, float], actor: User) -> None:
    """Whoever is at it already switches on what is wanted now."""
    row = Calibration.objects.select_for_update().get(pk=row.pk)
    row.wanted, row.asked_by = wanted, actor
    if row.state != Calibration.State.RUNNING:
        row.state, row.claim, row.queued_at = Calibration.State.QUEUED, None, timezone.now()
        row.progress, row.reason = 0, ""
    row.save(update_fields=["wanted", "asked_by", "state", "claim", "queued_at", "progress", "reason"])
    enqueue_on_commit(tasks.predict_grading_calibration, row.pk)
