"""Celery's way in. They run where the encoder is in memory."""

from uuid import UUID

from celery import shared_task

from applications.customer_service import calibrating
from applications.customer_service.models import Knowledge
from applications.customer_service.services.pairs import embed_waiting, join_approved
from common.rounds import each
from common.turns import turn
from tasks_app.models import Project


@shared_task
def predict_answers() -> None:
    """Take in what was approved, make vectors that are missing, and calibrate anew where any came."""
    each(bring_up_to_date, list(Knowledge.objects.values_list("pk", flat=True)))


def bring_up_to_date(project_id: UUID) -> None:
    with turn(f"answers {project_id}") as mine:
        if mine:
            project = Project.objects.get(pk=project_id)
            join_approved(project)
            if embed_waiting(project):
                calibrating.calibrate(project)
