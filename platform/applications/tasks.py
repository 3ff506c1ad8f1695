"""Celery's way in. They run where models are in memory."""

from celery import shared_task

from applications import advancing, measuring
from common.rounds import each


@shared_task
def predict_advance_setups() -> None:
    each(advancing.advance, advancing.under_way())


@shared_task
def predict_measure_applications() -> None:
    each(measuring.measure_stale, measuring.stale())
