"""Asking models to read along with the crowd."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from annotations.readings import can_be_read
from common import audit
from common.errors import Conflict, Invalid
from common.queueing import enqueue_on_commit
from tasks_app import selectors
from tasks_app.models import Project
from training import freezing, tasks
from training.cross_fitting import LEAST
from training.models import CrossFit


@transaction.atomic
def ask_cross_fit(*, project: Project, field: str, actor: User | None) -> CrossFit:
    """Queue models that read all answered items of `field`, each fold by one that never saw it."""
    shape = next((one for one in selectors.current_fields(project) if one.name == field), None)
    if shape is None or not can_be_read(shape):
        raise Invalid(_("Only a field of one choice can be read along so far."), field="kind")
    Project.objects.select_for_update().get(pk=project.pk)  # two who ask at once get one
    if CrossFit.objects.filter(
        project=project, field=field, state__in=[CrossFit.State.QUEUED, CrossFit.State.RUNNING]
    ).exists():
        raise Conflict(_("A model is reading these items already."), code="already_reading")
    count = freezing.decided(project, [field]).count()
    if count < LEAST:
        detail = _("Too few decided items to train on: %(n)s, and %(least)s are needed.")
        raise Conflict(detail % {"n": count, "least": LEAST}, code="too_few")
    wish = CrossFit.objects.create(project=project, field=field, created_by=actor)
    audit.record("crossfit.asked", wish, actor=actor.pk if actor else None, field=field)
    enqueue_on_commit(tasks.execute_cross_fit, wish.pk)
    return wish
