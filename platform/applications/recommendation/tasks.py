"""Celery's way in: ids in, nothing out."""

from uuid import UUID

from celery import shared_task

from applications.recommendation import learning, vectors


@shared_task
def predict_vectors() -> None:
    if vectors.make_vectors():
        predict_vectors.delay()


@shared_task
def predict_mixture(project_id: str) -> None:
    learning.execute(UUID(project_id))


@shared_task
def predict_waiting() -> None:
    """What the broker forgot, and what a worker that died left behind."""
    if vectors.is_waiting():
        predict_vectors.delay()
    for project_id in learning.take_back_lost():
        predict_mixture.delay(str(project_id))
