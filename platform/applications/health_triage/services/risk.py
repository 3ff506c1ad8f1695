"""What may go wrong: set by whoever runs the project."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from applications.health_triage import conformal
from applications.health_triage.models import RiskSetting
from common import audit
from common.errors import Invalid, Problem
from tasks_app.models import Project

NAMES = ("wrong", "under_triage", "method", "largest_set", "widest", "tasks_by_themselves")


def risk_of(project: Project) -> RiskSetting:
    """As it was set, or the usual one."""
    return RiskSetting.objects.filter(project=project).first() or RiskSetting(project=project)


@transaction.atomic
def set_risk(*, project: Project, actor: User, **wanted: Any) -> RiskSetting:
    """Change what is given and leave the rest. Thresholds follow at once: they are worked out from scores
    that are stored. Raises Invalid with a pointer to each thing that does not fit."""
    Project.objects.select_for_update().get(pk=project.pk)
    setting = risk_of(project)
    for name, value in wanted.items():
        setattr(setting, name, value)
    _check(setting)
    setting.changed_by = actor
    setting.save()
    audit.record("triage.risk", project, actor=actor.pk, **{name: getattr(setting, name) for name in NAMES})
    return setting


def _check(setting: RiskSetting) -> None:
    problems = []
    if not 0.001 <= setting.wrong <= 0.5:
        problems.append(Problem("/wrong", "range", _("Give a share from 0.001 to 0.5.")))
    if not 0.0005 <= setting.under_triage < setting.wrong:
        detail = _("Give a share from 0.0005 to below that of wrong answers, of which it is a part.")
        problems.append(Problem("/under_triage", "range", detail))
    if setting.method not in conformal.METHODS:
        detail = _("One of %s.") % ", ".join(conformal.METHODS)
        problems.append(Problem("/method", "choice", detail))
    for name in ("largest_set", "widest"):
        if not 1 <= getattr(setting, name) <= 20:
            problems.append(Problem(f"/{name}", "range", _("Give a number from 1 to 20.")))
    if problems:
        raise Invalid(_("Some settings do not fit together."), problems=problems)
