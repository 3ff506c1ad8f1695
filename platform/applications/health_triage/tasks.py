"""Celery's way in. They run where models are in memory."""

from uuid import UUID

from celery import shared_task

from applications.health_triage import calibrating, queueing
from applications.health_triage.models import Calibration
from common.rounds import each
from training import background


@shared_task
def predict_calibration(calibration_id: str) -> None:
    calibrating.execute(UUID(str(calibration_id)))


@shared_task
def predict_calibrations() -> None:
    """Whatever changed without a word: a version was promoted, a worker died, a message was lost."""
    each(calibrating.calibrate_now, calibrating.uncalibrated())
    each(calibrating.execute, background.take_back_lost(Calibration))


@shared_task
def make_triage_tasks() -> None:
    each(queueing.settle, queueing.unsettled())
    each(queueing.make_due, queueing.due_projects())
