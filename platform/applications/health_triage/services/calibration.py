"""Asking for a calibration."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from applications.health_triage import calibrating, tasks
from applications.health_triage.models import Calibration
from common import audit
from common.errors import Conflict
from common.queueing import enqueue_on_commit
from tasks_app.models import Project
from training.models.serving import Work


@transaction.atomic
def ask_calibration(*, project: Project, actor: User | None) -> Calibration:
    """Have the versions that answer now calibrated (again, with what was approved since).

    Until that is done what was known of these versions stays in force. Twice at once is once. Raises Conflict
    while no versions are in production.
    """
    row = calibrating.wish(project)
    if row is None:
        raise Conflict(
            _("No model is in production yet. Train “condition” and “urgency” and promote them."),
            code="no_version",
        )
    row = Calibration.objects.select_for_update().get(pk=row.pk)
    if row.state != Work.State.RUNNING:
        row.state, row.queued_at, row.claim = Work.State.QUEUED, timezone.now(), None
        row.asked_by, row.progress = actor, 0
        row.save(update_fields=["state", "queued_at", "claim", "asked_by", "progress"])
        audit.record("triage.calibration", project, actor=actor.pk if actor else None)
        enqueue_on_commit(tasks.predict_calibration, row.pk)
    return row
