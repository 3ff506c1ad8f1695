"""What may go to learners without a teacher."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from applications.education_grading import calibrating
from applications.education_grading.models import ReleaseRule
from applications.education_grading.releasing import fewest
from common import audit
from common.errors import Conflict, Invalid, Problem
from tasks_app.models import Project


def set_release(
    *, project: Project, actor: User, is_on: bool, far: float | None = None, kappa: float | None = None
) -> ReleaseRule:
    """Raises Conflict with the code `not_kept` where the answers held back do not allow what is wanted."""
    # Asking models about the answers held back takes a while: nobody waits for it.
    if is_on and calibrating.calibrate(project) is None:
        raise Conflict(_("No models are in production yet."), code="no_version")
    with transaction.atomic():
        # Of two who set it at once, the second changes what the first has set.
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        rule = calibrating.rule_of(project)
        rule.is_on = is_on
        rule.far, rule.kappa = rule.far if far is None else far, rule.kappa if kappa is None else kappa
        if not (0 < rule.far < 1 and 0 <= rule.kappa < 1):
            detail = _("Shares are above 0 and below 1.")
            raise Invalid(detail, problems=[Problem("/far", "range", detail)])
        if is_on and calibrating.threshold_of(project, rule) is None:
            raise Conflict(_too_few(project, rule), code="not_kept")
        rule.changed_by = actor
        rule.save()
        audit.record("grading.release", rule, actor=actor.pk, is_on=is_on, far=rule.far, kappa=rule.kappa)
    return rule


def _too_few(project: Project, rule: ReleaseRule) -> str:
    row = calibrating.calibration_of(project)
    there, needed = len(row.known) if row else 0, fewest(rule.far)
    if there >= needed:
        return _("The answers held back do not allow this. Let teachers decide more, or want less.")
    words = _(
        "For this at least %(needed)d answers must be held back or decided by teachers; there are %(there)d."
    )
    return words % {"needed": needed, "there": there}
