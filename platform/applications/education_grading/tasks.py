"""Celery's way in. They run where models are in memory."""

from celery import shared_task

from applications.education_grading import calibrating
from applications.education_grading.models import Calibration
from common.rounds import each
from training import background


@shared_task
def predict_grading_calibration(calibration_id: int | str) -> None:
    calibrating.execute(int(calibration_id))


@shared_task
def predict_grading_calibrations() -> None:
    """What a dead worker left behind, and what the broker forgot."""
    each(calibrating.execute, background.take_back_lost(Calibration))
