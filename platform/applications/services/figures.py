"""Asking for an application's figures to be measured again."""

from django.utils import timezone

from applications import tasks
from applications.models import Measured
from common.queueing import enqueue_on_commit
from tasks_app.models import Project


def ask_figures(*, project: Project) -> Measured:
    """Measured by a worker in a moment. Asked for again meanwhile, nothing happens twice."""
    row, _new = Measured.objects.update_or_create(project=project, defaults={"wanted_at": timezone.now()})
    enqueue_on_commit(tasks.predict_measure_applications)
    return row
