"""Celery's way in. They run where the encoder is in memory."""

from uuid import UUID

from celery import shared_task

from applications.customer_service import calibrating
from applications.customer_service.access import TEMPLATE
from applications.customer_service.services.indexing import embed_waiting
from applications.customer_service.services.joining import join_approved
from applications.customer_service.services.unknown import follow_tasks
from common.rounds import each
from common.turns import turn
from tasks_app.models import Project


@shared_task
def predict_answers() -> None:
    """Follow what is approved and what became of tasks, make vectors that are missing, and calibrate anew."""
    projects = Project.objects.filter(template=TEMPLATE)
    each(bring_up_to_date, list(projects.values_list("pk", flat=True)))


def bring_up_to_date(project_id: UUID) -> None:
    with turn(f"answers {project_id}") as mine:
        if mine:
            project = Project.objects.get(pk=project_id)
            join_approved(project)
            follow_tasks(project)
            embed_waiting(project)
            calibrating.calibrate_stale(project)
